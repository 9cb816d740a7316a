"""Sets of labels that hold the right one as often as was asked: a text gets every label that is likely enough.

One threshold for all labels gives the smallest sets (Sadinle et al. 2019, "Least Ambiguous Set-Valued Classifiers"),
and may leave a rare label out most of the time. So each label has a threshold of its own where its rows would else be
held too seldom, and labels of few rows have one together; the common one is then as high as the rows of all labels
allow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.train.calibration.withholding import from_below

ENOUGH = 50  # rows of a label for a threshold of its own, and more where hardly one may be missed
WORSE = 1.4  # times as often as all labels may one of them be missed


def set_thresholds(
    truth: NDArray[np.integer], probability: NDArray[np.floating], *, labels: int, coverage: float
) -> NDArray[np.float64]:
    """The probability float64 [k] from which on a label belongs to a text's set.

    Args:
        truth: int [m], the right label of each row; −1 where there is not just one.
        probability: float [m], that of the right label; the least of the right ones.
        labels: how many there are, k.
        coverage: the share of texts whose sets are to hold the right label, or all that are right.

    Returns:
        0 for labels that all sets hold: with so few rows nothing less would do.
    """
    least = 1 - WORSE * (1 - coverage)
    counts = np.bincount(truth[truth >= 0], minlength=labels)
    own = np.full(labels, np.inf)
    enough = max(ENOUGH, 2 / (1 - least))
    for k in np.flatnonzero(counts >= enough):
        own[k] = from_below(probability[truth == k], least)
    rare = np.flatnonzero(counts < enough)
    if counts[rare].sum() >= enough:
        own[rare] = from_below(probability[np.isin(truth, rare)], least)
    held_anyway = (truth >= 0) & (probability >= own[truth])
    common = from_below(np.where(held_anyway, np.inf, probability), coverage)
    return np.maximum(np.minimum(common, own), 0.0)
