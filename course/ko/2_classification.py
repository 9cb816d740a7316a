# %% [markdown]
# # 2 · 뉴스 분류하기
#
# 뉴스 하나가 들어가면 레이블 넷 가운데 하나가 나옵니다. 방법은 단어 세기입니다. 간단하고 빠른데도 이보다 잘하기가 쉽지 않습니다.
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 텍스트에서 어휘를 만들고, `min_freq`와 크기 제한이 어휘를 어떻게 바꾸는지 말하기
# - scikit-learn과 Sadari로 텍스트를 단어 가방(bag of words, BoW)으로 바꾸고 둘이 같음을 보이기
# - 순수한 PyTorch로 학습 루프를 쓰고 한 줄 한 줄 설명하기, 그런 다음 같은 모델을 코드 한 줄로 학습하기
# - n그램과 TF-IDF를 쓰고 그 비용을 말하기
# - 혼동 행렬을 읽고, 어느 단어가 레이블을 결정하는지 보이기

# %%
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import torch

import sadari
from sadari.course import check, heat_map, news, start

start()

# %% [markdown]
# ## 뉴스
#
# AG News에는 레이블마다 학습용 30,000건과 테스트용 1,900건이 있습니다. `sadari data fetch ag_news`로 한 번 받아 두면 됩니다. 없으면 이
# 노트북은 레이블 네 개가 똑같은 내장 뉴스 1,000건을 읽습니다.
#
# `open_source`는 파일을 읽으며, 데이터셋은 이름만 주어도 됩니다. 한 부분으로 학습하고, 다른 부분은 마지막까지 남겨 둡니다.

# %%
train = sadari.open_source(news()).read()[:5000]
test = sadari.open_source(news(), part="test").read()[:1500]
print(len(train), "to learn from,", len(test), "to be judged by")
train.head(4)

# %%
names = train.label_names
numbers = np.bincount(train.codes)
plt.barh(names, numbers, color="#0072B2")
plt.xlabel("news items")
plt.gca().invert_yaxis()
plt.show()

# %% [markdown]
# ## 2021년 강의의 실수: 레이블은 1부터, 리스트는 0부터
#
# AG News 파일의 레이블은 숫자 1, 2, 3, 4입니다. 강의는 이 숫자를 리스트의 인덱스로 그대로 썼습니다. 그런데 Python은 0부터 셉니다. 그래서
# 모든 클래스가 다음 클래스의 이름으로 불렸고, 마지막 클래스는 이름이 없었습니다.

# %%
classes = ["World", "Sports", "Business", "Sci/Tech"]
for number in (1, 2, 3, 4):
    shown = classes[number] if number < len(classes) else "IndexError"
    print(f"label {number}:  shown {shown:10}  meant {classes[number - 1]}")

# %% [markdown]
# 학습하는 동안 나오는 어떤 숫자에도 이 실수는 드러나지 않습니다. 신경망은 똑같이 잘 배우는데 사람이 읽는 이름만 모두 틀립니다. 여기서는
# **이름이 데이터에서 나옵니다**. 이름은 `train.label_names`에 있고, `train.codes`는 바로 그 리스트의 인덱스입니다.

# %%
for text, label in list(train)[:3]:
    print(f"{label:10}", text[:90])
print("codes      ", train.codes[:3], [names[code] for code in train.codes[:3]])

# %% [markdown]
# ## 세어서 만드는 어휘
#
# 텍스트를 단어로 잘라 세고, 자주 나오는 것을 앞에 놓습니다. 맨 앞의 두 항목은 `<unk>`와 `<pad>`입니다(노트북 1).

# %%
words = sadari.tokenizer("basic_english")
tokens = words(train.texts)
vocab = sadari.Vocab.learn(tokens)
print(len(vocab), "entries:", vocab.tokens[:14])
ids = vocab.encode(words(["I love to play with my words"]))[0]
print(ids, vocab.decode(ids))

# %% [markdown]
# 2021년 강의와 비교해 봅시다. AG News 120,000건 전체로 만든 강의의 어휘는 95,812개이고, *I love to play with my words*는 283 2321 5 337 19
# 1301 2357입니다. 테스트 파일만으로 만들면 266 2744 5 333 19 1018 1983입니다. 여기서는 어떤 값이 나오나요?

# %%
full = sadari.open_source(news(), part="test").read()
of_test = sadari.Vocab.learn(words(full.texts))
print(full.counts)
print(f"{len(of_test):,} entries:", of_test.encode(words(["I love to play with my words"]))[0].tolist())

