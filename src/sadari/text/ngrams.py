"""n-grams of words as feature ids: exact (a table of all that were learned) or hashed (fastText's buckets).

An exact n-gram is stored as a pair: the shorter n-gram that it extends, and its last word. So one table of pairs holds
n-grams of every length, and a text's n-grams are found by walking on from each word.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.settings.limits import Whole, check
from sadari.text.column import as_column
from sadari.text.table import MISSING, spread

LONGEST = Whole(1, 16)  # words of an n-gram: longer ones are as good as never seen twice
NO_PREFIX = 0x7FFFFFFF  # "the shorter n-gram" of a single word


def ngrams(tokens: list[str], n: int) -> list[str]:
    """The n-grams of one token list, joined by spaces: ``len(tokens) - n + 1`` of them (none where n is longer)."""
    check("n", n, Whole(1, 2**63 - 1))
    words = as_column(tokens).to_list()
    if n > len(words):
        return []  # nothing that grows with n
    return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]


class NgramTable:
    """Exact n-grams of 1 to ``longest`` words ↔ ids 0, 1, 2 …, in the order in which they were first seen.

    Shorter n-grams than the caller wants as features are in the table too: longer ones are found through them.
    """

    def __init__(self, longest: int) -> None:
        check("the longest n-gram", longest, LONGEST)
        self.longest = longest
        self.unigrams: NDArray[np.int32] = np.empty(0, np.int32)  # word id → n-gram id
        self.slots: NDArray[np.int32] = np.full(1024, MISSING, np.int32)
        self.keys: NDArray[np.int64] = np.empty(512, np.int64)  # prefix n-gram id << 32 | last word id
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def learn(self, words: Ragged, vocab_size: int) -> Ragged:
        """The n-grams of every text, in the order of their first words; new ones get the next ids.

        Args:
            words: word ids, all below ``vocab_size`` (a negative id breaks the n-grams across it).
            vocab_size: how many words there are by now.

        Raises:
            SettingError: a word id past the vocabulary, or more n-grams than 31 bits can number.
        """
        if vocab_size > len(self.unigrams):
            known = len(self.unigrams)
            self.unigrams = np.resize(self.unigrams, vocab_size)
            self.unigrams[known:] = MISSING
        self._check(words)
        grams = np.empty(len(words.values) * self.longest, np.int32)
        offsets = np.zeros(len(words) + 1, np.int64)
        text = 0
        while True:
            text = self._find(words, grams, offsets, text, learning=True)
            if text == len(words):
                return Ragged(grams[: offsets[-1]], offsets)
            room = self.longest * int(words.offsets[text + 1] - words.offsets[text])
            if self.size + room >= NO_PREFIX:
                raise SettingError(
                    message("there are over two thousand million n-grams"), hint=message("take shorter n-grams")
                )
            self.keys = np.resize(self.keys, 2 * len(self.keys) + room)
            self.slots, _ = _all_slots(self.keys, self.size, len(self.keys))

    def look_up(self, words: Ragged) -> Ragged:
        """The known n-grams of every text; unknown ones are left out.

        Raises:
            SettingError: a word id past the vocabulary.
        """
        self._check(words)
        grams = np.empty(len(words.values) * self.longest, np.int32)
        offsets = np.zeros(len(words) + 1, np.int64)
        self._find(words, grams, offsets, 0, learning=False)
        return Ragged(grams[: offsets[-1]], offsets)

    def _find(
        self, words: Ragged, grams: NDArray[np.int32], offsets: NDArray[np.int64], text: int, *, learning: bool
    ) -> int:
        """Write the n-grams of the texts from ``text`` on: how many texts are done."""
        text, self.size = find_ngrams_loop(
            words.values,
            words.offsets,
            *self.tables,
            self.size,
            learning,
            text,
            grams,
            offsets,
        )
        return text

    def _check(self, words: Ragged) -> None:
        """The compiled loops read where these ids say, unchecked."""
        if words.values.max(initial=MISSING) >= len(self.unigrams):
            raise SettingError(
                message(
                    "word id {max} is not in the vocabulary of {number_of_unigrams}",
                    max=words.values.max(),
                    number_of_unigrams=len(self.unigrams),
                )
            )

    @property
    def tables(self) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """What `find_ngrams_loop` looks in."""
        return self.longest, self.unigrams, self.slots, self.keys

    def orders(self) -> NDArray[np.int32]:
        """int32 [size]: of how many words each n-gram is."""
        return _orders(self.keys[: self.size])

    @property
    def pairs(self) -> NDArray[np.int32]:
        """int32 [size, 2]: prefix n-gram (NO_PREFIX for single words) and last word of each n-gram."""
        keys = self.keys[: self.size]
        return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1).astype(np.int32)

    @classmethod
    def of(cls, pairs: NDArray[np.int32], longest: int, vocab_size: int) -> NgramTable:
        """The table with these `pairs`.

        Raises:
            SettingError: pairs that no table can have (an unknown word, a prefix that comes later, an n-gram that is
                too long or stands twice).
        """
        table = cls(longest)
        check_pairs(pairs, vocab_size)
        prefix, word = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
        single, rank = prefix == NO_PREFIX, np.arange(len(pairs))
        table.keys = (prefix << 32) | word
        table.size = len(pairs)
        if table.orders().max(initial=1) > longest:
            raise SettingError(message("the table of n-grams has one of more than {longest} words", longest=longest))
        table.slots, sound = _all_slots(table.keys, table.size, table.size)
        if not sound:
            raise SettingError(message("the table of n-grams has one twice, or is made to collide"))
        table.unigrams = np.full(vocab_size, MISSING, np.int32)
        table.unigrams[word[single]] = rank[single]
        return table

    def words_of(self, gram: int) -> list[int]:
        """The word ids of one n-gram, in order."""
        words: list[int] = []
        while gram != NO_PREFIX:
            key = int(self.keys[gram])
            words.append(key & 0xFFFFFFFF)
            gram = key >> 32
        return words[::-1]

    def kept(self, wanted: NDArray[np.bool_], vocab_size: int) -> tuple[NgramTable, NDArray[np.int32]]:
        """A table of the ``wanted`` n-grams and the prefixes that lead to them.

        Returns:
            the table, and int32 [size]: the new id of each n-gram of this table, MISSING where it went.
        """
        needed = _with_prefixes(self.keys[: self.size], wanted.copy())
        new_ids = np.where(needed, np.cumsum(needed) - 1, MISSING).astype(np.int32)
        pairs = self.pairs[needed]
        inner = pairs[:, 0] != NO_PREFIX
        pairs[inner, 0] = new_ids[pairs[inner, 0]]
        return NgramTable.of(pairs, self.longest, vocab_size), new_ids

    def to_list(self, words: list[str], joint: str = " ") -> list[str]:
        """Every n-gram as text, its words joined by ``joint``."""
        texts: list[str] = []
        for prefix, word in self.pairs.tolist():
            texts.append(words[word] if prefix == NO_PREFIX else f"{texts[prefix]}{joint}{words[word]}")
        return texts


def check_pairs(pairs: NDArray[np.int32], vocab_size: int) -> None:
    """Refuse pairs that name words or n-grams which are not there.

    Raises:
        SettingError: an unknown word, a prefix that comes later, or no pairs at all.
    """
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype != np.int32:
        raise SettingError(
            message(
                "the table of n-grams is {dtype} {list}, not int32 [size, 2]",
                dtype=pairs.dtype,
                list=list(pairs.shape),
            )
        )
    prefix, word = pairs[:, 0], pairs[:, 1]
    longer = prefix != NO_PREFIX
    if np.any((word < 0) | (word >= vocab_size)) or np.any(longer & ((prefix < 0) | (prefix >= np.arange(len(pairs))))):
        raise SettingError(message("the table of n-grams does not fit its vocabulary"))


def hashed_ngrams(
    hashes: NDArray[np.uint32], offsets: NDArray[np.int64], longest: int, buckets: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Buckets of the n-grams of 2 to ``longest`` words, hashed as fastText does (Joulin et al. 2016).

    Args:
        hashes: uint32 [words], FNV-1a of each word (`scan.Tokens.hashes`).
        offsets: int64 [n + 1].
        longest: words of the longest n-gram.
        buckets: how many buckets there are.

    Returns:
        int32 [grams] in 0 … buckets − 1, and their offsets int64 [n + 1].
    """
    if not 1 <= buckets < 2**31:
        raise SettingError(message("buckets is {buckets}; it must be 1 to {value}", buckets=buckets, value=2**31 - 1))
    if offsets[-1] > len(hashes):
        raise SettingError(
            message(
                "the offsets end at {offsets}, past the {number_of_hashes} words",
                offsets=offsets[-1],
                number_of_hashes=len(hashes),
            )
        )
    lengths = np.diff(offsets)
    counts = sum(np.maximum(lengths - n + 1, 0) for n in range(2, longest + 1)) if longest > 1 else 0 * lengths
    gram_offsets = offsets_of(counts)
    grams = np.empty(gram_offsets[-1], np.int32)
    hash_ngrams_loop(hashes, offsets, longest, buckets, grams)
    return grams, gram_offsets


