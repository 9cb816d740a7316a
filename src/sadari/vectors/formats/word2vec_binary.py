"""word2vec's binary format: a header, then each word, a space, and its numbers as little-endian float32.

A line feed may follow each vector (word2vec's own tool writes one, gensim does not). The file is streamed, so that a
compressed one is read in the same way, and no more of it is in memory than a block and what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.data.formats.records import row_place
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.text.column import column_bytes
from sadari.vectors.formats.rows import WORDLESS_ROWS, Rows, decoded, gather
from sadari.vectors.formats.source import VectorFile

MOST_WORD = 1 << 16  # bytes; a longer run without a space is no word
_WRITTEN = 1 << 20  # numbers written at a time
_FLOAT = np.dtype("<f4")
GOOD, WORDLESS, JUNK, INFINITE = range(4)  # what a row is


def read_binary(
    file: VectorFile, rows: Rows, *, start: int, promised: int, progress: Callable[[Message | str, float], None] | None
) -> None:
    """Fill rows with all vectors of a file.

    Args:
        file: the file, opened.
        rows: what is filled.
        start: the first byte after the header.
        promised: how many words the header promises.
        progress: told what is being done, and which share of it is.

    Raises:
        DataError: bytes that are no words and vectors, a vector that is not finite (unless those are left out), or a
            file that does not end where the header says.
    """
    reader = _RowReader(rows, file, start, promised)
    blocks, rest, skip = file.read(), b"", start
    for raw in blocks:
        block = rest + raw[skip:]
        skip = max(0, skip - len(raw))
        rest = block[reader.read(block, file.share) :]
        if progress is not None:
            progress(message("reading the vectors"), file.share)
        if rows.full or reader.left == 0:
            break
    if reader.left == 0 and (rest + next(blocks, b"")).strip():
        what = message("goes on after the {promised:,} words that its first line promises", promised=promised)
        if rows.on_bad_row == "error":
            raise DataError(
                what, where=file.name, hint=message("is it a word2vec binary file? A word in it may have no spaces")
            )
        rows.notes.append(what)
    if not rows.full:
        rows.check_promise(promised)


class _RowReader:
    """Bytes to rows, block by block.

    Attributes:
        left: how many words are still promised.
    """

    def __init__(self, rows: Rows, file: VectorFile, start: int, promised: int) -> None:
        self.rows, self.file, self.left = rows, file, promised
        self._passed = start  # bytes of the file before the block
        self._values = np.empty((0, rows.width), _FLOAT)

    def read(self, raw: bytes, share: float) -> int:
        """Take up the whole rows of a block: how many of its bytes that were."""
        block, size = np.frombuffer(raw, np.uint8), self.rows.width * _FLOAT.itemsize
        most = self.rows.room(min(self.left, len(block) // (size + 1) + 1))
        starts, lengths = np.empty(most, np.int64), np.empty(most, np.int64)
        count, end, lost = _scan(block, size, MOST_WORD, starts, lengths)
        if lost:
            what = message(
                "there is no word in the {most_word:,} bytes after byte {passed:,}",
                most_word=MOST_WORD,
                passed=self._passed + end,
            )
            raise DataError(
                what, where=self.file.name, hint=message("is it a word2vec binary file? A word may have no spaces")
            )
        if count:
            self._take(block, starts[:count], lengths[:count], share)
        self.left -= count
        self._passed += end
        return int(end)

    def _take(
        self, block: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64], share: float
    ) -> None:
        if len(self._values) < len(starts):
            self._values = np.empty((len(starts), self.rows.width), _FLOAT)
        values = self._values[: len(starts)]
        _copy_values(block, starts + lengths + 1, values.view(np.uint8))
        kinds = np.empty(len(starts), np.uint8)
        _judge_rows(block, starts, lengths, values.view("<u4"), kinds)
        if kinds.any():
            self._judge(block, starts, lengths, kinds)
            chosen = np.flatnonzero(kinds == GOOD)
            starts, lengths, values = starts[chosen], lengths[chosen], values[chosen]
        self.rows.seen += len(kinds)
        words, wrong = decoded(*gather(block, starts, lengths), self.file.encoding)
        self.rows.count_wrong(wrong, self.file.encoding)
        self.rows.add(words, values.astype(np.float32, copy=False), share)

    def _judge(
        self,
        block: NDArray[np.uint8],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
        kinds: NDArray[np.uint8],
    ) -> None:
        """Count rows without a word, and refuse what is bad."""
        found = np.flatnonzero(kinds == WORDLESS)
        if len(found):
            self.rows.count(WORDLESS_ROWS, len(found), self._place(int(found[0])))
        bad = np.flatnonzero(kinds > WORDLESS)
        if not len(bad):
            return
        row = int(bad[0])
        word = block[starts[row] : starts[row] + lengths[row]].tobytes().decode(self.file.encoding, "replace")
        if kinds[row] == JUNK:
            what = message("{word!r:.60} is no word: it holds control characters", word=word)
            hint = message("is it a word2vec binary file? A word may have no spaces")
        else:
            what = message("the vector of {word!r:.60} holds a number that is not finite", word=word)
            hint = message("make the file again, or leave bad rows out (on_bad_row='skip')")
        self.rows.bad(what, self._place(row), hint, len(bad))

    def _place(self, row: int) -> Message:
        return row_place(self.rows.seen + row + 1)


@njit(cache=True, nogil=True)
def _scan(block, size, most_word, starts, lengths):  # type: ignore[no-untyped-def]
    """Find rows: (how many, the first byte after them, whether no word ends where one should).

    Args:
        block: uint8.
        size: bytes of a vector.
        most_word: the longest word, in bytes.
        starts: int64 [m], filled with where each row's word begins.
        lengths: int64 [m], filled with how many bytes it has.
    """
    at = 0
    for row in range(len(starts)):
        while at < len(block) and block[at] == 10:
            at += 1
        end = at
        while end < len(block) and block[end] != 32:
            end += 1
        if end - at > most_word:
            return row, at, True
        if end + 1 + size > len(block):
            return row, at, False
        starts[row], lengths[row] = at, end - at
        at = end + 1 + size
    return len(starts), at, False


@njit(cache=True, nogil=True)
def _copy_values(block, places, out):  # type: ignore[no-untyped-def]
    """Copy each vector's bytes, which lie at any address, into a row of ``out``, uint8 [m, bytes]."""
    for row in range(len(places)):
        place = places[row]
        for i in range(out.shape[1]):
            out[row, i] = block[place + i]


