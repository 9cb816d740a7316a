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
from sadari.data.corpus import TextStream
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.ragged import Ragged, append_to, offsets_of
from sadari.text.column import as_column, slices
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.ngrams import NgramTable, hashed_ngrams, join_features, settle_features
from sadari.text.one_text import OneText, count_loop, prepared, tokens_of
from sadari.text.subword.hashed import token_pieces
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.ends import END, with_ends
from sadari.text.tokens.scan import Tokens, character_kinds, no_kinds
from sadari.text.tokens.tokenize import Tokenizer, no_tokens, such_as
from sadari.text.tokens.tokenize import tokenizer as named_tokenizer
from sadari.text.tokens.words import whole_words
from sadari.text.weigh import IN_MEMORY, Counts, CountsOnDemand, count

FEW_ANSWERS = 32  # texts one by one, after which Numba's import and the tables pay for themselves


def columns(texts: Any) -> Iterator[pl.Series]:
    """A corpus as String columns small enough to work on: slices of one column, or of those that a stream reads."""
    for column in texts if isinstance(texts, TextStream) else [as_column(texts)]:
        yield from slices(column)


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
        whole = (each.whole().view(np.ndarray) for each in (ids_of_all, often))  # compiled loops know plain arrays
        return Counts(*whole, offsets, len(self.grams))

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


_SAME_WORDS = np.empty(0, np.int32)  # "no word has a new id"