@njit(cache=True, nogil=True)
def hash_ngrams_loop(hashes, offsets, longest, buckets, grams):  # type: ignore[no-untyped-def]
    n = 0
    for t in range(len(offsets) - 1):
        for i in range(offsets[t], offsets[t + 1]):
            h = np.uint64(np.int64(np.int32(hashes[i])))
            for j in range(i + 1, min(offsets[t + 1], i + longest)):
                h = h * np.uint64(116049371) + np.uint64(np.int64(np.int32(hashes[j])))
                grams[n] = np.int32(h % np.uint64(buckets))
                n += 1
    return n


@njit(cache=True, nogil=True)
def _all_slots(keys, size, at_least):  # type: ignore[no-untyped-def]
    """Slots for the first ``size`` keys: a power of two of them, at least twice ``at_least``.

    And whether all is well: no key stands twice, and they collide no more than keys of texts do.
    """
    capacity = 1024
    while capacity < 2 * at_least:
        capacity *= 2
    slots = np.full(capacity, np.int32(-1), np.int32)
    mask = capacity - 1
    probes, most_probes = 0, 64 * size + 1_000_000
    for i in range(size):
        s = spread(keys[i]) & mask
        while slots[s] >= 0:
            if keys[slots[s]] == keys[i] or probes > most_probes:
                return slots, False
            s = (s + 1) & mask
            probes += 1
        slots[s] = i
    return slots, True


