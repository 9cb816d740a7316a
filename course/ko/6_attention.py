# %% [markdown]
# # 6 · 어텐션: 번역에서 BERT까지
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
#
# - 인코더-디코더가 무엇을 하는지, 예전에는 왜 원문을 거꾸로 읽었는지 설명하기
# - 어텐션을 손으로 계산하고(점수, 소프트맥스, 가중합), 영어와 한국어 단어의 정렬로 보기
# - 트랜스포머 층을 블록부터 쌓아 올려 PyTorch와 똑같은 값 얻기
# - BERT처럼 단어를 마스킹하고(15%, 그중 80/10/10) 아주 작은 BERT 학습하기
# - BERT를 뉴스로 미세 조정하고 평가하기
# - 2021년 강의의 실수, 곧 어텐션 마스크가 없는 BERT를 찾아내고 피하기
# - 여섯 노트북에서 만난 모델을 한 번에 비교해, 무엇이 제값을 했는지 판단하기
#
# 노트북 4와 5를 먼저 보고 오세요.

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
# ## 6.1 인코더와 디코더, 그리고 거꾸로 읽은 원문
#
# 번역은 *다대다*(many to many) 모양입니다. **인코더**가 문장을 끝까지 읽고, **디코더**가 인코더의 마지막 상태에서
# 출발해 다른 문장을 씁니다. 디코더가 아는 것은 모두 이 벡터 하나를 통과해야 합니다.
#
# 2014년에는 원문을 **거꾸로** 넣는 요령이 통했습니다. "I drink milk"를 "milk drink I"로 넣으면 원문의 첫 단어가 "Je
# bois du lait"의 첫 단어 바로 앞에 놓여, 첫 단어끼리 가까워집니다.

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
# ## 6.2 눈으로 보는 가산 어텐션
#
# 문장 전체를 벡터 하나에 담기는 빠듯합니다. **어텐션**을 쓰면 디코더가 단어를 쓸 때마다 인코더의 *모든* 상태를 돌아볼
# 수 있습니다. 쿼리 `q`(디코더가 지금 하려는 말)와 키 `k`(인코더의 상태들)에서 세 단계로 계산합니다.
#
# ```
# s_j = v · tanh(W q + U k_j)     점수: 단어 j가 얼마나 잘 맞을까?
# a_j = exp(s_j) / Σ exp(s)       소프트맥스: 합이 1인 비율
# c   = Σ a_j · k_j               가중합: 그래서 본 내용
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
# 이제 이 어텐션을 쓰는 영한 번역기를 학습합니다. 한국어는 동사가 맨 뒤에 오므로 정렬이 곧은 대각선일 수 없습니다.

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
# 행을 하나씩 읽어 보세요. 그 행의 한국어 단어를 쓰는 동안 모델이 어느 영어 단어를 보는지 알 수 있습니다. 어떤 단어가
# 무슨 뜻인지 아무도 알려 주지 않았습니다. 다만 늘 예상대로 나오지는 않습니다. 비율이 정답 *옆* 단어에 몰려 있다면,
# 나머지 정보는 디코더가 이미 상태에 담아 온 것입니다.
#
# ## 6.3 셀프 어텐션
#
# 이번에는 *한* 문장 안의 단어들이 서로에게 묻게 합니다. 단어마다 행렬 세 개로 벡터 세 개를 만듭니다. **쿼리**(나는
# 무엇을 찾는가?), **키**(나는 무엇을 내놓는가?), **값**(나는 무엇을 건네주는가?)입니다. 모든 단어를 한꺼번에
# 계산합니다.
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
# 디코더는 앞을 내다보면 안 됩니다. 세 번째 단어는 첫 번째부터 세 번째까지만 볼 수 있습니다. True와 False로 된 마스크
# `allowed`가 이 일을 합니다. 이것을 **인과 마스크**(causal mask)라고 합니다. 오른쪽 그림이 마스크를 씌우고 남은
# 비율입니다.

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
# ## 6.4 블록부터 쌓는 트랜스포머
#
# 어텐션은 단어가 어디에 있는지 모릅니다. 단어의 순서를 섞어도 각 단어가 보는 내용은 같습니다. 그래서 임베딩에 **위치
# 인코딩**을 더합니다. 주파수가 점점 낮아지는 사인과 코사인입니다.


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
# 트랜스포머 층은 블록 두 개로 되어 있습니다. 헤드가 여러 개인 **어텐션**(헤드마다 차원을 나누어 맡습니다)과 작은
# **순방향**(feed-forward) 신경망입니다. 블록마다 출력에 입력을 더하고(*잔차 연결*) 정규화합니다.


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
# PyTorch의 층과 같을까요? 가중치를 그대로 옮겨 비교해 봅시다.

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
# ## 6.5 BERT가 배우는 것: 마스크드 언어 모델(MLM)과 다음 문장 예측(NSP)
#
# **BERT**는 인코더 층을 쌓아 올린 것입니다. 스스로 단어를 마스킹하고 맞히므로 레이블은 필요 없습니다. 토큰의 15%를
# 고르고, 그중 80%는 `[MASK]`로, 10%는 무작위로 고른 다른 토큰으로 바꾸고, 10%는 그대로 둡니다. 그래서 눈에 보이는
# 단어라도 무작정 믿을 수 없습니다.


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
# 두 번째 과제는 문장 둘을 주고 둘째가 첫째에 **이어지는지** 묻는 것입니다. 절반은 정말 이어지는 쌍이고, 나머지는 둘째
# 문장을 다른 텍스트에서 가져옵니다. 맨 앞에 특수 토큰 `[CLS]`를 두고, 그 토큰의 마지막 상태로 답합니다.

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
# ## 6.6 직접 학습하는 아주 작은 BERT
#
# BERT-base는 12층에 768차원이고, TPU 칩 16개로 나흘 동안 학습했습니다. 우리 BERT는 2층에 128차원이고 30초쯤
# 학습합니다. 그래서 쉬운 언어, 곧 내장된 짧은 문장 2,572개를 줍니다. (문장이 짧아서 20%를 마스킹하고, 문장 쌍은 쓰지
# 않습니다.)

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
# 학습하는 동안 BERT는 문장을 이런 모습으로 읽었습니다. 에포크마다 다른 토큰을 마스킹했듯이, `hide`는 시드마다 다른
# 토큰을 마스킹합니다.