# %% [markdown]
# 단어는 대부분 드물게 나옵니다. 단어마다 몇 번 나오는지 세어 순위별로 그려 봅시다. 두 축을 모두 로그(10의 거듭제곱)로 하면 거의 직선이
# 됩니다(지프의 법칙). 어휘의 절반쯤은 단 한 번 나옵니다.

# %%
counted = Counter(word for text in tokens.to_lists() for word in text)
often = np.array(sorted(counted.values(), reverse=True))
plt.loglog(np.arange(1, len(often) + 1), often, color="#0072B2")
plt.xlabel("rank of the word")
plt.ylabel("how often it occurs")
plt.show()
for least in (1, 2, 5, 10):
    kept = sadari.Vocab.learn(tokens, min_freq=least)
    covered = often[often >= least].sum() / often.sum()
    print(f"min_freq={least:2}: {len(kept):6,} entries, {covered:.1%} of the running text")

# %% [markdown]
# ## 단어 가방(BoW)
#
# 순서는 버리고 세기만 합니다. 텍스트는 어휘 크기만큼 긴 숫자 한 행이 됩니다. 먼저 손으로 해 봅시다.

# %%
fruit = ["banana, banana, mango", "mango and apple", "banana and apple"]
own = sorted({word for text in fruit for word in words.tokenize(text) if word != ","})
by_hand = [[words.tokenize(text).count(word) for word in own] for text in fruit]
heat_map(by_hand, rows=fruit, columns=own)

# %% [markdown]
# 이제 scikit-learn과 Sadari로 합니다. 열의 순서가 서로 다르므로(scikit-learn은 정렬하고 Sadari는 나온 순서대로 둡니다) 이름으로 짝을 지어
# 비교합니다.

# %%
from sklearn.feature_extraction.text import CountVectorizer

from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh

theirs = CountVectorizer()
ours = CountVectors("words")
their_counts = theirs.fit_transform(fruit).toarray()
counts = ours.fit(fruit)
our_counts = weigh(counts, idf=False, norm=None).matrix(counts).toarray()
place = [ours.feature_names().index(name) for name in theirs.get_feature_names_out()]
print("scikit-learn", list(theirs.get_feature_names_out()), "\n", their_counts)
print("sadari      ", ours.feature_names(), "\n", our_counts.astype(int))
print("the same:", bool((their_counts == our_counts[:, place]).all()))

# %% [markdown]
# 이번에는 뉴스입니다. 텍스트 × 어휘 표가 됩니다. 거의 다 0이므로 0이 아닌 값만 저장하는 **희소** 행렬을 씁니다.

# %%
vocab = sadari.Vocab.learn(tokens, min_freq=2)
table = vocab.encode(tokens).counts(len(vocab))
print("shape", table.shape, f" not zero: {table.nnz / np.prod(table.shape):.2%}")
few = table[:12, 2:42].toarray()
heat_map(few, rows=[f"text {row}" for row in range(12)], columns=vocab.tokens[2:42])

# %% [markdown]
# ## 학습 루프를 순수한 PyTorch로
#
# 모델은 행렬 하나입니다. 단어와 레이블의 쌍마다 가중치가 하나씩 있습니다. 텍스트의 행에 이 행렬을 곱하면 숫자 네 개, 곧 **로짓**이
# 나옵니다. `log_softmax`는 로짓을 확률의 로그로 바꾸고, **손실**은 정답 레이블의 로그 확률에 음의 부호를 붙인 값입니다. 배치 하나의 모양을
# 보세요.

# %%
labels = torch.tensor(train.codes, dtype=torch.long)
net = torch.nn.Linear(len(vocab), len(names))
inputs = torch.from_numpy(table[:16].toarray())
logits = net(inputs)
log_probabilities = torch.log_softmax(logits, dim=1)
loss = torch.nn.functional.nll_loss(log_probabilities, labels[:16])
print("inputs ", tuple(inputs.shape), " weight", tuple(net.weight.shape), " logits", tuple(logits.shape))
print(f"loss {loss.item():.3f}; who knows nothing has ln {len(names)} = {np.log(len(names)):.3f}")

# %% [markdown]
# 한 스텝은 이렇습니다. 그래디언트를 0으로 지우고, 손실을 구하고, `backward`를 호출하고, 가중치를 조금 움직입니다. 모든 텍스트를 한 번씩
# 보면 한 **에포크**입니다. 50스텝마다 경과를 출력합니다.

