"""Altered copies of texts, which a teacher has not learned by heart, in the words of those that its pupil reads.

Of a text that it was trained on a teacher says little but the label; of a part of it, or of two halves that do not
belong together, what it has understood. Enlarging in such a way what a student learns from is from Tang et al. 2019,
"Distilling Task-Specific Knowledge from BERT into Simple Neural Networks" (3.2: words masked, n-grams of the text);
which ways are taken here was measured (``docs/tried.md``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.audit.characters import WITHOUT_SPACES
from sadari.data.text_stream import TextStream
from sadari.text.column import columns

MOST_COPIES = 100
LEFT_OUT = 0.3  # of a text's words, where some are left out
_NEAR_THE_MIDDLE = 0.3, 0.7  # where a text is cut
# a word and the space behind it; in scripts without spaces, a letter
_PIECE = rf"[{WITHOUT_SPACES}]\s*|[^\s{WITHOUT_SPACES}]+\s*"

Way = Callable[[pl.Series, np.random.Generator], pl.Series]


def altered(texts: pl.Series | TextStream, copies: int) -> pl.Series:
    """So many copies of every text of two words or more, each altered in another way; always the same.

    The ways take turns: the beginning, the end, the beginning with the end of another text, and some words left out.
    All of them are held in memory, those of a stream too.
    """
    found = [pl.Series("text", [], dtype=pl.String)]
    for place, column in enumerate(columns(texts)):
        pieces = column.str.extract_all(_PIECE)
        pieces = pieces.filter(pieces.list.len() > 1)
        for copy in range(copies):
            random = np.random.default_rng([place, copy])
            found.append(_WAYS[copy % len(_WAYS)](pieces, random).list.join("").str.strip_chars().rename("text"))
    return pl.concat(found, rechunk=True)


def _beginning(pieces: pl.Series, random: np.random.Generator) -> pl.Series:
    return _cut(pieces, random, pl.col("pieces").list.head(pl.col("cut")))


def _end(pieces: pl.Series, random: np.random.Generator) -> pl.Series:
    return _cut(pieces, random, pl.col("pieces").list.slice(pl.col("cut")))


def _two_halves(pieces: pl.Series, random: np.random.Generator) -> pl.Series:
    ring = random.permutation(len(pieces))  # each is followed by another text; one that is alone, by itself
    others = pieces.gather(np.roll(ring, 1)[np.argsort(ring)])
    return _beginning(pieces, random).list.concat(_end(others, random))


def _words_left_out(pieces: pl.Series, random: np.random.Generator) -> pl.Series:
    """The first word stays, so that none is left with nothing."""
    frame = pl.DataFrame({"row": np.arange(len(pieces)), "piece": pieces}).explode("piece")
    first = frame["row"].to_numpy() != frame["row"].shift(1, fill_value=-1).to_numpy()
    kept = frame.filter(pl.Series(first | (random.random(len(frame)) >= LEFT_OUT)))
    return kept.group_by("row", maintain_order=True).agg("piece")["piece"]


def _cut(pieces: pl.Series, random: np.random.Generator, taken: pl.Expr) -> pl.Series:
    """What is taken of every text's ``pieces``; ``cut`` is of how many the beginning is, at least one and not all."""
    words: NDArray[np.int64] = pieces.list.len().cast(pl.Int64).to_numpy()
    cuts = np.clip((words * random.uniform(*_NEAR_THE_MIDDLE, len(words))).astype(np.int64), 1, words - 1)
    return pl.DataFrame({"pieces": pieces, "cut": cuts}).select(taken.alias("pieces"))["pieces"]


_WAYS: tuple[Way, ...] = (_beginning, _end, _two_halves, _words_left_out)