# %%
for seed in range(3):
    hidden = bert.hide("My friend reads a book in the garden", seed=seed)
    print(" ".join(token.shown for token in hidden), "·", {token.token: token.how for token in hidden if token.how})

# %% [markdown]
# 두 번째 BERT는 뉴스를 읽고, 어떤 문장이 이어지는지도 배웁니다. 이렇게 짧은 시간에는 가장 흔한 토큰을 찍는 것과 비슷한
# 정도입니다. 진짜 언어는 그만큼 어렵습니다.

# %%
news_bert = sadari.Bert(size="tiny", vocabulary=6000, steps=250, batch_size=32, length=64, validations=4)
news_bert.fit(texts)
right, guessed = news_bert.final_["masked_accuracy"], news_bert.guess_["guess_accuracy"]
print(f"hidden tokens found: {right:.3f} · by always guessing the most frequent: {guessed:.3f}")
for first, second in (("The dog sleeps", "It snores loudly"), ("The dog sleeps", "The Earth orbits the Sun")):
    print(f"{first} → {second}: follows with {news_bert.follows(first, second):.2f}")

# %% [markdown]
# 둘 다 0.5 근처입니다. 아직 모른다는 뜻입니다. 첫째 쌍은 1에, 둘째 쌍은 0에 가까워야 하지만 그러려면 오래 학습한
# BERT가 필요합니다.
#
# ### "it"은 무엇을 볼까요?
#
# *The animal didn't cross the street because it was too **tired*** 문장에서 "it"은 동물이고, **wide**로 바꾸면
# 길입니다. 6.3에서 쓴 식 그대로 "it"의 어텐션을 봅시다. 서브워드(`##`)의 값은 단어별로 더합니다. 이 컴퓨터에 사전
# 학습된 가중치가 있으면(`sadari weights fetch all-MiniLM-L6-v2`) 그것을 쓰고, 없으면 방금 뉴스를 읽은 BERT를 씁니다.


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
# 헤드마다 보는 것이 다른데, 평균은 그 차이를 가립니다. 오른쪽은 *tired*를 *wide*로 바꿨을 때 동물과 길 사이의 차이가
# 가장 크게 달라지는 헤드입니다. MiniLM에서는 이 헤드가 동물이 지쳤을 때 동물에 0.64, 길에 0.05를 주고, 길이 넓을 때는
# 0.27과 0.13을 줍니다. 하지만 아는 것이 거의 없는 BERT에서도 이런 헤드는 나옵니다. 여럿 가운데 하나는 가장 크게 다를
# *수밖에* 없기 때문입니다. 어텐션 그림은 증거가 아니라 들여다볼 곳을 알려 줄 뿐입니다.

# %% [markdown]
# ## 6.7 뉴스로 BERT 미세 조정하기
#
# `[CLS]` 위에 선형 층을 하나 얹고 모든 가중치를 이어서 학습합니다. `sadari.BertClassifier`에는 가중치 폴더를 줍니다.
# 우리 BERT의 것도 되고 허브에서 받은 것도 됩니다. 2021년 강의는 배치 8, 학습률 2e-5, 500스텝으로 BERT-base에서
# 0.9047을 얻었습니다. 우리 모델처럼 작으면 더 큰 학습률을 견딜 수 있고, 또 그만큼 커야 배웁니다.
#
# 2021년 강의의 코드는 512토큰이 넘는 텍스트에서 오류를 냈습니다. 여기서는 앞부분만 읽거나, `long_texts="windows"`로
# 여러 윈도로 나누어 끝까지 읽습니다. 그리고 제대로 된 토크나이저가 없어서 모든 단어가 `[UNK]`가 될 가중치 폴더는
# 말없이 읽지 않고 오류로 거절합니다.

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
# ## 6.8 2021년 강의의 실수: 어텐션 마스크를 빠뜨리기
#
# 한 배치의 텍스트는 길이를 맞추려고 패딩합니다. **어텐션 마스크**가 없으면 모든 단어가 패딩까지 보게 되고, 텍스트에
# 대한 BERT의 답이 옆에 있는 텍스트에 따라 달라집니다. 같은 텍스트를 혼자 있을 때와 긴 텍스트 옆에 있을 때로 비교해
# 봅시다.

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
# ## 6.9 BERT는 얼마나 클까요?
#
# `bert_parameters`는 파라미터를 실제로 만들지 않고 셉니다. torch의 `meta` 장치에서 텐서는 모양만 있고 메모리는 차지하지
# 않습니다.

