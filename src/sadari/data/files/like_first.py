"""A file that is one of many, opened by what is known of the first: a table cut into files has one header alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from sadari.data.column_names import folded, knows_names
from sadari.data.formats.csv.dialect import NoRowsError
from sadari.data.formats.encodings.encoding import UnclearEncodingError
from sadari.data.formats.format import Asked
from sadari.data.formats.opening import open_records
from sadari.data.formats.records import Records
from sadari.messages import message

_NUMBERED = "column "  # how columns begin that have no name
_CUT = ("csv", "tsv")  # formats whose files may have a header or none
_MOST_VALUES, _LONGEST = 1_000, 40


@dataclass(frozen=True)
class First:
    """What is known of the first of many files. It can be sent to another process.

    Args:
        path: of the file.
        columns: their names.
        encoding: its encoding; None where it has none.
        values: of each column some that stand in it.
    """

    path: str
    columns: tuple[str, ...]
    encoding: str | None
    values: tuple[frozenset[str], ...]


def known_of(path: str, records: Records) -> First:
    """What its first rows say of a file.

    Args:
        path: its path.
        records: the file, opened.
    """
    plain = [records.head[name] for name in records.columns if not records.head.schema[name].is_nested()]
    columns = plain if len(plain) == len(records.columns) else []
    texts = [column.cast(pl.String, strict=False).drop_nulls() for column in columns]
    short = (frozenset(text.filter(text.str.len_chars() <= _LONGEST).head(_MOST_VALUES)) for text in texts)
    return First(path, tuple(records.columns), records.encoding, tuple(short))


def open_like(path: str, asked: Asked, first: First) -> Records:
    """A file's records. One without a header has the names of the first one's columns, if it has as many.

    Args:
        path: the file.
        asked: what the user says of it, and names that have to be there.
        first: of the files.

    Raises:
        DataError: it cannot be read.
    """
    try:
        records = _in_encoding(path, asked, first)
    except NoRowsError:
        records = _only_row(path, asked, first)
    if records.format in _CUT:
        if _begins_with_row(records, path, asked, first):
            records = _in_encoding(path, replace(asked, header=False), first)
        _name_columns(records, first)
    return records


def _in_encoding(path: str, asked: Asked, first: First) -> Records:
    """A file's records; in the encoding of the first where a few characters leave a doubt."""
    try:
        return open_records(path, asked)
    except UnclearEncodingError:
        if first.encoding is None:
            raise
        return open_records(path, replace(asked, encoding=first.encoding))


def _only_row(path: str, asked: Asked, first: First) -> Records:
    """A file of one record that names no columns: the last lines of a table that was cut."""
    records = _in_encoding(path, replace(asked, header=False), first)
    cells = [folded(cell or "") for cell in records.head.row(0)]
    named = knows_names(cells) or set(cells) & set(map(folded, first.columns))
    if asked.header or named or len(cells) != len(first.columns):
        raise NoRowsError(message("the file has a header but no rows"), where=path)
    return records


def _begins_with_row(records: Records, path: str, asked: Asked, first: First) -> bool:
    """Whether what was taken for a header is a row: it has a value of the first file where that stands there, or
    nobody would take it for one who does not look for the names of the first file."""
    if asked.header is not None or len(records.columns) != len(first.columns):
        return False
    if set(records.columns) & set(first.columns):
        return False
    if any(name in values for name, values in zip(records.columns, first.values, strict=False)):
        return True
    return _are_nameless(_in_encoding(path, replace(asked, columns=()), first).columns)


def _name_columns(records: Records, first: First) -> None:
    """The names of the first file for columns that have none."""
    named = list(first.columns)
    if _are_nameless(records.columns) and len(records.columns) == len(named):
        if records.columns != named:
            records.notes = [message("no header: its columns are called as those of {file}", file=first.path)]
        records.head = records.head.rename(dict(zip(records.columns, named, strict=True)))
        records.columns = named


def _are_nameless(columns: Sequence[str]) -> bool:
    return all(name.startswith(_NUMBERED) for name in columns)
