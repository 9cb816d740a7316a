"""Chosen words' vectors in two dimensions: principal component analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message
from sadari.vectors.keyed import WordVectors


@dataclass(frozen=True, eq=False)
class Projection:
    """Words as points on a plane.

    Args:
        words: m words, all distinct.
        points: float64 [m, 2].
        shares: of all their variance, what the two axes show, 0 to 1 each.
    """

    words: list[str]
    points: NDArray[np.float64]
    shares: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        points = [{"word": word, "x": x, "y": y} for word, (x, y) in zip(self.words, self.points.tolist(), strict=True)]
        return {"shares": list(self.shares), "points": points}


def project(vectors: WordVectors, words: Sequence[str]) -> Projection:
    """The plane on which the words' vectors vary most (PCA by SVD of the centred vectors).

    Args:
        vectors: where the words' vectors are from.
        words: two or more; what stands twice counts once.

    Of the two signs that an axis may have, it gets the one that makes its largest loading positive: the same words
    give the same points.

    Raises:
        DataError: a word has no vector or one that is not finite, there are fewer than two words, or all have the
            same vector.
    """
    chosen = list(dict.fromkeys(words))
    if len(chosen) < 2:
        raise DataError(message("two words or more make a picture"), hint=message("name more words"))
    rows = vectors.all_of(chosen).astype(np.float64)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise DataError(message("the vector of {chosen!r} is not finite", chosen=chosen[int(finite.argmin())]))
    left, spread, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    if spread[0] <= 1e-12 * np.abs(rows).max():
        raise DataError(message("these words all have the same vector, which gives one point"))
    points = np.zeros((len(chosen), 2))
    kept = min(2, len(spread))
    signs = np.sign(axes[np.arange(kept), np.abs(axes[:kept]).argmax(axis=1)])
    points[:, :kept] = left[:, :kept] * spread[:kept] * signs
    shares = np.zeros(2)
    shares[:kept] = spread[:kept] ** 2 / (spread**2).sum()
    return Projection(chosen, points, (float(shares[0]), float(shares[1])))