# %%
from sadari.nets.bert.encoder import SIZES

print("size    layers width heads   parameters")
for name, (layers, width, heads, _) in SIZES.items():
    print(f"{name:7} {layers:6} {width:5} {heads:5} {sadari.bert_parameters(name):12,}")
print(f"base, with a linear layer for four classes: {sadari.bert_parameters('base', labels=4):,}")

# %% [markdown]
# ## 6.10 이 모든 것 가운데 무엇이 제값을 했을까요?
#
# 단어 세기부터 BERT까지 여섯 노트북을 지나왔습니다. 정직하게 고르는 방법은 하나입니다. *내* 텍스트의 *같은* 행으로
# 사다리 전체를 **오르고**(climb), 정확도를 비용과 나란히 놓고 보는 것입니다. 6.7의 BERT도 같은 행으로 학습했으므로
# 같은 표에 놓을 수 있습니다. (노트북이 길어지지 않도록 LSTM은 다섯 에포크만 학습합니다.)

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
# 텍스트가 적고 제대로 된 사전 학습이 없으면 단어를 세는 모델이 훨씬 적은 비용으로 이깁니다. *다른 사람들*이 며칠씩
# 학습해 둔 가중치가 있으면 이야기가 달라집니다. 텍스트 32,055건에서 여섯 층짜리 MiniLM은 0.932, `tfidf`는 0.916이고,
# 1,000건뿐일 때는 0.887과 0.834입니다. 그러므로 답은 **여러분의** 텍스트와, 오류 하나가 얼마나 비싼지에 달려
# 있습니다. 직접 재 보세요.
#
# ```
# sadari climb your_texts.csv --weights all-MiniLM-L6-v2
# ```
#
# ## 6.11 연습 문제
#
# **6.1** 모양이 [단어 수, d]인 `queries`, `keys`, `values`를 받아 각 단어가 보는 내용 [단어 수, d]를 돌려주는 함수를
# 쓰세요. 함수 자체를 답으로 주세요.

# %%
attention = ...
check("6.1", attention)

# %% [markdown]
# **6.2** 토큰이 200개인 텍스트가 있습니다. BERT는 몇 개를 고르고, 그중 몇 개를 `[MASK]`로 바꾸고, 몇 개를 다른
# 토큰으로 바꾸고, 몇 개를 그대로 둘까요? 평균으로, 숫자 네 개를 리스트로 답하세요.

# %%
numbers = ...
check("6.2", numbers)

# %% [markdown]
# **6.3** BERT-base(768차원, 헤드 12개)의 층 *하나*에 있는 멀티 헤드 어텐션의 파라미터는 몇 개일까요? 선형 층이 네 개
# 들어 있습니다. 헤드를 16개로 늘리면 달라질까요?

# %%
parameters = ...
check("6.3", parameters)

# %% [markdown]
# ## 강의 슬라이드에서 코드로
#
# | 슬라이드 | 코드 |
# |---|---|
# | 인코더-디코더, 거꾸로 읽은 원문 | `sadari.Translator(net="gru", attention="none", reverse=True)` |
# | 가산 어텐션, 정렬 | `sadari.Translator(net="gru")`, `translator.alignment(text)` |
# | 번역하는 트랜스포머 | `sadari.Translator(net="transformer")` |
# | 분류하는 트랜스포머 | `sadari.Transformer()` |
# | MLM과 다음 문장 예측 | `sadari.Bert(size="tiny").fit(texts)` |
# | 학습하는 동안 읽는 문장(마스킹) | `bert.hide("My friend reads a book")` |
# | `[MASK]` 자리에 올 단어 | `bert.fill("My [MASK] reads a book")` |
# | 이어지는 문장일까? | `bert.follows("The dog sleeps", "It snores loudly")` |
# | "it"이 보는 단어 | `sadari.attention(weights, text).attends("it", layer=2, head=1)`, `.without_special()` |
# | BERT의 크기 | `sadari.bert_parameters("base", labels=4)` |
# | 미세 조정 | `sadari.BertClassifier(weights=…).fit(texts, labels)` |
# | 2021년 강의의 설정 | `sadari.BertClassifier(weights=…, batch_size=8, learning_rate=2e-5, steps=500, warmup=0, decay="constant")` |
# | 평가 | `model.score(texts, labels)`, `sadari evaluate MODEL test.csv` |
# | 무엇이 제값을 하는가 | `sadari.climb(corpus)`, `sadari climb news.csv` |
#
# 강의는 여기까지입니다. 이제 여러분의 텍스트로 이어 가 보세요.
