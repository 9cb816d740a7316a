"""Training rows: texts, labels and weights that fit each other, the blank ones taken out and said."""

from __future__ import annotations

import warnings
from collections.abc import Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import TextStream
from sadari.errors import DataError, SadariWarning
from sadari.rungs.labels import as_labels
from sadari.text.column import as_column


@dataclass(frozen=True)
class Rows:
    """What a rung learns from.

    Attributes:
        texts: a String Series [n], or the stream that was given.
        labels: as `as_labels` gives them, [n].
        weights: float32 [n], how much each row counts.
        dropped: positions from 1 of the rows that were blank.
    """

    texts: pl.Series | TextStream
    labels: pl.Series | NDArray[np.int8]
    weights: NDArray[np.float32]
    dropped: list[int]


def training_rows(texts: Any, labels: Any, sample_weight: Any = None) -> Rows:
    """Check and clean what `fit` was given.

    A stream is taken as it is: whoever made it has left blank rows out, and its length is known only when it was read.

    Warns:
        SadariWarning: blank texts were left out, with their number and the first of their rows.

    Raises:
        DataError: lengths that differ, a row that is no text or has no label, weights that are not above 0, or
            nothing but blank texts.
    """
    given = as_labels(labels)
    if isinstance(texts, TextStream):
        return Rows(texts, given, _weights(sample_weight, len(given)), [])
    column = as_column(texts)
    if len(column) != len(given):
        raise DataError(f"there are {len(column):,} texts and {len(given):,} labels; each text needs its label")
    weights = _weights(sample_weight, len(given))
    blank = (column.str.strip_chars() == "").to_numpy()
    if not blank.any():
        return Rows(column, given, weights, [])
    if blank.all():
        raise DataError(f"all {len(column):,} texts are blank")
    dropped = (np.flatnonzero(blank) + 1).tolist()
    first = ", ".join(map(str, dropped[:5])) + (" …" if len(dropped) > 5 else "")
    warnings.warn(f"{len(dropped):,} blank texts were left out of training: rows {first}", SadariWarning, stacklevel=3)
    kept = np.flatnonzero(~blank)
    return Rows(column.gather(kept), _take(given, kept), weights[kept], dropped)


def check_fits(read: Sized, targets: NDArray[np.int8]) -> None:
    """Refuse a stream that gave more or fewer texts than there are labels: compiled loops do not look.

    Raises:
        DataError: with both numbers.
    """
    if len(read) != len(targets):
        raise DataError(f"the stream gave {len(read):,} texts, and there are {len(targets):,} labels")


def _take(labels: pl.Series | NDArray[np.int8], kept: NDArray[np.intp]) -> pl.Series | NDArray[np.int8]:
    return labels.gather(kept) if isinstance(labels, pl.Series) else labels[kept]


def _weights(sample_weight: Any, count: int) -> NDArray[np.float32]:
    if sample_weight is None:
        return np.ones(count, np.float32)
    try:
        weights = np.asarray(sample_weight, np.float32)
    except (TypeError, ValueError) as error:
        raise DataError("sample_weight must hold numbers") from error
    if weights.shape != (count,):
        raise DataError(f"sample_weight has shape {list(weights.shape)}; there are {count:,} texts")
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(f"sample_weight is {weights[row]:g}; it must be a number above 0", where=f"row {row + 1}")
    return weights
