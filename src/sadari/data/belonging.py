"""Rows that belong together (of one customer, thread, document), and rows that come one after another."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from sadari.data.columns import shown
from sadari.errors import DataError
from sadari.messages import Message, message

# What such columns are usually called, as a whole or before "_id".
_GROUPS = (
    *("customer", "client", "user", "userid", "author", "account", "speaker", "patient", "company"),
    *("thread", "session", "conversation", "dialog", "dialogue", "document", "doc", "order", "ticket", "case", "group"),
)
_TIMES = ("date", "time", "datetime", "timestamp", "created", "created_at", "posted_at", "published", "published_at")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y")
_FORMATS = (
    *_DAYS,
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    *(f"{day} {of}" for day in _DAYS for of in ("%H:%M:%S", "%H:%M")),
)


def group_numbers(column: pl.Series) -> np.ndarray:
    """int64 [n]: rows of one value have one number; a row without a value has a number of its own.

    Args:
        column: (n,) what rows of one group share.
    """
    values = column.cast(pl.String)
    blank = (values.is_null() | (values.str.strip_chars() == "")).to_numpy()
    numbers = values.fill_null("").rank("dense").to_numpy().astype(np.int64)
    numbers[blank] = len(values) + 1 + np.arange(int(blank.sum()))
    return numbers


def moments(column: pl.Series, place: Callable[[int], Message]) -> np.ndarray:
    """float64 [n]: when each row is from: numbers as they are, dates as seconds.

    Args:
        column: (n,) numbers, dates, or texts of them; ISO 8601 and the usual orders with four digits of the year.
        place: says where the row at a position stands.

    Raises:
        DataError: one of them is missing, or neither a number nor a date.
    """
    if column.dtype.is_temporal():
        found = column.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64) / 1e6
    elif column.dtype.is_numeric():
        found = column.cast(pl.Float64)
    else:
        found = _read(column.cast(pl.String).str.strip_chars())
    missing = ~np.isfinite(found.fill_null(float("nan")).to_numpy())
    if missing.any():
        at = int(np.argmax(missing))
        raise DataError(
            message("{value!r} is neither a number nor a date", value=_cut(column[at])),
            where=place(at),
            hint=message("write dates as 2026-11-30"),
        )
    return found.to_numpy()


def _cut(value: object) -> object:
    """A value as a sentence has it: it may be a whole text."""
    return value if value is None else shown(str(value), 40)


def _read(texts: pl.Series) -> pl.Series:
    """The reading of all texts that reads most of them."""
    numbers = texts.cast(pl.Float64, strict=False)
    read = [numbers]
    to_the_second = texts.str.replace(r"(\.\d+)?(Z|[+-]\d\d:?\d\d)?$", "")
    for pattern in _FORMATS:
        column = to_the_second if "%H" in pattern else texts
        moment = column.str.to_datetime(pattern, strict=False)
        read.append(moment.dt.timestamp("us").cast(pl.Float64) / 1e6)
    return min(read, key=lambda found: found.null_count())


def suggested_columns(columns: Sequence[str], used: Sequence[str]) -> tuple[str | None, str | None]:
    """The columns, by their names, that may say which rows belong together, and when they are from.

    Args:
        columns: all of the file's.
        used: those of texts and labels, which are not looked at.
    """
    group = time = None
    for name in columns:
        plain = name.strip().lower().replace(" ", "_").replace("-", "_")
        if name in used:
            continue
        if group is None and plain.removesuffix("_id") in _GROUPS:
            group = name
        if time is None and plain in _TIMES:
            time = name
    return group, time


def belonging_note(
    columns: Sequence[str], used: Sequence[str], *, group: str | None, time: str | None
) -> Message | None:
    """What is said where the names of columns suggest that a split by chance would flatter the models.

    Args:
        columns: all of the file's.
        used: those of texts and labels.
        group: the column by which rows are kept together, if any.
        time: the column by which they are split by time, if any.
    """
    if group is not None or time is not None:
        return None
    of_group, of_time = suggested_columns(columns, used)
    if of_group is not None:
        return message(
            "rows of one {column!r} may be alike: --group {quoted} keeps them on one side of every split",
            column=of_group,
            quoted=shlex.quote(of_group),
        )
    if of_time is not None:
        return message(
            "the column {column!r} may say when a text is from: --time {quoted} validates and tests on the latest",
            column=of_time,
            quoted=shlex.quote(of_time),
        )
    return None
