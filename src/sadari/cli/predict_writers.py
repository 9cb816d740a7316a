"""Frames out, one after another, in bounded memory: CSV, TSV, JSONL or Parquet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from sadari.cli.output_file import whole_file
from sadari.errors import SettingError

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
# A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA = r"^[=+\-@\t\r]"
LISTED = ", "  # between the entries of a list, where a format has none


def format_of(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        SettingError: none is known by this name.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingError(
            f"-o {path}: the name does not say what to write", hint=f"end it in one of: {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]


def write_file(path: Path, frames: Iterator[pl.DataFrame], *, escape: bool = False) -> None:
    """Write all frames (of one schema) into one file, whole or not at all.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
    """
    format = format_of(path)
    with whole_file(path) as stream:
        if format == "parquet":
            _write_parquet(stream, frames)
        else:
            write_stream(stream, frames, format, escape=escape)


def write_stream(stream: BinaryIO, frames: Iterable[pl.DataFrame], format: str, *, escape: bool = False) -> None:
    """Write frames as "csv" (RFC 4180), "tsv" or "jsonl".

    In CSV a missing value is an empty field, an empty text a pair of quotes.
    """
    first = True
    for frame in frames:
        piece = BytesIO()  # Polars writes into memory, so that a full disk or a closed pipe is Python's own error
        if format == "jsonl":
            frame.write_ndjson(piece)
        else:
            flat = escaped(_flat(frame)) if escape else _flat(frame)
            separator = "\t" if format == "tsv" else ","
            flat.write_csv(piece, include_header=first, line_terminator="\r\n", separator=separator)
        stream.write(piece.getbuffer())
        first = False


def escaped(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with ``'`` before every text cell, and column name, that a spreadsheet would run."""
    strings = pl.col(pl.String)
    safe = frame.with_columns(pl.when(strings.str.contains(FORMULA)).then("'" + strings).otherwise(strings).name.keep())
    is_formula = pl.Series(frame.columns, dtype=pl.String).str.contains(FORMULA)
    return safe.rename({name: f"'{name}" for name, yes in zip(frame.columns, is_formula, strict=True) if yes})


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with lists as joined text and other nested values as JSON: CSV has none of them."""
    changed = []
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.List) and not kind.inner.is_nested():
            changed.append(pl.col(name).cast(pl.List(pl.String)).list.join(LISTED))
        elif kind.is_nested():
            changed.append(
                pl.struct(pl.col(name).alias("value")).struct.json_encode().str.slice(9).str.head(-1).alias(name)
            )
        elif kind == pl.Binary:
            changed.append(pl.col(name).bin.encode("base64"))
    return frame.with_columns(changed) if changed else frame


def _write_parquet(stream: BinaryIO, frames: Iterator[pl.DataFrame]) -> None:
    """One row group after another, as Polars' streaming engine takes the frames."""
    from polars.io.plugins import register_io_source

    first = next(frames, pl.DataFrame())
    failure: list[BaseException] = []

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        yield first
        try:
            yield from frames
        except BaseException as error:  # Polars would wrap it in one of its own, and lose what it was
            failure.append(error)
            raise

    try:
        register_io_source(source, schema=first.schema).sink_parquet(stream, engine="streaming")
    except BaseException as error:
        if failure:
            raise failure[0] from None
        system = re.search(r"\(os error (\d+)\)", str(error))
        if system:
            raise OSError(int(system[1]), os.strerror(int(system[1]))) from None
        raise
