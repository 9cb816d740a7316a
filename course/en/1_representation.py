# %% [markdown]
# # 1 · Text as tensors
#
# A neural net multiplies and adds numbers. So the first question is: **which numbers is a text?**
#
# After this notebook you can
#
# - read the shape of a tensor, and say what each of its axes stands for;
# - turn a text into characters or words, these into ids, ids into one-hot vectors, and all of it back;
# - say why a vocabulary has `<unk>` and `<pad>`, and what it costs if one number stands for both;
# - choose a unit for Korean: syllables, words or morphemes.
#
# Run the cells from the top: click into a cell and press **Shift + Enter**.

# %%
import matplotlib.pyplot as plt
import torch

import sadari
from sadari.course import check, heat_map, start

start()

# %% [markdown]
# ## A text is numbers already
#
# A computer keeps a text as a row of numbers: every character has one, its *code point*. `ord` shows it.

# %%
text = "HELLO"
[ord(letter) for letter in text]

# %% [markdown]
# Could a net read these numbers as they are? It would believe that `O` (79) is almost the same as `N` (78), and far more than `A`
# (65). Letters have no such order. We need numbers that say only **which** letter it is.
#
# ## One-hot: one axis for each letter
#
# Take an alphabet, give every letter a place in it (its **id**), and write a row of zeros with a single 1 at that place.

# %%
alphabet = ["E", "H", "L", "O"]
ids = [alphabet.index(letter) for letter in text]
ids

# %%
one_hot = torch.zeros(len(text), len(alphabet))
for row, place in enumerate(ids):
    one_hot[row, place] = 1
one_hot

# %%
one_hot.shape

# %% [markdown]
# The shape is **length × C**: 5 letters in the text, C = 4 letters in the alphabet. Each row is one letter of the text, read from
# top to bottom.

# %%
heat_map(one_hot, rows=text, columns=alphabet)

# %% [markdown]
# Row 1 is `H`, row 2 is `E`, and the two `L` have equal rows. No two different letters are nearer to each other than any other two:
# that is what we wanted.
#
# With the whole alphabet, C is 26 and most of the picture is empty. Of 130 numbers, five are not zero.

# %%
letters = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
wide = torch.nn.functional.one_hot(torch.tensor([letters.index(letter) for letter in text]), num_classes=26)
print(wide.shape, "ones:", int(wide.sum()))
heat_map(wide, rows=text, columns=letters)

# %% [markdown]
# **Sadari does the same in three calls**: a tokenizer cuts, a vocabulary gives ids, and `one_hot` writes the rows. The vocabulary
# puts the most frequent first; so `L`, which occurs twice, has id 0.

# %%
characters = sadari.tokenizer("characters")
vocab = sadari.Vocab.learn(characters([text]), specials=())
hello = vocab.encode(characters([text]))[0]
print("tokens ", vocab.tokens)
print("ids    ", hello)
print("back   ", "".join(vocab.decode(hello)))
heat_map(vocab.one_hot(hello), rows=text, columns=vocab.tokens)

# %% [markdown]
# ## Words instead of letters
#
# The same works with words as units. Nine different words give nine rows. If each occurs once, in the order of the ids, the
# picture is a diagonal: the 9 × 9 identity matrix.

# %%
sentence = "I love to play with my words every day"
words = sadari.tokenizer("basic_english")
tokens = words.tokenize(sentence)
vocab = sadari.Vocab(tokens)
identity = vocab.one_hot(vocab.encode(words([sentence]))[0])
print(identity.shape, "identity:", bool((torch.tensor(identity) == torch.eye(9)).all()))
heat_map(identity, rows=tokens, columns=tokens)

# %% [markdown]
# `basic_english` is the tokenizer of the 2021 course: it turns letters into lower case, makes each of `. , ! ?` a token of its own,
# and drops `: ; "`. Other tokenizers cut the same text in other ways; the last one is a regular expression, which you may write
# yourself:

# %%
for name in ("basic_english", "words", "whitespace", "characters", r"regex:\b\w+\b"):
    print(f"{name:14}", sadari.tokenizer(name).tokenize("He said: hello"))

# %% [markdown]
# ## Why one-hot is only the beginning
#
# Multiply a one-hot row by a matrix, and you get one row of that matrix: the 1 picks it, the zeros remove the others. So nobody
# writes one-hot rows for real: a net **looks the row up** by the id. Notebook 3 is about that matrix.

