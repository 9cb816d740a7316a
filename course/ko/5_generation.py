# %% [markdown]
# # 5 · 텍스트 생성: 글을 쓰는 신경망
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 텍스트 모델의 네 가지 모양을 구별하고 예를 하나씩 들기
# - 긴 텍스트를 복사하지 않고 윈도로 자르기
# - 글자 단위 LSTM을 PyTorch로 직접 학습하고, 학습하는 동안 무엇을 쓰는지 지켜보기
# - 실행하기 전에 첫 손실이 얼마일지 맞히기
# - 모델이 쓰는 글을 온도, top-k, top-p로 조절하기
# - 2021년 강의의 실수 두 가지 피하기: 글자마다 58번씩 다시 넣는 배치, 그리고 언제나 가장 그럴듯한 글자만 고르는 것
#
# 노트북 4(LSTM)를 먼저 보고 오세요.

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional

import sadari
from sadari.course import check, news, start

start()

# %% [markdown]
# ## 5.1 네 가지 모양
#
# 몇 개가 들어가고 몇 개가 나올까요? 그림마다 아래(노랑: 입력)에서 위(주황: 출력)로 읽으세요.

# %%
SHAPES = {
    "one to one": ([0], [0], "bag of words → label"),
    "one to many": ([0], [0, 1, 2], "label → text"),
    "many to one": ([0, 1, 2], [2], "text → label"),
    "many to many": ([0, 1, 2], [2, 3, 4], "text → translation"),
}


def draw_shape(ax, inputs, outputs, title, example):
    """Boxes for what goes in and out, and the states between them."""
    steps = max(inputs + outputs) + 1
    for step in range(steps):
        ax.add_patch(plt.Rectangle((step, 1), 0.6, 0.6, facecolor="#56B4E9", edgecolor="black"))
        if step:
            ax.annotate("", (step, 1.3), (step - 0.4, 1.3), arrowprops={"arrowstyle": "-|>"})
    for step in inputs:
        ax.add_patch(plt.Rectangle((step, 0), 0.6, 0.6, facecolor="#F0E442", edgecolor="black"))
        ax.annotate("", (step + 0.3, 1), (step + 0.3, 0.6), arrowprops={"arrowstyle": "-|>"})
    for step in outputs:
        ax.add_patch(plt.Rectangle((step, 2), 0.6, 0.6, facecolor="#E69F00", edgecolor="black"))
        ax.annotate("", (step + 0.3, 2), (step + 0.3, 1.6), arrowprops={"arrowstyle": "-|>"})
    ax.set_title(title)
    ax.text((steps - 0.4) / 2, -0.5, example, ha="center", fontsize=13)
    ax.set_xlim(-0.3, steps - 0.1)
    ax.set_ylim(-0.8, 2.8)
    ax.set_aspect("equal")
    ax.axis("off")


figure, axes = plt.subplots(1, 4, figsize=(14, 3.6), width_ratios=[1.4, 3, 3, 5])
for ax, (title, (inputs, outputs, example)) in zip(axes, SHAPES.items(), strict=True):
    draw_shape(ax, inputs, outputs, title, example)
plt.show()

# %% [markdown]
# 왼쪽부터 일대일, 일대다, 다대일, 다대다입니다. 이 노트북의 주제는 두 번째인 일대다입니다. 다만 글을 쓰는 모델을
# 학습할 때는 마지막 그림과 비슷한 모양을 씁니다. 들어간 만큼 나오되, **글자마다** 바로 다음 글자가 무엇인지 답하게
# 합니다.
#
# ## 5.2 글자를 숫자로

# %%
train = sadari.open_source(news()).read()
characters = sadari.tokenizer("characters")
vocab = sadari.Vocab.learn(characters(train.texts))
text = " ".join(list(train.texts)[:5000])
ids = torch.from_numpy(vocab.encode(characters([text])).values.astype(np.int64))
print("characters:", len(vocab), "· the first ones:", vocab.tokens[:14])
print("'a' →", vocab.tokens.index("a"), "· 13 →", repr(vocab.tokens[13]))
print("the text:", tuple(ids.shape), ids[:12].tolist(), "=", repr(text[:12]))

