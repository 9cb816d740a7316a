"""Features of words, and of n-grams and subwords that are hashed into buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, append_to, offsets_of
from sadari.text.column import columns
from sadari.text.ngrams import hashed_ngrams, join_features, settle_features
from sadari.text.subword.hashed import token_pieces
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.ends import END, with_ends
from sadari.text.tokens.scan import Tokens
from sadari.text.tokens.tokenize import Tokenizer, no_tokens
from sadari.text.tokens.words import whole_words
from sadari.text.weigh import Counts, count

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
