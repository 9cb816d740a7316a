"""The bundled headlines and the rungs that count, as the tests of nets, training and rungs take them."""

from functools import cache
from pathlib import Path

import polars as pl

import sadari
from sadari.rungs import RUNGS

FIRST_RUNGS = {name: RUNGS[name] for name in ("bow", "ngram", "tfidf", "embedding-bag")}
FOLDER = Path(sadari.__file__).parent / "data" / "headlines"


@cache
def headlines(lang: str = "en", part: str = "train") -> tuple[pl.Series, pl.Series]:
    """Texts (title and text) and labels."""
    frame = pl.read_csv(FOLDER / f"{lang}_{part}.csv")
    return (frame["title"] + " " + frame["text"]).alias("text"), frame["label"]


def some(rows: int, lang: str = "en") -> tuple[list[str], list[str]]:
    """The first so many, as lists."""
    texts, labels = headlines(lang)
    return texts.head(rows).to_list(), labels.head(rows).to_list()