# %% [markdown]
# AG News라면 2021년 강의와 똑같은 값이 나옵니다. 항목은 84개, 'a'는 4, 13은 'h'입니다. `<unk>`와 `<pad>`가 맨 앞에
# 오고 그다음은 자주 나오는 글자 순서입니다.
#
# 한국어는 사정이 다릅니다. *음절* 하나가 글자 하나이므로 글자 종류가 훨씬 많고, 모델이 골라야 할 후보도 그만큼
# 많습니다.

# %%
korean = sadari.open_source("headlines_ko").read()
korean_vocab = sadari.Vocab.learn(characters(korean.texts))
for name, size in {"here": len(vocab), "Korean headlines": len(korean_vocab)}.items():
    print(f"{name:17} {size:4} characters · guessing blindly costs ln {size} = {math.log(size):.2f}")

# %% [markdown]
# 모델은 id를 **원-핫**, 곧 1이 하나뿐인 행으로 읽습니다. 열한 글자짜리 텍스트는 11 × C 행렬이 됩니다.

# %%
shown = "hello world"
one_hot = vocab.one_hot(vocab.encode(characters([shown]))[0])
print("one-hot:", one_hot.shape)
figure, ax = plt.subplots(figsize=(11, 3.6))
ax.imshow(np.asarray(one_hot), cmap="Blues", aspect="auto", interpolation="nearest")
ax.set_yticks(range(len(shown)), [repr(character) for character in shown])
ax.set_xlabel("id")
ax.set_title("one row a character, one column an id")
plt.show()

# %% [markdown]
# ## 5.3 윈도: 복사본이 아니라 뷰(view)
#
# 입력과 정답은 같은 텍스트를 한 글자 밀어 놓은 것입니다. 2021년 강의는 텍스트마다 100글자짜리 윈도를 **하나도
# 빠짐없이** Python 반복문으로 잘라 냈습니다.

# %%
index = {character: id for id, character in enumerate(vocab.tokens)}


def get_batch(text, length=100):
    """The course's way: every window, encoded and copied one by one."""
    inputs = torch.zeros(len(text) - length, length, dtype=torch.long)
    targets = torch.zeros(len(text) - length, length, dtype=torch.long)
    for i in range(len(text) - length):
        inputs[i] = torch.tensor([index[character] for character in text[i : i + length]])
        targets[i] = torch.tensor([index[character] for character in text[i + 1 : i + length + 1]])
    return inputs, targets


def get_windows(ids, length=100):
    """The same as strided views: no character is copied, none encoded twice."""
    return ids[:-1].unfold(0, length, 1), ids[1:].unfold(0, length, 1)


part, part_ids = text[:2000], ids[:2000]
slow_inputs, slow_targets = get_batch(part)
inputs, targets = get_windows(part_ids)
print("windows:", tuple(inputs.shape), "· equal:", torch.equal(inputs, slow_inputs), torch.equal(targets, slow_targets))
print("strides:", inputs.stride(), "· the same memory:", inputs.data_ptr() == part_ids.data_ptr())


