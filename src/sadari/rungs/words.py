"""`bow`, `ngram` and `tfidf`: linear rungs of words and n-grams of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.restore import text_in
from sadari.errors import SettingError
from sadari.messages import message
from sadari.rungs.linear import LinearRung, Vectors
from sadari.settings.search import RangeTo, Tried
from sadari.settings.shared import (
    Buckets,
)
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.tokens.tokenize import TokenizerName, tokenizer
from sadari.text.vectorize import CountVectors


@dataclass(kw_only=True, eq=False, repr=False)
class WordRung(LinearRung):
    """A linear rung whose features are words and n-grams of words. The other settings are `LinearRung`'s.

    Args:
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`, or "auto": chosen by the texts.
        buckets: hash n-grams of two and more words into so many features in place of a table of all of them.

    Attributes:
        tokenizer_: the tokenizer that was used.
    """

    auto_by_texts = True

    tokenizer: TokenizerName = "auto"
    buckets: Buckets | None = None

    def _choose_reading(self, texts: Any, targets: NDArray[np.int8]) -> None:
        self._take_tokenizer(texts, targets, self.resolved_settings()["ngram_range"][1])

    def _reading(self) -> dict[str, Any]:
        return {"tokenizer": self.tokenizer_}

    def _restore_reading(self, model: Mapping[str, Any]) -> None:
        self.tokenizer_ = text_in(model, "tokenizer")

    def _new_vectors(self) -> Vectors:
        shortest, longest = self.resolved_settings()["ngram_range"]
        if self.buckets is not None:
            if shortest != 1:
                raise SettingError(
                    message("hashed n-grams stand beside all words"),
                    hint=message("use an {setting} from 1, such as (1, 2)", setting="ngram_range"),
                )
            return HashedVectors(tokenizer(self.tokenizer_), longest=longest, buckets=self.buckets)
        return CountVectors(
            tokenizer(self.tokenizer_),
            ngram_range=(shortest, longest),
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=self.max_features,
        )


class BagOfWords(WordRung):
    """A linear classifier of counts of words; the settings are `WordRung`'s and `LinearRung`'s."""

    name = "bow"


@dataclass(kw_only=True, eq=False, repr=False)
class Ngrams(WordRung):
    """A linear classifier of counts of 1- to n-grams; the settings are `WordRung`'s and `LinearRung`'s."""

    name = "ngram"
    default_ngram_range = (1, 2)
    default_epochs = 6

    ngram_range: Annotated[tuple[int, int], Tried(RangeTo(1, 3))] | None = None


class TfIdf(Ngrams):
    """A linear classifier of TF-IDF weights of 1- to n-grams; the settings are `WordRung`'s and `LinearRung`'s."""

    name = "tfidf"
    votes_on_labels = True
    use_idf = True
