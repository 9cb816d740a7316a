"""Vectors as lines of text: GloVe's, and word2vec's and fastText's with their header.

A line is a word and its numbers, parted by spaces or tabs. A word may itself hold spaces (GloVe's 840B file has some):
the last numbers of the line are the vector, what stands before them is the word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.data.formats.records import line_place
from sadari.messages import Message, message
from sadari.text.column import column_bytes
from sadari.vectors.formats.decimals import (
    DOUBTFUL,
    MOST_CHARACTERS,
    NOT_A_NUMBER,
    NOT_FINITE,
    NUMBER,
    ends_field,
    parts_fields,
    read_decimal,
    write_decimal,
)
from sadari.vectors.formats.rows import WORDLESS_ROWS, Rows, decoded, gather
from sadari.vectors.formats.source import VectorFile

_PARSED = 1 << 20  # numbers parsed or written at a time
# What a line is; all from BLANK on is left out.
GOOD, SPACES, BLANK, WORDLESS, SHORT, LONG, NOT_NUMBERS, INFINITE = range(8)
_NUMBER = re.compile(rb"[-+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+|[-+]?(?i:nan|inf|infinity)")
_REPLACED = "\ufffd".encode()
_FIELD = re.compile(rb"[^ \t\r\n]++")


def fields_of(line: bytes) -> list[bytes]:
    """What stands between the spaces and tabs of a line."""
    return _FIELD.findall(line)


def is_number(field: bytes) -> bool:
    """Whether this is a decimal number, or ``nan`` or ``inf``."""
    return bool(_NUMBER.fullmatch(field))


def as_float32(field: bytes) -> np.float32:
    """A decimal number as Python's parser reads it; infinite where float32 cannot hold it."""
    with np.errstate(over="ignore"):
        return np.float64(float(field)).astype(np.float32)


def read_lines(
    file: VectorFile, rows: Rows, *, promised: int | None, progress: Callable[[Message | str, float], None] | None
) -> None:
    """Fill rows with all lines of a file.

    Args:
        file: the file, opened.
        rows: what is filled.
        promised: how many words the header, the first line, promises; None where the first line is a word's.
        progress: told what is being done, and which share of it is.

    Raises:
        DataError: a bad line (unless those are left out), or as many lines as were not promised.
    """
    reader = _LineReader(rows)
    for block, ended in file.lines():
        if promised is not None and reader.line == 1:
            block = block[block.index(b"\n") + 1 :]
            reader.line, reader.headed = 2, True
        reader.read(block, ended, file.share, file.encoding)
        if progress is not None:
            progress(message("reading the vectors"), file.share)
        if rows.full:
            return
    if promised is not None:
        rows.check_promise(promised)