# %%
torch.manual_seed(0)
net = torch.nn.Linear(len(vocab), len(names))
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
batch_size, report_every = 16, 50
losses, right, seen = [], 0, 0
order = torch.randperm(len(train)).numpy()
for step, first in enumerate(range(0, len(order), batch_size), 1):
    rows = order[first : first + batch_size]
    inputs = torch.from_numpy(table[rows].toarray())
    optimizer.zero_grad()
    log_probabilities = torch.log_softmax(net(inputs), dim=1)
    loss = torch.nn.functional.nll_loss(log_probabilities, labels[rows])
    loss.backward()
    optimizer.step()
    losses.append(loss.item())  # a number; the tensor itself would keep its whole graph alive
    right += int((log_probabilities.argmax(1) == labels[rows]).sum())
    seen += len(rows)
    if step % report_every == 0:
        print(
            f"step {step:4}  texts {seen:5}  loss {np.mean(losses[-report_every:]):.3f}  running accuracy {right / seen:.4f}"
        )

# %%
plt.plot(losses, color="#56B4E9", linewidth=1, label="each batch")
smooth = np.convolve(losses, np.ones(25) / 25, "valid")
plt.plot(np.arange(len(smooth)) + 24, smooth, color="#0072B2", label="mean of 25")
plt.axhline(np.log(len(names)), color="#D55E00", linestyle="--", label="knows nothing")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# ### 2021년 강의가 출력한 숫자
#
# 강의의 루프에 나오는 숫자 세 개는 겉보기와 뜻이 달랐습니다.
#
# 1. 배치마다 **평균** 손실을 더한 다음 **텍스트** 수로 나누었습니다. 배치에 텍스트가 16개면 16분의 1로 작아집니다. 15.2가 0.95로
#    출력되었습니다.
# 2. 정확도는 **지금 배우고 있는** 텍스트로만 쟀습니다. 중요한 것은 한 번도 본 적 없는 텍스트에서 얼마나 맞히는가입니다.
# 3. 텍스트 `epoch_size`개를 읽으면 멈추려고 `count > epoch_size`를 썼습니다. 그때는 이미 배치를 하나 더 읽은 뒤입니다.

# %%
print(f"mean loss             {np.mean(losses):.3f}")
print(f"as the course has it  {sum(losses) / seen:.3f}")


def accuracy(net, corpus):
    """The share of texts that get the right label."""
    rows = vocab.encode(words(corpus.texts)).counts(len(vocab)).toarray()
    with torch.no_grad():
        given = net(torch.from_numpy(rows)).argmax(1).numpy()
    return float((given == corpus.codes).mean())


print(f"accuracy while learning {right / seen:.4f}, after it, on the same texts {accuracy(net, train):.4f}")
print(f"accuracy on new texts   {accuracy(net, test):.4f}")

# %%
epoch_size, count = 320, 0
while count <= epoch_size:  # it ends when count > epoch_size
    count += batch_size
exact = sadari.BagOfWords(solver="adam", epochs=1, epoch_size=epoch_size).fit(train.texts, train.labels)
print(f"a pass of {epoch_size}: the course reads {count} texts, Sadari {exact.history_[-1]['texts']:.0f}")

# %% [markdown]
# ## 어느 단어가 레이블을 결정할까요?
#
# 가중치가 말해 줍니다. 레이블마다 가중치가 가장 큰 단어 열 개입니다.

# %%
figure, axes = plt.subplots(1, len(names), figsize=(13, 4.6))
for axis, name, weights in zip(axes, names, net.weight.detach(), strict=True):
    best = weights.topk(10)
    axis.barh([vocab.tokens[word] for word in best.indices], best.values.tolist(), color="#0072B2")
    axis.invert_yaxis()
    axis.set_title(name)
    axis.set_xticks([])

# %% [markdown]
# ## 같은 것을 한 줄로
#
# `BagOfWords` 안에 이 루프가 있습니다. `solver="adam"`으로 단어의 횟수를 그대로 쓰면 위의 루프와 같습니다. 다만 한 번만 나오는 단어도
# 빠짐없이 씁니다. (2021년 강의는 120,000건 전체를 한 번 보고 학습 중 정확도 0.8724를 얻었습니다.) 기본 솔버는 가장 좋은 가중치를 바로
# 찾아가므로 학습률이 필요 없습니다.

