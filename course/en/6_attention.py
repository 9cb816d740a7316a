# %% [markdown]
# # 6 · Attention: from translation to BERT
#
# After this notebook you can
#
# - say what an encoder-decoder does, and why its source was once read backwards;
# - compute attention by hand (score, softmax, weighted sum), and see it as an alignment of English and Korean
#   words;
# - build a Transformer layer block by block, and get PyTorch's own numbers;
# - hide words the way BERT does (15 %, of those 80/10/10), and train a tiny BERT;
# - fine-tune a BERT on the news, and evaluate it;
# - find and avoid a mistake of the course: a BERT without attention mask;
# - decide, with one climb over all that you have met in six notebooks, which of it was worth its cost.
#
# You need notebooks 4 and 5.

# %%
import math
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional

import sadari
from sadari.course import check, heat_map, news, start
from sadari.data import datasets
from sadari.data.parallel.read import read_pairs
from sadari.text.column import as_column

start()

# %% [markdown]
# ## 6.1 Encoder and decoder, and a source read backwards
#
# Translation is *many to many*: an **encoder** reads a sentence to its end, and a **decoder** writes another from
# the encoder's last state. All that the decoder knows has to pass through this one vector.
#
# In 2014 a trick helped: feed the source **reversed**. "I drink milk" becomes "milk drink I", and its beginning
# stands right before the beginning of "Je bois du lait": the first words are near each other.

# %%
phrases = datasets.find("phrases").train
to_french = read_pairs(phrases, source_column="en", target_column="fr")
to_korean = read_pairs(phrases, source_column="en", target_column="ko")
print(len(to_french.sources), "phrases, such as:")
print(" ", to_french.sources[0], "·", to_french.targets[0], "·", to_korean.targets[0])

source = ["I", "drink", "milk"]
places = torch.arange(len(source))
print("fed:", [source[place] for place in places.flip(0).tolist()])

# %%
reversing = sadari.Translator(net="gru", attention="none", reverse=True, hidden=128, epochs=15)
reversing.fit(to_french.sources[:800], to_french.targets[:800])
english = ["I drink milk", "The students eat bread"]
for sentence, french in zip(english, reversing.translate(english), strict=True):
    print(sentence, "→", french)

# %% [markdown]
# ## 6.2 Additive attention, seen
#
# One vector is little room for a whole sentence. **Attention** lets the decoder look back at *all* states of the
# encoder, each time it writes a word. Three steps, for a query `q` (what the decoder is about to say) and keys `k`
# (the encoder's states):
#
# ```
# s_j = v · tanh(W q + U k_j)     score: how well does word j answer?
# a_j = exp(s_j) / Σ exp(s)       softmax: shares that sum to 1
# c   = Σ a_j · k_j               weighted sum: what is seen
# ```

# %%
from sadari.nets.attention import AdditiveAttention

additive = AdditiveAttention(query_width=6, key_width=8, width=5)
query, keys = torch.randn(6), torch.randn(4, 8)  # one query, four source words
with torch.no_grad():
    W, U, bias, v = additive.query.weight, additive.key.weight, additive.key.bias, additive.score.weight[0]
    scores = torch.tanh(W @ query + keys @ U.T + bias) @ v  # [4]: one score a word
    shares = scores.softmax(dim=0)  # [4]: they sum to 1
    seen = shares @ keys  # [8]: the weighted sum
    theirs, their_shares = additive(query.view(1, 1, 6), keys.view(1, 4, 8))
print("scores", scores.numpy().round(2), "→ shares", shares.numpy().round(2), "· sum", f"{shares.sum():.2f}")
print("seen", tuple(seen.shape), "· largest difference to Sadari's:", f"{(seen - theirs[0, 0]).abs().max():.1e}")

# %% [markdown]
# Now a translator with this attention, from English to Korean. Korean puts the verb last, so the alignment cannot
# be a straight line:

# %%
translator = sadari.Translator(net="gru", attention="additive", hidden=128, epochs=6)
translator.fit(to_korean.sources, to_korean.targets)
english = ["I drink milk", "The students drink milk", "My friend reads a book"]
for sentence, korean in zip(english, translator.translate(english), strict=True):
    print(sentence, "→", korean)

