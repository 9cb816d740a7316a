"""Which tokenizers are plausible for texts in which scripts and signs."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
import pytest

from sadari.text.tokens.choose import UNSEEN, Scripts, plausible_tokenizers
from sadari.text.tokens.tokenize import tokenizer, unseen_share

TWEETS = ["@anna #sad «why» 😀", "@ben look: https://t.co/x #fun", "so tired… #monday @carl 😴"]
CODE = ["for i in range(10): print(x[i])", "return {key: value}", "if (a && b) { c->next = NULL; }"]
PLAUSIBLE = {
    "english": (["Plain English", "and more of it"], ["basic_english"]),
    "french": (["un café très français, naïve façade"], ["basic_english"]),
    "russian": (["Мама мыла раму", "Я и ты!"], ["basic_english"]),
    "hindi": (["हिन्दी में लिखा", "यह भी"], ["basic_english"]),
    "korean": (["영화를 봤다", "밥을 먹었다!"], ["syllables", "characters"]),
    "chinese": (["我们看了电影。", "他吃了饭"], ["syllables", "characters"]),
    "japanese": (["映画を見た。", "ごはんを食べた"], ["syllables", "characters"]),
    "thai": (["ผมไปดูหนัง", "เขากินข้าว"], ["syllables", "characters"]),
    "korean and english": (["BERT 모델을 보았다", "새 GPU 추천"], ["syllables", "basic_english", "characters"]),
    "some korean": (["the film was 아주 아주 good"], ["syllables", "basic_english", "characters"]),
    "tweets": (TWEETS, ["basic_english"]),
    "hashtags": (["#one two three four five six seven eight"], ["basic_english", "syllables"]),
    "emoji": (["😀", "👩‍👩‍👧 ❤️", "😀😡"], ["basic_english", "characters"]),
    "figures": (["!?", "--- ***"], ["basic_english", "characters"]),
    "code": (CODE, ["basic_english"]),
    "blank": ([""], ["basic_english", "characters"]),
    "nothing": ([], ["basic_english", "characters"]),
}


@pytest.mark.parametrize("kind", PLAUSIBLE)
def test_what_is_plausible(kind: str) -> None:
    texts, names = PLAUSIBLE[kind]
    assert plausible_tokenizers(pl.Series("text", texts, dtype=pl.String))[0] == names


@pytest.mark.parametrize("kind", PLAUSIBLE)
def test_one_that_is_plausible_sees_all_of_the_texts(kind: str) -> None:
    """Emoji, addresses and the names of users among it; and where words stand between spaces, the likeliest does."""
    column = pl.Series("text", PLAUSIBLE[kind][0], dtype=pl.String)
    names, _ = plausible_tokenizers(column)
    unseen = [unseen_share(name)(column) for name in names]
    assert min(unseen) < 0.05
    assert unseen[0] <= UNSEEN or names == ["syllables", "characters"]


@pytest.mark.parametrize("sign", ["😀", "@anna", "#sad", "https", "t", "co/x"])
def test_signs_of_tweets_are_kept(sign: str) -> None:
    found = tokenizer(plausible_tokenizers(pl.Series(TWEETS))[0][0])(TWEETS).to_lists()
    assert any(sign in token for tokens in found for token in tokens)


@pytest.mark.parametrize("kind", PLAUSIBLE)
@pytest.mark.parametrize("form", ["NFD", "NFKD"])
def test_decomposed_texts_are_taken_for_what_they_are(kind: str, form: str) -> None:
    texts, names = PLAUSIBLE[kind]
    apart = pl.Series("text", [unicodedata.normalize(form, text) for text in texts], dtype=pl.String)
    assert plausible_tokenizers(apart)[0] == names


@pytest.mark.parametrize("kind", PLAUSIBLE)
def test_one_text_has_the_tokens_that_it_has_in_the_batch(kind: str) -> None:
    texts, _ = PLAUSIBLE[kind]
    for name in plausible_tokenizers(pl.Series("text", texts, dtype=pl.String))[0]:
        cut = tokenizer(name)
        assert cut(texts).to_lists() == [cut.tokenize(text) for text in texts]


def test_texts_are_looked_at_from_end_to_end() -> None:
    texts = pl.Series(["plain"] * 3_000 + ["한국어 글"] * 30_000)
    assert plausible_tokenizers(texts)[0][0] == "syllables"
    assert plausible_tokenizers(texts.head(20_000).reverse())[0][0] == "syllables"


def test_shares_are_those_counted_by_hand() -> None:
    found = Scripts.of(pl.Series(["#ab, 漢字 가 «c» d/e 12"]))
    # letters and digits: a b 漢 字 가 c d e 1 2 of these and # , « » /
    assert found.letters == pytest.approx(10 / 15)
    assert found.dense == pytest.approx(3 / 8)
    assert found.unspaced == pytest.approx(2 / 8)
    assert found.glued == pytest.approx(4 / 7)  # ab, c, d and e; not 漢字, 가, 12


def test_a_random_column_has_shares_between_0_and_1() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        codes = random.integers(0, 0x3000, (3, 20))
        found = Scripts.of(pl.Series(["".join(map(chr, row)) for row in codes]))
        assert all(0 <= share <= 1 for share in vars(found).values())
        assert found.unspaced <= found.dense