class _LineReader:
    """Lines to rows, block by block; counts the lines.

    Attributes:
        line: the number of the next line, from 1.
        headed: whether the first line was a header.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows, self.line, self.headed = rows, 1, False
        most = max(1, min(_PARSED // rows.width, 1 << 16))
        self._values = np.empty((most, rows.width), np.float32)
        self._starts, self._lengths, self._places = (np.empty(most, np.int64) for _ in range(3))
        self._kinds = np.empty(most, np.uint8)
        self._doubtful = np.empty((max(4096, rows.width), 4), np.int64)  # row, column, first byte, end

    def read(self, raw: bytes, ended: bool, share: float, encoding: str) -> None:
        """Take up the lines of a block, as many as are wanted."""
        block, at = np.frombuffer(raw, np.uint8), 0
        while at < len(block) and not self.rows.full:
            most = min(len(self._values), self.rows.room(len(self._values)))
            count, at, doubtful = _parse(
                block, at, self._values[:most], self._starts, self._lengths, self._places, self._kinds, self._doubtful
            )
            for row, column, first, end in self._doubtful[:doubtful].tolist():
                self._values[row, column] = as_float32(raw[first:end])
                if np.isinf(self._values[row, column]):
                    self._kinds[row] = INFINITE
            self._take(raw, count, share, encoding, cut=not ended and at == len(block))
            self.line += count

    def _take(self, raw: bytes, count: int, share: float, encoding: str, *, cut: bool) -> None:
        kinds, starts, lengths = self._kinds[:count], self._starts[:count], self._lengths[:count]
        values = self._values[:count]
        self.rows.seen += count - int((kinds == BLANK).sum())
        if kinds.any():
            self._judge(raw, kinds, cut)
            chosen = np.flatnonzero(kinds < BLANK)
            starts, lengths, values = starts[chosen], lengths[chosen], values[chosen]
        names, offsets = gather(np.frombuffer(raw, np.uint8), starts, lengths)
        words, wrong = decoded(names, offsets, "utf-8")
        if encoding != "utf-8" and _REPLACED in names:  # which decoding the whole file has put there
            wrong = [name.decode() for name in names.split(b"\n") if _REPLACED in name]
        self.rows.count_wrong(wrong, encoding)
        self.rows.add(words, values, share)

    def _judge(self, raw: bytes, kinds: NDArray[np.uint8], cut: bool) -> None:
        """Count what is odd, and refuse what is bad."""
        for kind, what in (
            (SPACES, message("words with spaces in them")),
            (BLANK, message("blank lines passed over")),
            (WORDLESS, WORDLESS_ROWS),
        ):
            found = np.flatnonzero(kinds == kind)
            if len(found):
                self.rows.count(what, len(found), self._shown(raw, int(found[0])))
        bad = np.flatnonzero(kinds >= SHORT)
        if len(bad):
            row = int(bad[0])
            last = cut and row == len(kinds) - 1
            what, hint = self._what_is_wrong(raw, row, int(kinds[row]), last)
            self.rows.bad(what, self._place(row), hint, len(bad))

    def _place(self, row: int) -> Message:
        return line_place(self.line + row)

    def _shown(self, raw: bytes, row: int) -> Message:
        start, length = int(self._starts[row]), int(self._lengths[row])
        if not length:
            return self._place(row)
        word = raw[start : start + length].decode("utf-8", "replace")
        return message("{word!r:.60}, {place}", word=word, place=self._place(row))

    def _what_is_wrong(self, raw: bytes, row: int, kind: int, cut: bool) -> tuple[Message, Message]:
        place, width = int(self._places[row]), self.rows.width
        fields = fields_of(raw[place : raw.index(b"\n", place)])
        word, values = fields[0].decode("utf-8", "replace"), fields[max(1, len(fields) - width) :]
        hint = message("mend or remove the line, or leave bad rows out (on_bad_row='skip')")
        if kind == INFINITE:
            odd = next(value for value in values if not np.isfinite(as_float32(value)))
            what = message(
                "the vector of {word!r:.60} holds {value!r:.40}, which is no finite number",
                word=word,
                value=odd.decode(),
            )
        elif kind == NOT_NUMBERS:
            odd = next(value for value in values if not is_number(value))
            what = message(
                "the vector of {word!r:.60} holds {value!r:.40}, which is no number",
                word=word,
                value=odd.decode("utf-8", "replace"),
            )
        else:
            what = message(
                "{word!r:.60} has {count:,} values, where {width:,} are expected",
                word=word,
                count=len(fields) - 1,
                width=width,
            )
        if self.line + row == 2 and self.headed and kind in (SHORT, LONG):
            hint = message("if the first line is a word and its number, not a header, name the format: glove")
        if cut:
            hint = message("the file ends in the middle of a line: is the download complete?")
        return what, hint


@njit(cache=True, nogil=True)
def _parse(block, at, values, starts, lengths, places, kinds, doubtful):  # type: ignore[no-untyped-def]
    """Parse lines from byte ``at`` on, until the block or an array ends: (lines, byte after them, doubtful numbers).

    Args:
        block: uint8, ending in a line feed.
        at: the first byte to parse.
        values: float32 [m, width], filled.
        starts: int64 [m], where each line's word begins.
        lengths: int64 [m], how many bytes it has.
        places: int64 [m], where each line begins.
        kinds: uint8 [m], what each line is.
        doubtful: int64 [k, 4], numbers that are left to Python: row, column, first byte, end.
    """
    width, late = values.shape[1], 0
    for row in range(len(values)):
        if at == len(block) or late + width > len(doubtful):
            return row, at, late
        places[row] = starts[row] = i = at
        while not ends_field(block[i]):
            i += 1
        lengths[row] = i - at
        i, columns, _, now = _parse_numbers(block, i, row, values, doubtful, late)
        if columns == width and block[i] == 10 and lengths[row] > 0:
            kinds[row], at, late = GOOD, i + 1, now
        else:
            kinds[row], at, late = _parse_odd(block, at, row, values, starts, lengths, doubtful, late)
    return len(values), at, late


@njit(cache=True, nogil=True)
def _parse_numbers(block, i, row, values, doubtful, late):  # type: ignore[no-untyped-def]
    """Numbers of one row from byte ``i`` on: (the byte after, how many, what is wrong, doubtful numbers by now)."""
    for column in range(values.shape[1]):
        while parts_fields(block[i]):
            i += 1
        if block[i] == 10:
            return i, column, NUMBER, late
        first = i
        value, i, kind = read_decimal(block, i)
        values[row, column] = value
        if kind == DOUBTFUL:
            doubtful[late, 0], doubtful[late, 1], doubtful[late, 2], doubtful[late, 3] = row, column, first, i
            late += 1
        elif kind != NUMBER:
            return i, column, kind, late
    while parts_fields(block[i]):
        i += 1
    return i, values.shape[1], NUMBER, late


@njit(cache=True, nogil=True)
def _parse_odd(block, at, row, values, starts, lengths, doubtful, late):  # type: ignore[no-untyped-def]
    """A line that is not one word and its numbers: (what it is, the byte after it, doubtful numbers by now)."""
    begin, end = at, at
    while block[end] != 10:
        end += 1
    after = end + 1
    while end > at and parts_fields(block[end - 1]):
        end -= 1
    while begin < end and parts_fields(block[begin]):
        begin += 1
    found, first = _last_fields(block, begin, end, values.shape[1])
    stop = first  # where the word ends
    while stop > begin and parts_fields(block[stop - 1]):
        stop -= 1
    starts[row], lengths[row] = begin, stop - begin
    if found == 0:
        return BLANK, after, late
    if found < values.shape[1] or (stop == begin and begin == at):
        return SHORT, after, late
    _, _, kind, now = _parse_numbers(block, first, row, values, doubtful, late)
    if stop == begin:
        return SHORT if kind == NOT_A_NUMBER else WORDLESS, after, late
    if kind == NOT_A_NUMBER:
        return NOT_NUMBERS, after, late
    if kind == NOT_FINITE:
        return INFINITE, after, late
    return _word_kind(block, begin, stop), after, now


@njit(cache=True, nogil=True)
def _last_fields(block, begin, end, wanted):  # type: ignore[no-untyped-def]
    """How many fields, up to ``wanted``, are found from byte ``end`` back, and where the first of those begins."""
    found, first = 0, end
    while found < wanted and first > begin:
        while first > begin and parts_fields(block[first - 1]):
            first -= 1
        if first > begin:
            found += 1
        while first > begin and not parts_fields(block[first - 1]):
            first -= 1
    return found, first


@njit(cache=True, nogil=True)
def _word_kind(block, begin, stop):  # type: ignore[no-untyped-def]
    """GOOD for a word in one piece; SPACES; LONG where its last piece is a number, so that the line has too many."""
    piece = stop
    while piece > begin and not parts_fields(block[piece - 1]):
        piece -= 1
    if piece == begin:
        return GOOD
    return SPACES if read_decimal(block, piece)[2] == NOT_A_NUMBER else LONG


def write_lines(stream: BinaryIO, words: Sequence[str], matrix: NDArray[np.float32], *, header: bool) -> None:
    """Write a line for each word, and the header's line before them if it is wanted.

    Args:
        stream: where to write.
        words: n words without spaces or line ends in them.
        matrix: float32 [n, width], finite; read back, it has the same bits.
        header: whether the first line says how many words and dimensions there are.
    """
    if header:
        stream.write(f"{len(words)} {matrix.shape[1]}\n".encode())
    step = max(1, _PARSED // matrix.shape[1])
    for first in range(0, len(words), step):
        content, offsets = column_bytes(pl.Series(words[first : first + step], dtype=pl.String))
        part = np.ascontiguousarray(matrix[first : first + step])
        out = np.empty(len(content) + len(part) * (1 + part.shape[1] * (1 + MOST_CHARACTERS)), np.uint8)
        stream.write(out[: _write(content, offsets, part, out)].data)


@njit(cache=True, nogil=True)
def _write(content, offsets, matrix, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the lines: how many bytes they take."""
    at = 0
    for row in range(len(matrix)):
        for i in range(offsets[row], offsets[row + 1]):
            out[at] = content[i]
            at += 1
        for column in range(matrix.shape[1]):
            out[at] = 32
            at = write_decimal(matrix[row, column], out, at + 1)
        out[at] = 10
        at += 1
    return at