# %%
figure, axes = plt.subplots(1, 2, figsize=(13, 5))
for ax, sentence in zip(axes, ("I drink milk", "The students drink milk every evening"), strict=True):
    found = translator.alignment(sentence)
    title = f"{len(found.targets)} × {len(found.sources)}: each row sums to 1"
    heat_map(found.weights, found.targets, found.sources, title=title, digits=1, ax=ax)
plt.show()

# %% [markdown]
# Read each row: while it writes this Korean word, the net looks at these English ones. Nobody told it which word
# means which. It need not be what you expect: where the shares fall *next to* the right word, the decoder has
# already carried the rest in its state.
#
# ## 6.3 Self-attention
#
# Let the words of *one* sentence ask each other. Each word gets three vectors, by three matrices: a **query** (what
# am I looking for?), a **key** (what do I offer?) and a **value** (what do I hand on?). All words at once:
#
# ```
# attention(Q, K, V) = softmax(Q Kᵀ / √d) V
# ```


# %%
def attend(queries, keys, values, allowed=None):
    """[..., words, d] each → what each word sees [..., words, d], and its shares [..., words, words]."""
    scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, float("-inf"))
    shares = scores.softmax(dim=-1)
    return shares @ values, shares


length, width = 5, 8
words = torch.randn(length, width)
to_query, to_key, to_value = (nn.Linear(width, width) for _ in range(3))
with torch.no_grad():
    queries, keys, values = to_query(words), to_key(words), to_value(words)
    mixed, shares = attend(queries, keys, values)
    theirs = functional.scaled_dot_product_attention(*(part.unsqueeze(0) for part in (queries, keys, values)))[0]
print("words", tuple(words.shape), "→ shares", tuple(shares.shape), "→ mixed", tuple(mixed.shape))
print("largest difference to torch:", f"{(mixed - theirs).abs().max():.1e}")

# %% [markdown]
# A decoder must not look ahead: word 3 may see words 1 to 3 alone. That is a mask of True and False, `allowed`, the
# **causal mask**. Right: the shares that are left.

# %%
causal = torch.ones(length, length, dtype=torch.bool).tril()
with torch.no_grad():
    _, causal_shares = attend(queries, keys, values, causal)
figure, axes = plt.subplots(1, 3, figsize=(13, 4))
pictures = {"shares, all allowed": shares, "causal mask": causal, "shares, causal": causal_shares}
for ax, (title, matrix) in zip(axes, pictures.items(), strict=True):
    heat_map(matrix, range(1, 6), range(1, 6), title=title, digits=1, ax=ax)
axes[0].set_ylabel("word that looks")
plt.show()

# %% [markdown]
# ## 6.4 The Transformer, block by block
#
# Attention does not know where a word stands: shuffle the words, and each sees the same. So a **positional
# encoding** is added to the embeddings, sines and cosines of falling frequency:


# %%
def positional_encoding(length, width):
    """[length, width]: row = place, even columns sines, odd ones cosines."""
    place = torch.arange(length).unsqueeze(1)
    rate = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(place * rate)
    table[:, 1::2] = torch.cos(place * rate)
    return table


from sadari.nets.transformer import sinusoidal_positions

table = positional_encoding(50, 64)
print("largest difference to Sadari's:", f"{(table - sinusoidal_positions(50, 64)).abs().max():.1e}")
figure, ax = plt.subplots(figsize=(10, 3.6))
picture = ax.imshow(table, cmap="RdBu_r", aspect="auto")
ax.set_xlabel("column of the embedding")
ax.set_ylabel("place")
figure.colorbar(picture, ax=ax)
plt.show()

# %% [markdown]
# A Transformer layer has two blocks: **attention** with several heads (each looks at a slice of the width), and a
# small **feed-forward** net. Around each: add what came in (*residual*), and norm.


