"""A reading: the steps from a text to ids, in JSON and arrays, which small interpreters follow without this package.

There is one in Python and one in JavaScript (`sadari.export.readers`). Tests hold both to what is done here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message
from sadari.text.characters.beside import WordsAndCharacters
from sadari.text.characters.vectors import CharacterVectors
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.reading.rules import character_runs, newer_capitals, tokenizer_rules
from sadari.text.tokens.tokenize import Tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.vocab import Vocab

MOST_KEYS = 2**53  # n-grams times words: keys are whole numbers that JavaScript's can hold


@dataclass(frozen=True, eq=False)
class Reading:
    """How texts become ids.

    Attributes:
        steps: what is done, in the readers' words; the ids that the steps find are one text's together.
        words: tables of words or characters, by name.
        arrays: tables of numbers, by name.
        unknown: ids that tell nothing, such as those of white space alone.
        files: what else a reader needs, by file name.
    """

    steps: list[dict[str, Any]]
    words: dict[str, list[str]] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The steps and tables of words, for JSON; the arrays lie beside it."""
        own = any("tokenizer" in step for step in self.steps)
        shared = {"characters": character_runs(), "capitals": newer_capitals()} if own else {}
        return {"steps": self.steps, "words": self.words, **shared}


def reading_of(vectors: CountVectors | HashedVectors | WordsAndCharacters) -> Reading:
    """How these count features, as data.

    Raises:
        SettingError: a tokenizer that is a library of its own, or tables too large.
    """
    if isinstance(vectors, HashedVectors):
        return _hashed(vectors)
    if isinstance(vectors, WordsAndCharacters):
        words, characters = _counted(vectors.words, "words"), _counted(vectors.characters, "characters")
        characters.steps[0]["first"] = vectors.second
        return Reading(
            [*words.steps, *characters.steps],
            words.words | characters.words,
            words.arrays | characters.arrays,
            [feature + vectors.second for feature in characters.unknown],
        )
    return _counted(vectors, "characters" if isinstance(vectors, CharacterVectors) else "words")


def vocabulary_reading(tokenizer: Tokenizer, vocab: Vocab, max_length: int) -> Reading:
    """The ids of a text's tokens in a vocabulary, in order.

    Args:
        tokenizer: cuts the texts.
        vocab: gives the ids.
        max_length: tokens that are read of a text.
    """
    step = {
        "do": "vocabulary",
        "tokenizer": tokenizer_rules(tokenizer),
        "specials": vocab.specials,
        "unknown": vocab.unknown_id,
        "padding": vocab.pad_id,
        "most": max_length,
    }
    return Reading([step], {"words": vocab.tokens}, unknown=list(range(vocab.specials)))


def _counted(vectors: CountVectors, name: str) -> Reading:
    """Exact n-grams of words, or of characters."""
    words = vectors.words.to_list()
    tables = sorted_ngrams(vectors.grams.pairs, vectors.grams.orders(), vectors.feature_of)
    if (len(tables[0]) + 1) * max(1, len(words)) >= MOST_KEYS:
        raise SettingError(
            message(
                "the table of {ngrams:,} n-grams of {words:,} words is too large",
                ngrams=len(tables[0]),
                words=len(words),
            ),
            hint=message("train with a larger {setting}", setting="min_df"),
        )
    step: dict[str, Any] = {
        "do": "ngrams",
        "tokenizer": tokenizer_rules(vectors.tokenizer),
        "longest": vectors.ngram_range[1],
        "table": name,
        "first": 0,
    }
    unknown: list[int] = []
    if isinstance(vectors, CharacterVectors):
        step["characters"] = "across" if vectors.across_spaces else "within"
        unknown = vectors.white_space()
    arrays = dict(zip((f"{name}.prefix", f"{name}.last", f"{name}.feature"), tables, strict=True))
    return Reading([step], {name: words}, arrays, unknown)


def sorted_ngrams(
    pairs: NDArray[np.int32], orders: NDArray[np.int32], feature_of: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """The same n-grams in the order of (prefix, last word), so that a binary search finds them.

    Args:
        pairs: int32 [size, 2], as `NgramTable.pairs`.
        orders: int32 [size], words of each.
        feature_of: int32 [size].

    Returns:
        int32 [size] each: one more than the place of the prefix (0: none), the last word, the feature (−1: none).
    """
    new, done = np.zeros(len(pairs), np.int64), 0
    prefix, word = np.zeros(len(pairs), np.int64), pairs[:, 1].astype(np.int64)
    order = np.empty(len(pairs), np.int64)
    for length in range(1, int(orders.max(initial=0)) + 1):
        here = np.flatnonzero(orders == length)
        if length > 1:
            prefix[here] = new[pairs[here, 0]] + 1
        at = here[np.lexsort((word[here], prefix[here]))]
        order[done : done + len(at)] = at
        new[at] = np.arange(done, done + len(at))
        done += len(at)
    return prefix[order].astype(np.int32), word[order].astype(np.int32), feature_of[order].astype(np.int32)


def _hashed(vectors: HashedVectors) -> Reading:
    """Words, and n-grams and subwords in buckets."""
    words = vectors.words.to_list()
    step = {
        "do": "hashed",
        "tokenizer": tokenizer_rules(vectors.tokenizer),
        "longest": vectors.longest,
        "buckets": vectors.buckets or 0 if vectors.hashes else 0,
        "subwords": vectors.subwords,
        "end": vectors.end,
    }
    return Reading([step], {"words": words}, unknown=[vectors.end_id] if vectors.end_id >= 0 else [])
