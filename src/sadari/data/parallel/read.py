"""Read texts beside their translations: two files line by line, or two columns of a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.audit.findings import printable
from sadari.data.columns import find_column
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.formats.lines import line_runs, lines_column
from sadari.data.formats.opening import local_file
from sadari.data.formats.records import OnBadRow
from sadari.data.parallel.misalignment import first_slip
from sadari.data.parallel.pairs import MAX_RATIO, ParallelCorpus, all_blank, pair_texts
from sadari.data.read import open_source
from sadari.data.source import Source
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, notes_of, plural

_STEADY = 20  # lines before the shorter file's end from which on a slip cannot be told from a file cut off
_SHOWN = 60


def read_parallel(
    source_path: str | Path,
    target_path: str | Path,
    *,
    encoding: str | None = None,
    target_encoding: str | None = None,
    on_bad_row: OnBadRow = "error",
    max_ratio: float | None = MAX_RATIO,
    keep_blank: bool = False,
) -> ParallelCorpus:
    """Read two files whose lines translate each other; gzip too, and one of them may be standard input ("-").

    Lines end at a line feed alone (CR LF too, and a lone CR where a file has no line feed).

    Args:
        source_path: the texts, a line each.
        target_path: their translations, a line each.
        encoding: of both files; None: found out for each.
        target_encoding: of the second, where it is another.
        on_bad_row: what lines are that one file has more than the other: an error, or left out ("skip").
            Empty lines at a file's end are left out either way.
        max_ratio: see `pair_texts`; evaluating takes None.
        keep_blank: see `pair_texts`; evaluating takes True, to keep every line.

    Raises:
        DataError: a file cannot be read as text, the files have different numbers of lines (the message says where
            alignment seems to slip), or what `pair_texts` raises.
        SettingError: both are the same file, or standard input.
    """
    if on_bad_row not in ("error", "skip"):
        raise SettingError(message("on_bad_row must be 'error' or 'skip', not {on_bad_row!r}", on_bad_row=on_bad_row))
    _check_two_files(source_path, target_path)
    sources, first, notes = _read_lines(source_path, encoding)
    targets, second, more = _read_lines(target_path, target_encoding or encoding)
    name = message("{first} and {second}", first=first, second=second)
    notes = [*notes_of(first, notes), *notes_of(second, more)]
    if len(sources) != len(targets):
        both = min(len(sources), len(targets))
        if not all_blank(sources[both:]) or not all_blank(targets[both:]):
            error = _unequal(sources, targets, first, second)
            if on_bad_row == "error":
                raise error
            surplus = max(len(sources), len(targets)) - both
            notes.append(
                plural(
                    "{count:,} line too many left out at the end: {why}; {where}",
                    "{count:,} lines too many left out at the end: {why}; {where}",
                    surplus,
                    why=error.said,
                    where=error.advice,
                )
            )
        sources, targets = sources[:both], targets[:both]
    paired = pair_texts(sources, targets, source=name, what="line", max_ratio=max_ratio, keep_blank=keep_blank)
    return replace(paired, notes=[*notes, *paired.notes])


def read_pairs(
    path: str | Path,
    *,
    source_column: str | int,
    target_column: str | int,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
    max_ratio: float | None = MAX_RATIO,
    keep_blank: bool = False,
) -> ParallelCorpus:
    """Read two columns of one table: CSV, TSV, JSONL or Parquet, gzip too, or standard input ("-").

    Args:
        path: the table.
        source_column: the column of texts, by name, or by number from 1.
        target_column: the column of their translations, by name, or by number from 1.
        format: see `sadari.data.read.open_source`.
        encoding: see `sadari.data.read.open_source`.
        delimiter: see `sadari.data.read.open_source`.
        header: see `sadari.data.read.open_source`.
        on_bad_row: see `sadari.data.read.open_source`.
        max_ratio: see `pair_texts`.
        keep_blank: see `pair_texts`.

    Raises:
        DataError: the file cannot be read, a column is not there, or what `pair_texts` raises.
        SettingError: both columns are the same.
    """
    table = open_source(
        path,
        text=[source_column, target_column],
        need_label=False,
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        on_bad_row=on_bad_row,
        missing="empty",
    )
    first, second = (find_column(name, table.columns, where=table.path) for name in (source_column, target_column))
    if first == second:
        raise SettingError(message("source and target are both column {first!r}", first=first))
    table.use_columns([first, second], None)
    frame, rows = _read_columns(table, first, second)
    paired = pair_texts(
        frame[first],
        frame[second],
        source=table.path,
        rows=rows,
        max_ratio=max_ratio,
        keep_blank=keep_blank,
    )
    return replace(paired, notes=[*table.notes, *paired.notes])


def _read_columns(table: Source, first: str, second: str) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Two columns of a table as texts, blank where there is none, and the rows that they stand in."""
    frames, rows = [], []
    for batch in table.batches(1 << 20, whole=False):
        frames.append(batch.frame.select(pl.col(first, second).cast(pl.String).fill_null("")))
        rows.append(batch.rows)
    if not frames:
        raise DataError(message("has no rows"), where=table.path)
    return pl.concat(frames, rechunk=True), np.concatenate(rows)


def _check_two_files(first: str | Path, second: str | Path) -> None:
    if str(first) == str(second) == "-":
        raise SettingError(message("source and target cannot both be standard input"))
    try:
        same = Path(first).samefile(second)
    except (OSError, ValueError):
        same = False  # opening them will say what is wrong
    if same:
        raise SettingError(message("source and target are the same file, {first}", first=first))


def _read_lines(path: str | Path, encoding: str | None) -> tuple[pl.Series, str, list[Message]]:
    """The lines, the file's name, and what was found out about it."""
    place, name, kept = local_file(path)
    stream = open_stream(place, name=name, encoding=encoding)
    stream.spool = kept
    columns = [lines_column(data) for _, data in line_runs(stream, 1 << 20) if data]
    return pl.concat(columns, rechunk=True), name, list(stream.notes)


def _unequal(sources: pl.Series, targets: pl.Series, first: str, second: str) -> DataError:
    """Both counts, and the first pair that looks wrong."""
    longer, both = (sources, len(targets)) if len(sources) > len(targets) else (targets, len(sources))
    slip = first_slip(sources, targets)
    if slip + _STEADY >= both:
        hint = message(
            "the first {both:,} seem to fit; line {line:,} of the longer is {text}", both=both, line=both + 1
        )
        hint = hint.filled(text=_quoted(longer[both]))
    else:
        hint = message("alignment seems to slip near line {line:,}: {source} beside {target}", line=slip + 1)
        hint = hint.filled(source=_quoted(sources[slip]), target=_quoted(targets[slip]))
    what = message(
        "the files have different numbers of lines: {sources:,} in {first}, {targets:,} in {second}",
        sources=len(sources),
        targets=len(targets),
    )
    return DataError(what.filled(first=first, second=second), hint=hint)


def _quoted(text: str) -> str:
    words = printable(" ".join(text.split()))
    return f"“{words[:_SHOWN]}{'…' if len(words) > _SHOWN else ''}”"
