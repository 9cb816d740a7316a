"""Compiled loops over the bytes of a CSV file: where records and fields lie, and what fields hold.

RFC 4180, read strictly enough to know what it cannot mean: a record's quotes, fields and lines are counted as
they are found, so that the caller can name the very row that is wrong.
"""

from __future__ import annotations

import numpy as np

from sadari.compiling import njit

NO_QUOTE = 256
"""Stands for the quote byte where quotes are plain characters: no byte equals it."""

PLAIN, QUOTED, ESCAPED = 0, 1, 2
"""Kinds of field: bare, quoted, quoted with doubled quotes inside."""

STRAY, SPANS = 1, 2
"""Flags of a record: text follows a closing quote; a quoted field holds a newline."""

_TAB, _LF, _CR, _SPACE = 9, 10, 13, 32


@njit(cache=True, nogil=True)
def _end_of_bare(buffer, i, delimiter):  # type: ignore[no-untyped-def]
    """The offset of the delimiter or line feed at or after `i`, else the buffer's size."""
    while i < buffer.size and buffer[i] != delimiter and buffer[i] != _LF:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _end_of_quoted(buffer, i, quote):  # type: ignore[no-untyped-def]
    """For a quoted field's content at `i`: the closing quote's offset (or -1), line feeds, and the kind."""
    breaks = 0
    kind = QUOTED
    while i < buffer.size:
        if buffer[i] == quote:
            if i + 1 == buffer.size or buffer[i + 1] != quote:
                return i, breaks, kind
            kind = ESCAPED
            i += 1
        elif buffer[i] == _LF:
            breaks += 1
        i += 1
    return -1, breaks, kind


@njit(cache=True, nogil=True)
def _after_spaces(buffer, i, delimiter):  # type: ignore[no-untyped-def]
    while i < buffer.size and (buffer[i] == _SPACE or buffer[i] == _TAB) and buffer[i] != delimiter:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _read_field(buffer, begin, delimiter, quote, spaced):  # type: ignore[no-untyped-def]
    """One field: its content's bounds, the offset after it (-1 if never closed), kind, line feeds, stray text."""
    size = buffer.size
    if spaced:
        begin = _after_spaces(buffer, begin, delimiter)
    if begin == size or buffer[begin] != quote:
        after = _end_of_bare(buffer, begin, delimiter)
        end = after
        if after == size or buffer[after] == _LF:
            while end > begin and buffer[end - 1] == _CR:
                end -= 1
        while spaced and end > begin and (buffer[end - 1] == _SPACE or buffer[end - 1] == _TAB):
            end -= 1
        return begin, end, after, PLAIN, 0, False
    begin += 1
    end, breaks, kind = _end_of_quoted(buffer, begin, quote)
    if end < 0:
        return begin, end, end, kind, breaks, False
    after = _after_spaces(buffer, end + 1, delimiter) if spaced else end + 1
    ended = after
    while ended < size and buffer[ended] == _CR:  # several, where Windows put one before a line end that had one
        ended += 1
    if ended == size or buffer[ended] == _LF:
        after = ended
    stray = after < size and buffer[after] != delimiter and buffer[after] != _LF
    if stray:
        after = _end_of_bare(buffer, after, delimiter)
    return begin, end, after, kind, breaks, stray


@njit(cache=True, nogil=True)
def scan_records(  # type: ignore[no-untyped-def]
    buffer, start, delimiter, quote, spaced, final, empty_lines, starts, ends, kinds, heads, counts, flags
):
    """Find the records of `buffer[start:]` until the buffer, or the room in the outputs, runs out.

    An empty line is no record and is passed over, unless `empty_lines` are records of one missing field.

    Args:
        buffer: (n,) uint8.
        start: the offset at which a record begins.
        delimiter: a byte.
        quote: a byte; `NO_QUOTE` where quotes mean nothing.
        spaced: whether spaces and tabs may stand around a field, and are no part of it.
        final: whether the file ends with the buffer.
        empty_lines: see above.
        starts: (rows, columns) int32, filled with where each field begins, its quote left out.
        ends: (rows, columns) int32, filled with where each field ends, its quote left out.
        kinds: (rows, columns) uint8.
        heads: (rows,) int32, where each record begins.
        counts: (rows,) int32, its fields.
        flags: (rows,) uint8.

    Returns:
        records found, offset of the first byte not consumed, line feeds before it, and, where the buffer ended
        inside a quoted field, the offset of its opening quote, else -1.
    """
    size = buffer.size
    columns = starts.shape[1]
    record, lines, head = 0, 0, start
    while record < starts.shape[0] and head < size:
        at, count, flag, breaks, ended = head, 0, 0, 0, False
        while not ended:
            begin, end, after, kind, inner, stray = _read_field(buffer, at, delimiter, quote, spaced)
            if after < 0:
                return record, head, lines, at
            if after == size and not final:
                return record, head, lines, -1
            if count < columns:
                starts[record, count] = begin
                ends[record, count] = end
                kinds[record, count] = kind
            count += 1
            breaks += inner
            flag |= (SPANS if inner else 0) | (STRAY if stray else 0)
            ended = after == size or buffer[after] == _LF
            breaks += after < size and ended
            at = after + (after < size)
        lines += breaks
        heads[record] = head
        counts[record] = count
        flags[record] = flag
        blank = count == 1 and kind == PLAIN and begin == end
        head = at
        if empty_lines or not blank:
            kinds[record, count:] = PLAIN
            starts[record, count:] = 0
            ends[record, count:] = 0
            record += 1
    return record, head, lines, -1


@njit(cache=True, nogil=True)
def gather_field(buffer, starts, ends, kinds, quote, values, offsets, present):  # type: ignore[no-untyped-def]
    """Copy one column's fields end to end, doubled quotes made single.

    Args:
        buffer: (n,) uint8.
        starts: (rows,) int32, where each field begins in the buffer.
        ends: (rows,) int32, where it ends.
        kinds: (rows,) uint8.
        quote: the quote byte.
        values: uint8 with room for ``sum(ends - starts)``.
        offsets: (rows + 1,) int64, filled.
        present: (rows,) bool, filled: false for an empty field without quotes, which means missing.
    """
    at = 0
    offsets[0] = 0
    for row in range(starts.size):
        begin = starts[row]
        end = ends[row]
        if kinds[row] == ESCAPED:
            i = begin
            while i < end:
                byte = buffer[i]
                values[at] = byte
                at += 1
                i += 2 if byte == quote else 1
        else:
            for i in range(begin, end):
                values[at + i - begin] = buffer[i]
            at += end - begin
        offsets[row + 1] = at
        present[row] = kinds[row] != PLAIN or end > begin


def record_arrays(rows: int, columns: int) -> tuple[np.ndarray, ...]:
    """Unset outputs for `scan_records`: starts, ends, kinds, heads, counts, flags."""
    return (
        np.empty((rows, columns), np.int32),
        np.empty((rows, columns), np.int32),
        np.empty((rows, columns), np.uint8),
        np.empty(rows, np.int32),
        np.empty(rows, np.int32),
        np.empty(rows, np.uint8),
    )
