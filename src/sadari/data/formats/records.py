"""What every file format's reader gives: frames of strings with the number and the place of each record."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Literal

import numpy as np
import polars as pl

from sadari.errors import DataError
from sadari.messages import Message, message

OnBadRow = Literal["error", "skip"]

MAX_COLUMNS = 10_000
"""Columns that are read of a file; more are an error, not a table of texts."""

LISTED = 20
"""Bad rows that are kept with their reason; the rest are only counted."""


@dataclass
class Chunk:
    """Consecutive good records of a file.

    Args:
        frame: one column a field; the text columns are String.
        rows: (n,) int64, the record numbers, counted from 1 without the header.
        place: names record i of the frame: ``"row 12 (line 13)"``.
        lines: (n,) String, the records as their file has them, where a pass over a JSONL file wants every column.
    """

    frame: pl.DataFrame
    rows: np.ndarray
    place: Callable[[int], Message]
    lines: pl.Series | None = None


def placed(place: Callable[[Any], Message], keys: Sequence[Any] | np.ndarray) -> Callable[[int], Message]:
    """Names a chunk's records, each by its number or its file."""
    return lambda i: place(keys[i])


def row_place(number: int) -> Message:
    """``row 1,200``."""
    return message("row {number:,}", number=number)


def line_place(number: int) -> Message:
    """``line 1,200``."""
    return message("line {number:,}", number=number)


def file_place(file: str) -> Message:
    """``file sport/12.txt``."""
    return message("file {file}", file=file)


@dataclass
class BadRows:
    """Rows that cannot be used: the first is an error, or all are left out and counted.

    Args:
        name: the file.
        mode: ``"error"`` or ``"skip"``.
        count: rows left out.
        listed: the first of them in the file, whatever was looked for first: number and reason.
        notes: sentences on what else was found.
    """

    name: str
    mode: OnBadRow = "error"
    count: int = 0
    listed: list[tuple[int, Message]] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)

    def report(self, place: Message, what: Message | str, hint: Message | str | None = None) -> None:
        """Raise for one bad row, or count it."""
        if self.mode == "error":
            usual = message(
                "mend the row, or pass --on-bad-row skip to leave such rows out; sadari data audit lists them"
            )
            raise DataError(what, where=message("{name}, {place}", name=self.name, place=place), hint=hint or usual)
        self.count += 1
        wrong = message("{place}: {what}", place=place, what=what)
        insort(self.listed, (place.values.get("number", self.count), wrong), key=itemgetter(0))
        del self.listed[LISTED:]

    def report_all(
        self, mask: np.ndarray, place: Callable[[int], Message], what: Message, hint: Message | None = None
    ) -> None:
        """Report every row where `mask` (bool) is true, in order."""
        for i in np.flatnonzero(mask):
            self.report(place(int(i)), what, hint)


@dataclass(frozen=True)
class Wanted:
    """Which columns a pass over the file needs.

    Args:
        texts: the text columns.
        label: the label column, if any.
        columns: what the frames hold; None for all.
        empty_lines: in a CSV file of one column, an empty line is a record without text, and not passed over.
    """

    texts: tuple[str, ...]
    label: str | None
    columns: tuple[str, ...] | None = None
    empty_lines: bool = False


class Records:
    """A file whose columns are known and whose records can be read from the start, any number of times.

    Attributes:
        format: its name in `sadari.data.formats.FORMATS`.
        columns: their names.
        head: the first records, from which columns are guessed.
        notes: what was found out about the file.
        encoding: of a text; else None.
        delimiter: of a table as text; else None.
        repeated: names that several columns have, with the columns' numbers.
        untyped: whether its values have no types, so that the labels 1 to k may stand for names.
    """

    format: str
    columns: list[str]
    head: pl.DataFrame
    notes: list[Message]
    encoding: str | None = None
    delimiter: str | None = None
    repeated: Mapping[str, Sequence[int]] | None = None
    untyped: bool = False

    def complete_columns(self) -> None:
        """Make `columns` those of every record, where the first ones may lack some."""

    def check_types(self, texts: Sequence[str], label: str | None) -> None:
        """Raise where a column's type cannot be a text's or a label's."""

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order, at most `rows` at a time."""
        raise NotImplementedError
