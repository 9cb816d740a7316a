"""Groups of like vectors: k-means on the unit sphere, each row with a weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

STEPS = 6
Vectors = NDArray[np.float32]


def cluster(
    vectors: Vectors, weights: NDArray[np.float64], k: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Vectors]:
    """k-means, begun far apart (k-means++, Arthur and Vassilvitskii 2007), a few steps of Lloyd's.

    Args:
        vectors: float32 [n, width].
        weights: float64 [n], how much each row counts; not all 0.
        k: clusters, at most n.
        rng: draws the first centres.

    Returns:
        int64 [n], the cluster of each row, and float32 [k, width], the centres.
    """
    squares = np.einsum("ij,ij->i", vectors, vectors)
    centres = vectors[_far_apart(vectors, squares, weights, k, rng)]
    heavy = weights.astype(np.float32)
    for _ in range(STEPS):
        nearest = (vectors @ centres.T - np.square(centres).sum(axis=1) / 2).argmax(axis=1)
        sizes = np.bincount(nearest, heavy, k)
        sums = csr_matrix((heavy, nearest, range(len(heavy) + 1)), (len(heavy), k)).T @ vectors
        full = sizes > 0
        centres[full] = sums[full] / sizes[full, None].astype(np.float32)
    return nearest, centres


def _far_apart(
    vectors: Vectors, squares: NDArray[np.float32], weights: NDArray[np.float64], k: int, rng: np.random.Generator
) -> list[int]:
    """k rows, each drawn by weight times its squared distance from the nearest one before."""
    distance, found = np.ones(len(vectors)), list[int]()
    for _ in range(k):
        odds = weights * distance
        total = odds.sum()
        found.append(int(rng.choice(len(odds), p=odds / total if total > 0 else None)))
        reach = squares + squares[found[-1]] - 2 * (vectors @ vectors[found[-1]])
        distance = np.maximum(reach, 0) if len(found) == 1 else np.clip(reach, 0, distance)
    return found


def middles(vectors: Vectors, nearest: NDArray[np.int64], centres: Vectors) -> list[int]:
    """The row of each cluster that is nearest to its centre, for the clusters that have rows.

    Args:
        vectors: float32 [n, width].
        nearest: int64 [n], the cluster of each.
        centres: float32 [k, width].
    """
    reach = np.einsum("ij,ij->i", vectors, centres[nearest]) - (np.square(centres).sum(axis=1) / 2)[nearest]
    order = np.lexsort((-reach, nearest))
    return [int(row) for row in order[np.unique(nearest[order], return_index=True)[1]]]
