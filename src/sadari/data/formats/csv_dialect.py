"""What a CSV file's head tells: the delimiter, whether quotes quote, the columns, the header."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sadari.data.columns import is_ag_news_layout, looks_like_header
from sadari.data.formats.csv_fields import fields_frame
from sadari.data.formats.csv_kernel import ESCAPED, NO_QUOTE, PLAIN, SPANS, STRAY, record_arrays, scan_records
from sadari.errors import DataError, SettingError

QUOTE = ord('"')
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
MAX_COLUMNS = 10_000
_HEAD_ROWS = 1000
_LONG_FIELD = 64 << 10
_AG_COLUMNS = ["class", "title", "description"]


@dataclass
class Dialect:
    """How a file's rows are written.

    Args:
        delimiter: the byte between fields, `NO_QUOTE` in a file of one column.
        quote: the quote byte, `NO_QUOTE` where quotes are plain characters.
        columns: the names. header: whether the first record holds them.
        head: the first rows below the header, String.
    """

    delimiter: int
    quote: int
    columns: list[str]
    header: bool
    head: pl.DataFrame
    notes: list[str] = field(default_factory=list)


@dataclass
class _Shape:
    """The head read under one delimiter and quote.

    Args:
        fields: of most records. share: of the records with so many. first_fits: whether the first has.
        stray, spans: records with text after a closing quote; with a field that spans lines.
        quoted: share of the other records that have a quoted field. escaped: whether one has doubled quotes.
        opened: where the quote lies that takes in the rest of the head, else -1.
    """

    delimiter: int
    quote: int
    fields: int
    share: float
    first_fits: bool
    stray: int
    spans: int
    quoted: float
    escaped: bool
    opened: int

    @property
    def score(self) -> float:
        return 0.0 if self.fields < 2 else self.share - (0.0 if self.first_fits else 0.5)


def _shape(head: np.ndarray, complete: bool, delimiter: int, quote: int) -> _Shape:
    rows = min(int(np.count_nonzero(head == 10)) + 1, 4 * _HEAD_ROWS)
    starts, ends, kinds, heads, counts, flags = record_arrays(rows, 16)
    found, _, _, opened = scan_records(
        head, 0, delimiter, quote, complete, False, starts, ends, kinds, heads, counts, flags
    )
    whole = complete or head.size - opened > _LONG_FIELD  # else the head's cut may fall into any quoted field
    swallows = opened if whole else -1
    if not found:
        return _Shape(delimiter, quote, 0, 0.0, False, 0, 0, 0.0, False, swallows)
    counts, flags, kinds = counts[:found], flags[:found], kinds[:found]
    good = counts[(flags & STRAY) == 0]
    fields = int(np.bincount(good).argmax()) if good.size else 1
    wrapped = kinds[flags == 0] != PLAIN
    return _Shape(
        delimiter,
        quote,
        fields,
        share=float(np.count_nonzero(good == fields)) / found,
        first_fits=bool(counts[0] == fields),
        stray=int(np.count_nonzero(flags & STRAY)),
        spans=int(np.count_nonzero(flags & SPANS)),
        quoted=float(wrapped.any(axis=1).mean()) if wrapped.size else 0.0,
        escaped=bool((kinds[flags == 0] == ESCAPED).any()),
        opened=swallows,
    )


def _choose_quote(head: np.ndarray, complete: bool, delimiter: int) -> _Shape:
    """Quotes quote, unless that reading fails and the plain one fits every row."""
    quoting = _shape(head, complete, delimiter, QUOTE)
    broken = quoting.stray + quoting.spans + (quoting.opened >= 0)
    if not broken:
        return quoting
    plain = _shape(head, complete, delimiter, NO_QUOTE)
    regular = plain.fields >= 2 and plain.share == 1.0
    meant = quoting.escaped or quoting.quoted > 0.5  # a writer doubled quotes, or wraps fields as a rule
    return plain if regular and not meant else quoting


def sniff(
    head: bytes,
    complete: bool,
    *,
    name: str,
    delimiter: str | None,
    default: str,
    header: bool | None,
    known: list[str],
    labelled: bool,
) -> Dialect:
    """Find out how a CSV file is written from its first bytes.

    Args:
        head: UTF-8. complete: whether that is the whole file. name: for messages.
        delimiter: as given by the user, or None. default: what the file's extension suggests.
        header: as given by the user, or None. known: column names the user gave, which a header would hold.
        labelled: whether a label is wanted, hence two columns at least.

    Raises:
        DataError: no rows; one column where another delimiter gives more; a duplicate column name.
    """
    buffer = np.frombuffer(head, np.uint8)
    shape = _choose_delimiter(buffer, complete, delimiter, default, labelled, name)
    if shape.fields > MAX_COLUMNS:
        raise DataError(f"found {shape.fields:,} columns; at most {MAX_COLUMNS:,} are read", where=name)
    if shape.fields < 2:
        shape.delimiter = NO_QUOTE if delimiter is None else shape.delimiter
    rows = _first_rows(buffer, complete, shape)
    if shape.opened >= 0 and rows.height <= 1:
        line = head.count(b"\n", 0, shape.opened) + 1
        what = "a quote opens here and is never closed"
        raise DataError(what, where=f"{name}, line {line}", hint="double the quote, or remove it")
    if not rows.height:
        raise DataError("the file has no rows", where=name)
    notes = []
    if delimiter is None and shape.fields > 1 and chr(shape.delimiter) != default:
        notes.append(f"delimiter: {DELIMITERS[chr(shape.delimiter)]}")
    if shape.quote == NO_QUOTE:
        notes.append('quotes (") are read as plain characters: they do not wrap the fields of this file')
    columns, has_header = _name_columns(rows, header, known, name, notes)
    body = rows.slice(1) if has_header else rows
    if not body.height:
        raise DataError("the file has a header but no rows", where=name)
    body.columns = columns
    return Dialect(shape.delimiter, shape.quote, columns, has_header, body, notes)


def _choose_delimiter(
    head: np.ndarray, complete: bool, given: str | None, default: str, labelled: bool, name: str
) -> _Shape:
    order = [default, *(d for d in DELIMITERS if d != default)]
    shapes = {d: _choose_quote(head, complete, ord(d)) for d in order if d != given}
    best = max(shapes.values(), key=lambda s: s.score)
    if given is None:
        # Sentences with commas here and there are no table: such a file has one column.
        if best.score < 0.6 and (not labelled or best.fields < 2):
            return _single_column(head, complete)
        return best
    if len(given.encode()) != 1 or given in '"\r\n':
        raise SettingError(f"the delimiter must be one ASCII character, not {given!r}")
    shape = _choose_quote(head, complete, ord(given))
    if shape.fields < 2 and best.score > 0.9:
        other = "a tab" if best.delimiter == 9 else f"`{chr(best.delimiter)}`"
        what = f"found {shape.fields} column; {other} would give {best.fields}"
        raise DataError(what, where=name, hint="name the delimiter with --delimiter, or leave that out")
    return shape


def _single_column(head: np.ndarray, complete: bool) -> _Shape:
    return _shape(head, complete, NO_QUOTE, QUOTE)


def _first_rows(buffer: np.ndarray, complete: bool, shape: _Shape) -> pl.DataFrame:
    """The head's regular records as String columns named "1", "2", …; the first record is always kept."""
    width = max(1, shape.fields)
    arrays = record_arrays(min(_HEAD_ROWS + 1, buffer.size + 1), width)
    found, *_ = scan_records(buffer, 0, shape.delimiter, shape.quote, complete, False, *arrays)
    starts, ends, kinds, _, counts, flags = (a[:found] for a in arrays)
    good = (counts == width) & ((flags & STRAY) == 0)
    if found and counts[0] != width:
        good[0] = True
    names = [str(i + 1) for i in range(width)]
    return fields_frame(buffer, starts[good], ends[good], kinds[good], shape.quote, names)


def _name_columns(
    rows: pl.DataFrame, header: bool | None, known: list[str], name: str, notes: list[str]
) -> tuple[list[str], bool]:
    if header is not True and is_ag_news_layout(rows):
        notes.append("no header: columns class, title, description, as AG News has them")
        return list(_AG_COLUMNS), False
    first = [value or "" for value in rows.row(0)]
    has_header = looks_like_header(first, rows.slice(1), known) if header is None else header
    if not has_header:
        columns = [f"column {i + 1}" for i in range(rows.width)]
        if header is None:
            notes.append(f"no header: {rows.width} column{'s' * (rows.width > 1)}, called by their numbers")
        return columns, False
    names = [value.strip() or f"column {i + 1}" for i, value in enumerate(first)]
    for i, column in enumerate(names):
        if column in names[:i]:
            what = f"the header names {column!r} twice (columns {names.index(column) + 1} and {i + 1})"
            raise DataError(what, where=name, hint="rename one of them, or pass --no-header if there is no header")
    if header is None:
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        notes.append(f"header: {shown}")
    return names, True
