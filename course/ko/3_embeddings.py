# %% [markdown]
# # 3 · 단어를 벡터로
#
# 단어 가방에서 *oil*과 *petrol*은 *oil*과 *violin*만큼이나 서로 관계가 없습니다. **임베딩**은 단어마다 짧은 벡터를 하나씩 주고, 학습하면
# 비슷하게 쓰이는 단어들이 서로 가까이 놓입니다.
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 임베딩에서 행을 찾고, 텍스트 × 단어 × 차원이라는 모양을 읽기
# - 길이가 다른 텍스트를 두 가지 방법으로 신경망에 넘기기: 패딩과 마스크, 또는 한 줄로 이은 id와 오프셋
# - CBoW와 스킵그램으로 단어 벡터를 학습하고, 이웃과 유추를 물어보기
# - 다른 사람이 만든 벡터에서 분류기를 시작하고, 찾은 단어가 몇 개인지 세고, 벡터가 정말로 들어갔음을 보이기

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

import sadari
from sadari.course import COLOURS, check, heat_map, news, start

start()

# %% [markdown]
# ## 단어마다 한 행인 표
#
# 노트북 1에서 원-핫 행에 행렬을 곱하니 그 행렬의 한 행이 나왔습니다. 임베딩이 바로 그 행렬이고, 그 안의 숫자는 학습됩니다.

# %%
texts = ["oil prices rise", "the team wins the cup final", "oil"]
words = sadari.tokenizer("basic_english")
vocab = sadari.Vocab.learn(words(texts))
ids = vocab.encode(words(texts))
embedding = torch.nn.Embedding(len(vocab), 4)
padded, mask = ids.padded(vocab.pad_id)
vectors = embedding(padded)
print("ids", tuple(padded.shape), "→ vectors", tuple(vectors.shape), "= texts × words × width")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 6.4))
heat_map(
    embedding.weight.detach(),
    rows=vocab.tokens,
    columns=range(4),
    title="embedding [words, width]",
    signed=True,
    ax=left,
)
heat_map(
    vectors[0].detach(),
    rows=vocab.decode(padded[0].tolist()),
    columns=range(4),
    title="text 1: [6, 4]",
    signed=True,
    ax=right,
)

# %% [markdown]
# ## 길이가 다른 텍스트를 넘기는 두 가지 방법
#
# **패딩**: 짧은 텍스트를 채워 직사각형을 만듭니다. **내용과 오프셋**: id를 모두 한 줄로 길게 잇고 텍스트마다 어디에서 시작하는지 적습니다.
# Sadari는 텍스트를 둘째 방식(`Ragged`)으로 들고 있다가, 필요할 때 첫째 방식으로 바꿉니다.

# %%
ids

# %%
content, offsets = ids.bag()
print("content", tuple(content.shape), content.tolist())
print("offsets", tuple(offsets.shape), offsets.tolist())

# %%
colour = [COLOURS[0], COLOURS[3], COLOURS[2]]
figure, (above, below) = plt.subplots(2, 1, figsize=(13, 5), height_ratios=[3, 1.6])
for row, length in enumerate(ids.lengths.tolist()):
    for column in range(padded.shape[1]):
        real = column < length
        word = vocab.tokens[padded[row, column]]
        above.add_patch(plt.Rectangle((column, -row), 0.95, 0.9, color=colour[row] if real else "#dddddd"))
        above.text(column + 0.47, 0.45 - row, word, ha="center", va="center", color="white" if real else "#666666")
above.set(
    xlim=(-0.6, 10), ylim=(-2.1, 1), title=f"padded: {padded.numel()} cells, of which {int((~mask).sum())} hold nothing"
)
for place, one in enumerate(content.tolist()):
    row = int((offsets <= place).sum()) - 1
    below.add_patch(plt.Rectangle((place, 0), 0.95, 0.9, color=colour[row]))
    below.text(place + 0.47, 0.45, vocab.tokens[one], ha="center", va="center", color="white")
for row, place in enumerate(offsets.tolist()):
    below.annotate(
        f"offset {place}",
        (place + 0.1, 0),
        (place + 0.1, -0.9),
        ha="center",
        color=colour[row],
        arrowprops={"arrowstyle": "->", "color": colour[row]},
    )