# %%
table = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
by_product = one_hot @ table
by_look_up = table[torch.tensor(ids)]
print("one-hot [5, 4] @ table [4, 2] →", tuple(by_product.shape), " the same:", torch.equal(by_product, by_look_up))

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 4.2), width_ratios=[4, 2, 2])
heat_map(one_hot, rows=text, columns=alphabet, title="one-hot [5, 4]", ax=left)
heat_map(table, rows=alphabet, columns=[0, 1], title="@ table [4, 2]", ax=middle)
heat_map(by_product, rows=text, columns=[0, 1], title="= [5, 2]", ax=right)

# %% [markdown]
# ## Several texts at once: unknown words and padding
#
# A net reads many texts at once: a **batch**, one tensor. But texts differ in length, and a tensor is a rectangle. So short
# texts are filled up with a word that means nothing: `<pad>`. And a word that the vocabulary has never seen gets the id of
# `<unk>`, *unknown*. Both are entries of the vocabulary, with ids of their own.

# %%
texts = ["I love to play with my words", "I love Seoul", "words"]
vocab = sadari.Vocab.learn(words(texts[:1]))
print(vocab.tokens)
encoded = vocab.encode(words(texts))
encoded

# %%
padded, mask = encoded.padded(vocab.pad_id)
print(padded.shape)
padded

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.2))
heat_map(padded, rows=["text 1", "text 2", "text 3"], title="ids: 0 is <unk>, 1 is <pad>", ax=left)
heat_map(mask.int(), rows=["text 1", "text 2", "text 3"], title="mask: 1 is a word of the text", ax=right)

# %% [markdown]
# ## The mistake of the 2021 course: one number, two meanings
#
# The course filled short texts up with **0**. But 0 was already the id of `<unk>`. Nothing crashes. Look at what the net
# then reads:

# %%
wrong, _ = encoded.padded(0)
for row in wrong.tolist():
    print(" ".join(vocab.decode(row)))

# %% [markdown]
# What does it cost? Ask how much of each text is unknown. Only *Seoul* is, but the padded table says otherwise, and a net that
# learns from it takes "many unknown words" for a sign of a short text.

# %%
lengths = mask.sum(1)
believed = (wrong == vocab.unknown_id).float().mean(1)
truly = ((padded == vocab.unknown_id) & mask).sum(1) / lengths
plt.bar([-0.2, 0.8, 1.8], (100 * believed).tolist(), width=0.4, label="padded with 0")
plt.bar(
    [0.2, 1.2, 2.2],
    (100 * truly).tolist(),
    width=0.4,
    label="padded with <pad>, and the mask",
    hatch="//",
    edgecolor="white",
)
plt.xticks([0, 1, 2], ["text 1", "text 2", "text 3"])
plt.ylabel("unknown words in %")
plt.legend()
plt.show()

# %% [markdown]
# Here the id of padding stands in one place only, `vocab.pad_id`, and a mask says which ids are words. If somebody writes `<pad>`
# in a text of their own, it is an unknown word and no padding:

# %%
print(vocab.decode(vocab.encode(words(["I love <pad>"]))[0]), vocab.pad_id)

# %% [markdown]
# ## Hangul: a character that is made of letters
#
# A Korean syllable such as 한 is one character, and three letters (*jamo*): ㅎ + ㅏ + ㄴ. Unicode has all 11,172 of them in one
# row, so the letters can be worked out by division:
#
# code = 0xAC00 + (initial × 21 + vowel) × 28 + final

# %%
initials = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
vowels = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
finals = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def jamo(syllable):
    """The letters of one syllable."""
    number = ord(syllable) - 0xAC00
    initial, rest = divmod(number, 21 * 28)
    vowel, final = divmod(rest, 28)
    return [initials[initial], vowels[vowel], finals[final]]


for syllable in "한글":
    print(syllable, ord(syllable), jamo(syllable))
print("syllables:", len(initials) * len(vowels) * len(finals))

# %% [markdown]
# ### Which unit for Korean?
#
# English words have spaces between them, and mostly keep their form. A Korean word carries endings and particles:
# 영화, 영화를, 영화가 and 영화도 are four words for `whitespace`, though each is about a film. Three other ways to cut:

# %%
film = "나는 영화를 봤다"
for name in ("whitespace", "characters", "syllables", "morphemes"):
    print(f"{name:12}", sadari.tokenizer(name).tokenize(film))

# %% [markdown]
# - `syllables` cuts each word into overlapping pieces of one to three syllables. It needs no dictionary, and is very fast.
# - `morphemes` asks Kiwi, a morphological analyser: 영화 + 를, and 보다 with its endings; slower, and it knows its words.
#
# How much do the four forms share? We count the tokens that two forms have in common, divided by all tokens of the two.

# %%
forms = ["영화", "영화를", "영화가", "영화도"]


def shared(one, other):
    """The share of tokens that two forms have in common."""
    one, other = set(one), set(other)
    return len(one & other) / len(one | other)


figure, axes = plt.subplots(1, 3, figsize=(13, 4.4))
for axis, name in zip(axes, ("whitespace", "syllables", "morphemes"), strict=True):
    cut = [sadari.tokenizer(name).tokenize(form) for form in forms]
    heat_map([[shared(a, b) for a in cut] for b in cut], rows=forms, columns=forms, title=name, ax=axis)

# %% [markdown]
# For `whitespace` the four words have nothing in common: a net would have to learn each of them alone. With the other two, what it
# learns of 영화 holds for 영화를 as well.
#
# ## What a unit costs
#
# Small units: few ids, long texts. Large units: many ids, short texts. Here are 480 Korean news items, cut in four ways.

# %%
korean = sadari.open_source("headlines_ko").read().texts
names = ("characters", "syllables", "morphemes", "whitespace")
sizes, lengths = [], []
for name in names:
    cut = sadari.tokenizer(name)(korean)
    sizes.append(len(sadari.Vocab.learn(cut, specials=())))
    lengths.append(float((cut.offsets[1:] - cut.offsets[:-1]).mean()))
    print(f"{name:12} different tokens {sizes[-1]:6,}   tokens in a text {lengths[-1]:5.1f}")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.6))
left.barh(names, sizes, color="#0072B2")
left.set_xlabel("different tokens (C)")
right.barh(names, lengths, color="#E69F00")
right.set_xlabel("tokens in a text (length)")
right.set_yticks([])
plt.show()

# %% [markdown]
# `syllables` has the most ids and the longest texts: it keeps pieces that overlap, and pays in memory for needing no dictionary.
#
# ## Exercises
#
# Replace the three dots, and run the cell. The check says whether it is right, and if not, why not.
#
# **1.1** Write the one-hot tensor of `"LOL"` with the alphabet `E H L O`.

# %%
answer = ...
check("1.1", answer)

# %% [markdown]
# **1.2** A text of 12 characters, an alphabet of 84. How many numbers does its one-hot tensor hold, and how many of them are 1? Give
# both: `(numbers, ones)`.

# %%
answer = ...
check("1.2", answer)

# %% [markdown]
# **1.3** Take the batch `["to be", "or not to be"]` cut by `basic_english`. Learn a vocabulary of it, and give the padded ids as a
# tensor, in which padding has the id of `<pad>`.

# %%
answer = ...
check("1.3", answer)

# %% [markdown]
# The solutions: `sadari course -o FOLDER --solutions`.
#
# ## Slide → call
#
# | unit 1 shows | the call |
# |---|---|
# | a text as characters, length × C | `sadari.tokenizer("characters")`, `vocab.one_hot(ids)` |
# | one-hot of words, 9 × 9 | `sadari.Vocab(tokens)`, `vocab.one_hot(ids)` |
# | the tokenizer `basic_english` | `sadari.tokenizer("basic_english").tokenize(text)` |
# | a tokenizer of your own, `\b\w+\b` | `sadari.tokenizer(r"regex:\b\w+\b").tokenize(text)` |
# | a vocabulary, and back again | `sadari.Vocab.learn(tokens)`, `vocab.encode(tokens)`, `vocab.decode(ids)` |
# | a batch, padded, and its mask | `ids.padded(vocab.pad_id)` |
# | Korean syllables and morphemes | `sadari.tokenizer("syllables")`, `sadari.tokenizer("morphemes")` |
#
# Next: **2 · Classifying news**.