# %%
class MultiHead(nn.Module):
    """Several attentions side by side; `other` is what is looked at (the same words, or the encoder's)."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, words, other, allowed=None):
        """words [n, a, width], other [n, b, width] → [n, a, width]."""

        def split(states):
            return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [n, heads, words, width / heads]

        mixed, _ = attend(split(self.query(words)), split(self.key(other)), split(self.value(other)), allowed)
        return self.output(mixed.transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each with a residual and a norm."""

    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention = MultiHead(width, heads)
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, words, allowed=None):
        words = self.norm1(words + self.attention(words, words, allowed))
        return self.norm2(words + self.contract(torch.relu(self.expand(words))))


class DecoderLayer(nn.Module):
    """The same, with a second attention between the two: it looks at the encoder's states."""

    def __init__(self, width, heads, inner):
        super().__init__()
        self.own, self.across = MultiHead(width, heads), MultiHead(width, heads)
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, words, source):
        causal = torch.ones(words.shape[1], words.shape[1], dtype=torch.bool).tril()
        words = self.norm1(words + self.own(words, words, causal))
        words = self.norm2(words + self.across(words, source))
        return self.norm3(words + self.contract(torch.relu(self.expand(words))))


def take_attention(ours, theirs):
    """Copy the weights of an nn.MultiheadAttention: torch stacks query, key and value."""
    for part, weight, bias in zip(
        (ours.query, ours.key, ours.value), theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True
    ):
        part.weight.copy_(weight)
        part.bias.copy_(bias)
    ours.output.load_state_dict(theirs.out_proj.state_dict())


def take_rest(ours, theirs):
    """Copy the feed-forward net and the norms."""
    ours.expand.load_state_dict(theirs.linear1.state_dict())
    ours.contract.load_state_dict(theirs.linear2.state_dict())
    for name, part in ours.named_children():
        if name.startswith("norm"):
            part.load_state_dict(getattr(theirs, name).state_dict())


# %% [markdown]
# Is it the same as PyTorch's? We copy its weights, and compare:

# %%
settings = {"d_model": 32, "nhead": 4, "dim_feedforward": 64, "dropout": 0.0, "batch_first": True}
torch_encoder, torch_decoder = nn.TransformerEncoderLayer(**settings), nn.TransformerDecoderLayer(**settings)
encoder, decoder = EncoderLayer(32, 4, 64), DecoderLayer(32, 4, 64)
source, target = torch.randn(2, 7, 32), torch.randn(2, 5, 32)  # 2 sentences of 7 words, and their 5 words
with torch.no_grad():
    take_attention(encoder.attention, torch_encoder.self_attn)
    take_rest(encoder, torch_encoder)
    take_attention(decoder.own, torch_decoder.self_attn)
    take_attention(decoder.across, torch_decoder.multihead_attn)
    take_rest(decoder, torch_decoder)
    encoded = encoder(source)
    decoded = decoder(target, encoded)
    their_encoded = torch_encoder(source)
    ahead = nn.Transformer.generate_square_subsequent_mask(5)
    their_decoded = torch_decoder(target, their_encoded, tgt_mask=ahead, tgt_is_causal=True)
print("encoder", tuple(encoded.shape), "· largest difference:", f"{(encoded - their_encoded).abs().max():.1e}")
print("decoder", tuple(decoded.shape), "· largest difference:", f"{(decoded - their_decoded).abs().max():.1e}")

# %% [markdown]
# ## 6.5 What BERT learns: hidden words, and sentences that follow
#
# **BERT** is a stack of encoder layers. Nobody labels its texts: it hides words itself. 15 % of the tokens are
# chosen; of those, 80 % become `[MASK]`, 10 % some other token, and 10 % stay as they are, so that no visible word
# can be trusted blindly.


# %%
def hide(tokens, vocabulary, random, share=0.15):
    """What BERT reads, and what it has to say: place → the token that stood there."""
    read, wanted = list(tokens), {}
    count = max(1, round(share * len(tokens)))
    for place in random.choice(len(tokens), count, replace=False).tolist():
        wanted[place] = tokens[place]
        draw = random.random()
        if draw < 0.8:
            read[place] = "[MASK]"
        elif draw < 0.9:
            read[place] = str(random.choice(vocabulary))
    return read, wanted


