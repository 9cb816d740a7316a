"""What a CSV file's head tells: the delimiter, whether quotes quote, the columns, the header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sadari.data.formats.byte_stream import MAX_RECORD_BYTES
from sadari.data.formats.csv.fields import fields_frame
from sadari.data.formats.csv.header import LEAD, Head, Header, find_header
from sadari.data.formats.csv.kernel import ESCAPED, NO_QUOTE, PLAIN, SPANS, STRAY, record_arrays, scan_records
from sadari.data.formats.records import MAX_COLUMNS, line_place
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message

QUOTE = ord('"')
DELIMITERS = {",": message("comma"), "\t": message("tab"), ";": message("semicolon"), "|": message("bar")}
_NAMES = DELIMITERS | {" ": message("space")}
_HEAD_ROWS = 1000
_LONG_FIELD = 64 << 10
_SINGLE_QUOTE = ord("'")
_SEPARATOR_LINE = re.compile(rb'"?sep=([^"\r\n])"?\r?\n', re.IGNORECASE)  # what Excel asks for, and writes


class NoRowsError(DataError):
    """A table that has a header and nothing else, if its one record is a header."""


@dataclass
class Dialect:
    """How a file's rows are written.

    Args:
        delimiter: the byte between fields, `NO_QUOTE` in a file of one column.
        quote: the quote byte, `NO_QUOTE` where quotes are plain characters.
        spaced: whether spaces around a field are no part of it.
        header: the names of the columns, and how many records stand above the first row.
        head: the first rows below the header, String.
    """

    delimiter: int
    quote: int
    spaced: bool
    header: Header
    head: pl.DataFrame
    notes: list[Message] = field(default_factory=list)


@dataclass
class _Shape:
    """The head read under one delimiter and quote.

    Args:
        fields: of most records.
        share: of the records with so many.
        first_fits: whether the first has.
        stray: records with text after a closing quote.
        spans: records with a field that spans lines.
        quoted: share of the other records that have a quoted field.
        escaped: whether one has doubled quotes.
        wrapped: quoted fields a record.
        opened: where the quote lies that takes in the rest of the head, else -1.
    """

    delimiter: int
    quote: int
    spaced: bool
    fields: int
    share: float
    first_fits: bool
    stray: int
    spans: int
    quoted: float
    escaped: bool
    wrapped: float
    opened: int

    @property
    def score(self) -> float:
        return 0.0 if self.fields < 2 else self.share - (0.0 if self.first_fits else 0.5)


def _shape(head: np.ndarray, complete: bool, delimiter: int, quote: int, spaced: bool = False) -> _Shape:
    rows = min(int(np.count_nonzero(head == 10)) + 1, 4 * _HEAD_ROWS)
    starts, ends, kinds, heads, counts, flags = record_arrays(rows, 16)
    found, _, _, opened = scan_records(
        head, 0, delimiter, quote, spaced, complete, False, starts, ends, kinds, heads, counts, flags
    )
    whole = complete or head.size - opened > _LONG_FIELD  # else the head's cut may fall into any quoted field
    swallows = opened if whole else -1
    if not found:
        return _Shape(delimiter, quote, spaced, 0, 0.0, False, 0, 0, 0.0, False, 0.0, swallows)
    counts, flags, kinds = counts[:found], flags[:found], kinds[:found]
    good = counts[(flags & STRAY) == 0]
    fields = int(np.bincount(good).argmax()) if good.size else 1
    wrapped = kinds[flags == 0] != PLAIN
    return _Shape(
        delimiter,
        quote,
        spaced,
        fields,
        share=float(np.count_nonzero(good == fields)) / found,
        first_fits=_first_fits(counts, fields, bool(wrapped.any(axis=1).all())),
        stray=int(np.count_nonzero(flags & STRAY)),
        spans=int(np.count_nonzero(flags & SPANS)),
        quoted=float(wrapped.any(axis=1).mean()) if wrapped.size else 0.0,
        escaped=bool((kinds[flags == 0] == ESCAPED).any()),
        wrapped=float(wrapped.sum()) / found,
        opened=swallows,
    )


def _first_fits(counts: np.ndarray, fields: int, quoted: bool) -> bool:
    """Whether the first record has as many fields as most, or is a header or a title above rows that all have."""
    if counts[0] == fields:
        return True
    other = np.flatnonzero(counts != fields)
    if counts.size < 4 or other[-1] >= LEAD or other[-1] >= other.size:
        return False  # a row further down has not
    titles = bool((counts[other] == 1).all()) and fields > 2
    return titles or (other.size == 1 and counts[0] == fields - 1 and (fields > 2 or quoted))


def _choose_quote(head: np.ndarray, complete: bool, delimiter: int) -> _Shape:
    """Quotes quote, unless that reading fails and the plain one fits every row."""
    quoting = _shape(head, complete, delimiter, QUOTE)
    content = head.tobytes()
    blank = b" " if delimiter == ord("\t") else b"[ \t]"  # the delimiter itself in it would take quadratic time
    between = re.escape(bytes([delimiter]))
    if delimiter != ord(" ") and re.search(between + blank + b'+"|"' + blank + b"+" + between, content):
        spaced = _shape(head, complete, delimiter, QUOTE, spaced=True)
        sound = not spaced.stray and spaced.opened < 0 and spaced.wrapped > quoting.wrapped + 0.5
        quoting = spaced if spaced.score > quoting.score or (sound and spaced.fields > 1) else quoting
    if not quoting.wrapped and re.search(rb"(?m)^'[^\n]*'\r*$|'" + re.escape(bytes([delimiter])), content):
        single = _shape(head, complete, delimiter, _SINGLE_QUOTE)
        if single.quoted > 0.5 and not single.stray and single.opened < 0 and single.score >= quoting.score:
            return single
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
        head: UTF-8.
        complete: whether that is the whole file.
        name: for messages.
        delimiter: as given by the user, or None.
        default: what the file's extension suggests.
        header: as given by the user, or None.
        known: column names the user gave, which a header would hold.
        labelled: whether a label is wanted, hence two columns at least.

    Raises:
        DataError: no rows; one column where another delimiter gives more; a duplicate column name.
    """
    buffer = np.frombuffer(head, np.uint8)
    separator = _SEPARATOR_LINE.match(head)
    if separator and delimiter is None:
        delimiter = separator[1].decode()
    shape = _choose_delimiter(buffer, complete, delimiter, default, labelled, name)
    if shape.fields > MAX_COLUMNS:
        raise DataError(
            message(
                "found {fields:,} columns; at most {max_columns:,} are read",
                fields=shape.fields,
                max_columns=MAX_COLUMNS,
            ),
            where=name,
        )
    if shape.fields < 2:
        shape.delimiter = NO_QUOTE if delimiter is None else shape.delimiter
    first = _first_records(buffer, complete, shape)
    if not first.rows.height or (shape.opened >= 0 and first.rows.height <= 1):
        raise _no_rows(head, complete, shape, name)
    found = find_header(first, header, known, name, skip=int(separator is not None))
    notes = _said(shape, default, given=delimiter is not None and not separator)
    if found.drawn:
        shape.spaced, shape.quote = True, shape.quote if shape.wrapped else NO_QUOTE
        first = _first_records(buffer, complete, shape)
    body = first.below(found.records - 1)
    if not body.height:
        raise _only_a_header(head, complete, shape, name)
    body.columns = found.columns
    return Dialect(shape.delimiter, shape.quote, shape.spaced, found, body, [*notes, *found.notes])


