"""Who climbs single words gets a rung that reads characters, and a true sentence: invented names of four languages."""

from __future__ import annotations

from itertools import chain

import numpy as np
import polars as pl

from sadari.climb.climb import climb
from sadari.data.corpus import Corpus

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


def test_names_are_learned_by_their_characters() -> None:
    rows = names(250, seed=1)
    train = Corpus(rows["text"], rows["label"], np.arange(1, len(rows) + 1), "names.csv")
    rungs = ["bow", "tfidf", "embedding-bag", "char", "word-char"]
    result = climb(train, rungs=rungs, budget=None, curves=False, seed=1)
    taken = {rung.rung: rung for rung in result.rungs}
    assert result.verdict.rung == "char"
    assert taken["char"].validation_accuracy.value > taken["bow"].validation_accuracy.value + 0.2
    said = " ".join(map(str, result.verdict.sentences))
    assert said.startswith("Take char: it is the best")
    assert "nothing to learn" not in said
