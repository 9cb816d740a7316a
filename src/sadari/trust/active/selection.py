"""Which texts to ask next: those from which most is learned.

With no label yet, the texts that are most like the others, each of another cluster (Hacohen et al. 2022: with few
labels, what is typical teaches more than what is unclear). Then those of which the learner is unsure, apart from each
other: the middles of clusters in which a text weighs as much as it is unclear (Zhdanov 2019).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.trust.active.clusters import cluster, middles
from sadari.trust.active.learner import Codes
from sadari.trust.active.spaces import Vectors

WIDE = 10  # texts that are clustered for each that is asked
NEIGHBOURS, LARGEST = 20, 500  # of a text, and texts of a cluster among which they are looked for


def typical(vectors: Vectors, done: Codes, free: Codes, count: int, rng: np.random.Generator) -> Codes:
    """Texts with many texts near them, of the largest clusters in which nothing is answered.

    Args:
        vectors: float32 [n, width], of length 1, of all texts.
        done: int64 [m], which are answered.
        free: int64 [r], which may be asked.
        count: how many to ask.
        rng: the random generator.

    Returns:
        int64 [count], or fewer where there are no more.
    """
    k = min(len(done) + count, len(free))
    among = np.concatenate([free, done])
    nearest, _ = cluster(vectors[among], np.ones(len(among)), k, rng)
    covered = np.zeros(k, bool)
    covered[nearest[len(free) :]] = True
    sizes = np.where(covered, -1, np.bincount(nearest[: len(free)], minlength=k))
    found = [
        _most_typical(vectors, free[nearest[: len(free)] == place], rng)
        for place in np.argsort(-sizes, kind="stable")[:count]
        if sizes[place] > 0
    ]
    return np.array(found, np.int64)


def _most_typical(vectors: Vectors, members: Codes, rng: np.random.Generator) -> int:
    """The member whose nearest neighbours in its cluster are nearest."""
    if len(members) > LARGEST:
        members = rng.choice(members, LARGEST, replace=False)
    likeness = vectors[members] @ vectors[members].T
    near = np.partition(likeness, -min(NEIGHBOURS, len(members)), axis=1)[:, -min(NEIGHBOURS, len(members)) :]
    return int(members[near.mean(axis=1).argmax()])


def likely(vectors: Vectors, named: Vectors, count: int) -> Codes:
    """int64 [r]: the places of texts that are like what one of the labels is called, about as many for each label.

    Args:
        vectors: float32 [n, width], of length 1.
        named: float32 [labels, width], of what labels are called.
        count: how many are to be asked in the end; more of them are found.
    """
    likeness = vectors @ named.T
    apart = likeness - likeness.mean(axis=1, keepdims=True)  # what is like all labels is like none
    each = -(-NEIGHBOURS * count // max(1, len(named)))
    found: Codes = np.unique(np.argsort(-apart, axis=0, kind="stable")[:each].ravel())
    return found


def doubt(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 [n]: how little stands between the likeliest two labels, 1: nothing."""
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    found: NDArray[np.float64] = 1 - (two[:, 1] - two[:, 0])
    return found


def unclear(
    vectors: Vectors, probabilities: NDArray[np.float64], free: Codes, count: int, rng: np.random.Generator
) -> Codes:
    """Texts that the learner finds unclear, and that are unlike each other.

    Args:
        vectors: float32 [n, width], of length 1, of all texts.
        probabilities: float64 [r, labels], of those that may be asked.
        free: int64 [r], which these are.
        count: how many to ask.
        rng: the random generator.

    Returns:
        int64 [count], or fewer where there are no more.
    """
    doubts = doubt(probabilities)
    top = np.argsort(-doubts, kind="stable")[: WIDE * count]
    among = free[top]
    if len(among) <= count:
        return among
    nearest, centres = cluster(vectors[among], doubts[top] + 1e-9, count, rng)
    return among[middles(vectors[among], nearest, centres)]
