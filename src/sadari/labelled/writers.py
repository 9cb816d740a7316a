"""Labelled rows out, some after others, in bounded memory: CSV, TSV, JSONL or Parquet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from sadari.artifact import atomic_file
from sadari.errors import SettingError
from sadari.labelled.rows import Labelled
from sadari.messages import message

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
BOM = b"\xef\xbb\xbf"  # by which Excel knows UTF-8
# A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA = r"^[=+\-@\t\r]"
LISTED = ", "  # between the entries of a list, where a format has none


def format_of(path: Path, *, option: str = "-o") -> str:
    """The format that a file's name asks for.

    Args:
        path: the file.
        option: what the user names it with.

    Raises:
        SettingError: none is known by this name.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SettingError(
            message("{option} {path}: the name does not say what to write", option=option, path=path),
            hint=message("end it in one of: {suffixes}", suffixes=", ".join(SUFFIXES)),
        )
    return SUFFIXES[suffix]


def write_file(path: Path, labelled: Iterator[Labelled], *, escape: bool = False, bom: bool = False) -> None:
    """Write all rows (of one schema) into one file, whole or not at all; as `write_stream` does.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
    """
    format = format_of(path)
    with atomic_file(path) as stream:
        if format == "parquet":
            _write_parquet(stream, (rows.table() for rows in labelled))
        else:
            write_stream(stream, labelled, format, escape=escape, bom=bom)


def write_stream(
    stream: BinaryIO, labelled: Iterable[Labelled], format: str, *, escape: bool = False, bom: bool = False
) -> None:
    """Write rows as `text_pieces` gives them.

    Args:
        stream: where to write.
        labelled: the rows with their answers.
        format: "csv", "tsv" or "jsonl".
        escape: whether `escaped` makes cells harmless.
        bom: whether a byte order mark stands before the header.
    """
    for piece in text_pieces(labelled, format, escape=escape, bom=bom):
        stream.write(piece)


def text_pieces(
    labelled: Iterable[Labelled], format: str, *, escape: bool = False, bom: bool = False
) -> Iterator[memoryview]:
    """Rows as "csv" (RFC 4180), "tsv" or "jsonl", in UTF-8, a piece for each batch.

    Args:
        labelled: the rows with their answers.
        format: "csv", "tsv" or "jsonl".
        escape: whether `escaped` makes cells harmless.
        bom: whether a byte order mark stands before the header.

    In CSV a missing value is an empty field, an empty text a pair of quotes. JSONL that comes from JSONL keeps each
    line as it is, and has the answers at its end.
    """
    first = True
    for rows in labelled:
        piece = BytesIO(BOM if bom and first else b"")
        piece.seek(
            0, os.SEEK_END
        )  # Polars writes into memory, so that a full disk or a closed pipe is Python's own error
        if format == "jsonl" and rows.lines is not None:
            piece.write(_longer_lines(rows.lines, rows.added).encode())
        elif format == "jsonl":
            _readable(rows.table()).write_ndjson(piece)
        else:
            flat = _flat(_readable(rows.table()))
            flat = escaped(flat) if escape else flat
            separator = "\t" if format == "tsv" else ","
            flat.write_csv(piece, include_header=first, line_terminator="\r\n", separator=separator)
        yield piece.getbuffer()
        first = False


def _longer_lines(lines: pl.Series, added: pl.DataFrame) -> str:
    """JSON objects with the columns of `added` at their end: their numbers, nulls and nesting stay as they are."""
    objects = added.select(pl.struct(pl.all()).struct.json_encode().str.slice(1).alias("added"))
    begun = objects.with_columns(lines.str.head(-1).alias("line"))
    nothing = pl.col("line").str.strip_chars() == "{"
    comma = pl.when(nothing).then(pl.lit("")).otherwise(pl.lit(","))
    return begun.select(pl.concat_str("line", comma, "added", pl.lit("\n"))).to_series().str.join("").item()


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
            json = pl.struct(pl.col(name).alias("value")).struct.json_encode().str.slice(9).str.head(-1)
            changed.append(pl.when(pl.col(name).is_not_null()).then(json).alias(name))
    return frame.with_columns(changed) if changed else frame


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with bytes as base64 and durations in ISO 8601, at any depth: text has neither of them."""
    changed = [_as_text(pl.col(name), kind).alias(name) for name, kind in frame.schema.items() if _holds_no_text(kind)]
    return frame.with_columns(changed) if changed else frame


def _holds_no_text(kind: pl.DataType) -> bool:
    if isinstance(kind, (pl.List, pl.Array)):
        return _holds_no_text(kind.inner)  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return any(_holds_no_text(field.dtype) for field in kind.fields)  # type: ignore[arg-type]
    return kind in (pl.Binary, pl.Duration)


def _as_text(values: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Binary:
        return values.bin.encode("base64")
    if kind == pl.Duration:
        return values.dt.to_string("iso")
    if isinstance(kind, pl.Array):
        return _as_text(values.arr.to_list(), pl.List(kind.inner))
    if isinstance(kind, pl.List):
        return values.list.eval(_as_text(pl.element(), kind.inner))  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        fields = [_as_text(values.struct.field(field.name), field.dtype) for field in kind.fields]  # type: ignore[arg-type]
        return pl.when(values.is_not_null()).then(pl.struct(fields))
    return values


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
