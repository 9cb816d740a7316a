"""Scores of labels that have an order, such as stars: a near miss is better than a far one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def distances(truth: NDArray[np.integer], given: NDArray[np.integer], labels: int) -> NDArray[np.float64]:
    """float64 [n]: how many steps each label given is from the right one; of a label never seen, the most there are.

    Args:
        truth: int [n], −1 for a label that training never saw.
        given: int [n].
        labels: how many there are.
    """
    return np.where(truth < 0, labels - 1, np.abs(truth - given)).astype(np.float64)


def weighted_kappa(
    truth: NDArray[np.integer], given: NDArray[np.integer], weights: NDArray[np.integer], labels: int
) -> NDArray[np.float64]:
    """float64 [d]: Cohen's kappa with quadratic weights (Cohen 1968) of each draw: 1 all right, 0 as by chance.

    A row whose label training never saw counts as the label farthest from the one given.

    Args:
        truth: int [n], −1 for a label that training never saw.
        given: int [n].
        weights: int [d, n], how often each row is drawn.
        labels: how many there are.
    """
    farthest = np.where(given * 2 < labels - 1, labels - 1, 0)
    cells = np.where(truth < 0, farthest, truth) * labels + given
    places = csr_array((np.ones(len(cells)), cells, np.arange(len(cells) + 1)), shape=(len(cells), labels * labels))
    tables = (weights @ places).reshape(len(weights), labels, labels)
    steps = np.subtract.outer(np.arange(labels), np.arange(labels)).astype(np.float64) ** 2
    seen = (tables * steps).sum(axis=(1, 2)) * tables.sum(axis=(1, 2))
    chance = np.einsum("di,ij,dj->d", tables.sum(axis=2), steps, tables.sum(axis=1))
    found: NDArray[np.float64] = np.where(chance > 0, 1 - seen / np.maximum(chance, 1e-300), 1.0)
    return found
