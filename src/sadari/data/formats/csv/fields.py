"""Fields of scanned CSV records as Polars columns."""

from __future__ import annotations

from collections.abc import Sequence

import nanoarrow as na
import numpy as np
import polars as pl

from sadari.data.formats.csv.kernel import gather_field


def fields_frame(
    buffer: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    kinds: np.ndarray,
    quote: int,
    names: Sequence[str],
    columns: Sequence[int] | None = None,
) -> pl.DataFrame:
    """Columns of String; null where a field is empty and has no quotes.

    Args:
        buffer: (n,) uint8, valid UTF-8.
        starts: (rows, fields), as `scan_records` fills it.
        ends: (rows, fields), as `scan_records` fills it.
        kinds: (rows, fields), as `scan_records` fills it.
        quote: the byte that quotes a field.
        names: of the columns given.
        columns: their positions; None for the first ``len(names)``.
    """
    where = range(len(names)) if columns is None else columns
    series = [
        _column(name, buffer, starts[:, i], ends[:, i], kinds[:, i], quote)
        for name, i in zip(names, where, strict=True)
    ]
    return pl.DataFrame(series)


def _column(
    name: str, buffer: np.ndarray, starts: np.ndarray, ends: np.ndarray, kinds: np.ndarray, quote: int
) -> pl.Series:
    rows = starts.size
    values = np.empty(int((ends - starts).sum(dtype=np.int64)), np.uint8)
    offsets = np.empty(rows + 1, np.int64)
    present = np.empty(rows, np.bool_)
    gather_field(buffer, starts, ends, kinds, quote, values, offsets, present)
    validity = None if present.all() else np.packbits(present, bitorder="little")
    array = na.c_array_from_buffers(na.large_string(), rows, [validity, offsets, values[: offsets[-1]]])
    return pl.Series(array).alias(name)  # an Arrow array brings its own name, which wins over an argument
