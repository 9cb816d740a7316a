"""Unicode's composed form (NFC) of every text, so that "é" is the same however it was typed.

Each text is looked at by itself: what stands beside it in a column changes nothing. Most texts are composed already,
and are known to be by one compiled pass over their bytes (the quick check of Unicode Standard Annex 15).
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.forked import check_threads, without_polars
from sadari.text.column import column_bytes
from sadari.text.tokens.scan import decode_character

# No character before U+0300 is changed by NFC or changes another one; from there on UTF-8 begins with this byte.
FIRST_BYTE = 0xCC
MOST_CHARACTERS = 10_000  # that Python composes: in the worst case 50 million steps
MAY_CHANGE = 255  # no combining class: those end at 240


def composed(column: pl.Series) -> pl.Series:
    """The same texts in NFC; the column itself where all of them are."""
    return composed_bytes(column)[0]


def composed_bytes(column: pl.Series) -> tuple[pl.Series, NDArray[np.uint8], NDArray[np.int64]]:
    """The same texts in NFC, and as `column_bytes` gives them."""
    content, offsets = column_bytes(column)
    if len(content) == 0 or int(content.max()) < FIRST_BYTE:
        return column, content, offsets
    doubtful = np.zeros(len(column), np.bool_)
    _find_doubtful(content, offsets, _composition(), doubtful)
    rows = np.flatnonzero(doubtful)
    if len(rows) == 0:
        return column, content, offsets
    texts = column.gather(rows)
    # Polars sorts a run of marks in n log n steps, Python in n²: a megabyte of them takes it minutes
    fixed = _in_a_fork(texts) if without_polars() else texts.str.normalize("NFC")
    if fixed.equals(texts):
        return column, content, offsets
    column = column.scatter(rows, fixed) if len(rows) < len(column) else fixed
    return column, *column_bytes(column)


def _in_a_fork(texts: pl.Series) -> pl.Series:
    """By Python, where Polars has no threads; of texts so long that it could take seconds, Polars' error is raised."""
    rows = texts.to_list()
    if max(map(len, rows)) > MOST_CHARACTERS:
        check_threads()
    return pl.Series("text", [unicodedata.normalize("NFC", text) for text in rows], pl.String)


# What decomposes, and what has a combining class, stands here: no Han, no syllables of Hangul (parts named below).
RANGES = ((0xC0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x17000), (0x1A000, 0x20000), (0x2F800, 0x2FA20))
HANGUL_PARTS = (slice(0x1161, 0x1176), slice(0x11A8, 0x11C3))  # vowels and finals, which join a syllable


@cache
def _composition() -> NDArray[np.uint8]:
    """uint8 [0x110000]: the combining class of each character, or MAY_CHANGE: NFC may replace or join it.

    A text whose classes never fall but to 0, and without such characters, is in NFC.
    """
    table = np.zeros(sys.maxunicode + 1, np.uint8)
    changing: list[int] = []
    for code in chain.from_iterable(range(*ends) for ends in RANGES):
        character = chr(code)
        table[code] = unicodedata.combining(character)
        parts = unicodedata.decomposition(character)
        if parts and parts[0] != "<":
            changing += [int(part, 16) for part in parts.split()[1:]]
            if unicodedata.normalize("NFC", character) != character:
                changing.append(code)
    table[changing] = MAY_CHANGE
    for parts_of_hangul in HANGUL_PARTS:
        table[parts_of_hangul] = MAY_CHANGE
    return table


@njit(cache=True, nogil=True)
def _find_doubtful(content, offsets, composition, doubtful):  # type: ignore[no-untyped-def]
    for t in range(len(offsets) - 1):
        i, end, before = offsets[t], offsets[t + 1], np.uint8(0)
        while i < end:
            if content[i] < FIRST_BYTE:
                before = np.uint8(0)
                i += 1
                continue
            code, size = decode_character(content, i)
            here = composition[code]
            if here == MAY_CHANGE or 0 < here < before:
                doubtful[t] = True
                break
            before = here
            i += size
