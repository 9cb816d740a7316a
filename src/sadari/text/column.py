"""A whole column of texts as bytes: what the compiled loops read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.ragged import offsets_of

FEW = 8  # so many texts are quicker gone through one by one: a call on a whole column costs 20 microseconds of its own


def as_column(texts: Any) -> pl.Series:
    """Texts as a Polars String column.

    Args:
        texts: a Series, or any sequence of ``str`` (list, tuple, NumPy array, pandas column).

    Raises:
        DataError: an entry is not a string; its row (from 1) and type are named.
    """
    if isinstance(texts, pl.Series):
        column = texts
    elif isinstance(texts, str):
        raise DataError("one string was given where a list of texts is wanted", hint="put it in a list: [text]")
    else:
        rows = list(texts.ravel()) if isinstance(texts, np.ndarray) else list(texts)
        for row, text in enumerate(rows, 1):
            if not isinstance(text, str):
                kind = type(text).__name__
                raise DataError(f"a text must be a string, not {kind}: {text!r:.60}", where=f"row {row}")
        try:
            column = pl.Series("text", rows, dtype=pl.String)
        except UnicodeEncodeError as error:
            row = next(row for row, text in enumerate(rows, 1) if text is error.object or text == error.object)
            raise DataError(
                "the text holds half a surrogate pair, which is no character",
                where=f"row {row}, character {error.start + 1}",
            ) from None
    if column.dtype != pl.String:
        raise DataError(f"a text column must hold strings, not {column.dtype}")
    if column.null_count():
        row = int(column.is_null().arg_max() or 0) + 1
        raise DataError("the text is missing", where=f"row {row}", hint="drop it, or fill in an empty text")
    return column


def column_bytes(column: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """UTF-8 content uint8 [total] and offsets int64 [n + 1] of a String column without missing entries."""
    if len(column) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    if len(column) <= FEW:
        texts = [text.encode() for text in column.to_list()]
        return np.frombuffer(b"".join(texts), dtype=np.uint8), offsets_of([len(text) for text in texts])
    offsets = offsets_of(column.str.len_bytes().to_numpy())
    content: str = column.str.join("").item()
    return np.frombuffer(content.encode(), dtype=np.uint8), offsets


def slices(column: pl.Series, *, max_rows: int = 65_536, max_bytes: int = 1 << 26) -> Iterator[pl.Series]:
    """The column in pieces, so that what is made from a piece stays small. A text longer than that is a piece."""
    if 0 < len(column) <= max_rows and column.estimated_size() <= max_bytes:
        yield column
        return
    offsets = offsets_of(column.str.len_bytes().to_numpy())
    start = 0
    while start < len(column):
        fitting = int(np.searchsorted(offsets, offsets[start] + max_bytes, side="right")) - 1
        stop = min(max(fitting, start + 1), start + max_rows)
        yield column.slice(start, stop - start)
        start = stop