def best_of(call, repeats):
    """Seconds, the best of some tries."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


loop = best_of(lambda: get_batch(part), 2)
views = best_of(lambda: [each.contiguous() for each in get_windows(part_ids)], 5)  # even copied out in the end
print(f"Python loop {loop * 1000:.1f} ms · views {views * 1000:.2f} ms: {loop / views:.0f} times as fast")

# %% [markdown]
# 스트라이드 (1, 1)이 핵심입니다. 다음 윈도로 가든 다음 글자로 가든 같은 메모리에서 한 칸만 움직이면 됩니다. 반면
# 반복문은 윈도마다 그 안의 글자를 입력과 정답으로 두 번씩 새로 인코딩하고, 전부 복사합니다. Sadari에서는 호출 한
# 번으로 이 뷰를 얻습니다.

# %%
ours, ours_next = sadari.windows(part_ids, 100)
print("windows:", tuple(ours.shape), "· equal:", torch.equal(ours, slow_inputs), torch.equal(ours_next, slow_targets))

# %% [markdown]
# 그런데 애초에 모든 윈도가 필요할까요? 그러면 같은 글자를 몇 번이고 다시 넣게 됩니다.

# %%
length_of_text, window = 237, 100  # a middling text of AG News
fed = np.zeros(length_of_text, dtype=int)
for first in range(length_of_text - window):
    fed[first : first + window] += 1
print(f"windows of {window} over {length_of_text} characters: each is fed {fed.mean():.0f} times in the mean")
figure, ax = plt.subplots(figsize=(9, 3.2))
ax.fill_between(range(length_of_text), fed, color="#D55E00", alpha=0.5, step="mid", label="every window (the course)")
ax.plot(np.ones(length_of_text), color="#009E73", label="side by side, state carried on")
ax.set_xlabel("place in the text")
ax.set_ylabel("times fed")
ax.legend()
plt.show()

# %% [markdown]
# 우리는 다르게 합니다. 텍스트를 긴 **스트림** 32개로 나누고, 스텝마다 모든 스트림에서 다음 64글자씩 가져옵니다.
# 상태를 다음 스텝으로 넘겨주므로 경계에서 잃는 것이 없고, 글자마다 딱 한 번만 넣습니다.

# %%
STREAMS, WINDOW = 32, 64
whole = (len(ids) - 1) // STREAMS * STREAMS
stream_inputs = ids[:whole].view(STREAMS, -1)
stream_targets = ids[1 : whole + 1].view(STREAMS, -1)
print("streams:", tuple(stream_inputs.shape), "· one step:", tuple(stream_inputs[:, :WINDOW].shape))
print("reads ", repr("".join(vocab.decode(stream_inputs[0, :30].numpy()))))
print("writes", repr("".join(vocab.decode(stream_targets[0, :30].numpy()))))

# %% [markdown]
# ## 5.4 모델
#
# 원-핫, LSTM, 그리고 글자마다 다음에 올 가능성을 내놓는 선형 층이 전부입니다.


# %%
class CharLSTM(nn.Module):
    """Ids [n, length] → logits [n, length, characters] of each next character, and the state to go on from."""

    def __init__(self, size, hidden):
        super().__init__()
        self.size = size
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.output = nn.Linear(hidden, size)

    def forward(self, ids, state=None):
        states, state = self.lstm(functional.one_hot(ids, self.size).float(), state)
        return self.output(states), state


course_net = CharLSTM(84, 64)
for name, values in course_net.named_parameters():
    print(f"{name:18} {tuple(values.shape)!s:11} {values.numel():6,}")
print("in all", f"{sum(values.numel() for values in course_net.parameters()):,}")

# %% [markdown]
# 84글자, 유닛 64개일 때 2021년 강의와 똑같이 43,860개입니다.
#
# **첫 손실은 얼마여야 할까요?** 아무것도 모르는 모델은 C개 글자에 모두 약 1/C씩 확률을 줍니다. 그러면 손실은
# −ln(1/C) = ln C입니다. 첫 손실이 여기서 많이 벗어난다면 학습을 시작하기도 *전에* 뭔가 잘못된 것입니다.
#
# ## 5.5 학습하면서 쓰기


# %%
@torch.no_grad()
def write(net, prompt, length=80, temperature=0.8, seed=1):
    """Write on from a prompt: each character is drawn, and read as the next one's input."""
    random = torch.Generator().manual_seed(seed)
    read, state, written = torch.tensor([[index[character] for character in prompt]]), None, prompt
    for _ in range(length):
        logits, state = net(read, state)
        scores = logits[0, -1, 2:] / temperature  # without <unk> and <pad>
        drawn = torch.multinomial(scores.softmax(dim=0), 1, generator=random) + 2
        written += vocab.tokens[int(drawn)]
        read = drawn.view(1, 1)
    return written


torch.manual_seed(0)
net = CharLSTM(len(vocab), 64)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
losses, state, steps = [], None, 400
for step in range(steps):
    place = step * WINDOW % (stream_inputs.shape[1] - WINDOW)
    logits, state = net(stream_inputs[:, place : place + WINDOW], state)
    state = tuple(part.detach() for part in state)  # the state goes on, the gradient ends here
    wanted = stream_targets[:, place : place + WINDOW]
    loss = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())  # a number: the loss itself would keep its whole graph alive
    if step == 0:
        print(f"first loss {losses[0]:.3f}, ln {len(vocab)} = {math.log(len(vocab)):.3f}")
    if step % 100 == 0 or step == steps - 1:
        print(f"{step:4} · {np.mean(losses[-100:]):.2f} · {write(net, 'today ', 60)!r}")