class HashedVectors:
    """Words, each with an id of its own, and n-grams of two and more words hashed into buckets, as fastText has them.

    A text's features are its words (MISSING for unknown ones), then its n-grams, then the subwords of its words, if
    they are asked for. Unknown words stand in n-grams and have subwords too.

    Args:
        tokenizer: a tokenizer.
        longest: the longest n-gram, in words; 1 for words alone.
        buckets: a power of two; None: chosen by the number of tokens, about one bucket for four of them, and never so
            few that the n-grams of a small corpus share them.
        min_count: rarer words get no id.
        subwords: characters of the shortest and of the longest subword, which share the buckets; None: none.
        end: behind each text's last token stands ``</s>``, as in fastText.
    """

    second: int | None = None
    ready_for_one = True
    MOST_BUCKETS = 2**21
    LEAST_BUCKETS = 2**18
    array_names = ()

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        longest: int = 2,
        buckets: int | None = None,
        min_count: int = 1,
        subwords: tuple[int, int] | None = None,
        end: bool = False,
    ) -> None:
        if longest < 1 or min_count < 1:
            raise SettingError(
                message(
                    "longest is {longest} and min_count {min_count}; both must be at least 1",
                    longest=longest,
                    min_count=min_count,
                )
            )
        if buckets is not None and (buckets < 1 or buckets > self.MOST_BUCKETS or buckets & (buckets - 1)):
            raise SettingError(
                message("buckets is {buckets}", buckets=buckets),
                hint=message("a power of two up to {most_buckets:,}", most_buckets=self.MOST_BUCKETS),
            )
        self.tokenizer, self.longest, self.min_count, self.end = tokenizer, longest, min_count, end
        self.buckets, self.subwords = buckets, subwords
        self.words = TokenTable()
        self.end_id = MISSING

    @property
    def size(self) -> int:
        """Words and buckets together."""
        return len(self.words) + (self.buckets or 0 if self.hashes else 0)

    @property
    def hashes(self) -> bool:
        """Whether there is anything that lies in buckets."""
        return self.longest > 1 or self.subwords is not None

    def fit(self, texts: Any) -> Ragged:
        """Learn the words of a corpus: the feature ids of every text.

        Raises:
            DataError: no text has any token.
        """
        self.words = TokenTable()
        values, stored, words = [np.empty(0, np.int32)], 0, 0
        lengths = [np.zeros(0, np.int64)]
        sample: list[str] = []
        for column in columns(texts):
            sample = sample or column.head(3).to_list()
            tokens = self._tokens(column)
            ids, offsets = self._joined(tokens, self.words.learn(tokens))
            append_to(values, stored, [ids])
            stored, words = stored + len(ids), words + len(tokens) - self.end * len(column)
            lengths.append(np.diff(offsets))
        if words == 0:
            raise no_tokens(self.tokenizer.name, sample)
        if self.buckets is None:
            self.buckets = min(self.MOST_BUCKETS, max(self.LEAST_BUCKETS, 1 << (words // 4).bit_length()))
        self._settle(values[0], self._drop_rare())
        self.end_id = self._find_end()
        return Ragged(values[0], offsets_of(np.concatenate(lengths)))

    def _drop_rare(self) -> NDArray[np.int32]:
        """Forget words below ``min_count``: int32 [words], the new id of each, MISSING where it went."""
        kept = self.words.counts[: len(self.words)] >= self.min_count
        new_ids = np.where(kept, np.cumsum(kept) - 1, MISSING).astype(np.int32)
        if not kept.all():
            tokens = [token for token, keep in zip(self.words.to_list(), kept.tolist(), strict=True) if keep]
            self.words = TokenTable.of(tokens)
        return new_ids

    def _tokens(self, column: pl.Series) -> Tokens:
        tokens = self.tokenizer(column)
        return with_ends(tokens) if self.end else tokens

    def _joined(self, tokens: Tokens, ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Each text's word ids, then its n-grams and subwords, not yet numbered: see `join_features`."""
        # hashed into the most buckets: a power of two of them folds into any smaller one later
        hashed, offsets = hashed_ngrams(tokens.hashes, tokens.offsets, self.longest, self.MOST_BUCKETS)
        joined = join_features(ids, tokens.offsets, hashed, offsets)
        if self.subwords is None:
            return joined
        pieces = token_pieces(tokens, *self.subwords, self.MOST_BUCKETS)
        return join_features(*joined, pieces.values, pieces.offsets[tokens.offsets])

    def _settle(self, values: NDArray[np.int32], new_words: NDArray[np.int32]) -> None:
        settle_features(values, new_words, len(self.words), (self.buckets or 1) - 1)

    def features(self, column: pl.Series) -> Ragged:
        """Feature ids of every text."""
        return self._features_of(self._tokens(column))

    def _features_of(self, tokens: Tokens) -> Ragged:
        values, offsets = self._joined(tokens, self.words.look_up(tokens))
        self._settle(values, _SAME_WORDS)
        return Ragged(values, offsets)

    def word_features(self, places: NDArray[np.integer]) -> Ragged:
        """Of each of some words its own feature, and its subwords."""
        words = [self.words.token(place) for place in places.tolist()]
        return self._features_of(whole_words(pl.Series(words, dtype=pl.String)))

    def transform(self, column: pl.Series) -> Counts:
        """Counts of the words and n-grams of some texts; unknown words are left out."""
        return count(self.features(column), self.size)

    def for_one_text(self) -> tuple[list[NDArray[Any]], list[int]]:
        """What `count_hashed_loop` reads, as `CountVectors.for_one_text`; features known as learned are words."""
        no_grams: list[NDArray[Any]] = [_SAME_WORDS, _SAME_WORDS, np.empty(0, np.int64), _SAME_WORDS]
        return [*self.words.tables, *no_grams], [self.longest, self.buckets or 1, len(self.words)]

    def known(self, features: Ragged | Counts) -> NDArray[np.bool_]:
        """bool [n]: which of these texts have a word with an id; that each of them ends says nothing of it.

        The bucket of an unknown n-gram was not learned, whatever lies in it. With subwords any of them will do.
        """
        ids = features.ids if isinstance(features, Counts) else features.values
        words = (ids >= 0) & (ids < (len(self.words) if self.subwords is None else self.size))
        if self.end_id != MISSING:
            words &= ids != self.end_id
        before = np.concatenate([[0], np.cumsum(words)])
        return np.diff(before[features.offsets]) > 0

    def names_in(self, text: str, features: NDArray[np.int32]) -> list[str]:
        """The word or n-gram of some features, each of which stands in ``text``."""
        names: dict[int, str] = {}
        found, owners, named = self.occurrences(text)
        for feature, owner in zip(found.tolist(), owners.tolist(), strict=True):
            name = named[owner]
            if name not in names.get(feature, "").split(" / "):
                names[feature] = f"{names[feature]} / {name}" if feature in names else name
        return [names[int(feature)] for feature in features]

    def occurrences(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.int64], list[str]]:
        """The features of one text [m], to which of its words and n-grams each belongs [m], and what those are called.

        A subword belongs to its word.
        """
        cut = self._tokens(pl.Series("text", [text], dtype=pl.String))
        [tokens] = cut.to_lists()
        grams = [
            " ".join(tokens[i : i + n])
            for i in range(len(tokens))
            for n in range(2, min(self.longest, len(tokens) - i) + 1)
        ]
        owners = np.arange(len(tokens) + len(grams))
        if self.subwords is not None:
            pieces = token_pieces(cut, *self.subwords, self.MOST_BUCKETS)
            owners = np.concatenate([owners, np.repeat(np.arange(len(tokens)), pieces.lengths)])
        return self._features_of(cut).values, owners, [*tokens, *grams]

    def state(self) -> tuple[list[str], dict[str, NDArray[np.int32]]]:
        """The words; there are no arrays."""
        return self.words.to_list(), {}

    def restore(self, words: list[str], arrays: dict[str, NDArray[np.int32]]) -> HashedVectors:
        """Take up a saved state.

        Raises:
            SettingError: a word stands twice, or the number of buckets is not known.
        """
        self.words = TokenTable.of(words)
        if self.buckets is None and self.hashes:
            raise SettingError(message("the number of buckets is missing"))
        self.end_id = self._find_end()
        return self

    def _find_end(self) -> int:
        """The id of ``</s>``; MISSING where texts do not end with it, or no rarer word has an id."""
        return self.words.find(END) if self.end else MISSING
