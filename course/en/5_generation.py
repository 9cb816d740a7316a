# %% [markdown]
# # 5 · Generation: a net that writes
#
# After this notebook you can
#
# - tell the four shapes of text models apart, and name an example of each;
# - cut a long text into windows without copying it;
# - train a character LSTM in plain PyTorch, and read what it writes while it learns;
# - say what its very first loss must be, before you run it;
# - steer what is written: temperature, top-k, top-p;
# - avoid two mistakes of the course: a batch that feeds every character 58 times, and always taking the most likely
#   character.
#
# You need notebook 4 (LSTM).

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
# ## 5.1 Four shapes
#
# How many things go in, and how many come out? Read each picture from below (yellow: in) to above (orange: out).

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
# This notebook is about the second shape. A net that writes is trained as a fifth one, which looks like the last:
# as many come out as go in, and after **each** character it says which one comes next.
#
# ## 5.2 Characters as numbers

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
# On AG News these are the course's own figures: 84 entries, with 'a' as 4 and 'h' as 13. `<unk>` and `<pad>` come
# first, then characters by frequency.
#
# Korean is another matter: a *syllable* is one character, so there are many more of them, and a net has more to
# choose from.

# %%
korean = sadari.open_source("headlines_ko").read()
korean_vocab = sadari.Vocab.learn(characters(korean.texts))
for name, size in {"here": len(vocab), "Korean headlines": len(korean_vocab)}.items():
    print(f"{name:17} {size:4} characters · guessing blindly costs ln {size} = {math.log(size):.2f}")

# %% [markdown]
# The net reads each id **one-hot**: a row with a single 1. A word of eleven characters is an 11 × C matrix:

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
# ## 5.3 Windows: views, not copies
#
# Input and target are the same text, one character apart. The course cut **every** window of 100 characters out of
# each text, in a Python loop:

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
# A stride of (1, 1) says it: to go one window on, or one character on, is one step in the same memory. The loop
# encodes each character anew in every window that has it, twice, and copies all of them. Sadari has the views as a
# call:

# %%
ours, ours_next = sadari.windows(part_ids, 100)
print("windows:", tuple(ours.shape), "· equal:", torch.equal(ours, slow_inputs), torch.equal(ours_next, slow_targets))

# %% [markdown]
# But why every window at all? Each character is then fed again and again:

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
# We do it differently: the text is cut into 32 long **streams**, and each step takes the next 64 characters of all of
# them. The state is carried on from step to step, so nothing is lost at the edges, and every character is fed once.

# %%
STREAMS, WINDOW = 32, 64
whole = (len(ids) - 1) // STREAMS * STREAMS
stream_inputs = ids[:whole].view(STREAMS, -1)
stream_targets = ids[1 : whole + 1].view(STREAMS, -1)
print("streams:", tuple(stream_inputs.shape), "· one step:", tuple(stream_inputs[:, :WINDOW].shape))
print("reads ", repr("".join(vocab.decode(stream_inputs[0, :30].numpy()))))
print("writes", repr("".join(vocab.decode(stream_targets[0, :30].numpy()))))

# %% [markdown]
# ## 5.4 The net
#
# One-hot, an LSTM, a linear layer that says how likely each character is to come next:


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
# 43,860, as in the course: 84 characters, 64 units.
#
# **What must the first loss be?** A net that knows nothing gives each of C characters about 1/C. The loss is
# −ln(1/C) = ln C. If your first loss is far from that, something is wrong *before* any training.
#
# ## 5.5 It writes while it learns


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
# First it learns spaces, then frequent letters, then short words, then the shape of sentences. The same in one call,
# with all that a training needs besides (held-out text, a falling learning rate, the best weights kept):

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
# ## 5.6 Which character is taken?
#
# The net answers with logits, one a character. After "the pr", what may come? **Temperature** divides the logits
# before the softmax: below 1 the likely becomes likelier, above 1 all becomes more alike.

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
# **Top-k** keeps the k likeliest characters; **top-p** keeps as many of the likeliest as it takes to reach a
# probability of p together: few where the net is sure, many where it is not.

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
# The same prompt, written on by our model with different settings:

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
# And by hand: move the sliders. (They need a running notebook; the table above shows the same on paper.)

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
# ## 5.7 The course's mistake: always the most likely character
#
# Its first generator took `argmax` at every step. The most likely next character leads into a circle, and there is
# no way out. We measure it: how many *different* words are among the first 60?

# %%
for temperature in (0, 0.5, 0.8, 1.0):
    sample = writer.sample("today ", 420, temperature=temperature, seed=1).split()[:60]
    print(f"temperature {temperature:3} · {len(set(sample)):2} of {len(sample)} differ · {' '.join(sample[:9])} …")

# %% [markdown]
# The loss does not show this mistake: it is one of *using* a good model badly.
#
# ## 5.8 Exercises
#
# **5.1** How many parameters has `CharLSTM(84, 128)`, with twice the units? Is it twice as many?

# %%
parameters = ...
check("5.1", parameters)

# %% [markdown]
# **5.2** The Korean standard KS X 1001 has 2,350 Hangul syllables. What is the first loss of a net that may write
# each of them, and knows nothing yet? (Two decimals are enough.)

# %%
first_loss = ...
check("5.2", first_loss)

# %% [markdown]
# **5.3** Write a function of `logits` [C] and `temperature` that returns the probabilities [C]. Hand over the
# function.

# %%
with_temperature = ...
check("5.3", with_temperature)

# %% [markdown]
# ## From the slide to the call
#
# | slide | call |
# |---|---|
# | the four shapes | the page `shapes` of the documentation, with a net for each |
# | character vocabulary | `sadari.tokenizer("characters")`, `sadari.Vocab.learn` |
# | one-hot | `vocab.one_hot(ids)` |
# | `get_batch` | `sadari.windows(ids, 100)` |
# | character LSTM, one-hot, 43,860 parameters with 84 characters | `sadari.Generator(net="lstm", level="char", embed_dim=0, hidden=64)` |
# | writing while it trains | `sadari.Generator(sample_every=100, sample_prompt="today ")` |
# | temperature, top-k, top-p | `writer.sample(prompt, temperature=…, top_k=…, top_p=…)` |
# | one to many: from a label | `writer.fit(texts, labels)`, `writer.sample(label="Sports")` |
# | on the command line | `sadari generate train book.txt -o w`, `sadari generate sample w "today "` |
#
# Next: [6 · Attention](6_attention.ipynb).
