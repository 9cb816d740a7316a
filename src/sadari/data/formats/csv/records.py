"""CSV and TSV files, block by block: every record is counted, and a bad one is named or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain

import numpy as np
import polars as pl

from sadari.data.column_names import folded, knows_names
from sadari.data.formats.byte_stream import BLOCK_BYTES, MAX_RECORD_BYTES, ByteStream
from sadari.data.formats.csv.dialect import sniff, too_long
from sadari.data.formats.csv.fields import fields_frame
from sadari.data.formats.csv.kernel import NO_QUOTE, SPANS, STRAY, record_arrays, scan_records
from sadari.data.formats.format import Asked, Format
from sadari.data.formats.line_ends import has_lone_return
from sadari.data.formats.records import BadRows, Chunk, Records, Wanted, line_place
from sadari.errors import DataError
from sadari.messages import Message, message, plural

_HEAD_BYTES = 256 << 10
_WINDOW, _EXAMINED = 4096, 256  # rows, and how many of them that span lines are looked at
_MARKS = 6  # bytes that a cell of a header said again may have beyond its name: a byte order mark, quotes, a space
_QUOTE_HINT = message("double a quote that belongs to the text, or remove it; --on-bad-row skip leaves such rows out")


@dataclass
class _Span:
    """Records found in a buffer.

    Args:
        buffer: (n,) uint8.
        begin: the offset before the first record.
        end: the offset after the last record.
        starts: as `scan_records` fills it.
        ends: as `scan_records` fills it.
        kinds: as `scan_records` fills it.
        heads: as `scan_records` fills it.
        counts: as `scan_records` fills it.
        flags: as `scan_records` fills it.
        first_row: the number of the first one.
        lines: line feeds before `begin`.
    """

    buffer: np.ndarray
    begin: int
    end: int
    starts: np.ndarray
    ends: np.ndarray
    kinds: np.ndarray
    heads: np.ndarray
    counts: np.ndarray
    flags: np.ndarray
    first_row: int
    lines: int

    @cached_property
    def _feeds(self) -> np.ndarray:
        return np.flatnonzero(self.buffer[self.begin : self.end] == 10) + self.begin

    def place(self, i: int) -> Message:
        return _place(self.first_row + i, self.lines + int(np.searchsorted(self._feeds, self.heads[i])) + 1)

    def record(self, i: int) -> np.ndarray:
        """The bytes of record i, (n,) uint8."""
        return self.buffer[self.heads[i] : self.heads[i + 1] if i + 1 < self.heads.size else self.end]

    def raw_lines(self, i: int) -> list[str]:
        """The lines of the file that record i takes."""
        return self.record(i).tobytes().decode("utf-8").rstrip("\r\n").split("\n")


def _place(row: int, line: int) -> Message:
    return message("row {number:,} (line {line:,})", number=row, line=line)


class CsvRecords(Records):
    """A CSV or TSV file (gzip, any encoding).

    Args:
        stream: the file.
        delimiter: as given by the user, or None to find out.
        header: as given by the user, or None to find out.
        default: the delimiter the extension suggests.
        known: column names the user gave.
        labelled: whether a label is wanted.
    """

    untyped = True

    def __init__(
        self,
        stream: ByteStream,
        *,
        delimiter: str | None = None,
        header: bool | None = None,
        default: str = ",",
        known: list[str] | None = None,
        labelled: bool = True,
    ) -> None:
        self._stream = stream
        head, complete = stream.head(_HEAD_BYTES)
        if not complete and head.strip().count(b"\n") < 50:  # long records, or a gap: look further
            head, complete = stream.head(MAX_RECORD_BYTES + _HEAD_BYTES)
        if b"\n" not in head[:MAX_RECORD_BYTES] and len(head) > MAX_RECORD_BYTES:
            raise too_long(stream.name, line_place(1))
        self._dialect = sniff(
            head,
            complete,
            name=stream.name,
            delimiter=delimiter,
            default=default,
            header=header,
            known=known or [],
            labelled=labelled,
        )
        self.format = "tsv" if self._dialect.delimiter == ord("\t") else "csv"
        self.columns, self.head = self._dialect.header.columns, self._dialect.head
        self.repeated = self._dialect.header.repeated
        self.notes = [*stream.notes, *self._dialect.notes]
        self.encoding = stream.encoding
        self.delimiter = None if self._dialect.delimiter == NO_QUOTE else chr(self._dialect.delimiter)
        self.header_is_known = knows_names(self.columns)

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        names = self.columns if wanted.columns is None else list(wanted.columns)
        places = {name: i for i, name in enumerate(self.columns)}
        positions = [places[name] for name in names]
        spans = _SpannedRows(self.columns, self.delimiter, wanted.label, self.head)
        for span in self._spans(rows, empty_lines=wanted.empty_lines and len(self.columns) == 1):
            self._check_length(span)
            good = self._good_rows(span, spans, bad)
            take = slice(None) if good.all() else good
            frame = fields_frame(
                span.buffer,
                span.starts[take],
                span.ends[take],
                span.kinds[take],
                self._dialect.quote,
                names,
                positions,
            )
            kept = np.flatnonzero(good)
            yield Chunk(frame, kept + span.first_row, _placer(span, kept))
        spans.note(bad)

    def _spans(self, rows: int, *, empty_lines: bool) -> Iterator[_Span]:
        """Runs of at most `rows` records, the header and what is above it left out."""
        rest, row, lines = b"", 1, 0
        above = self._dialect.header.records
        how = (self._dialect.delimiter, self._dialect.quote, self._dialect.spaced)
        for block in chain(self._stream.blocks(BLOCK_BYTES), (b"",)):
            final = not block
            data = rest + block if rest else block
            buffer, at, opened = np.frombuffer(data, np.uint8), 0, -1
            while at < len(data):
                room = above or min(rows, len(data) - at + 1, 4_000_000 // len(self.columns) + 1)
                arrays = record_arrays(room, len(self.columns))
                found, end, breaks, opened = scan_records(buffer, at, *how, final, empty_lines and not above, *arrays)
                if found and not above:
                    yield _Span(buffer, at, end, *(a[:found] for a in arrays), first_row=row, lines=lines)  # type: ignore[arg-type, misc]
                    row += found
                above -= found if above else 0
                at, lines = end, lines + breaks
                if not found:
                    break
            rest = data[at:]
            if len(rest) > MAX_RECORD_BYTES or (final and rest):
                raise self._unfinished(row, lines, data[at : max(opened, at)], opened >= 0, final)

    def _check_length(self, span: _Span) -> None:
        lengths = np.diff(span.heads, append=span.end)
        if lengths.max() > MAX_RECORD_BYTES:
            raise too_long(self._stream.name, span.place(int(lengths.argmax())))

    def _unfinished(self, row: int, lines: int, before: bytes, quoted: bool, final: bool) -> DataError:
        """What is wrong with a record that does not end; `before` are its bytes up to the quote left open."""
        place = _place(row, lines + before.count(10) + 1)
        if not quoted:
            return too_long(self._stream.name, place)
        what = message("a quote opens here and is never closed: it takes in the rest of the file")
        if not final:
            what = message(
                "a quote opens here and is never closed: it takes in over {size} MiB", size=MAX_RECORD_BYTES >> 20
            )
        return DataError(
            what,
            where=message("{name}, {place}", name=self._stream.name, place=place),
            hint=message("double a quote that belongs to the text, or remove it"),
        )

    def _good_rows(self, span: _Span, spans: _SpannedRows, bad: BadRows) -> np.ndarray:
        width = len(self.columns)
        stray = (span.flags & STRAY) > 0
        uneven = (span.counts != width) & ~stray
        header = self._header_again(span, ~(stray | uneven))
        swallowed = spans.look(span, ~(stray | uneven | header), self._dialect.quote)
        problems = stray | uneven | swallowed | header
        for i in np.flatnonzero(problems):
            place = span.place(int(i))
            if stray[i]:
                bad.report(place, message("text follows a closing quote: a stray quote in the row"), _QUOTE_HINT)
            elif header[i]:
                bad.report(place, message("says again what the header says: were files joined here?"))
            elif swallowed[i]:
                count = len(span.raw_lines(int(i)))
                what = message(
                    "a quote opens here and takes in {count:,} lines that look like rows of their own", count=count
                )
                bad.report(place, what, _QUOTE_HINT)
            else:
                count = int(span.counts[i])
                what = plural(
                    "{count} field where the file has {width} columns",
                    "{count} fields where the file has {width} columns",
                    count,
                    width=width,
                )
                if has_lone_return(span.record(int(i))):
                    what = message("{what}, and a carriage return that ends no line: are line ends mixed?", what=what)
                bad.report(place, what)
        return ~problems

    def _header_again(self, span: _Span, good: np.ndarray) -> np.ndarray:
        """Mask of the rows that name the columns as the header does, in whatever case or quotes.

        Raises:
            DataError: one names them in another order, so that what follows stands in other columns.
        """
        again, cells = np.zeros(good.size, np.bool_), self._dialect.header.cells
        if len(cells) != len(self.columns) or len(cells) < 2:
            return again
        sizes = np.sort([len(cell.encode()) for cell in cells])
        lengths = span.ends - span.starts
        total = lengths.sum(axis=1)
        likely = np.flatnonzero(good & (total >= sizes.sum()) & (total <= sizes.sum() + _MARKS * len(cells)))
        beyond = np.sort(lengths[likely], axis=1) - sizes
        for i in likely[((beyond >= 0) & (beyond <= _MARKS)).all(axis=1)]:
            fields = zip(span.starts[i], span.ends[i], strict=True)
            said = [folded(span.buffer[begin:end].tobytes().decode("utf-8")) for begin, end in fields]
            again[i] = said == cells
            if said != cells and sorted(said) == sorted(cells) and knows_names(cells):
                what = message("names the columns in another order than the header ({names})", names=", ".join(said))
                hint = message("files with other columns were joined here: give them one by one, or in one order")
                raise DataError(
                    what, where=message("{name}, {place}", name=self._stream.name, place=span.place(int(i))), hint=hint
                )
        return again


def _placer(span: _Span, kept: np.ndarray) -> Callable[[int], Message]:
    return lambda i: span.place(int(kept[i]))


class _SpannedRows:
    """Watches fields that span lines: RFC 4180 allows them, and a pair of stray quotes looks the same.

    The difference: what a stray pair takes in are lines that are each a whole row with a label that rows of the
    head, or rows before it, have: never those of its batch, so that the rows are the same in batches of any size.
    """

    def __init__(self, columns: list[str], delimiter: str | None, label: str | None, head: pl.DataFrame) -> None:
        self._columns = columns
        self._delimiter = delimiter
        self._label = None if label is None else columns.index(label)
        self._labels = dict.fromkeys(() if label is None else head[label].drop_nulls(), 0)
        self._window = self._examined = self._count = 0
        self._first: tuple[Message | str, str] = "", ""

    def look(self, span: _Span, good: np.ndarray, quote: int) -> np.ndarray:
        """Mask of the rows that took in others."""
        swallowed = np.zeros(good.size, np.bool_)
        spanning = np.flatnonzero(good & ((span.flags & SPANS) > 0))
        self._learn_labels(span, good & ((span.flags & SPANS) == 0), quote)
        for i in spanning.tolist():
            row = span.first_row + i
            if self._window != row // _WINDOW:
                self._window, self._examined = row // _WINDOW, 0
            if self._examined < _EXAMINED:
                swallowed[i] = self._looks_like_rows(span.raw_lines(i), row)
            self._examined += 1
        if not self._count and not swallowed[spanning].all():
            i = int(spanning[~swallowed[spanning]][0])
            self._first = span.place(i), self._column_that_spans(span, i)
        self._count += int(spanning.size - swallowed.sum())
        return swallowed

    def note(self, bad: BadRows) -> None:
        """Say how many rows span lines, and name the first."""
        if self._count:
            place, column = self._first
            bad.notes.append(
                plural(
                    "{count:,} row holds line breaks inside quotes ({place}, column {column!r})",
                    "{count:,} rows hold line breaks inside quotes (the first: {place}, column {column!r})",
                    self._count,
                    place=place,
                    column=column,
                )
            )

    def _learn_labels(self, span: _Span, single: np.ndarray, quote: int) -> None:
        if self._label is None or not single.any():
            return
        one = fields_frame(
            span.buffer,
            span.starts[single],
            span.ends[single],
            span.kinds[single],
            quote,
            ["label"],
            [self._label],
        )
        rows = np.flatnonzero(single) + span.first_row
        labels = one["label"]
        for at in labels.arg_unique():
            if labels[at] is not None:
                self._labels.setdefault(labels[at], int(rows[at]))

    def _looks_like_rows(self, lines: list[str], row: int) -> bool:
        if self._label is None or self._delimiter is None or len(self._columns) < 2:
            return False
        alike = 0
        for line in lines:
            fields = line.rstrip("\r").split(self._delimiter)
            alike += len(fields) == len(self._columns) and self._known(fields[self._label].strip('"'), row)
        return alike >= 2 and alike >= 0.8 * len(lines)

    def _known(self, label: str, row: int) -> bool:
        return self._labels.get(label, row) < row

    def _column_that_spans(self, span: _Span, i: int) -> str:
        for name, begin, end in zip(self._columns, span.starts[i], span.ends[i], strict=True):
            if (span.buffer[begin:end] == 10).any():
                return name
        return self._columns[0]


def open_csv(stream: ByteStream, asked: Asked, default: str) -> CsvRecords:
    """A table, read as the user says.

    Args:
        stream: the file's bytes.
        asked: what the user says of the file.
        default: the delimiter that its name suggests.
    """
    return CsvRecords(
        stream,
        delimiter=asked.delimiter or ("\t" if asked.format == "tsv" else None),
        header=asked.header,
        default=default,
        known=list(asked.columns),
        labelled=asked.need_label,
    )


CSV = Format(partial(open_csv, default=","), endings=(".csv",))
TSV = Format(partial(open_csv, default="\t"), endings=(".tsv", ".tab"))