# %%
figure, ax = plt.subplots()
ax.plot(losses, alpha=0.35, color="#0072B2")
ax.plot(
    range(19, steps),
    np.convolve(losses, np.ones(20) / 20, mode="valid"),
    color="#0072B2",
    label="loss, mean of 20 steps",
)
ax.axhline(math.log(len(vocab)), color="#D55E00", linestyle="--", label=f"ln {len(vocab)}: knows nothing")
ax.axhline(1.52, color="#009E73", linestyle=":", label="1.52: the course, later")
ax.set_xlabel("step")
ax.set_ylabel("nats a character")
ax.legend()
plt.show()

# %% [markdown]
# 처음에는 빈칸을, 그다음에는 자주 나오는 글자를, 그다음에는 짧은 단어를, 마지막에는 문장의 모양새를 배웁니다. 같은
# 일을 코드 한 줄로 할 수도 있습니다. 검증용으로 떼어 둔 텍스트, 점점 작아지는 학습률, 가장 좋았던 가중치 보관처럼
# 학습에 필요한 것이 모두 들어 있습니다.

# %%
writer = sadari.Generator(
    net="lstm", hidden=128, window=64, batch_size=32, learning_rate=0.015, steps=350, validations=5
)
writer.fit(text)
for record in writer.history_:
    if "validation_loss" in record:
        print(f"step {record['step']:.0f} · held-out loss {record['validation_loss']:.2f}")
print(repr(writer.sample("today ", 150, temperature=0.8, seed=1)))

# %% [markdown]
# ## 5.6 어떤 글자를 고를까요?
#
# 모델은 글자마다 로짓을 하나씩 내놓습니다. "the pr" 다음에는 무엇이 올까요? **온도**(temperature)는 소프트맥스
# 앞에서 로짓을 나누는 값입니다. 1보다 작으면 그럴듯한 글자가 더 그럴듯해지고, 1보다 크면 모두 비슷비슷해집니다.

# %%
with torch.no_grad():
    prompt = torch.tensor([[index[character] for character in "the pr"]])
    logits = net(prompt)[0][0, -1]
print("logits", tuple(logits.shape))
best = logits.argsort(descending=True)[:10]
figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharey=True)
for ax, temperature in zip(axes, (0.3, 1.0, 1.8), strict=True):
    ax.bar(range(10), (logits / temperature).softmax(dim=0)[best], color="#0072B2")
    ax.set_xticks(range(10), [repr(vocab.tokens[id])[1:-1] for id in best.tolist()])
    ax.set_title(f"temperature {temperature}")
axes[0].set_ylabel("probability")
plt.show()

# %% [markdown]
# **top-k**는 가장 그럴듯한 글자 k개만 남깁니다. **top-p**는 그럴듯한 글자부터 확률의 합이 p에 이를 때까지만 남깁니다.
# 그래서 모델이 확신하면 몇 개만, 망설이면 여러 개가 남습니다.

# %%
from sadari.generation.sampling import top_k, top_p

row = logits.unsqueeze(0)
rules = {"all": lambda scores: scores, "top_k(3)": top_k(3), "top_p(0.6)": top_p(0.6), "top_p(0.9)": top_p(0.9)}
for name, rule in rules.items():
    left = rule(row)[0].softmax(dim=0)
    kept = left.nonzero().flatten()
    kept = kept[left[kept].argsort(descending=True)]
    shown_kept = "  ".join(f"{vocab.tokens[id]!r} {left[id]:.2f}" for id in kept[:6].tolist())
    print(f"{name:11} {len(kept):3} left · {shown_kept}")

# %% [markdown]
# 같은 프롬프트를 설정만 바꿔 가며 이어 쓰게 해 봅시다.

