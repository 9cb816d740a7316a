"""Texts of a file that is too large for memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import polars as pl

from sadari.errors import SettingError
from sadari.messages import message


class _TextBatch(Protocol):
    @property
    def texts(self) -> pl.Series: ...


class _TextSource(Protocol):
    def batches(self, rows: int = ..., *, whole: bool = ...) -> Iterator[_TextBatch]: ...

    def count_rows(self) -> int: ...


class TextStream:
    """The texts of a file too large for memory, a batch at a time, any number of times.

    Args:
        source: an opened file (`sadari.data.source.Source`).
        keep: (rows,) bool over all rows that the source's batches give, or None for all.
        rows: texts in a batch at most.

    Iterating gives String Series without nulls, in file order.
    """

    def __init__(self, source: _TextSource, keep: np.ndarray | None = None, *, rows: int = 65536) -> None:
        self.source, self.rows = source, rows
        self.keep = None if keep is None else np.asarray(keep, np.bool_)

    def __iter__(self) -> Iterator[pl.Series]:
        at = 0
        for batch in self.source.batches(self.rows, whole=False):
            texts = batch.texts
            if self.keep is not None:
                mask = self.keep[at : at + texts.len()]
                if mask.size != texts.len():
                    raise SettingError(message("the mask has {size:,} rows, the file has more", size=self.keep.size))
                at += texts.len()
                texts = texts.filter(pl.Series(mask))
            if texts.len():
                yield texts
        if self.keep is not None and at != self.keep.size:
            raise SettingError(message("the mask has {size:,} rows, the file has {at:,}", size=self.keep.size, at=at))

    def __len__(self) -> int:
        if self.keep is not None:
            return int(np.count_nonzero(self.keep))
        return self.source.count_rows()
