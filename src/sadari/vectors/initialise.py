"""An embedding that starts from word vectors: which vector each word begins with, and how many have none.

The rows are copied: whatever learns on them, the vectors stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.settings.limits import SEED, Number, Whole, check
from sadari.text.column import as_column
from sadari.text.table import MISSING
from sadari.vectors.keyed import WordVectors

# How a word came by its row: as it is, in other case (exact, then lower, Capitalised, UPPER), made from its pieces,
# or drawn at random because it has no vector.
FOUND, OTHER_CASE, MADE, DRAWN = range(4)

MUST_HOLD = message("{name!r} must hold {names}")  # of an object in a manifest
_COUNT = Whole(0, 2**63 - 1)


@dataclass(frozen=True, eq=False)
class Filled:
    """The rows that an embedding starts from.

    Attributes:
        matrix: float32 [words, width], a copy.
        how: int8 [words]: FOUND, OTHER_CASE, MADE or DRAWN.
        rows: int32 [words]: the row of the vectors that was copied, MISSING where none was.
    """

    matrix: NDArray[np.float32]
    how: NDArray[np.int8]
    rows: NDArray[np.int32]


@dataclass(frozen=True)
class Coverage:
    """How much of some texts the vectors know.

    Attributes:
        words: different words in the texts.
        found: of these, how many the vectors have, in any case.
        other_case: of those found, in other case only.
        made: how many have a vector made from their pieces.
        drawn: how many have none, and start at random.
        left_out: how many have none, and are unknown to the model.
        tokens: the share of all words of the running text that are found or made, 0 to 1.
    """

    words: int
    found: int
    other_case: int
    made: int
    drawn: int
    left_out: int
    tokens: float

    def __str__(self) -> str:
        return str(self.said())

    def said(self) -> Message:
        """``20,311 of 25,001 words found (81 %), 4,690 missing drawn at the vectors' scale · 97 % of the text``."""
        share = 100 * self.found / max(1, self.words)
        parts = [
            message(
                "{found:,} of {words:,} words found ({share:.0f} %)", found=self.found, words=self.words, share=share
            )
        ]
        if self.other_case:
            parts.append(message("{count:,} of them in other case", count=self.other_case))
        if self.made:
            parts.append(message("{count:,} made from subwords", count=self.made))
        if self.drawn:
            parts.append(message("{count:,} missing drawn at the vectors' scale", count=self.drawn))
        if self.left_out:
            parts.append(message("{count:,} missing left out", count=self.left_out))
        return message("{words} · {share:.0f} % of the text", words=parts, share=100 * self.tokens)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: Any) -> Coverage:
        """What `to_dict` gave.

        Raises:
            DataError, SettingError: it is something else.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(said, dict) or sorted(said) != sorted(names):
            raise DataError(MUST_HOLD.filled(name="coverage", names=", ".join(names)))
        for name, value in said.items():
            check(f"coverage.{name}", value, Number(0, 1) if name == "tokens" else _COUNT)
        return cls(**{**said, "tokens": float(said["tokens"])})


def fill(vectors: WordVectors, words: Sequence[str] | pl.Series, *, seed: int = 0) -> Filled:
    """A starting row for each word.

    A word that the vectors have, in any case, gets its vector, bit for bit; one that has pieces that were trained gets
    their mean. The others are drawn from a normal distribution with the mean and the standard deviation, dimension by
    dimension, of the rows that were found: so they are neither louder nor quieter than these.

    Args:
        vectors: the trained vectors.
        words: distinct words.
        seed: of what is drawn.

    Raises:
        DataError: a vector that is wanted holds something that is no finite number.
    """
    check("seed", seed, SEED)
    column = as_column(words)
    rows, how = look_up(vectors, column)
    matrix = np.empty((len(column), vectors.width), np.float32)
    found = rows != MISSING
    matrix[found] = vectors.matrix[rows[found]]
    made = np.flatnonzero(how == MADE)
    if vectors.subwords is not None and len(made):
        matrix[made], _ = vectors.subwords.vectors_of(column.gather(made).to_list())
    known, drawn = np.flatnonzero(how != DRAWN), np.flatnonzero(how == DRAWN)
    _check_finite(matrix, known, column)
    if len(drawn):
        mean, deviation = _scale(matrix, known, vectors)
        random = np.random.default_rng(seed)
        matrix[drawn] = random.standard_normal((len(drawn), vectors.width), np.float32) * deviation + mean
    return Filled(matrix, how, rows)


def look_up(vectors: WordVectors, words: Sequence[str] | pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Each word's row, int32 [n] (MISSING: none), and int8 [n]: how it is found; DRAWN where it is not."""
    column = as_column(words)
    rows = vectors.rows_of(column.to_list())
    how = np.where(rows != MISSING, FOUND, DRAWN).astype(np.int8)
    for in_case in (_lower, _capitalised, _upper):
        missing = np.flatnonzero(rows == MISSING)
        there = vectors.rows_of(in_case(column.gather(missing)).to_list())
        rows[missing] = there
        how[missing[there != MISSING]] = OTHER_CASE
    missing = np.flatnonzero(rows == MISSING)
    if vectors.subwords is not None and len(missing):
        _, made = vectors.subwords.vectors_of(column.gather(missing).to_list())
        how[missing[made]] = MADE
    return rows, how


