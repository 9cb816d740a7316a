"""`char` and `word-char`: a linear layer over n-grams of characters, alone and beside those of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact.restore import text_in
from sadari.messages import Message, message
from sadari.rungs.linear import LinearRung
from sadari.settings.limits import Flag, Range, value_in
from sadari.settings.search import RangeTo, Tried
from sadari.settings.shared import Count
from sadari.text.characters.beside import WordsAndCharacters
from sadari.text.characters.vectors import BREAK, CharacterVectors, with_one_space
from sadari.text.column import columns
from sadari.text.tokens.choose import single_words, written_without_spaces
from sadari.text.tokens.tokenize import TokenizerName, tokenizer
from sadari.text.vectorize import CountVectors

MOST_FEATURES = 500_000  # of characters: rarer ones cost memory and tell little


@dataclass(kw_only=True, eq=False, repr=False)
class CharacterRung(LinearRung):
    """A linear rung whose features are n-grams of characters. The other settings are `LinearRung`'s.

    Args:
        across_spaces: False: n-grams within words, each with a space before and behind it (scikit-learn's ``char_wb``);
            True: of the whole text (``char``); None: True where most letters are of scripts that put no spaces
            between words (Han, kana, Thai, Lao, Khmer, Burmese).
        max_features: the most features of characters, the most frequent ones.

    Attributes:
        across_spaces_: what was taken.
    """

    reads: ClassVar[Literal["tokens", "characters", "subwords"]] = "characters"
    relative_cost: ClassVar[int] = 3
    use_idf = True
    default_epochs = 6
    default_C = 0.5
    across_spaces_ = False

    across_spaces: bool | None = None
    max_features: Count | None = MOST_FEATURES

    def resolved_settings(self) -> dict[str, Any]:
        """The settings, with the rung's defaults in place of None, and what was chosen by the texts."""
        settings = super().resolved_settings()
        if self.across_spaces is None and "across_spaces_" in vars(self):
            settings["across_spaces"] = self.across_spaces_
        return settings

    def _choose_reading(self, texts: Any, targets: NDArray[np.int8]) -> None:
        first = next(iter(columns(texts)), pl.Series("text", [], dtype=pl.String))
        self.across_spaces_ = written_without_spaces(first) if self.across_spaces is None else self.across_spaces

    def _reading(self) -> dict[str, Any]:
        return {"across_spaces": self.across_spaces_}

    def _restore_reading(self, model: Mapping[str, Any]) -> None:
        self.across_spaces_ = value_in(model, "across_spaces", Flag())

    def _characters(self, ngram_range: tuple[int, int], max_features: int | None) -> CharacterVectors:
        return CharacterVectors(
            across_spaces=self.across_spaces_,
            ngram_range=ngram_range,
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=max_features,
        )

    def _character_vectors(self) -> tuple[CharacterVectors, int]:
        """What counts characters, and the first feature that is of them."""
        raise NotImplementedError

    def _spelled(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64]]:
        """The characters of a text, `BREAK` between words, and what each adds: float64 [c, k]."""
        vectors, first = self._character_vectors()
        counts, values = self.weighed(column)
        own = counts.ids >= first
        ids = counts.ids[own]
        added = values[own, None].astype(np.float64) * self.weight_[ids]
        return vectors.by_character(column[0], ids - first, added)

    def _by_character(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64]]:
        return with_one_space(*self._spelled(column))

    def _words(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64]]:
        """The words of a text (across spaces: its characters), and what the n-grams on each add: float64 [m, k]."""
        characters, parts = self._spelled(column)
        if self.across_spaces_:
            return characters, parts
        bounds = [0, *(place + 1 for place, character in enumerate(characters) if character == BREAK)]
        words = "".join(characters).split(BREAK)
        sums = np.add.reduceat(parts, bounds, axis=0) if characters else parts
        return [word.strip() for word in words if word], sums


@dataclass(kw_only=True, eq=False, repr=False)
class Char(CharacterRung):
    """A linear classifier of TF-IDF weights of n-grams of characters.

    The other settings are `CharacterRung`'s and `LinearRung`'s.

    Args:
        ngram_range: shortest and longest n-gram, in characters; None: 1 to 5.
    """

    name = "char"
    votes_on_labels = True
    default_ngram_range = (1, 5)

    ngram_range: Annotated[tuple[int, int], Tried(RangeTo(3, 6))] | None = None

    def _new_vectors(self) -> CharacterVectors:
        return self._characters(self.resolved_settings()["ngram_range"], self.max_features)

    def _character_vectors(self) -> tuple[CharacterVectors, int]:
        return cast("CharacterVectors", self._vectors), 0

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        return *self._words(column), self.bias_.astype(np.float64)


@dataclass(kw_only=True, eq=False, repr=False)
class WordChar(CharacterRung):
    """A linear classifier of TF-IDF weights of n-grams of words and, beside them, of characters.

    The words' weights of a text are scaled to the norm by themselves, and so are those of its characters. The other
    settings are `CharacterRung`'s and `LinearRung`'s.

    Args:
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`, or "auto": chosen by the texts.
        ngram_range: shortest and longest n-gram, in words; None: 1 to 2.
        character_range: shortest and longest n-gram, in characters.
    """

    name = "word-char"
    default_ngram_range = (1, 2)
    auto_by_texts = True

    tokenizer: TokenizerName = "auto"
    ngram_range: Annotated[tuple[int, int], Tried(RangeTo(1, 3))] | None = None
    character_range: Annotated[tuple[int, int], Range(1, 16)] = (1, 5)

    @classmethod
    def needless(cls, texts: Any, label_counts: NDArray[np.integer]) -> Message | None:
        """That single words, of which few come twice, have nothing but their characters."""
        single = single_words(next(iter(columns(texts)), pl.Series("text", [], dtype=pl.String)))
        return message("the texts are single words, which {rung} reads as well", rung=Char.name) if single else None

    def _choose_reading(self, texts: Any, targets: NDArray[np.int8]) -> None:
        super()._choose_reading(texts, targets)
        self._take_tokenizer(texts, targets, self.resolved_settings()["ngram_range"][1])

    def _reading(self) -> dict[str, Any]:
        return {**super()._reading(), "tokenizer": self.tokenizer_}

    def _restore_reading(self, model: Mapping[str, Any]) -> None:
        super()._restore_reading(model)
        self.tokenizer_ = text_in(model, "tokenizer")

    def _new_vectors(self) -> WordsAndCharacters:
        words = CountVectors(
            tokenizer(self.tokenizer_),
            ngram_range=self.resolved_settings()["ngram_range"],
            min_df=self.min_df,
            max_df=self.max_df,
        )
        shortest, longest = self.character_range
        return WordsAndCharacters(words, self._characters((shortest, longest), self.max_features))

    def _character_vectors(self) -> tuple[CharacterVectors, int]:
        vectors = cast("WordsAndCharacters", self._vectors)
        return vectors.characters, vectors.second

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        counts, values = self.weighed(column)
        vectors = cast("WordsAndCharacters", self._vectors)
        own = counts.ids < vectors.second
        added = values[own, None].astype(np.float64) * self.weight_[counts.ids[own]]
        words, sums = self._words(column)
        names = [*vectors.words.names_of(counts.ids[own]), *words]
        # a word adds something by itself, and something by its characters
        once = {name: place for place, name in enumerate(dict.fromkeys(names))}
        together = np.zeros((len(once), added.shape[1]))
        np.add.at(together, [once[name] for name in names], np.concatenate([added, sums]))
        return list(once), together, self.bias_.astype(np.float64)
