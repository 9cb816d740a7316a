"""Texts as a few numbers each, by which two samples of them are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.text.tokens.choose import plausible_tokenizers
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh

TOPICS = 50  # directions in which texts differ most by their words
LONGEST = 10_000  # characters of a text that are looked at
SCRIPTS = ("Latin", "Hangul", "Han", "Hiragana", "Katakana", "Cyrillic", "Arabic", "Thai", "Devanagari")
SIGNS = (r"\p{Lu}", r"\p{N}", r"\p{P}", r"\p{S}", r"\s", r"[^\x00-\x7f]", r"https?://", r"[@#]\w")


def topics(texts: pl.Series, *, seed: int = 0) -> NDArray[np.float64]:
    """float64 [n, at most 50]: the texts' TF-IDF weights of words in the directions in which they differ most.

    Latent semantic analysis (Deerwester and others 1990) of these texts alone.

    Args:
        texts: n of them.
        seed: of the search for the directions.
    """
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    column = texts.str.slice(0, LONGEST)
    vectors = CountVectors(plausible_tokenizers(column)[0][0], min_df=2)
    counts = vectors.fit(column, may_be_empty=True)
    if vectors.size == 0:
        return np.zeros((len(texts), 1))
    weights = weigh(counts, idf=True, sublinear=True, norm="l2")
    part = counts.take(np.arange(len(counts)))
    values = weights.values(part, weights.row_scale(part)).astype(np.float64)
    matrix = csr_matrix((values, part.ids, part.offsets), shape=(len(part), part.size))
    wanted = min(TOPICS, *(size - 1 for size in matrix.shape))
    if wanted < 1:
        return matrix.toarray()
    left, sizes, _ = randomized_svd(matrix, n_components=wanted, n_iter=4, random_state=seed)
    found: NDArray[np.float64] = left * sizes
    return found


def form(texts: pl.Series) -> NDArray[np.float64]:
    """float64 [n, d]: how long the texts are, and what characters they are made of.

    Args:
        texts: n of them.
    """
    column = texts.str.slice(0, LONGEST)
    lengths = column.str.len_chars().to_numpy().astype(np.float64)
    patterns: Sequence[str] = (*SIGNS, *(rf"\p{{{name}}}" for name in SCRIPTS))
    found = [column.str.count_matches(pattern).to_numpy() for pattern in patterns]
    words = column.str.count_matches(r"\S+").to_numpy()
    shares = [counts / np.maximum(lengths, 1) for counts in found]
    table = np.column_stack([np.log1p(texts.str.len_chars().to_numpy()), np.log1p(words), *shares])
    return standard(table)


def sureness(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 [n, 2]: how likely the likeliest label is, and how divided the labels are in all.

    Texts of a topic that no label stands for are given any label, but seldom surely.

    Args:
        probabilities: float64 [n, k].
    """
    clear = np.clip(probabilities, 1e-12, 1)
    return standard(np.column_stack([np.log(clear.max(axis=1)), -(clear * np.log(clear)).sum(axis=1)]))


def standard(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The columns that vary, each with mean 0 and variance 1.

    Args:
        table: float64 [n, d].
    """
    varied: NDArray[np.float64] = table[:, table.std(axis=0) > 1e-12]
    if not varied.shape[1]:
        return np.zeros((len(table), 1))
    return (varied - varied.mean(axis=0)) / varied.std(axis=0)
