"""What holds of every rung in every script: alone as beside odd texts, composed as decomposed, words whole."""

from __future__ import annotations

import itertools
import unicodedata
from typing import Any

import numpy as np
import pytest

import sadari
from sadari.rungs import RUNGS
from sadari.text.tokens.tokenize import TOKENIZERS
from sadari.vectors.word2vec.trainer import train_vectors

NEIGHBOURS = [
    "",
    " ",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "cafe\u0301 Tie\u0302\u0301ng",
    "\u200d",
    "\u0301",
    "\ufe0f",
    "مرحبا بالعالم",
    "שָׁלוֹם",
    "👩\u200d👩\u200d👧 ❤\ufe0f 👍🏽",
    "हिन्दी में",
    "ที่นี่",
    "\0",
    "a\0b",
    "e",
    "word " * 2_000,
    "가나다 " * 2_500,
    "a" + "\u0301\u0316" * 500,
]
PLAIN = [name for name in TOKENIZERS if name != "morphemes"]  # which has tests of its own, and a package of its own


def vietnamese() -> tuple[list[str], list[str]]:
    """Three labels, each with words of its own in which letters carry two marks."""
    said = {
        "food": ["bữa sáng rất ngon và nóng", "món phở này quá mặn", "bánh mì nướng giòn"],
        "sport": ["đội bóng thắng trận chung kết", "thủ môn bị thương", "cầu thủ ghi bàn phút cuối"],
        "money": ["ngân hàng tăng lãi suất", "cổ phiếu giảm mạnh hôm nay", "công ty vay nợ"],
    }
    days = ["thứ hai", "thứ ba", "hôm qua", "chủ nhật", "ngày mai"]
    rows = [(f"{text} {day}", label) for label, texts in said.items() for text, day in itertools.product(texts, days)]
    return [text for text, _ in rows], [label for _, label in rows]


TEXTS, LABELS = vietnamese()
APART = [unicodedata.normalize("NFD", text) for text in TEXTS]
QUICK = {"epochs": 2, "threads": 1}
NETS = ("embedding", "rnn", "gru", "lstm", "bilstm", "transformer")
CASES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in ("bow", "ngram", "tfidf", "embedding-bag")),
    *((name, {"tokenizer": tokenizer}) for name in ("tfidf", "embedding-bag") for tokenizer in PLAIN),
    ("tfidf", {"buckets": 2**10}),
    *((name, QUICK) for name in NETS),
    ("lstm", {**QUICK, "tokenizer": "syllables"}),
    *(("vectors", {"net": net, "epochs": 2}) for net in ("bag", "lstm")),
]


def fitted(name: str, options: dict[str, Any], texts: list[str]) -> Any:
    if name == "vectors":
        options = {**options, "vectors": train_vectors(texts, width=8, min_count=2, epochs=1, workers=1)}
    return RUNGS[name](**options).fit(texts, LABELS)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: " ".join(map(str, (case[0], *case[1].values()))))
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], Any]:
    name, options = request.param
    return name, options, fitted(name, options, TEXTS)


def test_a_text_gets_the_same_answer_beside_odd_ones(case: tuple[str, dict[str, Any], Any]) -> None:
    rung = case[2]
    texts = [*NEIGHBOURS, *TEXTS[::7], *APART[::7]]
    alone = np.concatenate([rung.predict_proba([text]) for text in texts])
    assert np.isfinite(alone).all()
    for order in (np.arange(len(texts)), np.random.default_rng(0).permutation(len(texts))):
        together = rung.predict_proba([texts[i] for i in order])
        assert np.abs(together - alone[order]).max() <= 1e-5
    for neighbour, its_own in zip(NEIGHBOURS, alone, strict=False):
        pair = rung.predict_proba([neighbour, TEXTS[0]])
        assert np.abs(pair - [its_own, alone[len(NEIGHBOURS)]]).max() <= 1e-5


def test_decomposed_texts_get_the_answers_of_composed(case: tuple[str, dict[str, Any], Any], tmp_path: Any) -> None:
    name, options, rung = case
    answers = rung.predict_proba(TEXTS)
    assert np.abs(rung.predict_proba(APART) - answers).max() <= 1e-5
    assert np.array_equal(fitted(name, options, APART).predict_proba(TEXTS), answers)
    rung.save(tmp_path / "model")
    loaded = sadari.load(tmp_path / "model")
    assert np.abs(loaded.predict_proba(APART) - answers).max() <= 1e-5
    if name in ("tfidf", "lstm"):
        composed, apart = (rung.explain(texts[0]) for texts in (TEXTS, APART))
        assert composed.features == apart.features
        np.testing.assert_allclose(composed.contributions, apart.contributions, atol=1e-5)


# Words of one frame of consonants: only their vowel signs tell the labels apart.
ABUGIDAS = {
    "Hindi": ["कल", "काला", "किल", "कील", "कुल", "केला", "कोला", "कौल"],
    "Tamil": ["கல", "கால", "கில", "கீல", "குல", "கெல", "கோல", "கௌல"],
    "Bengali": ["কল", "কাল", "কিল", "কীল", "কুল", "কেল", "কোল", "কৌল"],
    "Thai": ["กัล", "กิล", "กีล", "กุล", "กูล", "กึล", "กืล", "กุ้ล"],
    "Hebrew": ["דָבָר", "דֶבֶר", "דִבֵּר", "דֻבַּר", "דְבַר", "דֹבֵר", "דֵבִר", "דוֹבֶר"],
    "Arabic": ["كَتَبَ", "كُتِبَ", "كُتُب", "كَتَّبَ", "كِتَب", "كَتْب", "كُتَّب", "كِتْب"],
}


@pytest.mark.parametrize("language", ABUGIDAS)
@pytest.mark.parametrize("name", ["words", "syllables", "basic_english", "auto"])
def test_words_that_differ_in_their_marks_are_told_apart(language: str, name: str) -> None:
    """As at spaces: each word belongs to one label, and the texts are of nothing else."""
    words = ABUGIDAS[language]
    labels = [f"label {place % 4}" for place in range(len(words))] * 5
    texts = [f"{word} {word}" for word in words] * 5
    assert RUNGS["tfidf"](tokenizer="whitespace").fit(texts, labels).score(texts, labels) == 1
    assert RUNGS["tfidf"](tokenizer=name).fit(texts, labels).score(texts, labels) == 1


def test_a_word_vector_is_found_however_its_word_is_composed() -> None:
    vectors = train_vectors(APART, width=8, min_count=2, epochs=1, workers=1, subwords=(3, 5))
    assert "bóng" in vectors.words
    for form in ("NFC", "NFD"):
        word, unseen = unicodedata.normalize(form, "bóng"), unicodedata.normalize(form, "bóngày")
        assert word in vectors
        assert np.array_equal(vectors[word], vectors["bóng"])
        assert np.array_equal(vectors[unseen], vectors["bóngày"])
