# %% [markdown]
# # 1 · 텍스트를 텐서로
#
# 신경망은 숫자를 곱하고 더합니다. 그래서 첫 질문은 이것입니다. **텍스트를 어떤 숫자로 나타낼까요?**
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 텐서의 모양(shape)을 읽고, 축마다 무엇을 뜻하는지 말하기
# - 텍스트를 글자나 단어로, 글자나 단어를 id로, id를 원-핫 벡터로 바꾸고 거꾸로 되돌리기
# - 어휘에 `<unk>`와 `<pad>`가 왜 있는지, 숫자 하나가 둘 다를 뜻하면 무엇이 잘못되는지 설명하기
# - 한국어를 자르는 단위(음절, 단어, 형태소)를 골라 쓰기
#
# 셀은 위에서부터 차례로 실행합니다. 셀을 클릭하고 **Shift + Enter**를 누르세요.

# %%
import matplotlib.pyplot as plt
import torch

import sadari
from sadari.course import check, heat_map, start

start()

# %% [markdown]
# ## 텍스트는 이미 숫자입니다
#
# 컴퓨터는 텍스트를 한 줄로 늘어선 숫자로 저장합니다. 글자마다 *코드 포인트*라는 번호가 있고, `ord`가 그 번호를 보여 줍니다.

# %%
text = "HELLO"
[ord(letter) for letter in text]

# %% [markdown]
# 신경망이 이 번호를 그대로 읽으면 어떨까요? `O`(79)가 `N`(78)과는 거의 같고 `A`(65)와는 많이 다르다고 여기게 됩니다. 하지만 글자에는 그런
# 순서가 없습니다. 우리에게 필요한 것은 **어느** 글자인지만 말해 주는 숫자입니다.
#
# ## 원-핫: 글자마다 축 하나
#
# 알파벳을 정하고 글자마다 자리(**id**)를 줍니다. 그런 다음 0만 있는 행을 만들고 그 자리에만 1을 적습니다.

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
# 모양은 **길이 × C**입니다. 텍스트에는 글자가 5개, 알파벳에는 글자가 C = 4개 있습니다. 행 하나가 텍스트의 글자 하나이고, 위에서 아래로
# 읽습니다.

# %%
heat_map(one_hot, rows=text, columns=alphabet)

# %% [markdown]
# 첫째 행은 `H`, 둘째 행은 `E`이고, `L` 두 개는 행이 똑같습니다. 서로 다른 글자 사이의 거리는 어느 쌍이나 같습니다. 바로 우리가 바라던
# 것입니다.
#
# 알파벳을 모두 쓰면 C는 26이고 그림은 거의 비어 있습니다. 숫자 130개 가운데 0이 아닌 것은 다섯 개뿐입니다.

# %%
letters = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
wide = torch.nn.functional.one_hot(torch.tensor([letters.index(letter) for letter in text]), num_classes=26)
print(wide.shape, "ones:", int(wide.sum()))
heat_map(wide, rows=text, columns=letters)

# %% [markdown]
# **Sadari에서는 호출 세 번이면 됩니다.** 토크나이저가 자르고, 어휘가 id를 주고, `one_hot`이 행을 만듭니다. 어휘는 자주 나오는 것을 앞에
# 놓습니다. 그래서 두 번 나오는 `L`의 id가 0입니다.

# %%
characters = sadari.tokenizer("characters")
vocab = sadari.Vocab.learn(characters([text]), specials=())
hello = vocab.encode(characters([text]))[0]
print("tokens ", vocab.tokens)
print("ids    ", hello)
print("back   ", "".join(vocab.decode(hello)))
heat_map(vocab.one_hot(hello), rows=text, columns=vocab.tokens)

# %% [markdown]
# ## 글자 대신 단어
#
# 단어를 단위로 삼아도 똑같습니다. 서로 다른 단어 아홉 개는 행 아홉 개가 됩니다. 단어가 id 순서대로 한 번씩만 나오면 그림은 대각선, 곧 9 × 9
# 단위 행렬입니다.

