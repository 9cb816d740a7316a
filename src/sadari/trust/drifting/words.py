"""Which words stand in more texts than before, or in fewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.text.tokens.choose import plausible_tokenizers
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Counts
from sadari.trust.drifting.features import LONGEST

SURE = 0.01  # the chance that any word is named which did not change


@dataclass(frozen=True)
class ChangedWord:
    """A word whose share of texts changed.

    Attributes:
        word: the word.
        before: the share of texts in which it stood, 0 to 1.
        after: the share in which it stands.
        evidence: the log-likelihood ratio G² (Dunning 1993).
    """

    word: str
    before: float
    after: float
    evidence: float

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {"word": self.word, "before": self.before, "after": self.after, "evidence": self.evidence}


def changed_words(before: pl.Series, after: pl.Series, *, most: int) -> list[ChangedWord]:
    """The words whose share of texts changed beyond chance, the surest first.

    Beyond chance: by a log-likelihood ratio test whose p-value, times the number of words, is below 0.01.

    Args:
        before: texts.
        after: new texts.
        most: so many at most.
    """
    from scipy.stats import chi2

    texts = pl.concat([before, after]).str.slice(0, LONGEST)
    vectors = CountVectors(plausible_tokenizers(texts)[0][0], min_df=3)
    counts = vectors.fit(texts, may_be_empty=True)
    if vectors.size == 0 or most == 0:
        return []
    frequencies = [_texts_with(counts, 0, len(before)), _texts_with(counts, len(before), len(texts))]
    evidence = _evidence(frequencies[0], len(before), frequencies[1], len(after))
    sure = np.flatnonzero(evidence > chi2.isf(SURE / vectors.size, 1))
    surest = sure[np.argsort(-evidence[sure], kind="stable")][:most]
    names = vectors.names_of(surest.astype(np.int32))
    shares = [found / max(1, rows) for found, rows in zip(frequencies, (len(before), len(after)), strict=True)]
    return [
        ChangedWord(name, float(shares[0][place]), float(shares[1][place]), float(evidence[place]))
        for name, place in zip(names, surest.tolist(), strict=True)
    ]


def _texts_with(counts: Any, first: int, last: int) -> NDArray[np.int64]:
    """int64 [words]: in how many of the texts first … last − 1 each word stands."""
    part: Counts = counts.take(np.arange(first, last))
    return np.bincount(part.ids, minlength=part.size)


def _evidence(a: NDArray[np.int64], n: int, b: NDArray[np.int64], m: int) -> NDArray[np.float64]:
    """G² of each table of two by two: texts with and without a word, before and after."""
    total = np.zeros(len(a))
    share = (a + b) / (n + m)
    for seen, rows in ((a, n), (b, m)):
        for some, expected in ((seen, rows * share), (rows - seen, rows * (1 - share))):
            with np.errstate(divide="ignore", invalid="ignore"):
                total += np.where(some > 0, some * np.log(some / expected), 0)
    return 2 * total