# %%
ways = {
    "temperature 0 (always the likeliest)": {"temperature": 0},
    "temperature 0.3": {"temperature": 0.3},
    "temperature 0.8": {"temperature": 0.8},
    "temperature 1.3": {"temperature": 1.3},
    "temperature 1.8": {"temperature": 1.8},
    "top_k 3": {"top_k": 3},
    "top_p 0.9": {"top_p": 0.9},
    "temperature 0.8, top_p 0.9": {"temperature": 0.8, "top_p": 0.9},
}
for name, options in ways.items():
    print(f"{name:38} {writer.sample('today ', 70, seed=1, **options)!r}")

# %% [markdown]
# 이번에는 직접 슬라이더를 움직여 보세요. (슬라이더는 노트북이 실행 중일 때만 움직입니다. 종이나 웹 페이지에서는 위의
# 표를 보면 됩니다.)

# %%
from ipywidgets import FloatSlider, IntSlider, interact


def written_with(temperature, top_k, top_p, seed):
    print(writer.sample("today ", 200, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed))


sliders = interact(
    written_with,
    temperature=FloatSlider(0.8, min=0, max=2, step=0.1, continuous_update=False),
    top_k=IntSlider(0, min=0, max=20, continuous_update=False),
    top_p=FloatSlider(1.0, min=0.05, max=1, step=0.05, continuous_update=False),
    seed=IntSlider(1, min=0, max=50, continuous_update=False),
)

# %% [markdown]
# ## 5.7 2021년 강의의 실수: 언제나 가장 그럴듯한 글자
#
# 강의의 첫 생성기는 스텝마다 `argmax`를 골랐습니다. 가장 그럴듯한 글자만 따라가면 같은 자리를 맴돌고, 빠져나올 길이
# 없습니다. 직접 재 봅시다. 처음 60단어 가운데 *서로 다른* 단어는 몇 개일까요?

# %%
for temperature in (0, 0.5, 0.8, 1.0):
    sample = writer.sample("today ", 420, temperature=temperature, seed=1).split()[:60]
    print(f"temperature {temperature:3} · {len(set(sample)):2} of {len(sample)} differ · {' '.join(sample[:9])} …")

# %% [markdown]
# 손실만 봐서는 이 실수를 알 수 없습니다. 좋은 모델을 잘못 *쓰는* 실수이기 때문입니다.
#
# ## 5.8 연습 문제
#
# **5.1** 유닛을 두 배로 늘린 `CharLSTM(84, 128)`의 파라미터는 몇 개일까요? 파라미터도 두 배일까요?

# %%
parameters = ...
check("5.1", parameters)

# %% [markdown]
# **5.2** KS X 1001 표준에는 한글 음절이 2,350자 있습니다. 이 글자를 모두 쓸 수 있지만 아직 아무것도 모르는 모델의
# 첫 손실은 얼마일까요? (소수점 아래 두 자리면 됩니다.)

# %%
first_loss = ...
check("5.2", first_loss)

# %% [markdown]
# **5.3** `logits` [C]와 `temperature`를 받아 확률 [C]를 돌려주는 함수를 쓰세요. 함수 자체를 답으로 주세요.

# %%
with_temperature = ...
check("5.3", with_temperature)

# %% [markdown]
# ## 강의 슬라이드에서 코드로
#
# | 슬라이드 | 코드 |
# |---|---|
# | 네 가지 모양 | 문서의 `shapes` 페이지, 모양마다 예제 하나 |
# | 글자 어휘 | `sadari.tokenizer("characters")`, `sadari.Vocab.learn` |
# | 원-핫 | `vocab.one_hot(ids)` |
# | `get_batch` | `sadari.windows(ids, 100)` |
# | 글자 LSTM, 원-핫 입력, 84글자일 때 파라미터 43,860개 | `sadari.Generator(net="lstm", level="char", embed_dim=0, hidden=64)` |
# | 학습하면서 쓰기 | `sadari.Generator(sample_every=100, sample_prompt="today ")` |
# | 온도, top-k, top-p | `writer.sample(prompt, temperature=…, top_k=…, top_p=…)` |
# | 일대다: 레이블에서 텍스트 생성 | `writer.fit(texts, labels)`, `writer.sample(label="Sports")` |
# | 명령줄에서 | `sadari generate train book.txt -o w`, `sadari generate sample w "today "` |
#
# 다음: [6 · 어텐션](6_attention.ipynb)
