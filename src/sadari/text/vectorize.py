"""From texts to counts of words and n-grams, column by column: what CountVectorizer is to scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import in_use
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import columns
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.ngrams import NgramTable
from sadari.text.one_text import OneText, count_loop, prepared, tokens_of
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.scan import character_kinds, no_kinds
from sadari.text.tokens.tokenize import Tokenizer, such_as
from sadari.text.tokens.tokenize import tokenizer as named_tokenizer
from sadari.text.weigh import IN_MEMORY, Counts, CountsOnDemand, count

FEW_ANSWERS = 32  # texts one by one, after which Numba's import and the tables pay for themselves


def _sampled(columns: Iterable[pl.Series], sample: list[str]) -> Iterator[pl.Series]:
    """The same columns; the first three texts are noted, for an error to show."""
    for column in columns:
        sample += column.head(3 - len(sample)).to_list()
        yield column


class CountVectors:
    """Counts of exact 1- to n-grams, learned once, the same for ever after.

    Args:
        tokenizer: a tokenizer, or its name.
        ngram_range: shortest and longest n-gram, in words.
        min_df: n-grams that stand in fewer training texts are left out.
        max_df: n-grams that stand in a larger share of the training texts are left out.
        max_features: keep only so many, the most frequent (ties: the one seen first).

    Raises:
        SettingError: a setting out of its range.
    """

    array_names = ("grams", "feature_of")
    joint = " "  # what stands between the words of an n-gram's name
    second: int | None = None  # there is one block of features alone

    def __init__(
        self,
        tokenizer: Tokenizer | str,
        *,
        ngram_range: tuple[int, int] = (1, 1),
        min_df: int = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
    ) -> None:
        shortest, longest = ngram_range
        if not 1 <= shortest <= longest:
            raise SettingError(
                message("ngram_range is {ngram_range}", ngram_range=ngram_range),
                hint=message("two numbers, 1 ≤ shortest ≤ longest"),
            )
        if min_df < 1 or not 0 < max_df <= 1:
            raise SettingError(
                message("min_df is {min_df} and max_df {max_df}", min_df=min_df, max_df=max_df),
                hint=message("min_df ≥ 1 text, 0 < max_df ≤ 1 share"),
            )
        if max_features is not None and max_features < 1:
            raise SettingError(
                message("max_features is {max_features}; it must be at least 1, or None", max_features=max_features)
            )
        self.tokenizer = named_tokenizer(tokenizer) if isinstance(tokenizer, str) else tokenizer
        self.ngram_range = (shortest, longest)
        self.min_df, self.max_df, self.max_features = min_df, max_df, max_features
        self.words = TokenTable()
        self.grams = NgramTable(longest)
        self._one_text: OneText | None = None  # a saved model's words and n-grams, of which no tables are built yet
        self._answered = 0
        self.feature_of = np.empty(0, np.int32)  # n-gram id → feature id, MISSING for n-grams that are no feature
        self.size = 0

    @cached_property
    def words(self) -> TokenTable:
        """The words, by id."""
        self._build()
        return self.words

    @cached_property
    def grams(self) -> NgramTable:
        """The n-grams, by id."""
        self._build()
        return self.grams

    @property
    def ready_for_one(self) -> bool:
        """Whether `for_one_text` has its tables."""
        return self._one_text is None

    def _build(self) -> None:
        """The tables of a saved model, once more than a few single texts are asked of it."""
        saved = self._one_text
        if saved is not None:  # else another thread was quicker
            self.words, self.grams = (
                TokenTable.of(saved.words),
                NgramTable.of(saved.pairs, saved.longest, len(saved.words)),
            )
            self._one_text = None

    def fit(self, texts: Any, *, may_be_empty: bool = False) -> Counts | CountsOnDemand:
        """Learn the n-grams of a corpus, and count them.

        Args:
            texts: the corpus.
            may_be_empty: where nothing is found there are no features, which is no error.

        Raises:
            DataError: nothing was found in any text; three of them are shown.
        """
        self.words, self.grams = TokenTable(), NgramTable(self.ngram_range[1])
        sample: list[str] = []
        counted = self._learn_all(_sampled(columns(texts), sample))
        self._choose(counted)
        if self.size == 0 and not may_be_empty:
            raise DataError(
                message(
                    "no text has anything that the tokenizer {name!r} and the settings leave as a feature",
                    name=self.tokenizer.name,
                ),
                where=such_as(sample),
                hint=message("try --tokenizer characters, or a smaller {setting}", setting="min_df"),
            )
        if self.size == counted.size:
            return counted
        counted = counted.renamed(self.feature_of, self.size)
        self._shrink()
        return counted

    def _learn_all(self, columns: Iterable[pl.Series]) -> Counts | CountsOnDemand:
        """Counts of all n-grams of the training texts."""
        ids_of_all, often = GrowingIds(IN_MEMORY), GrowingIds(IN_MEMORY, np.uint16)
        lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        for column in columns:
            tokens = self.tokenizer(column)
            ids = self.words.learn(tokens)
            counts = count(self.grams.learn(Ragged(ids, tokens.offsets), len(self.words)), len(self.grams))
            ids_of_all.append(counts.ids)
            often.append(counts.counts)
            lengths.append(np.diff(counts.offsets))
        offsets = offsets_of(np.concatenate(lengths))
        # compiled loops know plain arrays
        whole, numbers = (each.whole().view(np.ndarray) for each in (ids_of_all, often))
        return Counts(whole, numbers, offsets, len(self.grams))

    def _long_enough(self) -> NDArray[np.bool_]:
        """bool [n-grams]: which of them may be features, by their lengths."""
        return self.grams.orders() >= self.ngram_range[0]

    def _choose(self, counted: Counts | CountsOnDemand) -> None:
        keep = np.ones(counted.size, np.bool_)
        if self.min_df > 1 or self.max_df < 1:
            df = counted.document_frequency
            keep &= (df >= self.min_df) & (df <= self.max_df * len(counted))
        if self.ngram_range[0] > 1:
            keep &= self._long_enough()
        if self.max_features is not None and np.count_nonzero(keep) > self.max_features:
            totals = np.where(keep, counted.totals(), -1)
            best = np.argsort(-totals, kind="stable")[: self.max_features]
            keep = np.zeros(counted.size, np.bool_)
            keep[best] = True
        self.feature_of = np.where(keep, np.cumsum(keep) - 1, MISSING).astype(np.int32)
        self.size = int(np.count_nonzero(keep))

    def _shrink(self) -> None:
        """Forget n-grams that are neither features nor lead to one, and then the words that stand in none."""
        self.grams, new_ids = self.grams.kept(self.feature_of >= 0, len(self.words))
        feature_of = np.full(len(self.grams), MISSING, np.int32)
        feature_of[new_ids[new_ids >= 0]] = self.feature_of[new_ids >= 0]
        pairs = self.grams.pairs
        used = np.zeros(len(self.words), np.bool_)
        used[pairs[:, 1]] = True
        new_words = np.cumsum(used) - 1
        tokens = self.words.to_list()
        self.words = TokenTable.of([token for token, kept in zip(tokens, used.tolist(), strict=True) if kept])
        pairs[:, 1] = new_words[pairs[:, 1]]
        self.grams = NgramTable.of(pairs, self.ngram_range[1], len(self.words))
        self.feature_of = feature_of

    def features(self, column: pl.Series) -> Ragged:
        """Feature ids of every text, one an occurrence, in the order of their first words."""
        tokens = self.tokenizer(column)
        grams = self.grams.look_up(Ragged(self.words.look_up(tokens), tokens.offsets))
        if len(grams.values) == 0 or self.size == len(self.grams):
            return grams
        return Ragged(self.feature_of[grams.values], grams.offsets).known()

    def transform(self, column: pl.Series) -> Counts:
        """Counts of the learned n-grams in some texts; all else is left out."""
        counts = self.count_one(column[0]) if len(column) == 1 else None
        return count(self.features(column), self.size) if counts is None else counts

    def count_one(self, text: str) -> Counts | None:
        """The same of one text; None where only `transform` can."""
        ready = prepared(text, self.tokenizer)
        if ready is None:
            return None
        saved = self._one_text
        if saved is not None and not in_use() and self._answered < FEW_ANSWERS:
            self._answered += 1
            grams = saved.grams(self._tokens_of(ready))
            found = Counter(feature for feature in self.feature_of[grams].tolist() if feature != MISSING)
            ids, counts = np.array(list(found), np.int32), np.array(list(found.values()), np.uint16)
        else:
            ids, counts = self._count_compiled(ready)
        return Counts(ids, counts, np.array([0, len(ids)]), self.size)

    def _tokens_of(self, ready: str) -> list[str]:
        """The tokens of a text that is `prepared`."""
        return tokens_of(ready, self.tokenizer.rules)

    def _count_compiled(self, ready: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """The features of a text that is `prepared`, and how often each stands in it."""
        found: tuple[NDArray[np.int32], NDArray[np.uint16]] = count_loop(
            np.frombuffer(ready.encode(), np.uint8),
            self.tokenizer.rules.tables,
            no_kinds() if ready.isascii() else character_kinds(),
            self.words.tables,
            self.grams.tables,
            self.feature_of,
        )
        return found

    def for_one_text(self) -> tuple[list[NDArray[Any]], list[int]]:
        """The tables that `count_loop` reads; and the longest n-gram, no buckets, and the number of features."""
        longest, unigrams, slots, keys = self.grams.tables
        return [*self.words.tables, unigrams, slots, keys, self.feature_of], [longest, 0, self.size]

    def known(self, counts: Counts) -> NDArray[np.bool_]:
        """bool [n]: which of these texts have anything that was learned."""
        return np.diff(counts.offsets) > 0

    def feature_names(self) -> list[str]:
        """The n-gram of every feature, its words joined by spaces (scikit-learn's names, in our order)."""
        names = np.array(self.grams.to_list(self.words.to_list(), self.joint), dtype=object)
        by_feature = np.empty(self.size, dtype=object)
        by_feature[self.feature_of[self.feature_of >= 0]] = names[self.feature_of >= 0]
        return by_feature.tolist()

    def names_of(self, features: NDArray[np.int32]) -> list[str]:
        """The n-grams of some features."""
        gram_of = np.empty(self.size, np.int64)
        gram_of[self.feature_of[self.feature_of >= 0]] = np.flatnonzero(self.feature_of >= 0)
        saved = self._one_text
        if saved is not None:
            return [self.joint.join(saved.words_of(int(gram_of[f]))) for f in features]
        return [
            self.joint.join(self.words.token(word) for word in self.grams.words_of(int(gram_of[f]))) for f in features
        ]

    def names_in(self, text: str, features: NDArray[np.int32]) -> list[str]:
        """The n-grams of some features that were found in ``text``."""
        return self.names_of(features)

    # -- saving -----------------------------------------------------------------------------------------

    def state(self) -> tuple[list[str], dict[str, NDArray[np.int32]]]:
        """The words, and the arrays, from which `restore` makes the same object."""
        return self.words.to_list(), {"grams": self.grams.pairs, "feature_of": self.feature_of}

    def restore(self, words: list[str], arrays: dict[str, NDArray[np.int32]]) -> CountVectors:
        """Take up a saved state.

        Raises:
            SettingError: the parts do not fit each other.
        """
        if missing := set(self.array_names) - set(arrays):
            raise SettingError(message("the array {missing!r} is missing", missing=min(missing)))
        grams = arrays["grams"]
        if in_use():
            self.words, self.grams = TokenTable.of(words), NgramTable.of(grams, self.ngram_range[1], len(words))
        else:
            self._one_text = OneText(words, grams, self.ngram_range[1])
            del self.words, self.grams
        feature_of = arrays["feature_of"]
        if feature_of.shape != (len(grams),) or feature_of.dtype != np.int32:
            raise SettingError(
                message(
                    "feature_of is {dtype} {list}, not int32 [{number_of_grams}]",
                    dtype=feature_of.dtype,
                    list=list(feature_of.shape),
                    number_of_grams=len(grams),
                )
            )
        chosen = np.sort(feature_of[feature_of != MISSING])
        if not np.array_equal(chosen, np.arange(len(chosen))):
            raise SettingError(message("the features are not numbered from 0 without gaps"))
        if not np.bincount(grams[:, 1], minlength=len(words)).all():
            raise SettingError(message("a word of the vocabulary stands in no n-gram"))
        self.feature_of, self.size = np.ascontiguousarray(feature_of), len(chosen)
        return self
