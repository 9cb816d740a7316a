"""From texts to counts of n-grams of characters: scikit-learn's ``char_wb`` and, across spaces, ``char``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.ragged import Ragged, offsets_of
from sadari.text.characters.spelling import SpelledCounts, count_in_texts, distinct_words, padded, single_spaced
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.ngrams import NO_PREFIX
from sadari.text.one_text import OneText
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.scan import Tokens, scan
from sadari.text.tokens.tokenize import tokenizer, whitespace, whole
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Counts, CountsOnDemand, count

BREAK = "\ud800"  # stands between words, and in no text: half of a surrogate pair is no character
MOST_STORED = 2**27  # features of all texts, each as often as it stands: 0.8 GB of counts, less what stands twice
IN_MEMORY = 2**25  # ids of words, and of n-grams of words; more lie in a temporary file
_SPACES = re.compile(r"\s\s+")


class CharacterVectors(CountVectors):
    """Counts of exact n-grams of the characters of words, each with a space before and behind it.

    Texts are lower-cased and composed first. A word is what stands between white space; one that is shorter than the
    shortest n-gram is counted whole.

    Args:
        across_spaces: n-grams of the whole text, in which two and more white-space characters on end are one space.
        ngram_range: shortest and longest n-gram, in characters.
        min_df: n-grams that stand in fewer training texts are left out.
        max_df: n-grams that stand in a larger share of the training texts are left out.
        max_features: keep only so many, the most frequent (ties: the one seen first).
    """

    joint = ""

    def __init__(
        self,
        *,
        across_spaces: bool = False,
        ngram_range: tuple[int, int] = (1, 5),
        min_df: int = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
    ) -> None:
        super().__init__(
            whole(lowercase=True) if across_spaces else whitespace(lowercase=True),
            ngram_range=ngram_range,
            min_df=min_df,
            max_df=max_df,
            max_features=max_features,
        )
        self.across_spaces = across_spaces
        self._places: dict[str, int] = {}
        self._blank: tuple[NDArray[np.int32], list[int]] | None = None  # for which features, and `white_space`

    @property
    def ready_for_one(self) -> bool:
        """There is no loop from bytes to counts of characters."""
        return False

    def known(self, counts: Counts) -> NDArray[np.bool_]:
        """bool [n]: which of these texts have anything that was learned; white space alone tells nothing."""
        return told(counts, self.white_space())

    def white_space(self) -> list[int]:
        """The features that are white space alone."""
        if self._blank is None or self._blank[0] is not self.feature_of:  # looked for once, not for every text
            self._blank = self.feature_of, self._white_space()
        return self._blank[1]

    def _white_space(self) -> list[int]:
        saved = self._one_text
        pairs = self.grams.pairs if saved is None else saved.pairs
        characters = self.words.to_list() if saved is None else saved.words
        spaces = [place for place, character in enumerate(characters) if character.isspace()]
        found = self.feature_of[(pairs[:, 0] == NO_PREFIX) & np.isin(pairs[:, 1], spaces)]
        return [feature for feature in found.tolist() if feature != MISSING]

    def spell(self, column: pl.Series, table: TokenTable | None = None) -> tuple[Ragged, Tokens]:
        """The words of some texts: each text's, by id; and the characters of each new word, with its spaces.

        Args:
            column: the texts.
            table: the words of texts before; across spaces, and with None, all are new.
        """
        tokens = self.tokenizer(column)
        if self.across_spaces:
            lengths = np.zeros(len(column), np.int64)
            lengths[np.diff(tokens.offsets) > 0] = tokens.lengths
            content, offsets = single_spaced(tokens.content, offsets_of(lengths))
            each = np.arange(len(column) + 1)
            words = Ragged(each[:-1].astype(np.int32), each)
        else:
            words, once = distinct_words(tokens, TokenTable() if table is None else table)
            content, offsets = padded(once)
        return words, scan(content, offsets, tokenizer("characters").rules)

    def fit(self, texts: Any, *, may_be_empty: bool = False) -> Counts | CountsOnDemand:
        """Learn the n-grams of a corpus, and count them: now, or where that is too much to be held, when wanted.

        Args:
            texts: the corpus.
            may_be_empty: where nothing is found there are no features, which is no error.

        Raises:
            DataError: nothing was found in any text; three of them are shown.
        """
        spelled = cast("SpelledCounts", super().fit(texts, may_be_empty=may_be_empty))
        return spelled if spelled.standing > MOST_STORED else spelled.stored()

    def _learn_all(self, columns: Iterable[pl.Series]) -> SpelledCounts:
        self._places = {}
        table, words, spelled = TokenTable(), GrowingIds(IN_MEMORY), GrowingIds(IN_MEMORY)
        lengths = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for column in columns:
            before = sum(map(len, lengths[1])) if self.across_spaces else 0
            standing, characters = self.spell(column, table)
            ids = self.words.learn(characters)
            grams = self.grams.learn(Ragged(ids, characters.offsets), len(self.words))
            words.append(standing.values + np.int32(before))
            spelled.append(grams.values)
            lengths[0].append(standing.lengths)
            lengths[1].append(grams.lengths)
        each, once = (offsets_of(np.concatenate(parts)) for parts in lengths)
        return SpelledCounts(Ragged(words.whole(), each), Ragged(spelled.whole(), once), len(self.grams))

    def _long_enough(self) -> NDArray[np.bool_]:
        keep = super()._long_enough()
        if self.ngram_range[0] > 3 and not self.across_spaces:
            names = self.grams.to_list(self.words.to_list(), self.joint)
            keep |= np.array([len(name) > 2 and name[0] == name[-1] == " " for name in names], np.bool_)
        return keep

    def features(self, column: pl.Series) -> Ragged:
        """Feature ids of every word of `spell`."""
        _, characters = self.spell(column)
        return self._features(characters)

    def _features(self, characters: Tokens) -> Ragged:
        grams = self.grams.look_up(Ragged(self.words.look_up(characters), characters.offsets))
        return Ragged(self.feature_of[grams.values], grams.offsets) if len(grams.values) else grams

    def transform(self, column: pl.Series) -> Counts:
        """Counts of the learned n-grams in some texts; all else is left out."""
        counts = self.count_one(column[0]) if len(column) == 1 else None
        if counts is not None:
            return counts
        words, characters = self.spell(column)
        return count_in_texts(words, self._features(characters), self.size)

    def _tokens_of(self, ready: str) -> list[str]:
        if self.across_spaces:
            return list(_SPACES.sub(" ", ready.lower()))
        return list(BREAK.join(f" {word} " for word in ready.lower().split()))

    def _count_compiled(self, ready: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        self._places = self._places or {character: place for place, character in enumerate(self.words.to_list())}
        ids = np.array([self._places.get(character, MISSING) for character in self._tokens_of(ready)], np.int32)
        grams = self.grams.look_up(Ragged(ids, np.array([0, len(ids)])))
        found = Ragged(self.feature_of[grams.values], grams.offsets) if len(ids) else grams
        counts = count(found, self.size)
        return counts.ids, counts.counts

    def by_character(
        self, text: str, features: NDArray[np.int32], added: NDArray[np.float64]
    ) -> tuple[list[str], NDArray[np.float64]]:
        """What n-grams add, handed on in equal parts to the characters on which they stand.

        Args:
            text: in which they were found.
            features: int32 [m], each once.
            added: float64 [m, k], what each adds to each label's logit.

        Returns:
            The characters of the text, `BREAK` between words; and float64 [characters, k], which has the same sum.
        """
        words, spelled = self.spell(pl.Series("text", [text], dtype=pl.String))
        lists = spelled.to_lists()
        characters: list[str] = []
        for word in words[0].tolist():
            characters += [*([BREAK] if characters else []), *lists[word]]
        table = self._one_text or OneText(self.words.to_list(), self.grams.pairs, self.grams.longest)
        grams = table.grams_at(characters)
        found = np.where(grams == MISSING, MISSING, self.feature_of[grams])
        of_feature = np.zeros((self.size, added.shape[1]))
        of_feature[features] = added
        places, orders = np.nonzero(found != MISSING)
        standing = found[places, orders]
        often = np.bincount(standing, minlength=self.size)[standing]
        shares = of_feature[standing] / (often * (orders + 1))[:, None]
        out = np.zeros((len(characters), added.shape[1]))
        for behind in range(grams.shape[1]):
            reaching = orders >= behind
            np.add.at(out, places[reaching] + behind, shares[reaching])
        return characters, out


def with_one_space(characters: list[str], parts: NDArray[np.float64]) -> tuple[list[str], NDArray[np.float64]]:
    """What `CharacterVectors.by_character` gives, with one space in place of two and a `BREAK` between words.

    Args:
        characters: c of them.
        parts: float64 [c, k].
    """
    kept = [
        place
        for place, character in enumerate(characters)
        if character != BREAK and (place == 0 or characters[place - 1] != BREAK)
    ]
    sums = np.add.reduceat(parts, kept, axis=0) if kept else parts
    return [characters[place] for place in kept], sums


def told(counts: Counts, nothing: list[int]) -> NDArray[np.bool_]:
    """bool [n]: which texts have a feature that is not one of those that tell nothing."""
    tells = np.ones(len(counts.ids), np.bool_)
    for feature in nothing:
        tells &= counts.ids != feature
    before = np.concatenate([[0], np.cumsum(tells)])
    return np.diff(before[counts.offsets]) > 0
