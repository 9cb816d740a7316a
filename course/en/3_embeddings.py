# %% [markdown]
# # 3 · Words as vectors
#
# For a bag of words, *oil* and *petrol* have no more in common than *oil* and *violin*. An **embedding** gives each word a short
# vector of its own, and words that are used alike come to lie near each other.
#
# After this notebook you can
#
# - look rows up in an embedding, and read its shapes: texts × words × width;
# - hand texts of unequal length to a net in two ways: padded with a mask, or as one long row with offsets;
# - train word vectors by CBoW and skip-gram, and ask them for neighbours and analogies;
# - start a classifier from vectors that others trained, count which words were found, and show that they really arrived.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

import sadari
from sadari.course import COLOURS, check, heat_map, news, start

start()

# %% [markdown]
# ## A table with a row for each word
#
# In notebook 1, a one-hot row times a matrix picked a row of that matrix. An embedding is that matrix; its numbers are learned.

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
# ## Two ways to hand over texts of unequal length
#
# **Padded**: a rectangle, short texts filled up. **Content and offsets**: all ids in one long row, and where each text starts. Sadari
# keeps texts in the second way (`Ragged`), and makes the first from it.

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
# ## The mean of a text, and a mistake: padding averaged in
#
# The simplest net over vectors takes their mean, and a linear layer. The 2021 course took the mean of the **padded** row, padding and
# all. Then the same text has another vector beside a longer one:

# %%
with torch.no_grad():
    for company in (["oil"], ["oil", "oil prices rise"], ["oil", "the team wins the cup final"]):
        batch, real = vocab.encode(words(company)).padded(vocab.pad_id)
        rows = embedding(batch)
        wrong = rows.mean(1)[0]
        right = (rows * real[:, :, None]).sum(1)[0] / real.sum(1)[0]
        print(f"beside {company[1:] or 'nothing'!s:32} wrong {wrong.numpy().round(2)}  right {right.numpy().round(2)}")

# %% [markdown]
# `EmbeddingBag` never sees padding: it takes content and offsets, and gives the means at once. It is the same as the masked mean:

# %%
bag = torch.nn.EmbeddingBag.from_pretrained(embedding.weight.detach(), mode="mean")
masked = (vectors * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
print(tuple(bag(content, offsets).shape), "the same:", torch.allclose(bag(content, offsets), masked, atol=1e-6))

# %% [markdown]
# ### What the mistake costs
#
# Train both nets on the news, with the same seed and the same batches. Then ask for the label of each test text twice: alone, and
# beside a text of 300 words. A right net answers the same.

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
# In a service, texts of strangers share a batch. With the mistake, what another one sends changes your label. In Sadari a test holds
# that a text's logits are the same alone and in any batch. The two nets of the course in one line each (after 25,000 texts, the course
# had a running accuracy of 0.7596 with padded batches, and of 0.7541 with offsets):

# %%
for model in (sadari.EmbeddingMean(epochs=6), sadari.EmbeddingBag()):
    model.fit(train.texts, train.labels)
    print(
        f"{type(model).__name__:14} {model.score(test.texts, test.labels):.3f} on test texts, {model.train_seconds_:.1f} s"
    )

# %% [markdown]
# ## Word2Vec: learn vectors from texts without labels
#
# *You shall know a word by the company it keeps.* A window goes over the text. **Skip-gram** predicts each neighbour from the word
# in the middle; **CBoW** predicts the word in the middle from the mean of its neighbours.

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
# ### One step of skip-gram, in plain PyTorch
#
# There are two tables: one for words in the middle, one for neighbours. The product of two rows is their score. It should be high
# for pairs that occur in the text, and low for **negatives**: the same middle word with words drawn at random.

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
# ### Watch the vectors form
#
# Now on all the news, with Sadari's compiled loops. We train for more and more passes, and each time ask which words are nearest.

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
# With AG News the neighbours make sense; the bundled headlines are only 1,000 short texts, and it shows. `vectors.similarity` gives
# the cosine of two words: 1 is the same direction, 0 a right angle.

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
# ## Analogies are arrows
#
# *king − man + woman*: from *king*, walk the way that leads from *man* to *woman*. In a space that we make ourselves, with one axis
# for "royal" and one for "female", it is seen exactly:

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
# A word may have a weight, as `1.3*woman` has here. And a word may have no vector. The course looked words up inside a bare `except`,
# which hides every error, even a typing error in the code. Here the error says which word it was, and which one you may have meant:

# %%
print(toy.analogy("king - man + 1.3*woman", 2, metric="euclidean"))
try:
    toy["quene"]
except sadari.SadariError as error:
    print(error)

# %% [markdown]
# The vectors of the news have 50 axes without names. A picture takes the two along which the words differ most (PCA). Here are
# countries and their people; the arrows should point the same way, and more texts make them straighter.

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
# Vectors that others trained on billions of words do better. With GoogleNews, the word nearest to *neural* is *neuronal* (0.7805), and
# king + woman − man is nearest to *queen* (0.7118); GloVe finds *queen*, too. If you have such a file, read it in place of ours:
# `vectors = sadari.read_vectors("GoogleNews-vectors-negative300.bin")`, or `"glove.6B.50d.txt"`. **Without one, what follows uses the
# vectors that this notebook has trained.**
#
# ## Start a net from vectors, and look whether they arrived
#
# The course filled its embedding by `weight[i].data = v`, and printed "found". Look at what really happened:

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
# Not a single one. `weight[row]` makes a new tensor; its `.data` is exchanged, and then it is thrown away. `fill` gives the
# whole table, and says of each word where its row came from. (Of the 95,812 entries of AG News, the course counted 41,080 in GoogleNews,
# and 54,732 missing.)

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
# The course also wrote `weight.data = vocab.vectors`: no copy, so that training changed the vectors themselves. Here they are copied:

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
# What does "nothing is loaded" cost? Learn from 300 labelled texts, once from the real vectors, and once from random ones, as the course
# did without knowing.

# %%
random = np.random.default_rng(0).normal(0, vectors.matrix.std(), vectors.matrix.shape).astype(np.float32)
for name, source in (
    ("real vectors", vectors),
    ("random ones", sadari.WordVectors(vectors.words, random, tokenizer=vectors.tokenizer)),
):
    model = sadari.FromVectors(vectors=source, tune=False, epochs=20).fit(few.texts, few.labels)
    print(f"{name:13} {model.score(test.texts, test.labels):.3f}   {model.coverage_}")

# %% [markdown]
# ## Exercises
#
# **3.1** Three texts have 3, 2 and 4 words. Which offsets do they have, as `EmbeddingBag` takes them?

# %%
answer = ...
check("3.1", answer)

# %% [markdown]
# **3.2** The text is *the cat sat on the mat*, the window is 2. Which words does skip-gram predict from *sat*? Give a list, from left
# to right.

# %%
answer = ...
check("3.2", answer)

# %% [markdown]
# **3.3** Write a function `put(embedding, row, vector)` that really writes a vector into a row of a `torch.nn.Embedding`. Give the
# function itself.

# %%
answer = ...
check("3.3", answer)

# %% [markdown]
# The solutions: `sadari course -o FOLDER --solutions`.
#
# ## Slide → call
#
# | unit 3 shows | the call |
# |---|---|
# | padded batches and their mean | `ids.padded(vocab.pad_id)`, `sadari.EmbeddingMean(epochs=1, epoch_size=25000)` |
# | content and offsets, EmbeddingBag | `torch.nn.EmbeddingBag(…)(*ids.bag())`, `sadari.EmbeddingBag(longest=1)` |
# | CBoW and skip-gram | `sadari.train_vectors(texts, model="cbow")`, `sadari vectors train FILE -o vectors` |
# | `most_similar` | `vectors.nearest("oil")`, `sadari vectors nearest vectors oil` |
# | an analogy | `vectors.analogy("king - man + woman")`, `sadari vectors analogy vectors king - man + woman` |
# | the same by distance, with weights | `vectors.analogy("king - man + 1.3*woman", metric="euclidean")` |
# | word2vec and GloVe files | `sadari.read_vectors("GoogleNews-vectors-negative300.bin")`, `"glove.6B.50d.txt"` |
# | vectors in an embedding: found, missing | `fill(vectors, words)`, `sadari.FromVectors(vectors=…, vocabulary="corpus")` |
# | the vectors' own vocabulary | `sadari.FromVectors(vectors=…, vocabulary="vectors")` |
# | a picture of words | `sadari vectors plot vectors --nearest oil -o oil.png` |
#
# Next: **4 · Recurrent nets**.