# %%
plain = {"norm": None, "sublinear_tf": False, "tokenizer": "basic_english"}  # counts as they are
loop = sadari.BagOfWords(solver="adam", epochs=1, batch_size=16, **plain).fit(train.texts, train.labels)
model = sadari.BagOfWords().fit(train.texts, train.labels)
running = loop.history_[-1]["accuracy"]
print(f"solver='adam', one pass: {loop.score(test.texts, test.labels):.4f}; while learning {running:.4f}")
print(f"the default:             {model.score(test.texts, test.labels):.4f}")

# %%
text = "Oil prices fell as the company cut its forecast"
print(
    model.predict([text])[0],
    dict(zip(model.classes_.tolist(), model.predict_proba([text])[0].round(3).tolist(), strict=True)),
)
print(model.explain(text).strongest("Business", 3))
model.explain(text)

# %% [markdown]
# 강의의 코드는 빈 텍스트나 모르는 단어뿐인 텍스트를 만나면 오류를 냈습니다. 여기서는 둘 다 답이 있습니다. 확률은 학습 텍스트에서 레이블이
# 차지하는 비율이고, 따라서 답은 가장 많은 레이블입니다.

# %%
for text in ("", "qzxv jkwp"):
    print(f"{text!r:12}", model.predict([text])[0], model.predict_proba([text])[0].round(3))

# %% [markdown]
# ## n그램: 순서를 조금만
#
# *not good*과 *good*에는 똑같이 *good*이 들어 있지만 뜻은 반대입니다. n그램은 이어진 단어 n개입니다. 단어와 단어 쌍을 함께 세면 *not
# good*이 보입니다.

# %%
from sadari.text.ngrams import ngrams

tokens_of_one = words.tokenize("An adorable little boy is spreading smiles")
for n in (1, 2, 3, 4):
    found = ngrams(tokens_of_one, n)
    print(n, len(found), found)

# %% [markdown]
# 단어가 m개인 텍스트에는 n그램이 m − n + 1개 있습니다. 그런데 **서로 다른** n그램은 모두 몇 개일까요? 텍스트를 점점 늘려 가며 세어
# 봅시다.

# %%
sizes = [size for size in (250, 500, 1000, 2000, 3500, 5000) if size <= len(train)]
for longest, marker in zip((1, 2, 3, 4), "os^D", strict=True):
    grown = []
    for size in sizes:
        vectors = CountVectors("words", ngram_range=(1, longest))
        vectors.fit(train.texts[:size])
        grown.append(vectors.size)
    plt.plot(sizes, grown, marker=marker, label=f"up to {longest} words")
plt.xlabel("texts")
plt.ylabel("different n-grams")
plt.legend()
plt.show()

# %% [markdown]
# 단어 하나짜리 곡선은 점점 완만해지지만 긴 n그램은 거의 그대로 올라갑니다. 이어진 단어 네 개는 거의 언제나 처음 보는 것이기 때문입니다.
# 2021년 강의는 AG News 120,000건에서 단어 95,812개, 단어 쌍까지 더하면 1,308,844개를 세었습니다(`<unk>`와 `<pad>` 포함).
# `CountVectors("basic_english", ngram_range=(1, 2))`로 같은 것을 셀 수 있고, 그 수는 `.size`입니다. 열이 많으면 메모리를 더 쓰는데, 그
# 대부분은 한 번만 나옵니다.
#
# ## TF-IDF: 드문 단어를 더 크게
#
# *the*는 거의 모든 텍스트에 나오지만 아무것도 말해 주지 않습니다. TF-IDF는 단어의 횟수에
# ln((1 + 텍스트 수) / (1 + 그 단어가 든 텍스트 수)) + 1을 곱하고, 텍스트마다 행 벡터의 길이를 1로 맞춥니다. 강의에 나온 숫자를 그대로 얻어
# 봅시다.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer

corpus = ["I like hot dogs.", "The dog ran fast.", "Its hot outside."]
asked = ["My dog likes hot dogs on a hot day."]
theirs = TfidfVectorizer(ngram_range=(1, 2)).fit(corpus).transform(asked)
ours = CountVectors("words", ngram_range=(1, 2))
weights = weigh(ours.fit(corpus), idf=True, norm="l2")
row = weights.matrix(ours.transform(pl.Series(asked))).toarray()[0]
print("scikit-learn", [f"{value:.6f}" for value in sorted(theirs.data)])
print("sadari      ", [f"{value:.6f}" for value in sorted(row[row > 0])])
{name: round(float(value), 4) for name, value in zip(ours.feature_names(), row, strict=True) if value}