def in_every_case(words: Sequence[str] | pl.Series) -> list[str]:
    """The words, and all that `look_up` would try for them: what has to be read of a file."""
    column = as_column(words)
    cases = [column, _lower(column), _capitalised(column), _upper(column)]
    return pl.concat(cases).unique(maintain_order=True).to_list()


def own_words(vectors: WordVectors, *, lowercase: bool, limit: int | None = None) -> list[str]:
    """The words of the vectors, as a tokenizer that lower-cases, or does not, would give them; in their order.

    Lower-cased, "Paris" and "paris" are one word; which of the two vectors it has, `fill` says. Words that are not
    found again, such as "iPhone", are left out.

    Args:
        vectors: the trained vectors.
        lowercase: whether the tokenizer lower-cases.
        limit: so many of the vectors' words are taken, from the first one on.
    """
    column = pl.Series("word", vectors.words if limit is None else vectors.words[:limit], dtype=pl.String)
    if not lowercase:
        return column.to_list()
    column = _lower(column).unique(maintain_order=True)
    rows, _ = look_up(vectors, column)
    return column.filter(pl.Series(rows != MISSING)).to_list()


def cover(how: NDArray[np.int8], counts: NDArray[np.int64], known: NDArray[np.bool_]) -> Coverage:
    """How much of some texts is found.

    Args:
        how: int8 [words], as `look_up` gives it.
        counts: int64 [words], how often each stands in the texts.
        known: bool [words]: whether the word is in the vocabulary.
    """
    has_one = how != DRAWN
    return Coverage(
        words=len(how),
        found=int(np.count_nonzero(how <= OTHER_CASE)),
        other_case=int(np.count_nonzero(how == OTHER_CASE)),
        made=int(np.count_nonzero(how == MADE)),
        drawn=int(np.count_nonzero(~has_one & known)),
        left_out=int(np.count_nonzero(~has_one & ~known)),
        tokens=float(counts[has_one].sum() / max(1, counts.sum())),
    )


def fingerprint(words: Sequence[str], matrix: NDArray[np.float32]) -> str:
    """SHA-256 (hex) of some words and their rows, in order."""
    digest = hashlib.sha256("\n".join(words).encode())
    digest.update(np.ascontiguousarray(matrix).data)
    return digest.hexdigest()


def _lower(column: pl.Series) -> pl.Series:
    return column.str.to_lowercase()


def _upper(column: pl.Series) -> pl.Series:
    return column.str.to_uppercase()


def _capitalised(column: pl.Series) -> pl.Series:
    return column.str.slice(0, 1).str.to_uppercase() + column.str.slice(1).str.to_lowercase()


def _scale(
    matrix: NDArray[np.float32], rows: NDArray[np.intp], vectors: WordVectors
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation float32 [width] of those rows; where there are too few, of all vectors."""
    known = matrix[rows] if len(rows) > 1 else vectors.matrix
    return known.mean(axis=0, dtype=np.float64).astype(np.float32), known.std(axis=0, dtype=np.float64).astype(
        np.float32
    )


def _check_finite(matrix: NDArray[np.float32], chosen: NDArray[np.intp], column: pl.Series) -> None:
    wrong = chosen[~np.isfinite(matrix[chosen]).all(axis=1)]
    if len(wrong):
        raise DataError(
            message(
                "the vector of {column!r:.60} holds something that is no finite number", column=column[int(wrong[0])]
            ),
            hint=message("leave such words out of the vectors"),
        )
