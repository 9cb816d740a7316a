"""Hashed subwords: the runs of characters of a word, each in one of so many buckets, as fastText hashes them.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information". The word stands between ``<`` and ``>``; its
pieces are all runs of ``shortest`` to ``longest`` units of that, each hashed into one of so many buckets: fastText's
own rule, byte by byte, where a unit is a character. ``</s>`` has none. Korean can be cut into jamo (letters) first,
each syllable into exactly three, an empty final written as one letter more: 가 → ㄱㅏ_ and 각 → ㄱㅏㄱ share two of
three units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import as_column
from sadari.text.tokens.ends import is_end
from sadari.text.tokens.scan import Tokens
from sadari.text.tokens.words import whole_words

MOST_UNITS = 64  # in a piece
UNITS = ("characters", "jamo")


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
    return token_pieces(whole_words(jamo(column) if unit == "jamo" else column), shortest, longest, buckets)


def token_pieces(tokens: Tokens, shortest: int, longest: int, buckets: int) -> Ragged:
    """The same of each token, in characters."""
    counts = np.empty(len(tokens), np.int64)
    _count_pieces(tokens.content, tokens.starts, tokens.lengths, shortest, longest, counts)
    ends = offsets_of(counts)
    ids = np.empty(ends[-1], np.int32)
    _hash_pieces(tokens.content, tokens.starts, tokens.lengths, shortest, longest, buckets, ids)
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
def _count_pieces(content, starts, lengths, shortest, longest, counts):  # type: ignore[no-untyped-def]
    for t in range(len(starts)):
        units, n = 2, 0
        for i in range(starts[t], starts[t] + lengths[t]):
            if content[i] & 0xC0 != 0x80:
                units += 1
        if is_end(content, starts[t], lengths[t]):
            units = 0
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
    if is_end(content, start, length):
        return n
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
def _hash_pieces(content, starts, lengths, shortest, longest, buckets, ids):  # type: ignore[no-untyped-def]
    word = np.empty((lengths.max() if len(lengths) > 0 else 0) + 2, np.uint8)
    n = 0
    for t in range(len(starts)):
        n = push_pieces(content, starts[t], lengths[t], word, shortest, longest, buckets, ids, n)
