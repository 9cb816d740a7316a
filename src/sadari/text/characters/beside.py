"""Words and characters side by side: two blocks of features, each normed by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import message
from sadari.text.characters.vectors import CharacterVectors, told
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Counts, CountsOnDemand, on_disk_if_large


class WordsAndCharacters:
    """Counts of n-grams of words and, numbered after them, of characters.

    Args:
        words: what counts words.
        characters: what counts characters.
    """

    array_names = ("parts", *CountVectors.array_names, *(f"character_{name}" for name in CountVectors.array_names))

    def __init__(self, words: CountVectors, characters: CharacterVectors) -> None:
        self.words, self.characters = words, characters

    @property
    def size(self) -> int:
        """How many features there are."""
        return self.words.size + self.characters.size

    @property
    def second(self) -> int:
        """The first feature that is of characters."""
        return self.words.size

    def fit(self, texts: Any) -> Counts | CountsOnDemand:
        """Learn the n-grams of a corpus, and count them. Texts without words, such as emoji, have characters alone.

        Raises:
            DataError: no characters were found in any text.
        """
        words = cast("Counts", on_disk_if_large(self.words.fit(texts, may_be_empty=True)))
        characters = self.characters.fit(texts)
        return beside(words, characters) if isinstance(characters, Counts) else BesideCounts(words, characters)

    def transform(self, column: pl.Series) -> Counts:
        """Counts of the learned n-grams in some texts; all else is left out."""
        return beside(self.words.transform(column), self.characters.transform(column))

    def count_one(self, text: str) -> Counts | None:
        """The same of one text; None where only `transform` can."""
        words = self.words.count_one(text)
        characters = None if words is None else self.characters.count_one(text)
        return None if words is None or characters is None else beside(words, characters)

    def known(self, counts: Counts) -> NDArray[np.bool_]:
        """bool [n]: which of these texts have anything that was learned; white space alone tells nothing."""
        return told(counts, [feature + self.second for feature in self.characters.white_space()])

    def names_of(self, features: NDArray[np.int32]) -> list[str]:
        """The n-grams of some features."""
        return [
            self.words.names_of(features[i : i + 1])[0]
            if feature < self.second
            else self.characters.names_of(features[i : i + 1] - self.second)[0]
            for i, feature in enumerate(features.tolist())
        ]

    def names_in(self, text: str, features: NDArray[np.int32]) -> list[str]:
        """The n-grams of some features that were found in ``text``."""
        return self.names_of(features)

    def state(self) -> tuple[list[str], dict[str, NDArray[np.int32]]]:
        """The words and then the characters, and the arrays, from which `restore` makes the same object."""
        words, arrays = self.words.state()
        characters, others = self.characters.state()
        parts = {"parts": np.array([len(words)], np.int32)}
        return [*words, *characters], parts | arrays | {f"character_{name}": array for name, array in others.items()}

    def restore(self, words: list[str], arrays: dict[str, NDArray[np.int32]]) -> WordsAndCharacters:
        """Take up a saved state.

        Raises:
            SettingError: the parts do not fit each other.
        """
        parts = arrays["parts"]
        if parts.shape != (1,) or not 0 <= parts[0] <= len(words):
            raise SettingError(message("the vocabulary is not parted into words and characters"))
        at = int(parts[0])
        self.words.restore(words[:at], {name: arrays[name] for name in CountVectors.array_names})
        others = {name: arrays[f"character_{name}"] for name in CountVectors.array_names}
        self.characters.restore(words[at:], others)
        return self


@dataclass(frozen=True, eq=False)
class BesideCounts(CountsOnDemand):
    """Each text's features of one kind and then of another, whose ids follow those of the first.

    Attributes:
        first: counts of the one.
        second: of the other, of the same texts.
    """

    first: Counts
    second: CountsOnDemand

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many features there are."""
        return self.first.size + self.second.size

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: NDArray[np.integer]) -> Counts:
        """The texts at ``rows``, in that order."""
        return beside(self.first.take(rows), self.second.take(rows))


def beside(first: Counts, second: Counts) -> Counts:
    """Each text's features of the first and then of the second, whose ids follow those of the first."""
    ids = np.empty(len(first.ids) + len(second.ids), np.int32)
    counts = np.empty(len(ids), np.uint16)
    if len(first) == 1:
        np.concatenate([first.ids, second.ids + first.size], out=ids, casting="same_kind")
        np.concatenate([first.counts, second.counts], out=counts)
    else:
        _join(first.ids, first.counts, first.offsets, 0, second.offsets, ids, counts, False)
        _join(second.ids, second.counts, second.offsets, first.size, first.offsets, ids, counts, True)
    return Counts(ids, counts, first.offsets + second.offsets, first.size + second.size)


@njit(cache=True, nogil=True)
def _join(ids, counts, offsets, more, others, out_ids, out_counts, behind):  # type: ignore[no-untyped-def]
    for t in range(len(offsets) - 1):
        n = offsets[t] + (others[t + 1] if behind else others[t])
        for i in range(offsets[t], offsets[t + 1]):
            out_ids[n], out_counts[n] = ids[i] + more, counts[i]
            n += 1
