"""From probabilities to labels where a text may have several: one threshold for each label.

They are chosen on rows that were not trained on.

A model that is right about how rare a label is seldom gives it a half. The threshold that makes F1 largest lies below
(Lipton et al. 2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure"). Each label's own best threshold
makes macro-F1 largest, and one threshold for all of them micro-F1; of a rare label the own one is much by chance
besides. What is taken lies half way between the two, in log-odds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

USUAL = 0.5
OWN = 0.5  # how far a label goes from the common threshold to its own
_LEAST = 1e-6


def choose_thresholds(probabilities: NDArray[np.floating], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The thresholds float64 [k] from which on a label is given.

    Half way, in log-odds, between the one threshold with the largest micro-F1 of all labels and that with the largest
    F1 of this one; a label that no row has, or all have, takes the first.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        wanted: bool [n, k], which labels each has.
    """
    common = _best(probabilities.ravel(), wanted.ravel(), USUAL)
    own = np.full(probabilities.shape[1], common)
    rows = wanted.sum(axis=0)
    for label in np.flatnonzero((rows > 0) & (rows < len(wanted))):
        own[label] = _best(probabilities[:, label], wanted[:, label], common)
    shares = np.clip([*own, common], _LEAST, 1 - _LEAST)
    between: NDArray[np.float64] = expit(OWN * logit(shares[:-1]) + (1 - OWN) * logit(shares[-1]))
    return between


def held_out_choices(probabilities: NDArray[np.floating], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which labels each row is given, bool [n, k], by thresholds that were chosen on the other half of the rows.

    So the rows say what thresholds are worth on rows that they were not chosen on.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        wanted: bool [n, k], which labels each has.
    """
    halves = np.arange(len(wanted)) % 2 == 0
    given = np.zeros(wanted.shape, np.bool_)
    for half in (halves, ~halves):
        given[half] = probabilities[half] >= choose_thresholds(probabilities[~half], wanted[~half])
    return given


def _best(probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], usual: float) -> float:
    """The threshold with the largest F1, half way to the next probability; of equals that nearest to the usual one."""
    order = np.argsort(-probabilities, kind="stable")
    falling, hits = probabilities[order].astype(np.float64), np.cumsum(wanted[order])
    if not len(hits) or not hits[-1]:
        return usual
    ends = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))  # of equals, all or none are given the label
    f1 = 2 * hits[ends] / (ends + 1 + hits[-1])
    below = np.append(falling[1:], 0.0)[ends]
    middles = 0.5 * (falling[ends] + below)
    best = np.flatnonzero(f1 == f1.max())
    return float(middles[best[np.argmin(np.abs(middles[best] - usual))]])
