"""What every file format's reader gives: frames of strings with the number and the place of each record."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import polars as pl

from sadari.errors import DataError

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
    place: Callable[[int], str]
    lines: pl.Series | None = None


def numbered(what: str, numbers: np.ndarray) -> Callable[[int], str]:
    """Names a chunk's records by their numbers: ``"row 12"``."""
    return lambda i: f"{what} {numbers[i]:,}"


def files_named(files: list[str]) -> Callable[[int], str]:
    """Names a chunk's records by the file that each is."""
    return lambda i: f"file {files[i]}"


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
    listed: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def report(self, place: str, what: str, hint: str | None = None) -> None:
        """Raise for one bad row, or count it."""
        if self.mode == "error":
            usual = "mend the row, or pass --on-bad-row skip to leave such rows out; sadari data audit lists them"
            raise DataError(what, where=f"{self.name}, {place}", hint=hint or usual)
        self.count += 1
        number = re.match(r"(?:row|line) ([\d,]+)", place)
        insort(self.listed, (int(number[1].replace(",", "")) if number else self.count, f"{place}: {what}"))
        del self.listed[LISTED:]

    def report_all(self, mask: np.ndarray, place: Callable[[int], str], what: str, hint: str | None = None) -> None:
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


class Records(Protocol):
    """A file whose columns are known and whose records can be read from the start, any number of times."""

    format: str
    columns: list[str]
    head: pl.DataFrame
    """The first records, from which columns are guessed."""
    notes: list[str]
    encoding: str | None
    delimiter: str | None

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order, at most `rows` at a time."""
        ...