below.set(xlim=(-0.6, 10), ylim=(-1.1, 1), title=f"content and offsets: {len(content)} cells")
above.axis("off")
below.axis("off")
plt.show()

# %% [markdown]
# ## 텍스트의 평균, 그리고 실수: 패딩까지 평균 내기
#
# 벡터를 쓰는 가장 간단한 신경망은 벡터의 평균을 구해 선형 층에 넣습니다. 2021년 강의는 **패딩한** 행을 패딩까지 통째로 평균 냈습니다.
# 그러면 같은 텍스트라도 더 긴 텍스트 옆에서는 벡터가 달라집니다.

# %%
with torch.no_grad():
    for company in (["oil"], ["oil", "oil prices rise"], ["oil", "the team wins the cup final"]):
        batch, real = vocab.encode(words(company)).padded(vocab.pad_id)
        rows = embedding(batch)
        wrong = rows.mean(1)[0]
        right = (rows * real[:, :, None]).sum(1)[0] / real.sum(1)[0]
        print(f"beside {company[1:] or 'nothing'!s:32} wrong {wrong.numpy().round(2)}  right {right.numpy().round(2)}")

# %% [markdown]
# `EmbeddingBag`은 패딩을 아예 보지 않습니다. 내용과 오프셋을 받아 평균을 한꺼번에 냅니다. 마스크를 쓴 평균과 같습니다.

