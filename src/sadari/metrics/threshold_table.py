"""What each threshold of a label would give: how many texts, how many of them rightly, and how many of all it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class AtThreshold:
    """What a threshold gives.

    Attributes:
        threshold: from which on the label is given.
        given: how many texts get it.
        precision: the share of these that have it; 1 of none.
        recall: the share of those that have it which get it; 1 of none.
        f1: the harmonic mean of both.
    """

    threshold: float
    given: int
    precision: float
    recall: float
    f1: float


def threshold_table(
    wanted: NDArray[np.bool_], stands: NDArray[np.floating], *, thresholds: Sequence[float] = SHARES
) -> list[AtThreshold]:
    """What each threshold would give.

    Args:
        wanted: bool [n], which texts have the label.
        stands: float [n], what `sadari.train.thresholds.standing` says of it.
        thresholds: to be looked at.
    """
    found = []
    for threshold in thresholds:
        given = stands >= threshold
        hits, count, size = int((given & wanted).sum()), int(given.sum()), int(wanted.sum())
        f1 = 2 * hits / (count + size) if count + size else 1.0
        found.append(AtThreshold(threshold, count, hits / count if count else 1.0, hits / size if size else 1.0, f1))
    return found
