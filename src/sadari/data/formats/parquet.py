"""Parquet files, a batch of rows at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import polars as pl

from sadari.artifact import guarded
from sadari.data.formats.byte_stream import BLOCK_BYTES, ByteStream, first_bytes, raw_blocks
from sadari.data.formats.format import Asked, Format, LocalFile
from sadari.data.formats.parquet_probe import check_ends, count_rows
from sadari.data.formats.records import BadRows, Chunk, Records, Wanted, placed, row_place
from sadari.errors import DataError
from sadari.messages import message

_HEAD_ROWS = 1000


class ParquetRecords(Records):
    """A Parquet file. Texts are strings; labels are strings, whole numbers, Boolean or lists of strings.

    Args:
        path: the file.
        name: what messages call it.
        spool: kept alive as long as this is.
    """

    format = "parquet"

    def __init__(self, path: Path, *, name: str, spool: object | None = None) -> None:
        self._name, self._spool = name, spool
        with guarded(message("is not a readable Parquet file"), where=name, kind=DataError):
            self._plan = pl.scan_parquet(path.absolute(), glob=False)
        self.notes = []
        check_ends(path, name)
        self._rows = count_rows(path, name)
        if not self._rows:
            raise DataError(message("the file has no rows"), where=name)
        head = list(self._collect(self._plan.head(_HEAD_ROWS), _HEAD_ROWS))
        self.head = _named(pl.concat(head)) if head else self._torn(0)
        self.columns = self.head.columns

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        plan = self._plan if wanted.columns is None else self._plan.select(wanted.columns)
        at = 1
        for frame in self._collect(plan, rows):
            numbers = np.arange(at, at + frame.height, dtype=np.int64)
            at += frame.height
            yield Chunk(frame, numbers, placed(row_place, numbers))
        if at <= self._rows:
            self._torn(at - 1)

    def check_types(self, texts: Sequence[str], label: str | None) -> None:
        """Raise where a column's type cannot be a text's or a label's."""
        for name in texts:
            if self.head.schema[name] != pl.String:
                what = message(
                    "the text column {name!r} holds {schema}, not strings", name=name, schema=self.head.schema[name]
                )
                raise DataError(what, where=self._name, hint=message("name another with --text"))
        if label is None:
            return
        kind = self.head.schema[label]
        inner = kind.inner if isinstance(kind, pl.List) else kind
        if (inner != pl.String and not (inner.is_integer() or inner == pl.Boolean)) or inner.is_nested():
            what = message("the label column {label!r} holds {kind}, which is no label", label=label, kind=kind)
            raise DataError(
                what, where=self._name, hint=message("labels are strings, whole numbers, or lists of strings")
            )

    def _collect(self, plan: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
        with guarded(message("is not a readable Parquet file"), where=self._name, kind=DataError):
            yield from plan.collect_batches(chunk_size=rows, maintain_order=True)

    def _torn(self, rows: int) -> NoReturn:
        what = message(
            "is a damaged Parquet file ({rows:,} of its {rows_2:,} rows could be read)", rows=rows, rows_2=self._rows
        )
        raise DataError(what, where=self._name, hint=message("write or fetch it again"))


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Categories as the strings they stand for."""
    named = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    return frame.with_columns(pl.col(named).cast(pl.String)) if named else frame


def _open(file: LocalFile, asked: Asked) -> ParquetRecords:
    magic = first_bytes(file.path, file.name, 4)
    if not magic:
        raise DataError(message("the file is empty"), where=file.name)
    if magic[:2] != b"\x1f\x8b":
        return ParquetRecords(file.path, name=file.name, spool=file.spool)
    copy = tempfile.NamedTemporaryFile(prefix="sadari-", suffix=".parquet")  # noqa: SIM115
    for block in raw_blocks(ByteStream(file.path, file.name, compressed=True), BLOCK_BYTES):
        copy.write(block)
    copy.flush()
    return ParquetRecords(Path(copy.name), name=file.name, spool=copy)


PARQUET = Format(_open, of="bytes", endings=(".parquet", ".pq"), begins=b"PAR1")
