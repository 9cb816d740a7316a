"""How texts fall into words whose characters are counted, and how often what stands in a word stands in a text.

A corpus has many times fewer words than places where they stand. So the n-grams of each word are looked for once, and
a text's are those of its words together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.ragged import Ragged, offsets_of, positions_of
from sadari.text.table import TokenTable
from sadari.text.tokens.scan import SPACE, Tokens, character_kinds, decode_character
from sadari.text.weigh import MOST, Counts, CountsOnDemand


def distinct_words(tokens: Tokens, table: TokenTable) -> tuple[Ragged, Tokens]:
    """The words of some texts.

    Args:
        tokens: the words of the texts.
        table: the words before, to which these are added.

    Returns:
        Ids of each text's words in the order in which they stand; and each new word, by id, as a text of its own.
    """
    before = table.size
    ids = table.learn(tokens)
    offsets = table.offsets[before : table.size + 1] - table.offsets[before]
    content = table.content[table.offsets[before] : table.offsets[table.size]]
    starts, lengths = offsets[:-1].astype(np.int32), np.diff(offsets).astype(np.int32)
    each = np.arange(len(offsets))
    return Ragged(ids, tokens.offsets), Tokens(content, starts, lengths, table.hashes[before : table.size], each)


@dataclass(frozen=True, eq=False)
class SpelledCounts(CountsOnDemand):
    """Counts of the features of texts of which each is a row of words, and each word is spelled once.

    Attributes:
        words: the ids of each text's words.
        spelled: the features of each word; negative ones are skipped.
        size: how many features there are.
    """

    words: Ragged
    spelled: Ragged
    size: int

    def __len__(self) -> int:
        return len(self.words)

    @property
    def standing(self) -> int:
        """How many features stand in all texts together, each as often as it does."""
        return int(np.dot(self._word_counts, self.spelled.lengths))

    @property
    def _word_counts(self) -> NDArray[np.int64]:
        return _tally(self.words.values, len(self.spelled))

    def take(self, rows: NDArray[np.integer]) -> Counts:
        """The texts at ``rows``, in that order."""
        at, offsets = positions_of(self.words.offsets, rows)
        return count_in_texts(Ragged(self.words.values[at], offsets), self.spelled, self.size)

    def stored(self) -> Counts:
        """All texts at once."""
        return count_in_texts(self.words, self.spelled, self.size)

    def totals(self) -> NDArray[np.int64]:
        """int64 [size]: how often each feature stands in all texts together."""
        return _totals(self._word_counts, self.spelled.values, self.spelled.offsets, self.size)

    def renamed(self, new_ids: NDArray[np.int32], size: int) -> SpelledCounts:
        """The same texts with other feature ids; features whose new id is negative are left out. Written over."""
        offsets = self.spelled.offsets.copy()
        kept = _rename(self.spelled.values, offsets, new_ids)
        return SpelledCounts(self.words, Ragged(self.spelled.values[:kept], offsets), size)


def padded(words: Tokens) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Words with a space before and behind each: uint8 [total] and offsets int64 [words + 1]."""
    offsets = offsets_of(words.lengths + 2)
    content = np.full(offsets[-1], ord(" "), np.uint8)
    _copy_words(words.content, words.starts, words.lengths, offsets, content)
    return content, offsets


def single_spaced(content: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray, NDArray[np.int64]]:
    """Texts in which two and more white-space characters on end are one space, as scikit-learn's ``char`` has them."""
    is_ascii = len(content) == 0 or int(content.max()) < 128
    out, ends = np.empty(len(content), np.uint8), np.zeros(len(offsets), np.int64)
    kinds = np.array([], np.uint8) if is_ascii else character_kinds()
    written = _join_spaces(content, offsets, kinds, out, ends)
    return out[:written], ends


def count_in_texts(words: Ragged, spelled: Ragged, size: int) -> Counts:
    """How often each feature of its words stands in each text.

    Args:
        words: the ids of each text's words.
        spelled: the features of each word; negative ones are skipped.
        size: how many features there are.
    """
    most = int(spelled.lengths[words.values].sum()) if len(words.values) else 0
    ids, counts = np.empty(most, np.int32), np.empty(most, np.uint16)
    offsets = np.zeros(len(words) + 1, np.int64)
    places = np.full(size, -1, np.int64)
    _tally_words(words.values, words.offsets, spelled.values, spelled.offsets, places, ids, counts, offsets)
    return Counts(ids[: offsets[-1]], counts[: offsets[-1]], offsets, size)


@njit(cache=True, nogil=True)
def _tally(ids, size):  # type: ignore[no-untyped-def]
    sums = np.zeros(size, np.int64)
    for i in range(len(ids)):
        sums[ids[i]] += 1
    return sums


@njit(cache=True, nogil=True)
def _totals(often, features, bounds, size):  # type: ignore[no-untyped-def]
    sums = np.zeros(size, np.int64)
    for w in range(len(often)):
        for i in range(bounds[w], bounds[w + 1]):
            if features[i] >= 0:
                sums[features[i]] += often[w]
    return sums


@njit(cache=True, nogil=True)
def _rename(values, offsets, new_ids):  # type: ignore[no-untyped-def]
    n, start = 0, 0
    for w in range(len(offsets) - 1):
        end = offsets[w + 1]
        for i in range(start, end):
            feature = new_ids[values[i]] if values[i] >= 0 else -1
            if feature >= 0:
                values[n] = feature
                n += 1
        start = end
        offsets[w + 1] = n
    return n


@njit(cache=True, nogil=True)
def _copy_words(content, starts, lengths, offsets, out):  # type: ignore[no-untyped-def]
    for w in range(len(starts)):
        for j in range(lengths[w]):
            out[offsets[w] + 1 + j] = content[starts[w] + j]


@njit(cache=True, nogil=True)
def _join_spaces(content, offsets, kinds, out, ends):  # type: ignore[no-untyped-def]
    n = 0
    for t in range(len(offsets) - 1):
        i, end = offsets[t], offsets[t + 1]
        spaces, last = 0, n  # on end; where the last character begins
        while i < end:
            b = content[i]
            size, space = 1, b == 32 or 9 <= b <= 13 or 28 <= b <= 31
            if b >= 128:
                code, size = decode_character(content, i)
                space = kinds[code] == SPACE
            spaces = spaces + 1 if space else 0
            if spaces > 1:
                n = last
                out[n] = 32
                n += 1
            else:
                last = n
                for j in range(i, i + size):
                    out[n] = content[j]
                    n += 1
            i += size
        ends[t + 1] = n
    return n


@njit(cache=True, nogil=True)
def _tally_words(words, offsets, features, bounds, places, ids, counts, out_offsets):  # type: ignore[no-untyped-def]
    n = 0
    for t in range(len(offsets) - 1):
        first = n
        for w in range(offsets[t], offsets[t + 1]):
            for i in range(bounds[words[w]], bounds[words[w] + 1]):
                feature = features[i]
                if feature < 0:
                    continue
                at = places[feature]
                if at >= first:
                    if counts[at] < MOST:
                        counts[at] += 1
                else:
                    places[feature] = n
                    ids[n], counts[n] = feature, 1
                    n += 1
        out_offsets[t + 1] = n