random = np.random.default_rng(7)
sentences = [sentence.lower().split() for sentence in to_french.sources]
vocabulary = sorted({word for sentence in sentences for word in sentence})
long_text = [word for sentence in sentences[:600] for word in sentence]
read, wanted = hide(long_text, vocabulary, random)
print("reads:", " ".join(read[:24]), "…")
kinds = {"[MASK]": 0, "another": 0, "itself": 0}
for place, token in wanted.items():
    kinds["[MASK]" if read[place] == "[MASK]" else "itself" if read[place] == token else "another"] += 1
print(
    f"{len(wanted)} of {len(long_text)} tokens chosen ({len(wanted) / len(long_text):.1%}):",
    ", ".join(f"{kind} {count / len(wanted):.0%}" for kind, count in kinds.items()),
)

# %% [markdown]
# The second task: two sentences, and the question whether the second **follows** the first. Half of the pairs do;
# in the others the second is taken from another text. A special token `[CLS]` stands in front, and its last state
# answers.

# %%
train = sadari.open_source(news()).read()[:2000]
test = sadari.open_source(news(), part="test").read()[:500]
texts, labels = list(train.texts), list(train.labels)
test_texts, test_labels = list(test.texts), list(test.labels)
documents = [text.rstrip(".").split(". ") for text in texts if "&" not in text and "#" not in text]
documents = [parts for parts in documents if len(parts) > 1 and min(map(len, parts)) > 20]
for follows in (True, False):
    first, second = documents[0][:2] if follows else (documents[0][0], documents[1][1])
    print("follows" if follows else "does not", "· [CLS]", first[:60], "… [SEP]", second[:60], "… [SEP]")

# %% [markdown]
# ## 6.6 A tiny BERT of your own
#
# BERT-base has 12 layers, a width of 768, and learned for four days on 16 TPU chips. Ours has 2 layers and a width
# of 128, and learns for half a minute. So we give it an easy language: the 2,572 phrases. (It hides 20 %, since
# phrases are short, and does without pairs of sentences.)

# %%
bert = sadari.Bert(size="tiny", nsp=False, masked=0.2, steps=700, batch_size=64, length=24, validations=7)
bert.fit(to_french.sources)
scored = [record for record in bert.history_ if "masked_accuracy" in record]
figure, ax = plt.subplots()
ax.plot([record["step"] for record in scored], [record["masked_accuracy"] for record in scored], "o-", label="BERT")
ax.axhline(bert.guess_["guess_accuracy"], color="#D55E00", linestyle="--", label="always the most frequent token")
ax.set_ylim(0, None)
ax.set_xlabel("step")
ax.set_ylabel("hidden tokens found")
ax.legend()
plt.show()
for sentence in ("My [MASK] reads a book", "The students [MASK] bread", "The children [MASK] in the garden"):
    answers = ", ".join(f"{one.piece} {one.probability:.2f}" for one in bert.fill(sentence)[0])
    print(f"{sentence:36} {answers}")

# %% [markdown]
# While it learned, it saw sentences in this form. `hide` hides other tokens for each seed, as each pass does.

# %%
for seed in range(3):
    hidden = bert.hide("My friend reads a book in the garden", seed=seed)
    print(" ".join(token.shown for token in hidden), "·", {token.token: token.how for token in hidden if token.how})

# %% [markdown]
# And a second one, which reads the news and also learns which sentences follow. In as little time it does about as
# well as guessing the most frequent token: real language is that much harder.

# %%
news_bert = sadari.Bert(size="tiny", vocabulary=6000, steps=250, batch_size=32, length=64, validations=4)
news_bert.fit(texts)
right, guessed = news_bert.final_["masked_accuracy"], news_bert.guess_["guess_accuracy"]
print(f"hidden tokens found: {right:.3f} · by always guessing the most frequent: {guessed:.3f}")
for first, second in (("The dog sleeps", "It snores loudly"), ("The dog sleeps", "The Earth orbits the Sun")):
    print(f"{first} → {second}: follows with {news_bert.follows(first, second):.2f}")

