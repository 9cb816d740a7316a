"""Who climbs single words gets a rung that reads characters, and a true sentence: invented names of four languages."""

from __future__ import annotations

from itertools import chain

import numpy as np
import polars as pl

from sadari.climb.climb import climb
from sadari.data.corpus import Corpus
from sadari.rungs import RUNGS

# language → syllables that names begin with, go on with, and end in; some of them are shared
LANGUAGES = {
    "orvish": ("ka bro tor gru va ul", "ra dak gor um shi", "nak gash ur dok rash"),
    "selen": ("li ae sa mi va el", "ri la no ae shi", "riel wen lia thas nor"),
    "tamu": ("ka mo ta ni po el", "ma no ra pu ti", "ko ta moa nui pu"),
    "brenn": ("bren har wil ed ul sig", "ber wal ra frid an", "son dottir mund gard rik"),
}


def names(count: int, seed: int) -> pl.DataFrame:
    """``count`` names of each language, in an order of chance."""
    draw = np.random.default_rng(seed)
    rows = []
    for language, parts in LANGUAGES.items():
        first, middle, last = (part.split() for part in parts)
        for _ in range(count):
            inner = draw.choice(middle, draw.integers(0, 3))
            rows.append(("".join(chain([draw.choice(first)], inner, [draw.choice(last)])).capitalize(), language))
    order = draw.permutation(len(rows))
    return pl.DataFrame([rows[place] for place in order], schema=["text", "label"], orient="row")


def corpus(rows: pl.DataFrame) -> Corpus:
    return Corpus(rows["text"], rows["label"], np.arange(1, len(rows) + 1), "names.csv")


def test_names_are_learned_by_their_characters() -> None:
    rungs = ["bow", "tfidf", "embedding-bag", "char"]
    result = climb(corpus(names(250, seed=1)), rungs=rungs, budget=None, curves=False, seed=1)
    taken = {rung.rung: rung for rung in result.rungs}
    assert result.verdict.rung == "char"
    assert taken["char"].validation_accuracy.value > taken["bow"].validation_accuracy.value + 0.2
    said = " ".join(map(str, result.verdict.sentences))
    assert said.startswith("Take char: it is the best")
    assert "nothing to learn" not in said


def test_words_beside_characters_are_left_out_where_a_text_is_one_word() -> None:
    single = pl.Series(["Müller", "O'Brien", "Jean-Luc", "नमस्ते"])
    assert RUNGS["word-char"].needless(single, np.array([2, 2])) is not None
    assert RUNGS["char"].needless(single, np.array([2, 2])) is None
    for texts in (["two words", "one more"], ["/api/v1/users", "/index.html"], ["서울특별시", "부산광역시"], [""], []):
        assert RUNGS["word-char"].needless(pl.Series(texts, dtype=pl.String), np.array([2, 2])) is None
    result = climb(corpus(names(40, seed=1)), budget=10, curves=False, refit=False, seed=1)
    left_out = {name: str(why) for name, why in result.skipped}
    assert left_out["word-char"] == "the texts are single words, which char reads as well"
    assert result.verdict.rung == "char"
