# %% [markdown]
# # 4 · 순환 신경망: 한 단어씩 읽기
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 순환 신경망을 펼쳐 그리고, 각 스텝을 손으로 계산하기
# - LSTM의 식을 직접 코드로 쓰고, PyTorch와 똑같은 값 얻기
# - 학습된 모델이 문장을 읽는 동안 게이트와 상태가 어떻게 움직이는지 눈으로 보기
# - 패킹한 시퀀스가 무엇이고 언제 쓸모가 있는지 설명하기
# - 2021년 강의의 정확도를 24%p나 떨어뜨린 실수, 곧 *패딩 뒤에서* 상태를 읽은 실수를 찾아내고 피하기
#
# Python, 그리고 노트북 1~3에서 본 토큰·id·임베딩만 알면 됩니다.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

import sadari
from sadari.course import check, news, start

start()

# %% [markdown]
# ## 4.1 순서가 왜 중요할까요?
#
# 노트북 2의 단어 가방(BoW)은 단어를 세기만 하고 어디에 있었는지는 잊어버립니다. 아래 두 문장은 뜻이 전혀 다르지만
# 단어 가방으로는 똑같습니다.

# %%
words = sadari.tokenizer("basic_english")
pair = ["the dog bites the man", "the man bites the dog"]
small_vocab = sadari.Vocab.learn(words(pair))
pair_ids = small_vocab.encode(words(pair))
counts = pair_ids.counts(len(small_vocab)).toarray()
print("words: ", small_vocab.tokens)
print("counts:", *counts.astype(int), sep="\n  ")
print("ids:   ", *(row.tolist() for row in pair_ids), sep="\n  ")

# %% [markdown]
# id에는 순서가 남아 있습니다. **순환 신경망**(RNN)은 id를 하나씩 차례로 읽으면서 *상태*(state)를 이어 갑니다. 상태는
# 지금까지 이해한 내용을 담은 작은 벡터입니다. 스텝마다 다음 단어와 이전 상태를 받아 새 상태를 만듭니다.
#
# ```
# h_t = tanh(W · x_t  +  U · h_(t-1)  +  b)
# ```
#
# `x_t`는 `t`번째 단어의 임베딩이고 `h_t`는 그 단어까지 읽은 뒤의 상태입니다. `W`, `U`, `b`는 학습되는 값이며 **모든
# 스텝에서 같은 값**을 씁니다. 이 계산을 단어마다 한 번씩 늘어놓아 그리면 *펼친*(unrolled) 그림이 됩니다.


# %%
def box(ax, x, y, text, color):
    """A rounded box with a word in it."""
    style = {"boxstyle": "round,pad=0.45", "facecolor": color, "edgecolor": "black"}
    ax.text(x, y, text, ha="center", va="center", fontsize=14, bbox=style)