def too_long(name: str, place: Message) -> DataError:
    """Of a record that is longer than `MAX_RECORD_BYTES`."""
    return DataError(
        message("the record is longer than {max_record_bytes} MiB", max_record_bytes=MAX_RECORD_BYTES >> 20),
        where=message("{name}, {place}", name=name, place=place),
        hint=message("is this a table with one text a row?"),
    )


def _no_rows(head: bytes, complete: bool, shape: _Shape, name: str) -> DataError:
    """Of a file whose first record never ends, or which has none."""
    if shape.opened < 0 and not complete:
        return too_long(name, line_place(head.count(b"\n") + 1))
    if shape.opened < 0:
        return DataError(message("the file has no rows"), where=name)
    return DataError(
        message("a quote opens here and is never closed"),
        where=message("{name}, line {line}", name=name, line=head.count(b"\n", 0, shape.opened) + 1),
        hint=message("double the quote, or remove it"),
    )


def _only_a_header(head: bytes, complete: bool, shape: _Shape, name: str) -> DataError:
    """Of a file none of whose records below the header can be read."""
    if not shape.stray and not complete:
        return too_long(name, line_place(head.count(b"\n") + 1))
    if not shape.stray:
        return NoRowsError(message("the file has a header but no rows"), where=name)
    return DataError(
        message("no row can be read: in each, text follows a closing quote"),
        where=name,
        hint=message('double a quote that belongs to the text ("" in place of \\")'),
    )


