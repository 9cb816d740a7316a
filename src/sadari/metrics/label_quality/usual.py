"""What is usual for a label: how probable it is on the rows that have it, and how often such rows have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS, _REACH = 512, 10.0  # of log-odds from -10 to 10


class Usual:
    """Counts over rows, some at a time, and scores by them.

    A probability is suspicious beside what is usual for the label. The mean over the rows that have it is the threshold
    of confident learning: of a label that is hard to tell from others, a low one says less. And where of all rows with
    such a probability far fewer have the label than of all rows, one that has it stands out, whatever the model thinks
    that its probabilities mean: that share is fitted to rise with the probability (isotonic regression).

    Args:
        labels: k.

    Attributes:
        means: float64 [2, k], of the rows that lack a label (of 1 − its probability), and of those that have it.
    """

    def __init__(self, labels: int) -> None:
        self.labels = labels
        self._counts = np.zeros((2, labels * _BINS), np.int64)
        self._sums = np.zeros((2, labels))
        self.means = np.zeros((2, labels))
        self._lift = np.zeros((2, labels, _BINS))

    def add(self, clean: NDArray[np.floating], has: NDArray[np.bool_]) -> None:
        """Count some rows.

        Args:
            clean: float [r, k], probabilities.
            has: bool [r, k], which labels the rows have.
        """
        places = _bins(clean) + np.arange(self.labels) * _BINS
        for side, which in enumerate((~has, has)):
            self._counts[side] += np.bincount(places[which], minlength=self.labels * _BINS)
            self._sums[side] += np.where(which, clean if side else 1 - clean, 0.0).sum(axis=0)

    def settle(self) -> None:
        """Take the counts for complete."""
        from scipy.optimize import isotonic_regression

        counts = self._counts.reshape(2, self.labels, _BINS)
        every = counts.sum(axis=2)
        self.means = self._sums / np.maximum(every, 1)
        for label in range(self.labels):
            total = counts[:, label].sum(axis=0)
            filled = np.flatnonzero(total)
            if not len(filled):
                continue
            found = isotonic_regression(counts[1, label, filled] / total[filled], weights=total[filled]).x
            rate = np.interp(np.arange(_BINS), filled, found)
            share = every[1, label] / total.sum()
            self._lift[1, label] = rate / max(share, 1e-9)
            self._lift[0, label] = (1 - rate) / max(1 - share, 1e-9)

    def scores(
        self, clean: NDArray[np.floating], has: NDArray[np.bool_], labels: NDArray[np.integer] | None = None
    ) -> NDArray[np.float64]:
        """float64 [r, k]: how well each label fits, there or absent as it is; the lower, the more suspicious.

        Args:
            clean: float [r, k], probabilities; [r] of one label a row.
            has: bool of the same shape.
            labels: int [r], which one; None: all k.
        """
        columns, places, side = np.arange(self.labels) if labels is None else labels, _bins(clean), has.astype(np.int64)
        own = np.where(has, clean, 1 - clean)
        lift, mean = self._lift[side, columns, places], self.means[side, columns]
        return np.asarray((own + 1e-4) * np.sqrt((lift + 1e-4) / np.maximum(mean, 1e-6)))


def _bins(clean: NDArray[np.floating]) -> NDArray[np.int64]:
    odds = np.log(np.maximum(clean, 1e-9)) - np.log(np.maximum(1 - clean, 1e-9))
    return np.clip((odds + _REACH) * (_BINS / (2 * _REACH)), 0, _BINS - 1).astype(np.int64)