def arrow(ax, start, end, label=""):
    """An arrow from one point to another, and what it is called."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "linewidth": 1.8, "color": "black"})
    if label:
        ax.text((start[0] + end[0]) / 2 + 0.08, (start[1] + end[1]) / 2 + 0.1, label, fontsize=13, color="#0072B2")


def draw_unrolled(tokens, ax):
    """A recurrent net, once for each token: the same W and U everywhere."""
    box(ax, -1, 1, "h0 = 0", "white")
    for step, token in enumerate(tokens):
        box(ax, step, 0, token, "#F0E442")
        box(ax, step, 1, f"h{step + 1}", "#56B4E9")
        arrow(ax, (step, 0.22), (step, 0.78), "W")
        arrow(ax, (step - 1 + (0.38 if step == 0 else 0.2), 1), (step - 0.2, 1), "U")
    box(ax, len(tokens) - 1, 2, "label", "#E69F00")
    arrow(ax, (len(tokens) - 1, 1.22), (len(tokens) - 1, 1.78))
    ax.set_xlim(-1.5, len(tokens) - 0.4)
    ax.set_ylim(-0.4, 2.4)
    ax.axis("off")


figure, ax = plt.subplots(figsize=(10, 4))
draw_unrolled(pair[0].split(), ax)
ax.set_title("unrolled: one step for each word, with the same weights")
plt.show()

# %% [markdown]
# 이제 숫자로 똑같이 해 봅시다. 단어 다섯 개, 단어마다 숫자 네 개, 상태는 숫자 세 개입니다. 먼저 손으로 계산하고,
# 같은 가중치를 가진 `torch.nn.RNN`과 비교합니다.

# %%
rnn = nn.RNN(input_size=4, hidden_size=3, batch_first=True)
W, U = rnn.weight_ih_l0, rnn.weight_hh_l0
b = rnn.bias_ih_l0 + rnn.bias_hh_l0  # torch keeps two biases and adds them
print("W", tuple(W.shape), " U", tuple(U.shape), " b", tuple(b.shape))

sentence = torch.randn(5, 4)  # 5 words, 4 numbers a word
h = torch.zeros(3)
states = []
with torch.no_grad():
    for x in sentence:
        h = torch.tanh(W @ x + U @ h + b)
        states.append(h)
    by_hand = torch.stack(states)
    by_torch, last = rnn(sentence.unsqueeze(0))  # torch wants a batch: here of one text
print("by hand ", tuple(by_hand.shape))
print("by torch", tuple(by_torch.shape), " last state", tuple(last.shape))
print("largest difference:", f"{(by_hand - by_torch[0]).abs().max():.1e}")

# %% [markdown]
# ## 4.2 RNN이 잊는 것, LSTM이 간직할 수 있는 것
#
# *마지막* 상태가 아주 앞에 있던 단어에 얼마나 영향을 받을까요? 그래디언트를 보면 알 수 있습니다. 단순한 RNN에서는
# 스텝마다 `U`와 tanh의 기울기가 곱해지므로 그래디언트가 금세 사라집니다. LSTM에는 두 번째 상태인 *셀*(cell)이 있는데,
# 셀에는 0과 1 사이의 **망각 게이트**(forget gate)만 곱해집니다. PyTorch의 초깃값에서는 이 게이트가 절반쯤 열려
# 있습니다. 활짝 열어 두면 셀은 단어가 아무리 많이 지나가도 알고 있는 것을 간직합니다.


# %%
def influence(net, length=40):
    """How strongly the last state depends on each word: the size of the gradient, [length]."""
    inputs = torch.randn(1, length, 16, requires_grad=True)
    net(inputs)[0][0, -1].sum().backward()
    return inputs.grad[0].norm(dim=1)


torch.manual_seed(0)
open_lstm = nn.LSTM(16, 32, batch_first=True)
with torch.no_grad():
    open_lstm.bias_ih_l0[32:64] = 4.0  # the forget gates: sigmoid(4) is 0.98
nets = {
    "RNN": nn.RNN(16, 32, batch_first=True),
    "LSTM as torch begins it": nn.LSTM(16, 32, batch_first=True),
    "LSTM, forget gates open": open_lstm,
}
figure, ax = plt.subplots()
for (name, net), line in zip(nets.items(), ("-", "--", ":"), strict=True):
    ax.semilogy(range(40, 0, -1), influence(net), line, label=name)
ax.invert_xaxis()
ax.set_xlabel("words back from the end")
ax.set_ylabel("size of the gradient")
ax.set_title("what the last state still knows of each word")
ax.legend()
plt.show()

# %% [markdown]
# ## 4.3 손으로 쓰는 LSTM
#
# 작은 층 네 개가 새 단어와 이전 상태를 봅니다. `σ`는 시그모이드로, 0(닫힘)부터 1(열림)까지의 값을 냅니다.
#
# ```
# i = σ(W_i · x + U_i · h + b_i)      input gate:   새 것을 얼마나 받아들일까
# f = σ(W_f · x + U_f · h + b_f)      forget gate:  옛 것을 얼마나 남길까
# g = tanh(W_g · x + U_g · h + b_g)   candidate:    새로 들어올 후보
# o = σ(W_o · x + U_o · h + b_o)      output gate:  얼마나 내보일까
#
# c = f * c + i * g                   셀 상태: 오래 가는 기억
# h = o * tanh(c)                     은닉 상태: 밖에서 보이는 값
# ```
#
# PyTorch는 네 층을 행렬 하나에 i, f, g, o 순서로 쌓아 둡니다. 알아야 할 것은 이것이 전부입니다.


# %%
def lstm_by_hand(lstm, sentence):
    """All gates and states of an nn.LSTM: sentence [length, width] -> [6, length, hidden], in the order i f g o c h."""
    W, U = lstm.weight_ih_l0, lstm.weight_hh_l0  # [4 * hidden, width] and [4 * hidden, hidden]
    b = lstm.bias_ih_l0 + lstm.bias_hh_l0
    h = c = torch.zeros(lstm.hidden_size)
    seen = []
    for x in sentence:
        i, f, g, o = (W @ x + U @ h + b).chunk(4)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        seen.append(torch.stack([i, f, g, o, c, h]))
    return torch.stack(seen, dim=1)


lstm = nn.LSTM(input_size=4, hidden_size=3, batch_first=True)
with torch.no_grad():
    ours = lstm_by_hand(lstm, sentence)
    theirs, (last_h, last_c) = lstm(sentence.unsqueeze(0))
print("stacked weights", tuple(lstm.weight_ih_l0.shape), " gates and states", tuple(ours.shape))
print("hidden, largest difference:", f"{(ours[5] - theirs[0]).abs().max():.1e}")
print("cell,   largest difference:", f"{(ours[4, -1] - last_c[0, 0]).abs().max():.1e}")

# %% [markdown]
# ## 4.4 학습된 LSTM이 뉴스를 읽는 모습
#
# 데이터는 노트북 2와 같은, 레이블이 네 가지인 뉴스입니다. 학습이 몇 분이 아니라 몇 초에 끝나도록 일부만 씁니다.

# %%
train = sadari.open_source(news()).read()[:5000]
test = sadari.open_source(news(), part="test").read()[:1000]
texts, labels = list(train.texts), list(train.labels)
test_texts, test_labels = list(test.texts), list(test.labels)
names = sorted(set(labels))
print(len(texts), "texts to learn from,", len(test_texts), "to test on; labels:", ", ".join(names))

# %%
epochs = max(4, 20_000 // len(texts))  # of few texts, more passes
model = sadari.LSTM(embed_dim=64, hidden=32, tokenizer="basic_english", epochs=epochs)
model.fit(texts, labels)
print(f"accuracy on the test texts: {model.score(test_texts, test_labels):.3f}")

# %% [markdown]
# 2021년 강의의 LSTM은 임베딩 64차원, 은닉 상태 32차원이라는 같은 설정으로 12만 건 전체를 한 번 학습해 0.77, RNN은
# 0.79, 패킹한 LSTM은 0.81이었습니다. 그럼 *우리* 모델은 단어를 하나씩 읽을 때마다 얼마나 확신할까요? 문장의 앞부분을
# 한 단어씩 늘려 가며 물어봅시다.

# %%
sentence_text = "The home side won the final after shares of the club fell on the stock market"
tokens = words.tokenize(sentence_text)
beginnings = [" ".join(tokens[: n + 1]) for n in range(len(tokens))]
probabilities = model.predict_proba(beginnings)
print("probabilities", probabilities.shape, "= words × labels")

figure, ax = plt.subplots(figsize=(11, 4.2))
for column, marker in zip(range(len(model.classes_)), "osD^", strict=False):
    ax.plot(probabilities[:, column], marker=marker, label=model.classes_[column])
ax.set_xticks(range(len(tokens)), tokens, rotation=45, ha="right")
ax.set_ylim(0, 1)
ax.set_ylabel("probability")
ax.set_title("after each word, what does the net believe?")
ax.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.42))
plt.show()

# %% [markdown]
# 속은 어떨까요? `activations`는 4.3의 식 그대로 계산한 모든 게이트와 상태를 [단어 수 × 유닛 수] 배열로 돌려줍니다.
# 게이트는 진할수록 열린 것이고, 셀과 은닉 상태는 빨강이 0보다 큰 값, 파랑이 작은 값입니다.

# %%
seen = model.activations(sentence_text)
for name, values in seen.panels.items():
    print(f"{name:10}", values.shape, f"from {values.min():+.2f} to {values.max():+.2f}")

letters = {"input": "i", "forget": "f", "candidate": "g", "output": "o", "cell": "c", "hidden": "h"}
order = np.argsort(seen.panels["cell"].argmax(axis=0), kind="stable")  # units that act at the same time, side by side
figure, axes = plt.subplots(6, 1, figsize=(11, 11), sharex=True)
for ax, (name, values) in zip(axes, seen.panels.items(), strict=True):
    gate = name in ("input", "forget", "output")
    reach = 1.0 if gate else float(np.abs(values).max())
    picture = ax.imshow(
        values.T[order], aspect="auto", cmap="Blues" if gate else "RdBu_r", vmin=0 if gate else -reach, vmax=reach
    )
    ax.set_ylabel(f"{letters[name]}\n{name}")
    ax.set_yticks([])
    figure.colorbar(picture, ax=ax)
axes[-1].set_xticks(range(len(seen.tokens)), seen.tokens, rotation=45, ha="right")
axes[0].set_title("gates and states of 32 units, word by word")
plt.show()

# %% [markdown]
# 셀에서 여러 단어에 걸쳐 *이어지는* 띠를 찾아보세요. 그것이 기억입니다. 망각 게이트가 옅어지는 곳에서 유닛은 기억을
# 놓아 버립니다.
#
# 여기 그려진 값이 정말 우리가 쓴 식일까요? `lstm_by_hand`로 확인해 봅시다.

# %%
inner = model.net_.recurrent.layers[0][0]  # the nn.LSTM inside
with torch.no_grad():
    ids = torch.from_numpy(model.vocab_.encode(words([sentence_text])).values.astype(np.int64))
    embedded = model.net_.embedding(ids)
    by_hand = lstm_by_hand(inner, embedded)
print("ids", tuple(ids.shape), "→ embedded", tuple(embedded.shape), "→ gates and states", tuple(by_hand.shape))
print("cell, largest difference:", f"{np.abs(by_hand[4].numpy() - seen.panels['cell']).max():.1e}")

# %% [markdown]
# ## 4.5 패딩, 그리고 블록으로 보는 패킹
#
# 텍스트는 길이가 제각각인데 텐서는 직사각형입니다. **패딩**은 빈자리를 특별한 id로 채웁니다. **패킹**은 빈자리를
# 아예 두지 않고, 스텝마다 아직 단어가 남은 텍스트만 차례로 저장합니다.

# %%
few = ["the dog sleeps on the sofa", "a cat sleeps", "the man bites the dog", "dogs sleep"]
few_vocab = sadari.Vocab.learn(words(few))
few_ids = few_vocab.encode(words(few))
padded, mask = few_ids.padded(few_vocab.pad_id)
packed = few_ids.packed()
print("padded:", tuple(padded.shape), "=", padded.numel(), "places")
print(padded)
print("packed:", tuple(packed.data.shape), "places; texts at each step:", packed.batch_sizes.tolist())

# %%
longest_first = np.argsort(-few_ids.lengths, kind="stable")
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.4))
for row, text in enumerate(few):
    tokens_of_row = words.tokenize(text)
    for step in range(padded.shape[1]):
        real = step < len(tokens_of_row)
        color = "#56B4E9" if real else "#DDDDDD"
        left.add_patch(plt.Rectangle((step, -row), 0.94, 0.9, facecolor=color))
        left.text(
            step + 0.47, -row + 0.45, tokens_of_row[step] if real else "pad", ha="center", va="center", fontsize=12
        )
for step, size in enumerate(packed.batch_sizes.tolist()):
    for row in range(size):
        right.add_patch(plt.Rectangle((step, -row), 0.94, 0.9, facecolor="#009E73"))
        token = words.tokenize(few[longest_first[row]])[step]
        right.text(step + 0.47, -row + 0.45, token, ha="center", va="center", fontsize=12)
    right.text(step + 0.47, 1.15, str(size), ha="center", fontsize=13)
left.set_title("padded: a rectangle, gray is waste")
right.set_title("packed: at each step, the texts that are left")
for ax in (left, right):
    ax.set_xlim(-0.1, padded.shape[1])
    ax.set_ylim(-3.2, 1.6)
    ax.set_xlabel("step")
    ax.set_xticks(np.arange(padded.shape[1]) + 0.47, range(padded.shape[1]))
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
plt.show()

# %% [markdown]
# 어느 쪽이든 상태는 같습니다. 패킹은 계산을 줄이니 더 빠를 것 같습니다. 정말 그런지, 같은 뉴스 배치로 순전파와 역전파
# 시간을 재 봅시다.

# %%
vocab = sadari.Vocab.learn(words(texts), min_freq=2)
ids, test_ids = vocab.encode(words(texts)), vocab.encode(words(test_texts))
embedding, reader = nn.Embedding(len(vocab), 64), nn.LSTM(64, 32, batch_first=True)


def seconds(rows, pack):
    """The time of one pass forward and back over a batch: the best of fifteen."""
    tensor, _ = ids.take(rows).padded(vocab.pad_id)
    lengths = torch.from_numpy(ids.lengths[rows]).clamp(min=1)
    times = []
    for _ in range(15):
        begin = time.perf_counter()
        inputs = embedding(tensor)
        if pack:
            inputs = nn.utils.rnn.pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = reader(inputs)
        hidden.sum().backward()
        times.append(time.perf_counter() - begin)
    return min(times)


batches = {"as they come": np.arange(64), "of like length": np.argsort(ids.lengths)[len(ids) // 2 :][:64]}
for name, rows in batches.items():
    lengths = ids.lengths[rows]
    waste = 1 - lengths.sum() / (len(rows) * lengths.max())
    plain, blocks = seconds(rows, pack=False), seconds(rows, pack=True)
    print(f"{name:15} {waste:4.0%} padding · padded {plain * 1000:5.1f} ms, packed {blocks * 1000:5.1f} ms")

# %% [markdown]
# 대부분의 CPU에서 패킹은 오히려 *느립니다*. 패딩한 배치는 모든 스텝을 한 번에 처리하는 최적화된 루틴을 쓰지만, 패킹한
# 배치는 스텝마다 행 수가 달라서 한 스텝씩 따로 계산하기 때문입니다. (GPU에서는 패킹도 한 번에 처리되어 패딩이 길 때
# 이득이 있습니다.) 더 나은 해결책은 출력의 두 번째 줄에 있습니다. **길이가 비슷한 텍스트끼리 묶으면 패딩이 거의
# 없습니다.** Sadari는 알아서 이렇게 배치를 만듭니다. `sadari.LSTM(packed=True)`로 패킹을 쓸 수도 있으며, 로짓은
# 똑같습니다.

# %%
with torch.no_grad():
    tensor, _ = ids.take(np.arange(64)).padded(vocab.pad_id)
    lengths = torch.from_numpy(ids.lengths[:64]).clamp(min=1)
    plain_states, _ = reader(embedding(tensor))
    at_end = plain_states[torch.arange(64), lengths - 1]  # the state at each text's own last word
    blocks = nn.utils.rnn.pack_padded_sequence(embedding(tensor), lengths, batch_first=True, enforce_sorted=False)
    packed_end = reader(blocks)[1][0][0]
print("padded, read at the last word, and packed: largest difference", f"{(at_end - packed_end).abs().max():.1e}")

# %% [markdown]
# ## 4.6 양방향과 여러 층
#
# **양방향**(bidirectional) 신경망에는 마지막 단어부터 거꾸로 읽는 쪽이 하나 더 있고, 두 방향의 상태를 나란히 이어
# 붙입니다. **층**은 위로 쌓입니다. 첫째 층의 상태가 둘째 층의 입력이 됩니다. 텐서의 모양을 보면 바로 알 수 있습니다.

# %%
batch = embedding(tensor)
print(f"{'net':28} {'states':18} {'last states':14} parameters")
for name, settings in {
    "one layer": {},
    "two layers": {"num_layers": 2},
    "both directions": {"bidirectional": True},
    "two layers, both directions": {"num_layers": 2, "bidirectional": True},
}.items():
    net = nn.LSTM(64, 32, batch_first=True, **settings)
    out, (hidden, cell) = net(batch)
    size = sum(part.numel() for part in net.parameters())
    print(f"{name:28} {tuple(out.shape)!s:18} {tuple(hidden.shape)!s:14} {size:,}")

# %% [markdown]
# 함정이 하나 있습니다. 패딩한 배치에서 PyTorch의 역방향 LSTM은 *패딩부터* 읽기 시작합니다. 그래서 옆에 더 긴 텍스트가
# 있기만 해도 상태가 달라집니다. Sadari의 `BiLSTM`은 텍스트마다 자기 마지막 단어에서부터 거꾸로 읽습니다.

# %%
both_ways = nn.LSTM(64, 32, batch_first=True, bidirectional=True)
row = int(np.argsort(ids.lengths)[10])  # a short text
alone = torch.from_numpy(ids[row].astype(np.int64)).unsqueeze(0)
beside = torch.cat([alone, torch.full((1, 20), vocab.pad_id)], dim=1)  # as if a longer text stood beside it
with torch.no_grad():
    states_alone = both_ways(embedding(alone))[0][0]
    states_beside = both_ways(embedding(beside))[0][0, : alone.shape[1]]  # of its own words alone
difference = (states_alone - states_beside).abs()
print("forward half: ", f"{difference[:, :32].max():.1e}")
print("backward half:", f"{difference[:, 32:].max():.1e}", "← it read 20 pads first")

bilstm = sadari.BiLSTM(embed_dim=64, hidden=32, tokenizer="basic_english", epochs=2).fit(texts[:1000], labels[:1000])
short, long = texts[row], max(texts, key=len)
apart, together = bilstm.predict_proba([short])[0], bilstm.predict_proba([short, long])[0]
print("sadari.BiLSTM:", f"{np.abs(apart - together).max():.1e}")

# %% [markdown]
# ## 4.7 2021년 강의의 실수: 패딩 뒤에서 읽은 상태
#
# `hidden[-1]`은 "마지막 상태"처럼 보입니다. 하지만 패딩한 배치에서는 *패딩까지 다 읽은 뒤의* 상태입니다. 마지막
# 단어를 읽고 나서 패딩을, 이를테면 60개나 더 읽은 것입니다. 그래서 텍스트에 대한 답이 옆에 있는 텍스트에 따라
# 달라집니다.


# %%
class Classifier(nn.Module):
    """Embedding, LSTM, linear layer. `after_padding` is the course's way."""

    def __init__(self, after_padding):
        super().__init__()
        self.after_padding = after_padding
        self.embedding = nn.Embedding(len(vocab), 64)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.lstm = nn.LSTM(64, 32, batch_first=True)
        self.output = nn.Linear(32, len(names))

    def forward(self, padded, lengths):
        """padded [n, longest], lengths [n] -> logits [n, labels]."""
        states, (hidden, _) = self.lstm(self.embedding(padded))
        if self.after_padding:
            return self.output(hidden[-1])
        return self.output(states[torch.arange(len(padded)), lengths - 1])


