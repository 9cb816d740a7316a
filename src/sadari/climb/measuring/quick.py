"""One figure of a rung on rows that it did not see, for learning curves and trials of settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.metrics.several import DEFAULT, Answers, point
from sadari.train.thresholds import held_out_choices


def quick_score(truth: NDArray[np.integer], probabilities: NDArray[np.floating]) -> float:
    """The accuracy; where a text may have several labels, micro-F1 by thresholds that were chosen on other rows.

    Args:
        truth: int [n], or int [n, k + 1] of several labels.
        probabilities: float [n, k].
    """
    if truth.ndim == 1:
        return float((probabilities.argmax(axis=1) == truth).mean())
    given = held_out_choices(probabilities, truth[:, :-1] > 0)
    return point(DEFAULT, truth, Answers(probabilities, given))
