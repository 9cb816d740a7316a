"""A whole column of texts as bytes: what the compiled loops read; and what is taken for one column at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from os import PathLike
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.text_stream import TextStream
from sadari.errors import DataError
from sadari.forked import without_polars
from sadari.messages import Message, message
from sadari.ragged import offsets_of
from sadari.settings.limits import shown

FEW = 8  # so many texts are quicker gone through one by one: a call on a whole column costs 20 microseconds of its own
_MISSING = ("NAType", "NaTType")  # of pandas, which need not be there
TEXTS = message("texts")


def as_column(texts: Any) -> pl.Series:
    """Texts as a Polars String column.

    Args:
        texts: anything that is one column of ``str``, or a table with one column: see `one_column`.

    Raises:
        DataError: an entry is not a string, with its row (from 1) and type; or a table of more columns, with its shape.
    """
    column = one_column(texts, TEXTS)
    if not isinstance(column, pl.Series) or column.dtype == pl.Object:
        column = _of_strings(column)
    elif isinstance(column.dtype, pl.Categorical | pl.Enum) or column.dtype == pl.Null:
        column = column.cast(pl.String)
    if column.dtype != pl.String and len(column):
        raise DataError(message("a text column must hold strings, not {dtype}", dtype=column.dtype))
    if column.null_count():
        raise missing_text(int(column.is_null().arg_max() or 0) + 1)
    return column if column.dtype == pl.String else column.cast(pl.String)


def columns(texts: Any) -> Iterator[pl.Series]:
    """A corpus as String columns small enough to work on: slices of one column, or of those that a stream reads."""
    for column in texts if isinstance(texts, TextStream) else [as_column(texts)]:
        yield from slices(column)


def missing_text(row: int) -> DataError:
    """The error of a row (from 1) without a text."""
    return DataError(
        message("the text is missing"),
        where=message("row {row}", row=row),
        hint=message("drop it, or fill in an empty text"),
    )


def one_column(given: Any, what: Message) -> pl.Series | Iterable[Any]:
    """The one column that something is, or has: for texts and for labels, from everywhere that people have them.

    Args:
        given: a list or another sequence, an iterator, a Series, Index or array of Polars, pandas, NumPy, Arrow or
            torch; or a table, matrix or dict with a single column.
        what: it holds, for errors.

    Returns:
        a Polars Series, or the entries one after another.

    Raises:
        DataError: a table of more columns (with both shapes), or no column at all: a string, a path, a set, a number.
    """
    if isinstance(given, pl.Series):
        return given
    _refuse_what_is_no_column(given, what)
    if isinstance(given, Mapping):
        return _only(given, (None, len(given)), list(given), what)
    if isinstance(given, np.ndarray) and given.dtype.names:
        return _only(given, (given.size, len(given.dtype.names)), given.dtype.names, what)
    shape = getattr(given, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        return _of_table(given, shape, what)
    if hasattr(given, "tolist") and hasattr(given, "__len__"):  # NumPy, pandas, torch
        return list(given.tolist())
    if hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        try:
            return pl.Series(given)
        except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
            raise DataError(
                message("the Arrow array is no column of {what}: {error}", what=what, error=str(error)[:200])
            ) from None
    return given if isinstance(given, Sequence) else entries_of(given, what)


def entries_of(given: Any, what: Message) -> Iterator[Any]:
    """What something holds, one after another.

    Raises:
        DataError: it holds nothing to go through: a number, an array without dimensions, None.
    """
    _refuse_what_is_no_column(given, what)
    try:
        return iter(given)
    except TypeError:
        raise DataError(
            message(
                "{what} are wanted, one a row, not {name}: {shown}",
                what=what,
                name=type(given).__name__,
                shown=shown(given),
            ),
            hint=message("give a list of them"),
        ) from None


def two_parts(given: Any, what: Message) -> tuple[Any, Any]:
    """A pair of columns, such as validation texts and their labels.

    Args:
        given: what should be a pair.
        what: what it should be, for errors: "validation must be (texts, labels)".

    Raises:
        DataError: it is no tuple or list of two.
    """
    if isinstance(given, tuple | list) and len(given) == 2:
        return given[0], given[1]
    shape = getattr(given, "shape", None)
    said = message("{what}, and is {name}: {shown}", what=what, name=type(given).__name__, shown=shown(given))
    if isinstance(shape, tuple):
        said = message("{what}, and is a {name} of shape {shape}", what=what, name=type(given).__name__, shape=shape)
    raise DataError(said, hint=message("give a tuple of two columns"))


def _refuse_what_is_no_column(given: Any, what: Message) -> None:
    if isinstance(given, str | bytes | bytearray | memoryview):
        said = message("bytes were given where a list of {what} is wanted", what=what)
        hint = message("decode them, and put the text in a list")
        if isinstance(given, str):
            said = message("one string was given where a list of {what} is wanted", what=what)
            hint = message("put it in a list: [text]")
        raise DataError(said, hint=hint)
    if isinstance(given, PathLike):
        raise DataError(
            message("a path was given where {what} are wanted: {shown}", what=what, shown=shown(given)),
            hint=message("read it first: sadari.open_source(path).read()"),
        )
    if isinstance(given, AbstractSet) and not hasattr(given, "mapping"):  # the keys of a dict have an order
        raise DataError(
            message("a set was given where {what} are wanted, and a set has no order", what=what),
            hint=message("give a list"),
        )
    if isinstance(given, pl.LazyFrame):
        raise DataError(
            message("a query was given where {what} are wanted", what=what),
            hint=message("collect() it, and choose a column"),
        )


def _of_table(table: Any, shape: tuple[Any, ...], what: Message) -> pl.Series | Iterable[Any]:
    """The single column of a matrix or of a DataFrame or Table of whatever library."""
    names = [str(shown(name)) for name in list(getattr(table, "column_names", getattr(table, "columns", ())))[:10]]
    if len(shape) != 2 or shape[1] != 1 or hasattr(table, "toarray"):
        raise _not_one(shape, names, what)
    if isinstance(table, pl.DataFrame):
        return table.to_series(0)
    if hasattr(table, "iloc"):
        return one_column(table.iloc[:, 0], what)
    if hasattr(table, "column_names"):  # Arrow
        return one_column(table.column(0), what)
    return one_column(np.asarray(table).ravel() if isinstance(table, np.matrix) else table[:, 0], what)


def _only(table: Any, shape: tuple[int | None, int], names: Sequence[Any], what: Message) -> pl.Series | Iterable[Any]:
    """The single column of a table whose columns are found by their names."""
    if len(names) != 1:
        rows = len(table[names[0]]) if shape[0] is None and names and hasattr(table[names[0]], "__len__") else shape[0]
        raise _not_one((rows, len(names)), [str(shown(name)) for name in names[:10]], what)
    return one_column(table[names[0]], what)


def _not_one(shape: tuple[Any, ...], names: list[str], what: Message) -> DataError:
    rows = "rows" if not shape or shape[0] is None else f"{shape[0]}"
    given = ", ".join([rows, *map(str, shape[1:])]) if shape else ""
    if not shape:
        return DataError(
            message("one value was given where a column of {what} is wanted", what=what),
            hint=message("put it in a list"),
        )
    return DataError(
        message(
            "a table of shape ({given}) was given where one column of {what} is wanted, of shape ({rows},)",
            given=given,
            what=what,
            rows=rows,
        ),
        hint=message("choose one of its columns: {names}", names=", ".join(names))
        if names
        else message("choose one of its columns"),
    )


def _of_strings(rows: Iterable[Any]) -> pl.Series:
    """Entries that must be strings, as a column; an iterator is left at the first that is none."""
    texts: list[str] = []
    for row, text in enumerate(rows, 1):
        if not isinstance(text, str):
            if is_missing(text):
                raise missing_text(row)
            raise DataError(
                message("a text must be a string, not {name}: {shown}", name=type(text).__name__, shown=shown(text)),
                where=message("row {row}", row=row),
            )
        texts.append(text)
    try:
        return pl.Series("text", texts, dtype=pl.String)
    except UnicodeEncodeError as error:
        row = next(row for row, text in enumerate(texts, 1) if text is error.object or text == error.object)
        raise DataError(
            message("the text holds half a surrogate pair, which is no character"),
            where=message("row {row}, character {start}", row=row, start=error.start + 1),
        ) from None


def is_missing(value: Any) -> bool:
    """Whether an entry of a column stands for nothing: None, NaN, or pandas' NA and NaT."""
    if value is None or type(value).__name__ in _MISSING:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def column_bytes(column: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """UTF-8 content uint8 [total] and offsets int64 [n + 1] of a String column without missing entries."""
    if len(column) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    if one_by_one(column):
        texts = [text.encode() for text in column.to_list()]
        return np.frombuffer(b"".join(texts), dtype=np.uint8), offsets_of([len(text) for text in texts])
    offsets = offsets_of(column.str.len_bytes().to_numpy())
    content: str = column.str.join("").item()
    return np.frombuffer(content.encode(), dtype=np.uint8), offsets


def one_by_one(column: pl.Series) -> bool:
    """Whether texts are gone through one by one and not by Polars: a few, or all in a fork without its threads."""
    return len(column) <= FEW or without_polars()


def slices(column: pl.Series, *, max_rows: int = 65_536, max_bytes: int = 1 << 26) -> Iterator[pl.Series]:
    """The column in pieces, so that what is made from a piece stays small. A text longer than that is a piece."""
    if without_polars():
        yield from (column.slice(start, FEW) for start in range(0, len(column), FEW))
        return
    if 0 < len(column) <= max_rows and column.estimated_size() <= max_bytes:
        yield column
        return
    for start, stop in parts_of(column.str.len_bytes().to_numpy(), max_rows=max_rows, max_bytes=max_bytes):
        yield column.slice(start, stop - start)


def parts_of(
    sizes: NDArray[np.integer], *, max_rows: int = 65_536, max_bytes: int = 1 << 26
) -> Iterator[tuple[int, int]]:
    """The first place of each piece, and the one behind it.

    Args:
        sizes: int [n], the bytes of each text.
        max_rows: of a piece.
        max_bytes: of a piece; a text that is longer is one alone.
    """
    offsets, start = offsets_of(sizes), 0
    while start < len(sizes):
        fitting = int(np.searchsorted(offsets, offsets[start] + max_bytes, side="right")) - 1
        stop = min(max(fitting, start + 1), start + max_rows)
        yield start, stop
        start = stop