# %%
bag = torch.nn.EmbeddingBag.from_pretrained(embedding.weight.detach(), mode="mean")
masked = (vectors * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
print(tuple(bag(content, offsets).shape), "the same:", torch.allclose(bag(content, offsets), masked, atol=1e-6))

# %% [markdown]
# ### 이 실수의 대가
#
# 두 신경망을 같은 시드, 같은 배치로 뉴스에서 학습합니다. 그런 다음 테스트 텍스트마다 레이블을 두 번 묻습니다. 한 번은 혼자 두고, 한 번은
# 300단어짜리 텍스트 옆에 두고 묻습니다. 올바른 신경망은 두 번 다 같은 답을 합니다.

# %%
train = sadari.open_source(news()).read()[:4000]
test = sadari.open_source(news(), part="test").read()[:600]
tokens = words(train.texts)
vocab = sadari.Vocab.learn(tokens, min_freq=2)
learned, labels = vocab.encode(tokens), torch.tensor(train.codes, dtype=torch.long)
asked = vocab.encode(words(test.texts))


class MeanNet(torch.nn.Module):
    """The mean of a text's vectors, and a linear layer; `masked` is the right way."""

    def __init__(self, masked):
        super().__init__()
        self.masked = masked
        self.embedding = torch.nn.Embedding(len(vocab), 32)
        self.linear = torch.nn.Linear(32, len(train.label_names))

    def forward(self, ids, mask):
        rows = self.embedding(ids)
        if not self.masked:
            return self.linear(rows.mean(1))
        return self.linear((rows * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1))


def trained(masked, passes=6):
    """A net that has read the training texts."""
    torch.manual_seed(0)
    net = MeanNet(masked)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(passes):
        for rows in torch.randperm(len(learned)).split(64):
            optimizer.zero_grad()
            logits = net(*learned.take(rows.numpy()).padded(vocab.pad_id))
            torch.nn.functional.cross_entropy(logits, labels[rows]).backward()
            optimizer.step()
    return net


def given(net, company):
    """The label of each test text, read beside `company`."""
    with torch.no_grad():
        both = [sadari.Ragged.from_lists([one.tolist(), *company]).padded(vocab.pad_id) for one in asked]
        return np.array([int(net(*batch)[0].argmax()) for batch in both])


long_text = [[vocab["the"]] * 300]
for masked in (False, True):
    net = trained(masked)
    alone, beside = given(net, []), given(net, long_text)
    name = "masked mean    " if masked else "padding counted"
    print(
        f"{name}  alone {(alone == test.codes).mean():.3f}  beside a long text {(beside == test.codes).mean():.3f}"
        f"  other label: {(alone != beside).mean():.1%}"
    )

# %% [markdown]
# 서비스에서는 모르는 사람들의 텍스트가 한 배치에 섞입니다. 이 실수가 있으면 남이 보낸 텍스트가 내 레이블을 바꿉니다. Sadari에는 텍스트의
# 로짓이 혼자일 때나 어떤 배치에서나 같은지 확인하는 테스트가 있습니다. 강의의 두 신경망을 각각 코드 한 줄로 학습해 봅시다. (2021년
# 강의에서는 텍스트 25,000건을 읽은 뒤 학습 중 정확도가 패딩한 배치로는 0.7596, 오프셋으로는 0.7541이었습니다.)

# %%
for model in (sadari.EmbeddingMean(epochs=6), sadari.EmbeddingBag()):
    model.fit(train.texts, train.labels)
    print(
        f"{type(model).__name__:14} {model.score(test.texts, test.labels):.3f} on test texts, {model.train_seconds_:.1f} s"
    )

# %% [markdown]
# ## Word2Vec: 레이블 없는 텍스트에서 벡터 배우기
#
# *어떤 단어인지는 함께 다니는 단어를 보면 안다*고 합니다. 윈도(window)가 텍스트 위를 지나갑니다. **스킵그램**은 가운데 단어로 이웃을
# 하나하나 예측하고, **CBoW**는 이웃들의 평균으로 가운데 단어를 예측합니다.

# %%
sentence = words.tokenize("oil prices rise as demand for fuel grows")
window = 2
figure, axis = plt.subplots(figsize=(13, 5.4))
for row in range(len(sentence)):
    for place, word in enumerate(sentence):
        near = 0 < abs(place - row) <= window
        shade = COLOURS[3] if place == row else COLOURS[5] if near else "#eeeeee"
        axis.add_patch(plt.Rectangle((place, -row), 0.96, 0.86, color=shade))
        axis.text(place + 0.48, 0.43 - row, word, ha="center", va="center", color="white" if place == row else "black")
axis.set(
    xlim=(0, len(sentence)), ylim=(1 - len(sentence), 1), title="the window: the middle (red), its neighbours (blue)"
)
axis.axis("off")
plt.show()

# %%
pairs = [
    (word, sentence[other])
    for place, word in enumerate(sentence)
    for other in range(max(0, place - window), min(len(sentence), place + window + 1))
    if other != place
]
print(len(pairs), "pairs for skip-gram (middle → neighbour):", pairs[:6])
print("for CBoW (neighbours → middle):", [other for word, other in pairs if word == "rise"], "→ rise")

# %% [markdown]
# ### 스킵그램 한 스텝을 순수한 PyTorch로
#
# 표가 두 개 있습니다. 하나는 가운데 단어의 표, 하나는 이웃의 표입니다. 두 행의 내적이 점수입니다. 텍스트에 실제로 있는 쌍은 점수가 높아야
# 하고, **네거티브**, 곧 같은 가운데 단어와 무작위로 뽑은 단어의 쌍은 낮아야 합니다.

# %%
torch.manual_seed(0)
known = sorted(set(sentence))
middle_table, neighbour_table = torch.nn.Embedding(len(known), 8), torch.nn.Embedding(len(known), 8)
middles = torch.tensor([known.index(word) for word, _ in pairs])
neighbours = torch.tensor([known.index(other) for _, other in pairs])
optimizer = torch.optim.Adam([*middle_table.parameters(), *neighbour_table.parameters()], lr=0.05)
losses = []
for _ in range(200):
    drawn = torch.randint(len(known), (len(pairs), 5))
    true_scores = (middle_table(middles) * neighbour_table(neighbours)).sum(1)
    false_scores = (middle_table(middles)[:, None] * neighbour_table(drawn)).sum(2)
    loss = -torch.nn.functional.logsigmoid(true_scores).mean() - torch.nn.functional.logsigmoid(-false_scores).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
print(
    "pairs",
    tuple(middles.shape),
    " true scores",
    tuple(true_scores.shape),
    " negatives' scores",
    tuple(false_scores.shape),
)
plt.plot(losses, color="#0072B2")
plt.xlabel("step")
plt.ylabel("loss")
plt.show()

# %% [markdown]
# ### 벡터가 만들어지는 모습
#
# 이제 모든 뉴스로, Sadari의 컴파일된 루프로 학습합니다. 에포크 수를 늘려 가며 세 번 학습하고, 그때마다 어느 단어가 가장 가까운지
# 물어봅니다.

# %%
every = sadari.open_source(news()).read().texts
long = max(1, 32000 // len(every))  # few texts need more passes
settings = {"width": 50, "min_count": max(3, len(every) // 3000), "window": 5, "workers": 1, "seed": 0}
for passes in (1, 2 * long, 6 * long):
    vectors = sadari.train_vectors(every, model="skipgram", epochs=passes, **settings)
    print(f"{passes:3} passes")
    for word in ("oil", "team", "president", "software"):
        if word in vectors:
            print(f"    {word:10}", ", ".join(near for near, _ in vectors.nearest(word, 6)))

# %%
mean = sadari.train_vectors(every, model="cbow", epochs=6 * long, **settings)
for word in ("oil", "team", "president", "software"):
    if word in vectors:
        print(f"{word:10} skip-gram", ", ".join(near for near, _ in vectors.nearest(word, 5)))
        print(f"{'':10} cbow     ", ", ".join(near for near, _ in mean.nearest(word, 5)))
vectors

# %% [markdown]
# AG News로 학습하면 이웃이 그럴듯합니다. 내장된 뉴스는 짧은 텍스트 1,000건뿐이라 그만큼만 배웁니다. `vectors.similarity`는 두 단어의
# 코사인을 줍니다. 1이면 같은 방향, 0이면 직각입니다.

# %%
some = [
    word
    for word in ("oil", "prices", "crude", "team", "coach", "season", "software", "computer", "users")
    if word in vectors
]
cosines = [[vectors.similarity(one, other) for other in some] for one in some]
heat_map(cosines, rows=some, columns=some, signed=True)

# %%
from sadari.plots.vectors import draw_words
from sadari.vectors.projection import project

centres = [word for word in ("oil", "team", "president", "software") if word in vectors]
around = [near for word in centres for near, _ in vectors.nearest(word, 6)]
draw_words(project(vectors, list(dict.fromkeys([*centres, *around]))), marked=centres)

# %% [markdown]
# ## 유추는 화살표입니다
#
# *king − man + woman*: *king*에서 출발해 *man*에서 *woman*으로 가는 화살표만큼 움직입니다. 한 축은 '왕족', 다른 축은 '여성'을 뜻하는 공간을
# 손으로 만들면 정확히 보입니다.

# %%
toy = sadari.WordVectors(
    ["king", "queen", "man", "woman", "prince", "princess"],
    np.array([[0.9, 0.1], [0.9, 0.9], [0.1, 0.1], [0.1, 0.9], [0.7, 0.1], [0.7, 0.9]], np.float32),
)
print(toy.analogy("king - man + woman", 2, metric="euclidean"))
figure, axis = plt.subplots(figsize=(8, 5))
for word in toy.words:
    royal, female = toy[word]
    axis.plot(royal, female, "o", color=COLOURS[0], markersize=10)
    axis.annotate(word, (royal, female), (8, 6), textcoords="offset points")
for one, other in (("man", "woman"), ("king", "queen")):
    axis.annotate("", toy[other], toy[one], arrowprops={"arrowstyle": "->", "color": COLOURS[3], "linewidth": 3})
axis.set(xlabel="royal", ylabel="female", xlim=(0, 1.1), ylim=(0, 1.1))
plt.show()

# %% [markdown]
# 아래의 `1.3*woman`처럼 단어에 가중치를 줄 수도 있습니다. 벡터가 없는 단어도 있습니다. 2021년 강의는 종류를 가리지 않는 `except`로 감싸고
# 단어를 찾았는데, 그러면 코드의 오타를 비롯한 모든 오류가 가려집니다. 여기서는 어느 단어가 없는지, 어떤 단어를 찾으려던 것 같은지 오류가
# 알려 줍니다.

# %%
print(toy.analogy("king - man + 1.3*woman", 2, metric="euclidean"))
try:
    toy["quene"]
except sadari.SadariError as error:
    print(error)

# %% [markdown]
# 뉴스의 벡터에는 이름 없는 축이 50개 있습니다. 그림은 단어들이 가장 크게 갈라지는 두 방향을 찾아 새 축으로 삼습니다(PCA). 여기 있는 것은
# 나라 이름과 그 나라를 가리키는 형용사입니다. 화살표는 같은 쪽을 가리켜야 하고, 텍스트가 많을수록 더 나란해집니다.

# %%
wanted = [
    ("iraq", "iraqi"),
    ("russia", "russian"),
    ("china", "chinese"),
    ("france", "french"),
    ("japan", "japanese"),
    ("germany", "german"),
]
both = [(one, other) for one, other in wanted if one in vectors and other in vectors]
found = project(vectors, [word for pair in both for word in pair])
place = dict(zip(found.words, found.points, strict=True))
figure, axis = plt.subplots(figsize=(9, 6))
for one, other in both:
    axis.annotate("", place[other], place[one], arrowprops={"arrowstyle": "->", "color": COLOURS[3], "linewidth": 2})
for word, point in place.items():
    axis.plot(*point, "o", color=COLOURS[0])
    axis.annotate(word, point, (6, 6 if word in dict(both).values() else -16), textcoords="offset points")
axis.set(xlabel="first axis", ylabel="second axis")
plt.show()
if {"russia", "russian", "china"} <= set(place):
    print("russian - russia + china →", [word for word, _ in vectors.analogy("russian - russia + china", 4)])

# %% [markdown]
# 다른 사람이 단어 수십억 개로 학습한 벡터는 더 잘합니다. GoogleNews에서 *neural*에 가장 가까운 단어는 *neuronal*(0.7805)이고, king + woman
# − man에 가장 가까운 단어는 *queen*(0.7118)입니다. GloVe도 *queen*을 찾습니다. 그런 파일이 있으면 우리 것 대신
# `vectors = sadari.read_vectors("GoogleNews-vectors-negative300.bin")`으로(또는 `"glove.6B.50d.txt"`를) 읽으세요. **파일이 없으면 이 노트북이
# 방금 학습한 벡터를 계속 씁니다.**
#
# ## 벡터에서 신경망을 시작하고, 벡터가 들어갔는지 보기
#
# 강의는 `weight[i].data = v`로 임베딩을 채우고 '찾음'이라고 출력했습니다. 실제로 무슨 일이 일어났는지 보세요.

# %%
from sadari.vectors.initialise import fill

few = train[:300]
small = sadari.Vocab.learn(words(few.texts), specials=())
embedding = torch.nn.Embedding(len(small), vectors.width)
before = embedding.weight.detach().clone()
told = 0
for row, word in enumerate(small.tokens):
    if word in vectors:
        embedding.weight[row].data = torch.tensor(vectors[word])
        told += 1
changed = int((embedding.weight != before).any(1).sum())
print(f"'found' {told} of {len(small)} words; rows that changed: {changed}")

# %% [markdown]
# 한 행도 바뀌지 않았습니다. `weight[row]`는 새 텐서를 만듭니다. 그 텐서의 `.data`만 바뀌고, 텐서는 곧 버려집니다. `fill`은 표를 통째로
# 주고, 단어마다 그 행을 어떻게 얻었는지 알려 줍니다. (2021년 강의에서는 AG News 어휘의 95,812개 항목 가운데 41,080개를 GoogleNews에서
# 찾았고, 54,732개는 없었습니다.)

# %%
filled = fill(vectors, small.tokens)
embedding = torch.nn.Embedding.from_pretrained(torch.from_numpy(filled.matrix), freeze=False)
kinds = ("found", "in other case", "made of pieces", "missing: drawn")
count = np.bincount(filled.how, minlength=4)
arrived = all(
    np.array_equal(embedding.weight[row].detach().numpy(), vectors[word])
    for row, word in enumerate(small.tokens)
    if filled.how[row] == 0
)
print(dict(zip(kinds, count.tolist(), strict=True)), " every found row equals its source:", arrived)
left = 0
figure, axis = plt.subplots(figsize=(11, 1.9))
for kind, number, shade, hatch in zip(kinds, count, COLOURS[:4], ("", "//", "..", "xx"), strict=True):
    if number:
        axis.barh(0, number, left=left, color=shade, hatch=hatch, edgecolor="white", label=f"{kind}: {number}")
        left += number
axis.set(xlabel="words of the 300 texts", yticks=[], ylim=(-0.5, 1.2))
axis.legend(ncols=4, loc="upper left")
plt.show()

# %% [markdown]
# 강의에는 `weight.data = vocab.vectors`도 있었습니다. 복사가 아니어서 학습하면 원래 벡터까지 바뀝니다. 여기서는 복사합니다.

# %%
source = torch.from_numpy(toy.all_of(["king", "queen"]))
before = source.clone()
embedding = torch.nn.Embedding(2, 2)
embedding.weight.data = source
copied = torch.nn.Embedding.from_pretrained(torch.from_numpy(fill(toy, ["king", "queen"]).matrix), freeze=False)
with torch.no_grad():  # a step of training changes the weights
    embedding.weight += 1
    copied.weight += 1
kept = np.array_equal(toy.all_of(["king", "queen"]), before.numpy())
print("vectors as before: in the course", torch.equal(source, before), "· here", kept)

# %% [markdown]
# 아무것도 들어가지 않으면 얼마나 손해일까요? 레이블이 있는 텍스트 300건으로 학습합니다. 한 번은 진짜 벡터에서, 한 번은 강의가 자기도 모르게
# 그랬듯 무작위 벡터에서 시작합니다.

# %%
random = np.random.default_rng(0).normal(0, vectors.matrix.std(), vectors.matrix.shape).astype(np.float32)
for name, source in (
    ("real vectors", vectors),
    ("random ones", sadari.WordVectors(vectors.words, random, tokenizer=vectors.tokenizer)),
):
    model = sadari.FromVectors(vectors=source, tune=False, epochs=20).fit(few.texts, few.labels)
    print(f"{name:13} {model.score(test.texts, test.labels):.3f}   {model.coverage_}")

# %% [markdown]
# ## 연습 문제
#
# **3.1** 텍스트 세 개에 단어가 각각 3개, 2개, 4개 있습니다. `EmbeddingBag`이 받는 오프셋을 쓰세요.

# %%
answer = ...
check("3.1", answer)

# %% [markdown]
# **3.2** 텍스트는 *the cat sat on the mat*이고 윈도 크기는 2입니다. 스킵그램은 *sat*에서 어떤 단어들을 예측할까요? 왼쪽에서 오른쪽 순서로
# 리스트에 쓰세요.

# %%
answer = ...
check("3.2", answer)

# %% [markdown]
# **3.3** `torch.nn.Embedding`의 한 행에 벡터를 정말로 써넣는 함수 `put(embedding, row, vector)`를 쓰세요. 함수 자체를 답으로 주세요.

# %%
answer = ...
check("3.3", answer)

# %% [markdown]
# 해답은 `sadari course -o 해답 --lang ko --solutions`를 실행하면 새 폴더 `해답` 안의 `solutions`에 있습니다.
#
# ## 강의 슬라이드에서 코드로
#
# | 3단원의 슬라이드 | 코드 |
# |---|---|
# | 패딩한 배치와 평균 | `ids.padded(vocab.pad_id)`, `sadari.EmbeddingMean(epochs=1, epoch_size=25000)` |
# | 내용과 오프셋, EmbeddingBag | `torch.nn.EmbeddingBag(…)(*ids.bag())`, `sadari.EmbeddingBag(longest=1)` |
# | CBoW와 스킵그램 | `sadari.train_vectors(texts, model="cbow")`, `sadari vectors train FILE -o vectors` |
# | `most_similar` | `vectors.nearest("oil")`, `sadari vectors nearest vectors oil` |
# | 유추 | `vectors.analogy("king - man + woman")`, `sadari vectors analogy vectors king - man + woman` |
# | 같은 것을 유클리드 거리와 가중치로 | `vectors.analogy("king - man + 1.3*woman", metric="euclidean")` |
# | word2vec과 GloVe 파일 | `sadari.read_vectors("GoogleNews-vectors-negative300.bin")`, `"glove.6B.50d.txt"` |
# | 임베딩에 넣은 벡터: 찾은 것, 없는 것 | `fill(vectors, words)`, `sadari.FromVectors(vectors=…, vocabulary="corpus")` |
# | 벡터 자신의 어휘 | `sadari.FromVectors(vectors=…, vocabulary="vectors")` |
# | 단어를 점으로 그린 그림 | `sadari vectors plot vectors --nearest oil -o oil.png` |
#
# 다음: **4 · 순환 신경망**.