# %% [markdown]
# About one half each: it does not know yet. The first pair should be near 1 and the second near 0; that takes a
# BERT that was trained for long.
#
# ### What does "it" look at?
#
# In *"The animal didn't cross the street because it was too **tired**"*, "it" is the animal; with **wide** it is
# the street. We look at the attention of "it", by the very lines of 6.3; pieces of a word (`##`) are added up.
# Where pre-trained weights are on this machine (`sadari weights fetch all-MiniLM-L6-v2`), they are taken; else the
# BERT that has just read the news.


# %%
@torch.no_grad()
def attention_of(bert, text):
    """The tokens of a text, and the shares [layers, heads, tokens, tokens] of a `sadari.Bert`."""
    net, pieces = bert.net_.eval(), bert.pieces_
    middle = pieces.encode(as_column([text])).values.tolist()
    ids = [pieces.class_id, *middle, pieces.separator_id]
    states, found = net.bert.embeddings(torch.tensor([ids]), None), []
    for layer in net.bert.encoder["layer"]:
        parts = (layer.attention.self[name](states) for name in ("query", "key", "value"))
        heads = [part.unflatten(-1, (layer.attention.heads, -1)).transpose(1, 2) for part in parts]
        found.append(attend(*heads)[1][0])
        states = layer(states, None)
    return [pieces.pieces[id] for id in ids], torch.stack(found).numpy()


# %%
from sadari.pretrained.published import PUBLISHED

here = [one for one in PUBLISHED if one.kind == "encoder" and "en" in one.languages and one.is_here]
folder = Path(tempfile.mkdtemp()) / "news-bert"
news_bert.save(folder)
weights = here[0].folder if here else folder
print("Read by", here[0].name if here else "the tiny BERT of this notebook, which can hardly know: no weights are here")

question = "The animal didn't cross the street because it was too {}"
_, by_hand = attention_of(news_bert, question.format("tired"))
theirs = np.stack(list(sadari.attention(folder, question.format("tired")).panels.values()))
print("by hand", by_hand.shape, "· largest difference to sadari.attention:", f"{np.abs(by_hand - theirs).max():.1e}")


def it_by_word(text):
    """The words of a text, and the shares that "it" gives to each: [layers, heads, words]."""
    read = sadari.attention(weights, text)
    tokens, shares = read.tokens, np.stack(list(read.panels.values()))
    starts = [place for place, token in enumerate(tokens) if not token.startswith("##")]
    pieces = np.split(tokens, starts[1:])  # the pieces of a word belong together
    found = ["".join(parts).replace("##", "") for parts in pieces]
    return found, np.add.reduceat(shares[:, :, tokens.index("it")], starts, axis=-1)


seen = {word: it_by_word(question.format(word)) for word in ("tired", "wide")}
found, shares = seen["tired"]
print(len(found), "words, shares", shares.shape, "= layers × heads × words")

# how much more each head looks at the animal than at the street; and which head the last word changes most
animal, street = found.index("animal"), found.index("street")
leaning = {word: each[:, :, animal] - each[:, :, street] for word, (_, each) in seen.items()}
layer, head = np.unravel_index((leaning["tired"] - leaning["wide"]).argmax(), leaning["tired"].shape)

figure, axes = plt.subplots(2, 2, figsize=(14, 6.5), sharey="col")
for row, (word, (found, shares)) in enumerate(seen.items()):
    shown = [place for place, each in enumerate(found) if each not in ("[CLS]", "[SEP]")]
    colors = ["#D55E00" if found[place] in ("animal", "street") else "#0072B2" for place in shown]
    titles = {"mean of all heads": shares.mean(axis=(0, 1)), f"layer {layer + 1}, head {head + 1}": shares[layer, head]}
    for ax, (title, values) in zip(axes[row], titles.items(), strict=True):
        ax.bar(range(len(shown)), values[shown], color=colors)
        ax.set_xticks(range(len(shown)), [found[place] for place in shown], rotation=45, ha="right")
        ax.set_title(f'"it" … too {word}: {title}')
plt.show()

