"""The dictionary in fastText's model files: words, then labels, each with its count; and what was pruned."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError, ModelError
from sadari.messages import message
from sadari.text.table import TokenTable, hash_slices
from sadari.text.tokens.scan import MOST_BYTES, Tokens
from sadari.vectors.fasttext.reader import FileBytes

_SIZES = struct.Struct("<3i2q")
_LEAST = 10  # bytes of an entry: the NUL behind the word, an int64 and an int8
_CHUNK = 1 << 20  # of the file read at a time; what is longer is no word


@dataclass(frozen=True)
class Dictionary:
    """Words and labels.

    Attributes:
        content: uint8, the bytes of all entries, words first; usually UTF-8.
        offsets: int64 [entries + 1].
        counts: int64 [entries], how often each was seen in training.
        words: how many entries are words; the others are labels.
        tokens: how many tokens training saw.
        pruned: int32 [m, 2]: a bucket, and its row behind the words' rows; buckets that do not stand there have no
            row. None: every bucket has its row.
    """

    content: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    words: int
    tokens: int
    pruned: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def labels(self) -> int:
        return len(self) - self.words

    @classmethod
    def of(cls, words: list[bytes], labels: list[bytes], counts: NDArray[np.int64], tokens: int) -> Dictionary:
        """The dictionary of these words and labels; ``counts`` int64 [words + labels]."""
        entries = [*words, *labels]
        offsets = np.zeros(len(entries) + 1, np.int64)
        np.cumsum([len(entry) for entry in entries], out=offsets[1:])
        return cls(np.frombuffer(b"".join(entries), np.uint8), offsets, counts, len(words), tokens)

    def entry(self, place: int) -> bytes:
        return self.content[self.offsets[place] : self.offsets[place + 1]].tobytes()

    def texts(self) -> list[str]:
        """The words as text; bytes that are not UTF-8 are written as ``\\xNN``."""
        raw, bounds = self.content.tobytes(), self.offsets[: self.words + 1].tolist()
        return [readable(raw[first:end]) for first, end in pairwise(bounds)]

    def table(self) -> TokenTable:
        """Every entry ↔ its place.

        Raises:
            ValueError: an entry stands twice, or they were made to collide.
        """
        if len(self.content) > MOST_BYTES:
            raise DataError(message("the vocabulary has more than {most_bytes:,} bytes", most_bytes=MOST_BYTES))
        starts, lengths = self.offsets[:-1].astype(np.int32), np.diff(self.offsets).astype(np.int32)
        hashes = hash_slices(self.content, starts, lengths)
        table = TokenTable()
        try:
            ids = table.learn(Tokens(self.content, starts, lengths, hashes, np.array([0, len(self)])))
        except DataError as error:
            raise DataError(error.said) from None
        if len(table) < len(self):
            twice = int(np.argmax(ids != np.arange(len(self))))
            raise DataError(message("the vocabulary has {tokens!r} twice", tokens=readable(self.entry(twice))[:60]))
        return table


def readable(entry: bytes) -> str:
    """An entry as text; bytes that are not UTF-8 are written as ``\\xNN``."""
    return entry.decode("utf-8", errors="backslashreplace")


def count_sum(counts: NDArray[np.int64]) -> int:
    """The sum of counts, as far as the file can hold it."""
    return min(int(counts.sum(dtype=np.float64)), 2**63 - 1)


def read_dictionary(source: FileBytes) -> Dictionary:
    """The dictionary that begins here.

    Raises:
        ModelError: it is cut off, or cannot be.
    """
    size, words, labels, tokens, pruned = source.unpack(_SIZES, message("the dictionary's sizes"))
    if min(size, words, labels) < 0 or words + labels != size or pruned < -1:
        raise ModelError(
            message(
                "says that its dictionary has {size:,} entries, {words:,} words and {labels:,} labels",
                size=size,
                words=words,
                labels=labels,
            ),
            where=source.where,
        )
    if size * _LEAST > source.left:
        raise ModelError(
            message(
                "says that its dictionary has {size:,} entries, which take more than the {left:,} bytes left",
                size=size,
                left=source.left,
            ),
            where=source.where,
            hint=message("copy or download it again"),
        )
    content, offsets, counts, kinds = _read_entries(source, size)
    if kinds[:words].any() or (kinds[words:] != 1).any():
        raise ModelError(message("mixes words and labels in its dictionary"), where=source.where)
    if counts.min(initial=0) < 0:
        raise ModelError(message("says that a word was seen a negative number of times"), where=source.where)
    pairs = None if pruned < 0 else source.array(np.int32, 2 * pruned, message("the pruned buckets")).reshape(pruned, 2)
    return Dictionary(content, offsets, counts, words, tokens, pairs)


def _read_entries(
    source: FileBytes, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """Content, offsets, counts and kinds of the entries; a chunk of the file at a time, as nobody knows their end."""
    offsets = np.zeros(size + 1, np.int64)
    counts, kinds = np.empty(size, np.int64), np.empty(size, np.int8)
    parts: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)]
    done = 0
    while done < size:
        chunk = source.array(np.uint8, min(source.left, _CHUNK), message("the dictionary"))
        words = np.empty_like(chunk)
        before = done
        done, used, written = _split_entries(chunk, words, offsets, counts, kinds, done, size)
        source.seek(source.at - len(chunk) + used)
        parts.append(words[:written].copy())
        if done == before:
            raise ModelError(
                message(
                    "ends within its dictionary, or has a word of more than {chunk} MiB: entry {done:,}",
                    chunk=_CHUNK >> 20,
                    done=done + 1,
                ),
                where=source.where,
                hint=message("copy or download it again"),
            )
    return np.concatenate(parts), offsets, counts, kinds


@njit(cache=True, nogil=True)
def _split_entries(chunk, words, offsets, counts, kinds, done, size):  # type: ignore[no-untyped-def]
    """Take whole entries off a chunk: (entries done, bytes used, bytes of words written)."""
    used, written = 0, 0
    while done < size:
        end = used
        while end < len(chunk) and chunk[end] != 0:
            end += 1
        if end + 10 > len(chunk):
            break
        for i in range(used, end):
            words[written] = chunk[i]
            written += 1
        value = np.uint64(0)
        for i in range(8):
            value |= np.uint64(chunk[end + 1 + i]) << np.uint64(8 * i)
        counts[done] = np.int64(value)
        kinds[done] = np.int8(chunk[end + 9])
        done += 1
        offsets[done] = offsets[done - 1] + end - used
        used = end + 10
    return done, used, written


def write_dictionary(stream: BinaryIO, dictionary: Dictionary) -> None:
    """The dictionary in the file's layout."""
    pruned = dictionary.pruned
    stream.write(
        _SIZES.pack(
            len(dictionary),
            dictionary.words,
            dictionary.labels,
            dictionary.tokens,
            -1 if pruned is None else len(pruned),
        )
    )
    out = np.empty(len(dictionary.content) + _LEAST * len(dictionary), np.uint8)
    _join_entries(dictionary.content, dictionary.offsets, dictionary.counts, dictionary.words, out)
    stream.write(out.data)
    if pruned is not None:
        stream.write(np.ascontiguousarray(pruned, dtype="<i4").tobytes())


@njit(cache=True, nogil=True)
def _join_entries(content, offsets, counts, words, out):  # type: ignore[no-untyped-def]
    n = 0
    for entry in range(len(counts)):
        for i in range(offsets[entry], offsets[entry + 1]):
            out[n] = content[i]
            n += 1
        out[n] = 0
        for i in range(8):
            out[n + 1 + i] = np.uint8((counts[entry] >> (8 * i)) & 0xFF)
        out[n + 9] = 0 if entry < words else 1
        n += 10
