"""Scores of rows drawn with replacement: each a whole column of draws at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sadari.metrics.answers import Table


def losses(truth: NDArray[np.integer], table: Table) -> NDArray[np.float64]:
    """Of each row, the negative logarithm (nats) of the probability given to the true label; a label unknown has none.

    Probabilities are clipped to the smallest step of their own floating-point type, as scikit-learn does.
    """
    smallest = np.finfo(table.dtype).eps
    given = table[np.arange(len(truth)), np.maximum(truth, 0)].astype(np.float64)
    given[truth < 0] = 0.0
    return -np.log(np.clip(given, smallest, 1 - smallest))


def f1(
    truth: NDArray[np.integer], given: NDArray[np.integer], weights: NDArray[np.integer], known: int, code: int | None
) -> NDArray[np.float64]:
    """The F1 of one label, or the mean of those that occur as truth or prediction."""
    predicted = _summed(weights, given, known)
    support = _summed(weights, truth, known)
    hits = _summed(weights, np.where(given == truth, truth, -1), known)
    sizes = support + predicted
    f1 = np.divide(2.0 * hits, sizes, out=np.zeros(hits.shape), where=sizes > 0)
    return f1[:, code] if code is not None else f1.sum(axis=1) / np.maximum((sizes > 0).sum(axis=1), 1)


def _summed(weights: NDArray[np.integer], codes: NDArray[np.integer], known: int) -> NDArray[np.float64]:
    """The weights of the rows of each label, −1 left out: float64 [d, k]."""
    rows = np.flatnonzero(codes >= 0)
    members = csr_array((np.ones(len(rows)), (codes[rows], rows)), shape=(known, len(codes)))
    return np.asarray(members @ weights.T, np.float64).T


def average_precision(
    labels: Sequence[tuple[NDArray[np.bool_], NDArray[np.floating]]], weights: NDArray[np.integer]
) -> NDArray[np.float64]:
    """The mean over labels, those that are drawn, of the mean precision over a label's rows, from the surest on.

    Args:
        labels: of each, bool [n], which rows have it, and float [n], how sure a model is of that.
        weights: int [d, n], how often each row is drawn.
    """
    total, counted = np.zeros(len(weights)), np.zeros(len(weights))
    for wanted, probabilities in labels:
        if not wanted.any():
            continue
        order = np.argsort(-probabilities, kind="stable")
        sure = probabilities[order]
        ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], True))  # of equals, all or none are given the label
        own = np.flatnonzero(wanted[order])
        # only where a row has the label does its recall rise
        ends, last = np.unique(ends[np.searchsorted(ends, own)], return_index=True)
        last = np.append(last[1:], len(own)) - 1
        drawn = weights[:, order[: ends[-1] + 1]]
        seen = np.cumsum(drawn, axis=1)[:, ends]
        hits = np.cumsum(drawn[:, own], axis=1)[:, last]
        precision = np.divide(hits, seen, out=np.zeros(hits.shape), where=seen > 0)
        steps = np.diff(hits, axis=1, prepend=0)
        there = hits[:, -1]
        total += np.divide((precision * steps).sum(axis=1), there, out=np.zeros(len(weights)), where=there > 0)
        counted += there > 0
    return total / np.maximum(counted, 1)


def recall_at_precision(
    wanted: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: NDArray[np.integer], precision: float
) -> NDArray[np.float64]:
    """float64 [d]: of each draw the largest recall at which the precision is kept; 0 where it never is.

    Args:
        wanted: bool [n], which rows have the label.
        probabilities: float [n], of it.
        weights: int [d, n], how often each row is drawn.
        precision: to be kept.
    """
    order = np.argsort(-probabilities, kind="stable")
    falling, drawn = probabilities[order], weights[:, order]
    ends = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))  # of equals, all or none are given the label
    hits = np.cumsum(drawn * wanted[order], axis=1)[:, ends]
    given = np.cumsum(drawn, axis=1)[:, ends]
    recall = hits / np.maximum(hits[:, -1:], 1)
    found: NDArray[np.float64] = np.where(hits >= precision * np.maximum(given, 1), recall, 0).max(axis=1)
    return found