# %% [markdown]
# Each head has a view of its own; the mean hides them. On the right stands the head in which *tired* and *wide*
# make the largest difference between animal and street. With a MiniLM that head gives the animal 0.64 and the
# street 0.05 where the animal is tired, but 0.27 and 0.13 where the street is wide. With a BERT that knows hardly
# anything such a head can be found as well: one of many *must* differ most. A picture of attention proves nothing;
# it is a place to look.

# %% [markdown]
# ## 6.7 Fine-tuning a BERT on the news
#
# A linear layer on top of `[CLS]`, and all weights learn on. `sadari.BertClassifier` takes a folder of weights: our
# own BERT's, or one of the hub's. The course's settings were a batch of 8, a rate of 2e-5 and 500 steps, and gave
# 0.9047 with BERT-base; our tiny net can take, and needs, larger steps.
#
# The course's code crashed at a text of more than 512 tokens. Here the beginning of such a text is read, or all of it,
# in parts: `long_texts="windows"`. And a folder of weights without a usable tokenizer, to which every word would be
# `[UNK]`, is refused with an error, and not read in silence.

# %%
classifier = sadari.BertClassifier(weights=folder, epochs=6, learning_rate=3e-4, max_length=48)
begun = time.perf_counter()
classifier.fit(texts, labels)
bert_seconds = time.perf_counter() - begun
predicted = classifier.predict(test_texts)
print(f"accuracy on {len(test_texts)} test texts: {np.mean(predicted == np.array(test_labels)):.3f}")

# %%
names = list(classifier.classes_)
table = np.zeros((len(names), len(names)), dtype=int)
for true, said in zip(test_labels, predicted, strict=True):
    table[names.index(true), names.index(said)] += 1
heat_map(table, names, names, title="row: true label, column: predicted")
plt.show()

# %% [markdown]
# ## 6.8 The course's mistake: no attention mask
#
# Texts of a batch are padded to one length. Without an **attention mask** every word also looks at the padding, and
# what BERT says of a text depends on its neighbours. The same text, alone and beside a longer one:

# %%
pieces, net = news_bert.pieces_, news_bert.net_.bert.eval()
head = nn.Linear(128, len(names))
short = [pieces.class_id, *pieces.encode(as_column(["Stocks fell on Friday"])).values.tolist(), pieces.separator_id]
pads = 60
alone = torch.tensor([short])
padded = torch.tensor([short + [pieces.pad_id] * pads])
mask = padded != pieces.pad_id
with torch.no_grad():
    logits = head(net(alone)[0])
    without = head(net(padded)[0])
    with_mask = head(net(padded, None, mask)[0])
print("tokens", tuple(alone.shape), "→ padded", tuple(padded.shape))
print("logits alone:        ", logits.numpy().round(3))
print("padded, no mask:     ", without.numpy().round(3), "· off by", f"{(logits - without).abs().max():.3f}")
print("padded, with a mask: ", with_mask.numpy().round(3), "· off by", f"{(logits - with_mask).abs().max():.1e}")
both = classifier.predict_proba(["Stocks fell on Friday", max(texts, key=len)])[0]
print("sadari.BertClassifier:", f"{np.abs(both - classifier.predict_proba(['Stocks fell on Friday'])[0]).max():.1e}")

# %% [markdown]
# ## 6.9 How large is BERT?
#
# `bert_parameters` counts them without making them: on torch's device `meta` a tensor has a shape and no memory.

# %%
from sadari.nets.bert.encoder import SIZES

print("size    layers width heads   parameters")
for name, (layers, width, heads, _) in SIZES.items():
    print(f"{name:7} {layers:6} {width:5} {heads:5} {sadari.bert_parameters(name):12,}")
print(f"base, with a linear layer for four classes: {sadari.bert_parameters('base', labels=4):,}")

# %% [markdown]
# ## 6.10 Which of all this was worth it?
#
# Six notebooks, from counting words to BERT. The honest way to choose: **climb** the whole ladder on the *same*
# rows of *your* texts, and look at accuracy beside cost. The BERT of 6.7 learned from the same rows, so it may
# stand in the same table. (The LSTM makes five passes only, so that the notebook stays short.)