# %%
sentence = "I love to play with my words every day"
words = sadari.tokenizer("basic_english")
tokens = words.tokenize(sentence)
vocab = sadari.Vocab(tokens)
identity = vocab.one_hot(vocab.encode(words([sentence]))[0])
print(identity.shape, "identity:", bool((torch.tensor(identity) == torch.eye(9)).all()))
heat_map(identity, rows=tokens, columns=tokens)

# %% [markdown]
# `basic_english`는 2021년 강의에서 쓰던 토크나이저입니다. 소문자로 바꾸고, `. , ! ?`를 따로 떼고, `: ; "`를 버립니다. 다른 토크나이저는
# 같은 텍스트를 다르게 자릅니다. 마지막 것은 정규식이며, 여러분이 직접 써도 됩니다.

# %%
for name in ("basic_english", "words", "whitespace", "characters", r"regex:\b\w+\b"):
    print(f"{name:14}", sadari.tokenizer(name).tokenize("He said: hello"))

# %% [markdown]
# ## 원-핫은 시작일 뿐입니다
#
# 원-핫 행에 행렬을 곱하면 그 행렬의 한 행이 나옵니다. 1이 그 행을 고르고 0이 나머지를 지우기 때문입니다. 그래서 실제로는 아무도 원-핫 행을
# 만들지 않고, 신경망은 id로 **그 행을 바로 찾습니다**. 이 행렬이 노트북 3의 주제입니다.

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
# ## 여러 텍스트를 한꺼번에: 모르는 단어와 패딩
#
# 신경망은 여러 텍스트를 한꺼번에, **배치**라는 텐서 하나로 읽습니다. 그런데 텍스트는 길이가 제각각이고 텐서는 직사각형입니다. 그래서 짧은
# 텍스트는 아무 뜻도 없는 단어 `<pad>`로 채웁니다. 어휘에 없는 단어는 *모르는 단어* `<unk>`의 id를 받습니다. 둘 다 어휘의 항목이고 저마다
# id가 있습니다.

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
# ## 2021년 강의의 실수: 숫자 하나에 뜻이 둘
#
# 2021년 강의는 짧은 텍스트를 **0**으로 채웠습니다. 그런데 0은 이미 `<unk>`의 id였습니다. 오류는 나지 않습니다. 대신 신경망이 무엇을
# 읽었다고 여기게 되는지 보세요.

# %%
wrong, _ = encoded.padded(0)
for row in wrong.tolist():
    print(" ".join(vocab.decode(row)))

# %% [markdown]
# 대가는 무엇일까요? 텍스트마다 모르는 단어가 얼마나 되는지 세어 봅시다. 실제로는 *Seoul* 하나뿐인데 0으로 채운 표에서는 훨씬 많아 보입니다.
# 이 표로 학습한 신경망은 모르는 단어가 많으면 짧은 텍스트라는 신호로 여깁니다.

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
# 여기서는 패딩의 id를 한 곳, `vocab.pad_id`에만 적어 두고, 마스크가 어느 id가 단어인지 알려 줍니다. 누군가 텍스트에 `<pad>`라고 직접 써도
# 그것은 패딩이 아니라 모르는 단어입니다.

# %%
print(vocab.decode(vocab.encode(words(["I love <pad>"]))[0]), vocab.pad_id)

# %% [markdown]
# ## 한글: 자모로 이루어진 글자
#
# '한' 같은 한글 음절은 글자 하나이면서 자모 세 개(ㅎ + ㅏ + ㄴ)입니다. 유니코드에는 음절 11,172개가 차례로 늘어서 있어서 나눗셈만으로
# 자모를 알아낼 수 있습니다.
#
# 코드 = 0xAC00 + (초성 × 21 + 중성) × 28 + 종성

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
# ### 한국어는 어떤 단위로 자를까요?
#
# 영어 단어는 띄어 쓰고 모양이 잘 바뀌지 않습니다. 한국어 단어에는 조사와 어미가 붙습니다. '영화', '영화를', '영화가', '영화도'는 모두 영화
# 이야기인데 `whitespace`에는 서로 다른 단어 네 개입니다. 다르게 자르는 방법 세 가지를 더 봅시다.