@njit(cache=True, nogil=True)
def _judge_rows(block, starts, lengths, bits, kinds):  # type: ignore[no-untyped-def]
    """What each row is; ``bits`` are its numbers as uint32 [m, width]."""
    for row in range(len(starts)):
        kinds[row] = WORDLESS if lengths[row] == 0 else GOOD
        for i in range(starts[row], starts[row] + lengths[row]):
            if block[i] < 9:
                kinds[row] = JUNK
        odd = 0
        for column in range(bits.shape[1]):
            # an exponent of all ones is that of infinity and of what is no number
            odd += (bits[row, column] & 0x7F80_0000) == 0x7F80_0000
        if odd and kinds[row] == GOOD:
            kinds[row] = INFINITE


def write_binary(stream: BinaryIO, words: Sequence[str], matrix: NDArray[np.float32]) -> None:
    """Write all vectors, as word2vec's own tool does, with a line feed after each.

    Args:
        stream: where to write.
        words: n words without spaces or line ends in them.
        matrix: float32 [n, width].
    """
    stream.write(f"{len(words)} {matrix.shape[1]}\n".encode())
    step = max(1, _WRITTEN // matrix.shape[1])
    for first in range(0, len(words), step):
        content, offsets = column_bytes(pl.Series(words[first : first + step], dtype=pl.String))
        part = np.ascontiguousarray(matrix[first : first + step], dtype=_FLOAT).view(np.uint8)
        out = np.empty(len(content) + part.size + 2 * len(part), np.uint8)
        _weave(content, offsets, part, out)
        stream.write(out.data)


@njit(cache=True, nogil=True)
def _weave(content, offsets, values, out):  # type: ignore[no-untyped-def]
    """Word, space, vector, line feed; and the next."""
    at = 0
    for row in range(len(values)):
        for i in range(offsets[row], offsets[row + 1]):
            out[at] = content[i]
            at += 1
        out[at] = 32
        at += 1
        for i in range(values.shape[1]):
            out[at + i] = values[row, i]
        at += values.shape[1]
        out[at] = 10
        at += 1
