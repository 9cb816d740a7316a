"""One text by itself: the same tokens, n-grams and counts as of a text in a column, to the last one.

Until Numba is loaded that is done in plain Python: for a short text it is over before Numba would be imported, and its
loops be read from their cache. From then on it is one compiled call. What cannot be done here to the same end is left
to the way of columns: long texts, a tokenizer that calls another library, and characters that this Python does not
know, which Polars may compose or lower otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import message
from sadari.text.ngrams import (
    NO_PREFIX,
    check_pairs,
    find_ngrams_loop,
    hash_ngrams_loop,
    join_features,
    settle_features,
)
from sadari.text.table import MISSING, look_up_loop
from sadari.text.tokens.scan import ALONE, DENSE, DROP, MARK, PART, TAG, Rules, character_kind, scan_loop
from sadari.text.tokens.tokenize import Tokenizer
from sadari.text.weigh import tally_loop

MOST_CHARACTERS = 10_000
_BREAK_TAG = re.compile("<br />", re.ASCII | re.IGNORECASE)


def prepared(text: str, tokenizer: Tokenizer) -> str | None:
    """The text as `tokens_of` and `count_loop` read it: composed, and small; None where it is left to columns."""
    if len(text) > MOST_CHARACTERS or tokenizer.prepare is not None:
        return None
    if text.isascii():
        return text
    if any(unicodedata.category(character) in ("Cn", "Cs") for character in set(text)):
        return None
    text = unicodedata.normalize("NFC", text)
    return text.lower() if tokenizer.lowercase else text


def tokens_of(text: str, rules: Rules) -> list[str]:
    """The tokens of a text that is `prepared`."""
    return list(_tokens(text, rules))


def _tokens(text: str, rules: Rules) -> Iterator[str]:
    """What `scan.scan` finds in one text, whose letters outside ASCII are small already where they should be."""
    classes, lower, others = rules.ascii_class.tolist(), rules.lower.tolist(), rules.other_class.tolist()
    if TAG in classes:
        dropped = dict.fromkeys(code for code in range(128) if classes[code] == DROP)
        text = _BREAK_TAG.sub("\n", text.translate(dropped))
    word, dense = "", False
    for character in text:
        code = ord(character)
        if code < 128:
            what, character = classes[code], chr(lower[code])
        else:
            kind = character_kind(character)
            what = PART if kind == MARK and word else others[kind]
            dense = dense or (kind == DENSE and what == PART)
        if what in (PART, TAG):
            word += character
        elif what != DROP:
            yield from _of_word(word, dense, rules)
            if what == ALONE:
                yield character
            word, dense = "", False
    yield from _of_word(word, dense, rules)


def _of_word(word: str, dense: bool, rules: Rules) -> Iterator[str]:
    """A whole word, or the n-grams of its characters, as the rules have it."""
    smallest, largest = rules.pieces
    if len(word) < rules.min_chars or not word:
        return
    if not dense or not largest:
        yield word
        return
    characters: list[str] = []
    for character in word:
        if characters and not character.isascii() and character_kind(character) == MARK:
            characters[-1] += character
        else:
            characters.append(character)
    if len(characters) <= smallest:
        yield word
        return
    for first in range(len(characters)):
        for last in range(first + smallest, min(first + largest, len(characters)) + 1):
            yield "".join(characters[first:last])


class OneText:
    """The words and n-grams of a saved model, as they lie in its folder: nothing is built that one text does not need.

    Args:
        words: by id. pairs: int32 [size, 2], as `NgramTable.pairs`. longest: n-gram, in words.

    Raises:
        SettingError: words or pairs that no table can have.
    """

    def __init__(self, words: list[str], pairs: NDArray[np.int32], longest: int) -> None:
        check_pairs(pairs, len(words))
        self.words, self.pairs, self.longest = words, pairs, longest
        try:
            "".join(words).encode()
        except UnicodeEncodeError as error:
            raise SettingError(message("the vocabulary has an entry that is no text: {error}", error=error)) from None
        self._ids = {word: place for place, word in enumerate(words)}
        if len(self._ids) < len(words):
            twice = next(word for place, word in enumerate(words) if self._ids[word] != place)
            raise SettingError(message("the vocabulary has {tokens!r} twice", tokens=twice))
        shorter = pairs[:, 0]
        for _ in range(longest):
            shorter = pairs[shorter[shorter != NO_PREFIX], 0]
        if len(shorter):
            raise SettingError(message("the table of n-grams has one of more than {longest} words", longest=longest))
        keys = pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1]
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        if (self._keys[1:] == self._keys[:-1]).any():
            raise SettingError(message("the table of n-grams has one twice, or is made to collide"))

    def grams(self, tokens: list[str]) -> list[int]:
        """The known n-grams of a text, in the order of their first words, as `NgramTable.look_up` gives them."""
        found = self.grams_at(tokens)
        return found[found != MISSING].tolist()

    def grams_at(self, tokens: list[str]) -> NDArray[np.int64]:
        """int64 [tokens, longest]: the n-gram of 1, 2 … tokens that begins at each, MISSING where there is none."""
        words = np.array([self._ids.get(token, MISSING) for token in tokens], np.int64)
        grams = np.full((len(words), self.longest), MISSING, np.int64)
        prefixes = np.full(len(words), NO_PREFIX, np.int64)
        for n in range(min(self.longest, len(words)) if len(self._keys) else 0):
            reach = len(words) - n
            keys = np.where(prefixes[:reach] == MISSING, MISSING, prefixes[:reach] << 32 | words[n:])
            places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            prefixes = np.where(self._keys[places] == keys, self._order[places], MISSING)
            grams[:reach, n] = prefixes
        return grams

    def words_of(self, gram: int) -> list[str]:
        """The words of one n-gram, in order."""
        words: list[str] = []
        while gram != NO_PREFIX:
            gram, word = self.pairs[gram].tolist()
            words.append(self.words[word])
        return words[::-1]


@njit(cache=True, nogil=True)
def count_loop(content, rules, kinds, words, grams, feature_of):  # type: ignore[no-untyped-def]
    """Feature ids int32 [stored] and counts uint16 [stored] of one text that is `prepared`.

    Args: `Rules.tables`, the kinds of characters, `TokenTable.tables`, `NgramTable.tables`, int32 [n-grams].
    """
    (out, starts, lengths, hashes), ends = _tokens_of_one(content, rules, kinds)
    found = look_up_loop(out, starts, lengths, hashes, *words)
    longest, unigrams, slots, keys = grams
    values, offsets = np.empty(len(found) * longest, np.int32), np.zeros(2, np.int64)
    find_ngrams_loop(found, ends, longest, unigrams, slots, keys, 0, False, 0, values, offsets)
    for i in range(offsets[1]):
        values[i] = feature_of[values[i]]
    return _tallied(values, offsets)


@njit(cache=True, nogil=True)
def count_hashed_loop(content, rules, kinds, words, longest, vocabulary, buckets):  # type: ignore[no-untyped-def]
    """The same of `HashedVectors`, whose longer n-grams lie in buckets after the words of the vocabulary."""
    (out, starts, lengths, hashes), ends = _tokens_of_one(content, rules, kinds)
    found = look_up_loop(out, starts, lengths, hashes, *words)
    hashed, offsets = np.empty(len(found) * (longest - 1), np.int32), np.zeros(2, np.int64)
    offsets[1] = hash_ngrams_loop(hashes, ends, longest, buckets, hashed)
    values, offsets = join_features(found, ends, hashed, offsets)
    settle_features(values, found[:0], vocabulary, buckets - 1)
    return _tallied(values, offsets)


@njit(cache=True, nogil=True)
def _tokens_of_one(content, rules, kinds):  # type: ignore[no-untyped-def]
    """The tokens of one text, as slices of bytes, and their offsets."""
    room = (max(1, rules[5] - rules[4] + 1) + 1) * len(content) + 2
    work = np.empty(3 * room, np.int32)  # at once: each of them alone takes as long
    starts, lengths, hashes = work[:room], work[room : 2 * room], work[2 * room :].view(np.uint32)
    out, ends, bounds = np.empty(len(content), np.uint8), np.zeros(2, np.int64), np.zeros(2, np.int64)
    bounds[1] = len(content)
    _, _, n = scan_loop(content, bounds, rules, kinds, (starts, lengths, hashes), out, ends, 0, 0, 0)
    return (out, starts[:n], lengths[:n], hashes[:n]), ends


@njit(cache=True, nogil=True)
def _tallied(values, offsets):  # type: ignore[no-untyped-def]
    """Of the features of one text each once, and how often."""
    places = 16
    while places < 2 * offsets[1]:
        places *= 2
    ids, counts, ends = np.empty(offsets[1], np.int32), np.empty(offsets[1], np.uint16), np.zeros(2, np.int64)
    tally_loop(values, offsets, np.full(places, -1, np.int64), ids, counts, ends)
    return ids[: ends[1]], counts[: ends[1]]
