"""Training rows: texts, labels and weights that fit each other, the blank ones taken out and said."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.text_stream import TextStream
from sadari.errors import DataError, SadariWarning
from sadari.forked import check_threads
from sadari.messages import message
from sadari.text.column import as_column, one_column, parts_of
from sadari.train.labels import as_labels


@dataclass(frozen=True)
class Rows:
    """What a rung learns from.

    Attributes:
        texts: a String Series [n], or the stream that was given.
        labels: as `as_labels` gives them, [n].
        weights: float32 [n], how much each row counts; 0 of those that are not to be learned from.
        dropped: positions from 1 of the rows that were blank.
    """

    texts: pl.Series | TextStream
    labels: pl.Series | NDArray[np.int8]
    weights: NDArray[np.float32]
    dropped: list[int]

    def that_count(self, targets: NDArray[np.int8]) -> tuple[Rows, NDArray[np.int8]]:
        """The rows that weigh something, and their targets; the rest is as good as not there.

        Labels that none of these has are labels all the same: a bootstrap sample, which gives weights of 0 to the texts
        that were not drawn, may well miss a rare one.
        """
        counts = self.weights > 0
        if counts.all():
            return self, targets
        kept = np.flatnonzero(counts)
        if isinstance(self.texts, TextStream):
            texts: pl.Series | TextStream = ChosenStream(self.texts, counts)
        else:
            texts = self.texts.gather(kept)
        return Rows(texts, _take(self.labels, kept), self.weights[kept], self.dropped), targets[kept]


class ChosenStream(TextStream):
    """Some of the texts of a stream.

    Args:
        wanted: bool [n], which.
    """

    def __init__(self, stream: TextStream, wanted: NDArray[np.bool_]) -> None:
        self.stream, self.wanted = stream, wanted

    def __iter__(self) -> Iterator[pl.Series]:
        read = 0
        for column in self.stream:
            chosen = self.wanted[read : read + len(column)]
            read += len(column)
            if read > len(self.wanted):
                break
            yield column.filter(pl.Series(chosen))
        if read != len(self.wanted):
            raise DataError(
                message(
                    "the stream gave {read:,} texts or more, and there are {number_of_wanted:,} labels",
                    read=read,
                    number_of_wanted=len(self.wanted),
                )
            )

    def __len__(self) -> int:
        return int(np.count_nonzero(self.wanted))


class SomeTexts(TextStream):
    """Some texts of a column, gathered a part at a time, so that they are not all there twice.

    The parts are those in which a column of these texts would be read: see `sadari.text.column.slices`.

    Args:
        texts: the column; none of them blank, which are left in.
        rows: int64, positions.
    """

    def __init__(self, texts: pl.Series, rows: NDArray[np.int64]) -> None:
        self.texts, self.chosen = texts, rows

    def __iter__(self) -> Iterator[pl.Series]:
        sizes = self.texts.str.len_bytes().gather(self.chosen).to_numpy()
        for first, end in parts_of(sizes):
            yield self.texts.gather(self.chosen[first:end])

    def __len__(self) -> int:
        return len(self.chosen)


def training_rows(texts: Any, labels: Any, sample_weight: Any = None) -> Rows:
    """Check and clean what `fit` was given.

    A stream is taken as it is: whoever made it has left blank rows out, and its length is known only when it was read.

    Warns:
        SadariWarning: blank texts were left out, with their number and the first of their rows.

    Raises:
        DataError: lengths that differ, a row that is no text or has no label, weights below 0, or nothing but blank
            texts.
    """
    check_threads()
    given = as_labels(labels)
    if isinstance(texts, TextStream):
        return Rows(texts, given, row_weights(sample_weight, len(given)), [])
    column = as_column(texts)
    if len(column) != len(given):
        raise DataError(
            message(
                "there are {number_of_column:,} texts and {number_of_given:,} labels; each text needs its label",
                number_of_column=len(column),
                number_of_given=len(given),
            )
        )
    weights = row_weights(sample_weight, len(given))
    blank = (column.str.strip_chars() == "").to_numpy()
    if not blank.any():
        return Rows(column, given, weights, [])
    if blank.all():
        raise DataError(message("all {number_of_column:,} texts are blank", number_of_column=len(column)))
    dropped = (np.flatnonzero(blank) + 1).tolist()
    first = ", ".join(map(str, dropped[:5])) + (" …" if len(dropped) > 5 else "")
    warnings.warn(
        SadariWarning(
            message(
                "{number_of_dropped:,} blank texts were left out of training: rows {first}",
                number_of_dropped=len(dropped),
                first=first,
            )
        ),
        stacklevel=4,
    )
    kept = np.flatnonzero(~blank)
    return Rows(column.gather(kept), _take(given, kept), weights[kept], dropped)


def check_fits(read: Sized, targets: NDArray[np.int8]) -> None:
    """Refuse a stream that gave more or fewer texts than there are labels: compiled loops do not look.

    Raises:
        DataError: with both numbers.
    """
    if len(read) != len(targets):
        raise DataError(
            message(
                "the stream gave {number_of_read:,} texts, and there are {number_of_targets:,} labels",
                number_of_read=len(read),
                number_of_targets=len(targets),
            )
        )


def _take(labels: pl.Series | NDArray[np.int8], kept: NDArray[np.intp]) -> pl.Series | NDArray[np.int8]:
    return labels.gather(kept) if isinstance(labels, pl.Series) else labels[kept]


def row_weights(sample_weight: Any, count: int) -> NDArray[np.float32]:
    """How much each of some rows counts, float32 [count]: 1 unless it is said.

    Raises:
        DataError: not a number of 0 or more for each row, or 0 for all of them.
    """
    if sample_weight is None:
        return np.ones(count, np.float32)
    column = one_column(sample_weight, message("sample weights"))
    try:
        weights = np.asarray(column if isinstance(column, pl.Series) else list(column), np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(message("sample_weight must hold numbers")) from error
    if weights.shape != (count,):
        raise DataError(
            message("sample_weight has shape {list}; there are {count:,} texts", list=list(weights.shape), count=count)
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            message("sample_weight is {weights:g}; it must be a number, 0 or more", weights=weights[row]),
            where=message("row {row}", row=row + 1),
        )
    if count and not weights.any():
        raise DataError(message("every sample_weight is 0, so that there is no text to learn from"))
    return weights