def _said(shape: _Shape, default: str, *, given: bool) -> list[Message]:
    """What was found out of delimiter and quotes, where it is not what is usual."""
    notes = []
    if not given and shape.fields > 1 and chr(shape.delimiter) != default:
        delimiter = chr(shape.delimiter)
        notes.append(message("delimiter: {name}", name=_NAMES.get(delimiter, delimiter)))
    if shape.quote == NO_QUOTE:
        notes.append(message('quotes (") are read as plain characters: they do not wrap the fields of this file'))
    if shape.quote == _SINGLE_QUOTE:
        notes.append(message("quotes: single ones (') wrap the fields of this file"))
    if shape.spaced:
        notes.append(message("spaces between delimiters and quotes are no part of the fields"))
    return notes


def _choose_delimiter(
    head: np.ndarray, complete: bool, given: str | None, default: str, labelled: bool, name: str
) -> _Shape:
    order = [default, *(d for d in DELIMITERS if d != default)]
    shapes = {d: _choose_quote(head, complete, ord(d)) for d in order if d != given}
    best = max(shapes.values(), key=lambda s: s.score)
    if given is None:
        if best.score < 0.6 and (spaces := _between_quotes(head, complete)) is not None:
            return spaces
        # Sentences with commas here and there are no table: such a file has one column.
        if best.score < 0.6 and (not labelled or best.fields < 2):
            return _single_column(head, complete)
        return best
    if len(given.encode()) != 1 or given in '"\r\n':
        raise SettingError(message("the delimiter must be one ASCII character, not {given!r}", given=given))
    shape = _choose_quote(head, complete, ord(given))
    if shape.fields < 2 and best.score > 0.9:
        other = "a tab" if best.delimiter == 9 else f"`{chr(best.delimiter)}`"
        what = message(
            "found {fields} column; {other} would give {fields_2}",
            fields=shape.fields,
            other=other,
            fields_2=best.fields,
        )
        raise DataError(what, where=name, hint=message("name the delimiter with --delimiter, or leave that out"))
    return shape


def _between_quotes(head: np.ndarray, complete: bool) -> _Shape | None:
    """Fields with a space between them, which is none if all that holds spaces is in quotes: what R writes unasked."""
    shape = _choose_quote(head, complete, ord(" "))
    quoted = shape.quote == QUOTE and shape.quoted == 1.0 and not shape.stray
    return shape if quoted and shape.score > 0.9 else None


def _single_column(head: np.ndarray, complete: bool) -> _Shape:
    return _shape(head, complete, NO_QUOTE, QUOTE)


def _first_records(buffer: np.ndarray, complete: bool, shape: _Shape) -> Head:
    """The head's records; the columns of the regular ones are called "1", "2", …"""
    width = max(1, shape.fields)
    arrays = record_arrays(min(_HEAD_ROWS + LEAD, buffer.size + 1), width)
    how = (0, shape.delimiter, shape.quote, shape.spaced, complete, False)
    found, *_ = scan_records(buffer, *how, *arrays)
    starts, ends, kinds, _, counts, flags = (a[:found] for a in arrays)
    good = (counts == width) & ((flags & STRAY) == 0)
    names = [str(i + 1) for i in range(width)]
    rows = fields_frame(buffer, starts[good], ends[good], kinds[good], shape.quote, names)
    few = min(int(found), LEAD)
    widest = int(min(max(counts[:few], default=1), MAX_COLUMNS + 1))
    arrays = record_arrays(few, widest)
    scan_records(buffer, *how, *arrays)
    starts, ends, kinds, *_ = arrays
    lead = fields_frame(buffer, starts, ends, kinds, shape.quote, [str(i) for i in range(widest)])
    cells = [[cell or "" for cell in row[:count]] for row, count in zip(lead.rows(), counts[:few], strict=True)]
    return Head(cells, rows, np.flatnonzero(good).tolist(), int(found))
