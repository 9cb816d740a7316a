"""Texts as numbers, with no label known: an encoder's vectors, or what words that stand together tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from sadari.errors import DataError
from sadari.pretrained.embedders.read import read_embedder
from sadari.text.characters.beside import WordsAndCharacters
from sadari.text.characters.vectors import CharacterVectors
from sadari.text.tokens.choose import plausible_tokenizers, written_without_spaces
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh
from sadari.vectors.word2vec.trainer import Word2Vec

Vectors = NDArray[np.float32]
Features = Any  # scipy.sparse.csr_matrix, float32 [n, width]
WIDTH, MORE, PASSES = 100, 20, 2  # of the space of words; columns and passes more, which make it exact enough
MOST_FEATURES = 30_000
FEW = 2_000  # texts, of which no word vectors can be learned
SOME = 512  # texts that give an encoder's mean


@dataclass(frozen=True)
class Placed:
    """Texts in a space.

    Attributes:
        vectors: float32 [n, width], of length 1: what is near is alike.
        features: float32 [n, width], what is learned from.
    """

    vectors: Vectors
    features: Features

    def __len__(self) -> int:
        return len(self.vectors)


class Space(Protocol):
    """What makes vectors of texts.

    Attributes:
        strength: C of a logistic regression on its features.
    """

    strength: float

    def place(self, texts: pl.Series) -> Placed:
        """Where texts stand."""


def together(parts: list[Placed]) -> Placed:
    """All of some texts."""
    features = vstack([part.features for part in parts]).tocsr()
    return Placed(np.concatenate([part.vectors for part in parts]), features)


def unit(vectors: Vectors) -> Vectors:
    """The same directions, of length 1; what has no length stays as it is."""
    found: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
    return found


class _Centred:
    """Vectors about their mean, of a mean square length of 1: of some texts, and then of any."""

    def __init__(self, vectors: Vectors) -> None:
        self._centre = vectors.mean(axis=0)
        self._spread = max(float(np.sqrt(np.square(vectors - self._centre).sum(axis=1).mean())), 1e-9)

    def __call__(self, vectors: Vectors) -> Vectors:
        found: Vectors = (vectors - self._centre) / np.float32(self._spread)
        return found


class WordSpace:
    """What the texts themselves tell: the mean of their words' vectors, learned from them, and the words.

    Of few texts, latent semantic analysis (Deerwester et al. 1990) takes the place of word vectors.

    Args:
        texts: by which it is learned.
        seed: of its random start.
    """

    strength = 3.0

    def __init__(self, texts: pl.Series, seed: int = 0) -> None:
        rare = 1 + (len(texts) > FEW)
        words = CountVectors(plausible_tokenizers(texts)[0][0], min_df=rare, max_features=MOST_FEATURES)
        characters = CharacterVectors(
            across_spaces=written_without_spaces(texts), ngram_range=(2, 4), min_df=rare, max_features=MOST_FEATURES
        )
        self._counter = WordsAndCharacters(words, characters)
        counts = self._counter.fit(texts)
        self._weights = weigh(counts, idf=True, sublinear=True, norm="l2", second=self._counter.second)
        matrix = self._weights.matrix(counts.take(np.arange(len(counts))))
        found = _word_vectors(self._counter.words, texts, seed) if len(texts) > FEW else None
        self._axes = _main_axes(matrix, np.random.default_rng(seed)) if found is None else found
        self._centred = _Centred(self._along(matrix))

    def _along(self, matrix: csr_matrix) -> Vectors:
        return unit(matrix[:, : len(self._axes)] @ self._axes)

    def place(self, texts: pl.Series) -> Placed:
        matrix = self._weights.matrix(self._counter.transform(texts))
        vectors = self._along(matrix)
        return Placed(vectors, hstack([csr_matrix(self._centred(vectors)), matrix]).tocsr())


class EncoderSpace:
    """A pre-trained encoder's vectors, beside what the texts themselves tell: each knows what the other does not.

    Args:
        weights: as `sadari.pretrained.embedders.read.read_embedder` takes them.
        texts: by which the words' part is learned.
        seed: of its random start.
    """

    strength = 2.0

    def __init__(self, weights: str | Path, texts: pl.Series, seed: int = 0) -> None:
        self._words, self._embedder = WordSpace(texts, seed), read_embedder(weights, texts)
        self._centred = _Centred(unit(self._embedder.embed(texts[:SOME])[0]))

    def place(self, texts: pl.Series) -> Placed:
        words, vectors = self._words.place(texts), unit(self._embedder.embed(texts)[0])
        features = hstack([csr_matrix(self._centred(vectors)), words.features]).tocsr()
        return Placed(unit(np.hstack([vectors, words.vectors])), features)


def _word_vectors(words: CountVectors, texts: pl.Series, seed: int) -> Vectors | None:
    """float32 [words, width], skip-gram's vectors of the counter's words; None where none can be learned."""
    try:
        trained = Word2Vec(
            width=WIDTH, window=8, epochs=6, min_count=3, learning_rate=0.025, tokenizer=words.tokenizer.name, seed=seed
        ).train(texts, verbose=False)
    except DataError:
        return None
    found, known = trained.vectors_of(words.feature_names())
    found[~known] = 0
    return found if known.any() else None


def _main_axes(matrix: csr_matrix, rng: np.random.Generator) -> Vectors:
    """float32 [size, width]: right singular vectors, found at random (Halko, Martinsson and Tropp 2011)."""
    width = min(WIDTH, *matrix.shape)
    axes = rng.standard_normal((matrix.shape[1], min(width + MORE, *matrix.shape)), np.float32)
    for _ in range(PASSES):
        axes = np.linalg.qr(matrix.T @ np.linalg.qr(matrix @ axes)[0])[0]
    _, _, turned = np.linalg.svd(matrix @ axes, full_matrices=False)
    return np.ascontiguousarray((axes @ turned.T)[:, :width])


def space_of(weights: str | Path | None, seed: int = 0) -> Callable[[pl.Series], Space]:
    """What makes the space of some texts.

    Args:
        weights: of an encoder; None: the texts' own words.
        seed: of all draws.
    """
    if weights is None:
        return lambda texts: WordSpace(texts, seed)
    return lambda texts: EncoderSpace(weights, texts, seed)
