"""Subwords: a word as a bag of its pieces, so that a word never seen has a vector too.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information". The word stands between ``<`` and ``>``; its
pieces are all runs of ``shortest`` to ``longest`` units of that, each hashed into one of so many buckets: fastText's
own rule, byte by byte, where a unit is a character. Korean can be cut into jamo (letters) first, each syllable into
exactly three, an empty final written as one letter more: 가 → ㄱㅏ_ and 각 → ㄱㅏㄱ share two of three units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import as_column, column_bytes

MOST_UNITS = 64  # in a piece
UNITS = ("characters", "jamo")
LARGEST = 1e30  # the sums of a word's pieces of such numbers stay finite in float32


class Subwords:
    """Vectors of hashed pieces of words.

    Args:
        matrix: float32 [buckets, width].
        shortest: units of the shortest piece, the word's ``<`` and ``>`` counted.
        longest: units of the longest piece.
        unit: "characters", or "jamo": Hangul syllables taken apart.
    """

    def __init__(
        self, matrix: NDArray[np.float32], *, shortest: int = 3, longest: int = 6, unit: str = "characters"
    ) -> None:
        check_subwords(shortest, longest, unit)
        self.matrix, self.shortest, self.longest, self.unit = matrix, shortest, longest, unit

    @property
    def buckets(self) -> int:
        return len(self.matrix)

    def pieces(self, words: Sequence[str] | pl.Series) -> Ragged:
        """Bucket ids of the pieces of each word."""
        return pieces_of(words, self.shortest, self.longest, self.buckets, self.unit)

    def vectors_of(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The mean of each word's pieces float32 [m, width], and bool [m]: whether any of them was ever trained."""
        pieces = self.pieces(words)
        out = np.zeros((len(pieces), self.matrix.shape[1]), np.float32)
        mean_rows(pieces.values, pieces.offsets, self.matrix, out)
        made = np.asarray(out.any(axis=1))
        return out, made


def check_subwords(shortest: int, longest: int, unit: str) -> None:
    """Refuse settings that make no pieces."""
    if not 1 <= shortest <= longest <= MOST_UNITS:
        raise SettingError(
            message("pieces of {shortest} to {longest} units", shortest=shortest, longest=longest),
            hint=message("1 ≤ shortest ≤ longest ≤ 64, such as 3 to 6"),
        )
    if unit not in UNITS:
        raise SettingError(
            message("there is no unit {unit!r}", unit=unit), hint=message("one of {units}", units=", ".join(UNITS))
        )


def pieces_of(words: Sequence[str] | pl.Series, shortest: int, longest: int, buckets: int, unit: str) -> Ragged:
    """Bucket ids of the pieces of each word: its runs of ``shortest`` to ``longest`` units, as fastText hashes them."""
    column = as_column(words)
    if unit == "jamo":
        column = jamo(column)
    content, offsets = column_bytes(column)
    counts = np.empty(len(column), np.int64)
    _count_pieces(content, offsets, shortest, longest, counts)
    ends = offsets_of(counts)
    ids = np.empty(ends[-1], np.int32)
    _hash_pieces(content, offsets, shortest, longest, buckets, ids)
    return Ragged(ids, ends)


NO_FINAL = "ᇿ"  # stands where a syllable has no final letter; no modern text contains it


def jamo(column: pl.Series) -> pl.Series:
    """Each Hangul syllable as exactly three letters: initial, vowel, and final or a sign that there is none."""
    # a syllable without a final is followed by the sign before it is taken apart: its code is a multiple of 28
    open_syllables = "".join(chr(code) for code in range(0xAC00, 0xD7A4, 28))
    return (
        column.str.normalize("NFC").str.replace_all(f"([{open_syllables}])", f"${{1}}{NO_FINAL}").str.normalize("NFD")
    )


@njit(cache=True, nogil=True)
def _count_pieces(content, offsets, shortest, longest, counts):  # type: ignore[no-untyped-def]
    for t in range(len(counts)):
        units = 2
        for i in range(offsets[t], offsets[t + 1]):
            if content[i] & 0xC0 != 0x80:
                units += 1
        n = 0
        for length in range(shortest, min(longest, units) + 1):
            n += units - length + 1
            if length == 1:
                n -= 2  # "<" and ">" by themselves say nothing
        counts[t] = n


@njit(cache=True, nogil=True)
def push_pieces(content, start, length, word, shortest, longest, buckets, ids, n):  # type: ignore[no-untyped-def]
    """Write the bucket ids of all pieces of one word, between ``<`` and ``>``, from place ``n`` on: how many there are.

    ``word`` uint8 is room for the word, two bytes longer than it.
    """
    word[0], word[length + 1] = 60, 62
    for i in range(length):
        word[i + 1] = content[start + i]
    size = length + 2
    for i in range(size):
        if word[i] & 0xC0 == 0x80:
            continue
        h = np.uint32(2166136261)
        j, units = i, 0
        while j < size and units < longest:
            h = np.uint32((h ^ np.uint32(np.int8(word[j]))) * np.uint32(16777619))
            j += 1
            while j < size and word[j] & 0xC0 == 0x80:
                h = np.uint32((h ^ np.uint32(np.int8(word[j]))) * np.uint32(16777619))
                j += 1
            units += 1
            if units >= shortest and not (units == 1 and (i == 0 or j == size)):
                ids[n] = np.int64(np.uint64(h) % np.uint64(buckets))
                n += 1
    return n


@njit(cache=True, nogil=True)
def _hash_pieces(content, offsets, shortest, longest, buckets, ids):  # type: ignore[no-untyped-def]
    most = 0
    for t in range(len(offsets) - 1):
        most = max(most, offsets[t + 1] - offsets[t])
    word = np.empty(most + 2, np.uint8)
    n = 0
    for t in range(len(offsets) - 1):
        n = push_pieces(content, offsets[t], offsets[t + 1] - offsets[t], word, shortest, longest, buckets, ids, n)


@njit(cache=True, nogil=True, fastmath=True)
def mean_rows(ids, offsets, matrix, out):  # type: ignore[no-untyped-def]
    """out[t] = mean of the rows of text t's ids; zeros where there are none."""
    width = matrix.shape[1]
    for t in range(len(offsets) - 1):
        for i in range(offsets[t], offsets[t + 1]):
            for j in range(width):
                out[t, j] += matrix[ids[i], j]
        scale = np.float32(1.0 / max(1, offsets[t + 1] - offsets[t]))
        for j in range(width):
            out[t, j] *= scale