@njit(cache=True, nogil=True, inline="always")
def _slot_of(key, keys, slots):  # type: ignore[no-untyped-def]
    """The slot in which a key stands, or the free one in which it would."""
    mask = len(slots) - 1
    s = spread(key) & mask
    while slots[s] >= 0 and keys[slots[s]] != key:
        s = (s + 1) & mask
    return s


@njit(cache=True, nogil=True)
def find_ngrams_loop(  # type: ignore[no-untyped-def]
    words, offsets, longest, unigrams, slots, keys, size, learning, text, grams, gram_offsets
):
    """From ``text`` on until the end, or until a text's new n-grams might not fit: (texts done, size).

    Unknown n-grams are learned, or left out with all that would extend them.
    """
    n = gram_offsets[text]
    for t in range(text, len(offsets) - 1):
        end = offsets[t + 1]
        if learning and size + longest * (end - offsets[t]) > len(keys):
            return t, size
        for i in range(offsets[t], end):
            gram, slot = np.int64(NO_PREFIX), np.int64(0)
            for j in range(i, min(end, i + longest)):
                word = np.int64(words[j])
                if word < 0:
                    break
                key = (gram << 32) | word
                if j == i:
                    gram = np.int64(unigrams[word])
                else:
                    slot = _slot_of(key, keys, slots)
                    gram = np.int64(slots[slot])
                if gram < 0:
                    if not learning:
                        break
                    gram = np.int64(size)
                    keys[gram] = key
                    if j == i:
                        unigrams[word] = gram
                    else:
                        slots[slot] = gram
                    size += 1
                grams[n] = gram
                n += 1
        gram_offsets[t + 1] = n
    return len(offsets) - 1, size


@njit(cache=True, nogil=True)
def _orders(keys):  # type: ignore[no-untyped-def]
    orders = np.ones(len(keys), np.int32)
    for i in range(len(keys)):
        prefix = keys[i] >> 32
        if prefix != NO_PREFIX:
            orders[i] = orders[prefix] + 1
    return orders


@njit(cache=True, nogil=True)
def _with_prefixes(keys, wanted):  # type: ignore[no-untyped-def]
    # a prefix always has a smaller id, so one pass from the end reaches all of them
    for i in range(len(keys) - 1, -1, -1):
        prefix = keys[i] >> 32
        if wanted[i] and prefix != NO_PREFIX:
            wanted[prefix] = True
    return wanted


@njit(cache=True, nogil=True)
def join_features(words, word_offsets, grams, gram_offsets):  # type: ignore[no-untyped-def]
    """Each text's word ids, then its hashed n-grams as ``-2 - bucket``: (values, offsets).

    While a corpus is read, nobody knows yet where the words' ids will end; `settle_features` then numbers the n-grams
    after them.
    """
    values = np.empty(len(words) + len(grams), np.int32)
    offsets = np.zeros(len(word_offsets), np.int64)
    n = 0
    for t in range(len(word_offsets) - 1):
        for i in range(word_offsets[t], word_offsets[t + 1]):
            values[n] = words[i]
            n += 1
        for i in range(gram_offsets[t], gram_offsets[t + 1]):
            values[n] = -2 - grams[i]
            n += 1
        offsets[t + 1] = n
    return values, offsets


@njit(cache=True, nogil=True)
def settle_features(values, new_words, vocab_size, mask):  # type: ignore[no-untyped-def]
    """Rename words (none, where ``new_words`` is empty), fold buckets by ``mask`` and number them after the words."""
    for i in range(len(values)):
        if values[i] <= -2:
            values[i] = vocab_size + ((-2 - values[i]) & mask)
        elif values[i] >= 0 and len(new_words) > 0:
            values[i] = new_words[values[i]]
