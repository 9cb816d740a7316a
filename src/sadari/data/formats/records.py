"""What every file format's reader gives: frames of strings with the number and the place of each record."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Literal

import numpy as np
import polars as pl

from sadari.errors import DataError
from sadari.messages import Message, message

OnBadRow = Literal["error", "skip"]
OnBadFile = Literal["error", "skip"]

MAX_COLUMNS = 10_000
"""Columns that are read of a file; more are an error, not a table of texts."""

LISTED = 20
"""Bad rows that are kept with their reason; the rest are only counted."""


class BadRowError(DataError):
    """A row that cannot be used, in a file that is well else."""


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
        name: the file; None where the places of rows name it too.
        mode: ``"error"`` or ``"skip"``.
        count: rows left out.
        last: the highest number of one of them.
        listed: the first of them in the file, whatever was looked for first: number and reason.
        notes: sentences on what else was found.
        files: of many files those that are left out, with the reason.
    """

    name: str | None
    mode: OnBadRow = "error"
    count: int = 0
    last: int = 0
    listed: list[tuple[int, Message]] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    files: list[Message] = field(default_factory=list)

    def report(self, place: Message, what: Message | str, hint: Message | str | None = None) -> None:
        """Raise for one bad row, or count it."""
        if self.mode == "error":
            usual = message(
                "mend the row, or pass --on-bad-row skip to leave such rows out; sadari data audit lists them"
            )
            where = place if self.name is None else message("{name}, {place}", name=self.name, place=place)
            raise BadRowError(what, where=where, hint=hint or usual)
        self.count += 1
        number = place.values.get("number", self.count)
        self.last = max(self.last, number)
        self._list(number, message("{place}: {what}", place=place, what=what))

    def add(self, other: BadRows, before: int) -> None:
        """What was reported of one of many files, before whose first row so many others stand."""
        self.count += other.count
        for number, wrong in other.listed:
            self._list(before + number, message("{name}, {place}", name=other.name, place=wrong))

    def _list(self, number: int, wrong: Message) -> None:
        insort(self.listed, (number, wrong), key=itemgetter(0))
        del self.listed[LISTED:]

    def report_all(
        self, mask: np.ndarray, place: Callable[[int], Message], what: Message, hint: Message | None = None
    ) -> None:
        """Report every row where `mask` (bool) is true, in order."""
        for i in np.flatnonzero(mask):
            self.report(place(int(i)), what, hint)


@dataclass(frozen=True)
class Places:
    """Where rows stand that are numbered through many files.

    Args:
        names: of the files.
        before: of each file, how many rows stand before its first.
    """

    names: tuple[str, ...]
    before: tuple[int, ...]

    def of(self, row: int) -> tuple[str, int]:
        """The file of a row, by its number among all, and its number there."""
        at = bisect_left(self.before, row) - 1
        return self.names[at], row - self.before[at]


def numbered(row: int, places: Places | None = None) -> str:
    """A row's number, ``1,200``; of many files with the file before it, ``b.csv:12``."""
    if places is None:
        return f"{row:,}"
    name, number = places.of(int(row))
    return f"{name}:{number}"


def all_numbered(rows: np.ndarray, most: int, places: Places | None = None) -> str:
    """The numbers of the first rows: ``3, 1,200, …``.

    Args:
        rows: (n,) int64.
        most: numbers to write.
        places: where the rows of many files stand.
    """
    return ", ".join(numbered(row, places) for row in rows[:most]) + (", …" if len(rows) > most else "")


def in_file(name: str, place: Message, number: int) -> Message:
    """``b.csv, row 12``, of which the number among the rows of all files is known too."""
    return message("{name}, {place}", name=name, place=place, number=number)


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
        places: of many files, where their rows stand, as far as they were read; else None.
    """

    format: str
    columns: list[str]
    head: pl.DataFrame
    notes: list[Message]
    encoding: str | None = None
    delimiter: str | None = None
    repeated: Mapping[str, Sequence[int]] | None = None
    untyped: bool = False
    places: Places | None = None

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Of the frames of a pass that wants no label: a type for each column."""
        return dict(self.head.schema)

    def complete_columns(self) -> None:
        """Make `columns` those of every record, where the first ones may lack some."""

    def check_types(self, texts: Sequence[str], label: str | None) -> None:
        """Raise where a column's type cannot be a text's or a label's."""

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order, at most `rows` at a time."""
        raise NotImplementedError
