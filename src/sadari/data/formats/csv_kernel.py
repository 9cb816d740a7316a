"""Compiled loops over the bytes of a CSV file: where records and fields lie, and what fields hold.

RFC 4180, read strictly enough to know what it cannot mean: a record's quotes, fields and lines are counted as
they are found, so that the caller can name the very row that is wrong.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NO_QUOTE = 256
"""Stands for the quote byte where quotes are plain characters: no byte equals it."""

PLAIN, QUOTED, ESCAPED = 0, 1, 2
"""Kinds of field: bare, quoted, quoted with doubled quotes inside."""

STRAY, SPANS = 1, 2
"""Flags of a record: text follows a closing quote; a quoted field holds a newline."""

_LF, _CR = 10, 13


@njit(cache=True, nogil=True)
def scan_records(  # type: ignore[no-untyped-def]
    buffer, start, delimiter, quote, final, starts, ends, kinds, heads, counts, flags
):
    """Find the records of `buffer[start:]` until the buffer, or the room in the outputs, runs out.

    An empty line is no record; it is passed over.

    Args:
        buffer: (n,) uint8. start: the offset at which a record begins.
        delimiter, quote: bytes; `NO_QUOTE` where quotes mean nothing.
        final: whether the file ends with the buffer.
        starts, ends: (rows, columns) int32, filled with each field's bounds, quotes left out.
        kinds: (rows, columns) uint8. heads: (rows,) int32, where each record begins.
        counts: (rows,) int32, its fields. flags: (rows,) uint8.

    Returns:
        records found, offset of the first byte not consumed, line feeds before it, and, where the buffer ended
        inside a quoted field, the offset of its opening quote, else -1.
    """
    size = buffer.size
    room, columns = starts.shape
    record = 0
    lines = 0
    i = start
    while record < room and i < size:
        head = i
        count = 0
        flag = 0
        breaks = 0
        ended = False
        while not ended:
            begin = i
            kind = PLAIN
            if i < size and buffer[i] == quote:
                kind = QUOTED
                opened = i
                i += 1
                begin = i
                while True:
                    while i < size and buffer[i] != quote:
                        if buffer[i] == _LF:
                            flag |= SPANS
                            breaks += 1
                        i += 1
                    if i >= size:
                        return record, head, lines, opened
                    if i + 1 < size and buffer[i + 1] == quote:
                        kind = ESCAPED
                        i += 2
                        continue
                    break
                end = i
                i += 1
                if i < size and buffer[i] == _CR and (i + 1 == size or buffer[i + 1] == _LF):
                    i += 1
                if i < size and buffer[i] != delimiter and buffer[i] != _LF:
                    flag |= STRAY
                    while i < size and buffer[i] != delimiter and buffer[i] != _LF:
                        i += 1
            else:
                while i < size and buffer[i] != delimiter and buffer[i] != _LF:
                    i += 1
                end = i
                if end > begin and buffer[end - 1] == _CR and (i == size or buffer[i] == _LF):
                    end -= 1
            if count < columns:
                starts[record, count] = begin
                ends[record, count] = end
                kinds[record, count] = kind
            count += 1
            if i >= size:
                if not final:
                    return record, head, lines, -1
                ended = True
            else:
                ended = buffer[i] == _LF
                breaks += ended
                i += 1
        lines += breaks
        if count == 1 and kind == PLAIN and begin == end:
            continue
        for missing in range(count, columns):
            starts[record, missing] = 0
            ends[record, missing] = 0
            kinds[record, missing] = PLAIN
        heads[record] = head
        counts[record] = count
        flags[record] = flag
        record += 1
    return record, i, lines, -1


@njit(cache=True, nogil=True)
def gather_field(buffer, starts, ends, kinds, quote, values, offsets, present):  # type: ignore[no-untyped-def]
    """Copy one column's fields end to end, doubled quotes made single.

    Args:
        buffer: (n,) uint8. starts, ends: (rows,) int32 bounds in it. kinds: (rows,) uint8. quote: the quote
            byte.
        values: uint8 with room for ``sum(ends - starts)``. offsets: (rows + 1,) int64, filled.
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