# %%
climbed = sadari.climb(
    train,
    test,
    rungs=["bow", "ngram", "tfidf", "embedding-bag", "lstm"],
    settings={"lstm": {"epochs": 5}},
    curves=False,
    refit=False,
)
table = {result.rung: (result.accuracy.value, result.train_seconds) for result in climbed.rungs}
table["bert (6.7)"] = (float(np.mean(predicted == np.array(test_labels))), bert_seconds)  # same rows, same test
print(f"{'rung':14} accuracy   training")
for name, (accuracy, seconds) in table.items():
    print(f"{name:14} {accuracy:8.3f} {seconds:8.1f} s")
print("\nVerdict:", *climbed.verdict.sentences, sep="\n  ")

# %%
figure, ax = plt.subplots(figsize=(9, 4.6))
low, high = climbed.rungs[0].accuracy.low, climbed.rungs[0].accuracy.high
ax.axhspan(low, high, color="#DDDDDD", label=f"95 % interval of {climbed.rungs[0].rung}")
colors = plt.rcParams["axes.prop_cycle"].by_key()["color"]
for (name, (accuracy, seconds)), color, marker in zip(table.items(), colors, "osD^vP", strict=False):
    ax.plot(seconds, accuracy, marker, markersize=12, color=color, label=name)
ax.set_xscale("log")
ax.set_xlabel("seconds of training")
ax.set_ylabel("accuracy")
ax.set_title("what does more time buy?")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# With few texts and no pre-training worth the name, counting words wins, for a fraction of the cost. With weights
# that *others* trained for days it is another picture: of 32,055 texts a MiniLM of six layers reaches 0.932 and
# `tfidf` 0.916; of only 1,000 texts 0.887 and 0.834. So the answer depends on **your** texts and what an error
# costs you. Measure it:
#
# ```
# sadari climb your_texts.csv --weights all-MiniLM-L6-v2
# ```
#
# ## 6.11 Exercises
#
# **6.1** Write a function of `queries`, `keys` and `values`, each [words, d], that returns what each word sees,
# [words, d]. Hand over the function.

# %%
attention = ...
check("6.1", attention)

# %% [markdown]
# **6.2** A text has 200 tokens. How many does BERT choose, and how many of them become `[MASK]`, another token, or
# stay? On average: four numbers in a list.

# %%
numbers = ...
check("6.2", numbers)

# %% [markdown]
# **6.3** How many parameters has the multi-head attention of *one* layer of BERT-base (width 768, 12 heads): four
# linear layers? Would 16 heads change it?

# %%
parameters = ...
check("6.3", parameters)

# %% [markdown]
# ## From the slide to the call
#
# | slide | call |
# |---|---|
# | encoder-decoder, source reversed | `sadari.Translator(net="gru", attention="none", reverse=True)` |
# | additive attention, alignment | `sadari.Translator(net="gru")`, `translator.alignment(text)` |
# | Transformer that translates | `sadari.Translator(net="transformer")` |
# | Transformer that classifies | `sadari.Transformer()` |
# | masks and next sentences | `sadari.Bert(size="tiny").fit(texts)` |
# | what it reads while it learns | `bert.hide("My friend reads a book")` |
# | what stands at a mask | `bert.fill("My [MASK] reads a book")` |
# | does it follow? | `bert.follows("The dog sleeps", "It snores loudly")` |
# | what "it" attends to | `sadari.attention(weights, text).attends("it", layer=2, head=1)`, `.without_special()` |
# | the size of a BERT | `sadari.bert_parameters("base", labels=4)` |
# | fine-tuning | `sadari.BertClassifier(weights=…).fit(texts, labels)` |
# | the course's settings | `sadari.BertClassifier(weights=…, batch_size=8, learning_rate=2e-5, steps=500, warmup=0, decay="constant")` |
# | evaluating it | `model.score(texts, labels)`, `sadari evaluate MODEL test.csv` |
# | which is worth it | `sadari.climb(corpus)`, `sadari climb news.csv` |
#
# That was the course. Where to go on: your own texts.