# %% [markdown]
# ## 세 모델을 비교하기
#
# 점은 같은 테스트 데이터에서 맞힌 비율이고, 선은 95% 신뢰구간입니다. 구간이 많이 겹치면 차이는 우연일 수 있습니다.

# %%
from sadari.metrics.evaluate import evaluate

rungs = {"bow": sadari.BagOfWords(), "ngram": sadari.Ngrams(), "tfidf": sadari.TfIdf()}
scores = {}
for name, rung in rungs.items():
    scores[name] = evaluate(rung.fit(train.texts, train.labels), test)
    print(f"{name:6} {scores[name].accuracy.value:.3f}   {rung.train_seconds_:.2f} s to train")

# %%
for row, score in enumerate(scores.values()):
    found = score.accuracy
    plt.plot([found.low, found.high], [row, row], color="black")
    plt.plot(found.value, row, "o", markersize=12, color="#0072B2")
plt.yticks(range(len(scores)), list(scores))
plt.ylim(-0.5, len(scores) - 0.5)
plt.xlabel("accuracy on test texts")
plt.show()

# %%
rungs["tfidf"].feature_table(test.texts[:4])

# %% [markdown]
# ## 어디에서 틀릴까요? 혼동 행렬
#
# 행은 정답 레이블, 열은 모델이 예측한 레이블입니다. 대각선이 맞힌 것입니다.

# %%
found = scores["tfidf"]
confusion = np.array(found.confusion)[: len(found.label_names)]  # the last row is for labels never seen in training
heat_map(confusion, rows=[f"is {name}" for name in found.label_names], columns=found.label_names)

# %%
scores["tfidf"]

# %%
given = rungs["tfidf"].predict(test.texts)
wrong = [row for row in range(len(test)) if given[row] != test.labels[row]]
for row in wrong[:4]:
    print(f"is {test.labels[row]}, given {given[row]}: {test.texts[row][:110]}")

# %% [markdown]
# ## 연습 문제
#
# **2.1** 열이 `be, not, or, to` 순서일 때 `"to be or not to be"`의 BoW를 쓰세요.

# %%
answer = ...
check("2.1", answer)

# %% [markdown]
# **2.2** 단어가 7개인 텍스트가 있습니다. 한 단어, 두 단어, 세 단어짜리 n그램을 모두 더하면 몇 개일까요?

# %%
answer = ...
check("2.2", answer)

# %% [markdown]
# **2.3** 파일에 있는 레이블 번호(1부터 4까지)를 받아 위의 리스트 `classes`에서 이름을 찾아 돌려주는 함수를 쓰세요. 함수 자체를 답으로
# 주세요.

# %%
answer = ...
check("2.3", answer)

# %% [markdown]
# 해답은 `sadari course -o 해답 --lang ko --solutions`를 실행하면 새 폴더 `해답` 안의 `solutions`에 있습니다.
#
# ## 강의 슬라이드에서 코드로
#
# | 2단원의 슬라이드 | 코드 |
# |---|---|
# | AG News와 레이블 네 개 | `sadari.open_source("ag_news").read()`, `.label_names`, `.codes`, `.counts` |
# | 첫 몇 줄 | `train.head(4)`, `sadari data head ag_news` |
# | `min_freq`를 쓰는 어휘 | `sadari.Vocab.learn(tokens, min_freq=2, max_size=20000)` |
# | BoW, `CountVectorizer` | `CountVectors("words").fit(texts)`, `ids.counts(len(vocab))` |
# | 분류기와 학습 루프 | `sadari.BagOfWords(solver="adam", epoch_size=25000, report_every=500).fit(texts, labels)` |
# | 같은 것을 명령줄에서 | `sadari train ag_news --rung bow --solver adam --epoch-size 25000 --report-every 500 -o m` |
# | n그램, `ngram_range` | `ngrams(tokens, 2)`, `CountVectors("words", ngram_range=(1, 2))`, `sadari.Ngrams()` |
# | TF-IDF, `TfidfVectorizer` | `weigh(counts, idf=True, norm="l2").matrix(counts)`, `sadari.TfIdf()` |
# | 정확도, 혼동 행렬 | `sadari.metrics.evaluate.evaluate(model, corpus)`, `sadari evaluate MODEL test.csv` |
# | 레이블을 결정하는 단어 | `model.explain(text).strongest("Business")` |
#
# 다음: **3 · 단어를 벡터로**.