def batch_of(encoded, rows):
    """The padded ids and the lengths of some texts."""
    return encoded.take(rows).padded(vocab.pad_id)[0], torch.from_numpy(encoded.lengths[rows]).clamp(min=1)


def train_and_test(net, passes):
    """Train on batches of 16 in random order; the share of test texts that it gets right."""
    targets = torch.tensor([names.index(label) for label in labels])
    test_targets = torch.tensor([names.index(label) for label in test_labels])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    random = np.random.default_rng(0)
    for _ in range(passes):
        for rows in np.array_split(random.permutation(len(ids)), len(ids) // 16):
            loss = nn.functional.cross_entropy(net(*batch_of(ids, rows)), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    right = 0
    with torch.no_grad():
        for rows in np.array_split(np.arange(len(test_ids)), len(test_ids) // 16):
            right += int((net(*batch_of(test_ids, rows)).argmax(dim=1) == test_targets[rows]).sum())
    return right / len(test_ids)


passes = max(1, 5000 // len(texts))  # of the few bundled headlines, more passes
scores = {}
for name, after_padding in {"after the padding (the course)": True, "at the last word": False}.items():
    torch.manual_seed(0)
    net = Classifier(after_padding)
    scores[name] = train_and_test(net, passes)
    with torch.no_grad():
        ids_alone = torch.from_numpy(ids[row].astype(np.int64)).unsqueeze(0)
        length = torch.tensor([ids_alone.shape[1]])
        alone = net(ids_alone, length)[0]
        with_pads = torch.cat([ids_alone, torch.full((1, 60), vocab.pad_id)], dim=1)
        beside = net(with_pads, length)[0]
    print(
        f"{name:31} accuracy {scores[name]:.3f} · logits alone and beside a long text differ by "
        f"{(alone - beside).abs().max():.3f}"
    )

# %%
figure, ax = plt.subplots(figsize=(9, 2.6))
bars = ax.barh(list(scores), list(scores.values()), color=["#D55E00", "#009E73"])
ax.bar_label(bars, fmt="%.3f", padding=4, fontsize=13)
ax.set_xlim(0, 1)
ax.axvline(1 / len(names), color="black", linestyle=":", label="guessing")
ax.set_xlabel("accuracy on texts that were not learned")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# 모델도, 텍스트도, 시드도 같습니다. *상태를 어디서 읽었는지*만 다릅니다. 2021년 강의의 데이터에서는 0.537 대
# 0.781이었습니다. 해결책은 세 가지이고 Sadari에 모두 있습니다. 마지막 단어에서 읽거나(`pooling="last"`), *진짜*
# 단어만으로 평균이나 최댓값을 구하거나(`"mean"`, `"max"`), 패킹을 하면 됩니다.
#
# ## 4.8 연습 문제
#
# `...` 자리에 답을 쓰고 셀을 실행하세요. 해답은 `sadari course -o 해답 --lang ko --solutions`를 실행하면 새 폴더
# `해답` 안의 `solutions`에 있습니다.
#
# **4.1** `nn.LSTM(100, 64)`의 파라미터는 몇 개일까요? 층이 네 개이고, 층마다 행렬이 두 개, PyTorch에서는 편향도 두
# 개라는 점을 떠올려 직접 계산해 보세요.

# %%
parameters = ...
check("4.1", parameters)

# %% [markdown]
# **4.2** 텍스트 네 개의 길이가 각각 5, 2, 4, 1단어입니다. 패킹하면 블록마다 행이 몇 개씩일까요? 스텝마다 숫자 하나씩,
# 리스트로 답하세요.

# %%
blocks = ...
check("4.2", blocks)

# %% [markdown]
# **4.3** 강의의 실수를 고치는 함수를 써 보세요. `states` [n, length, hidden]과 `lengths` [n]을 받아 텍스트마다 마지막
# 단어의 상태 [n, hidden]을 돌려주어야 합니다. 함수를 호출하지 말고 함수 자체를 답으로 주세요.

# %%
last_state = ...
check("4.3", last_state)

# %% [markdown]
# ## 강의 슬라이드에서 코드로
#
# | 슬라이드 | 코드 |
# |---|---|
# | 순환 신경망, 펼친 그림 | `torch.nn.RNN`, `sadari.RNN()` |
# | LSTM: 게이트와 두 가지 상태 | `sadari.LSTM()`, `model.activations(text)` |
# | 스텝에 걸친 평균, 최댓값, 마지막 상태 | `sadari.LSTM(pooling="mean")`, `"max"`, `"last"` |
# | 패킹한 시퀀스 | `ids.packed()`, `sadari.LSTM(packed=True)` |
# | 2021년 강의의 설정(0.79) | `sadari.RNN(embed_dim=64, hidden=32, pooling="mean", learning_rate=0.001, epochs=1)` |
# | 같은 설정(0.77, 패킹하면 0.81) | `sadari.LSTM(embed_dim=64, hidden=32, pooling="last", learning_rate=0.001, epochs=1)` |
# | 양방향 | `sadari.BiLSTM()` |
# | 여러 층 | `sadari.LSTM(layers=2)` |
# | 명령줄에서 | `sadari train news.csv --rung lstm -o m` |
# | 명령줄에서 게이트 보기 | `sadari explain m TEXT --picture gates.svg` |
#
# 다음: [5 · 텍스트 생성](5_generation.ipynb)