# %%
film = "나는 영화를 봤다"
for name in ("whitespace", "characters", "syllables", "morphemes"):
    print(f"{name:12}", sadari.tokenizer(name).tokenize(film))

# %% [markdown]
# - `syllables`는 단어를 한 음절에서 세 음절짜리 토큰으로 겹치게 자릅니다. 사전이 필요 없고 아주 빠릅니다.
# - `morphemes`는 형태소 분석기 Kiwi를 씁니다. '영화를'은 영화 + 를로, '봤다'는 보 + 었 + 다로 나눕니다. 느리지만 단어를 압니다.
#
# 네 단어는 서로 얼마나 겹칠까요? 두 단어에 모두 있는 토큰의 수를, 둘 가운데 어느 쪽에든 있는 서로 다른 토큰의 수로 나눕니다(자카드 유사도).

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
# `whitespace`에서는 네 단어에 공통점이 하나도 없습니다. 신경망은 하나하나를 따로 배워야 합니다. 나머지 둘에서는 '영화'에서 배운 것이
# '영화를'에도 통합니다.
#
# ## 단위마다 드는 비용
#
# 단위가 작으면 id는 적고 텍스트는 길어집니다. 단위가 크면 id는 많고 텍스트는 짧아집니다. 한국어 뉴스 480건을 네 가지로 잘라 봅시다.

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
# `syllables`는 id도 가장 많고 텍스트도 가장 깁니다. 겹치는 토큰을 모두 남기기 때문입니다. 사전이 필요 없는 대신 메모리를 더 씁니다.
#
# ## 연습 문제
#
# 점 세 개를 지우고 답을 쓴 다음 셀을 실행하세요. 맞았는지, 틀렸다면 왜 틀렸는지 알려 줍니다.
#
# **1.1** 알파벳 `E H L O`로 `"LOL"`의 원-핫 텐서를 쓰세요.

# %%
answer = ...
check("1.1", answer)

# %% [markdown]
# **1.2** 글자가 12개인 텍스트와 글자가 84개인 알파벳이 있습니다. 원-핫 텐서에는 숫자가 모두 몇 개이고, 그 가운데 1은 몇 개일까요? 둘을
# `(전체, 1의 개수)`로 쓰세요.

# %%
answer = ...
check("1.2", answer)

# %% [markdown]
# **1.3** 배치 `["to be", "or not to be"]`를 `basic_english`로 자르고, 여기서 어휘를 만드세요. 그리고 이 배치의 id를 `<pad>`의 id로 패딩한
# 텐서를 답으로 주세요.

# %%
answer = ...
check("1.3", answer)

# %% [markdown]
# 해답은 `sadari course -o 해답 --lang ko --solutions`를 실행하면 새 폴더 `해답` 안의 `solutions`에 있습니다.
#
# ## 강의 슬라이드에서 코드로
#
# | 1단원의 슬라이드 | 코드 |
# |---|---|
# | 텍스트를 글자로, 길이 × C | `sadari.tokenizer("characters")`, `vocab.one_hot(ids)` |
# | 단어의 원-핫, 9 × 9 | `sadari.Vocab(tokens)`, `vocab.one_hot(ids)` |
# | 토크나이저 `basic_english` | `sadari.tokenizer("basic_english").tokenize(text)` |
# | 직접 만드는 토크나이저 `\b\w+\b` | `sadari.tokenizer(r"regex:\b\w+\b").tokenize(text)` |
# | 어휘, 그리고 되돌리기 | `sadari.Vocab.learn(tokens)`, `vocab.encode(tokens)`, `vocab.decode(ids)` |
# | 패딩한 배치와 마스크 | `ids.padded(vocab.pad_id)` |
# | 한국어 음절과 형태소 | `sadari.tokenizer("syllables")`, `sadari.tokenizer("morphemes")` |
#
# 다음: **2 · 뉴스 분류하기**.
