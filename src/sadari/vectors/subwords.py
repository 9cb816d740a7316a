"""Vectors of words as means of those of their hashed pieces (`text.subword.hashed`): unseen words have one, too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.ragged import Ragged
from sadari.text.subword.hashed import check_subwords, pieces_of

LARGEST = 1e30  # the sums of a word's pieces of such numbers stay finite in float32


class Subwords:
    """Vectors of hashed pieces of words.

    Args:
        matrix: float32 [buckets, width].
        shortest: units of the shortest piece, the word's ``<`` and ``>`` counted.
        longest: units of the longest piece.
        unit: "characters", or "jamo": Hangul syllables taken apart.
    """

    def __init__(
        self, matrix: NDArray[np.float32], *, shortest: int = 3, longest: int = 6, unit: str = "characters"
    ) -> None:
        check_subwords(shortest, longest, unit)
        self.matrix, self.shortest, self.longest, self.unit = matrix, shortest, longest, unit

    @property
    def buckets(self) -> int:
        return len(self.matrix)

    def pieces(self, words: Sequence[str] | pl.Series) -> Ragged:
        """Bucket ids of the pieces of each word."""
        return pieces_of(words, self.shortest, self.longest, self.buckets, self.unit)

    def vectors_of(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The mean of each word's pieces float32 [m, width], and bool [m]: whether any of them was ever trained."""
        pieces = self.pieces(words)
        out = np.zeros((len(pieces), self.matrix.shape[1]), np.float32)
        mean_rows(pieces.values, pieces.offsets, self.matrix, out)
        made = np.asarray(out.any(axis=1))
        return out, made


@njit(cache=True, nogil=True, fastmath=True)
def mean_rows(ids, offsets, matrix, out):  # type: ignore[no-untyped-def]
    """out[t] = mean of the rows of text t's ids; zeros where there are none."""
    width = matrix.shape[1]
    for t in range(len(offsets) - 1):
        for i in range(offsets[t], offsets[t + 1]):
            for j in range(width):
                out[t, j] += matrix[ids[i], j]
        scale = np.float32(1.0 / max(1, offsets[t + 1] - offsets[t]))
        for j in range(width):
            out[t, j] *= scale
