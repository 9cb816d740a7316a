"""How likely it is that the label a text is given is the right one.

The largest probability of a softmax ranks answers badly where no label fits: it only compares labels with each other.
Here each logit goes through one sigmoid (Platt 1999), and what the given label has of their sum goes through a second
one, which knows for each label how often it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FARTHEST = 30.0  # log-odds that are told apart
MOST_VALUES = 2**17  # of logits of wrong labels that are told apart


@dataclass(frozen=True, eq=False)
class Certainty:
    """From logits to the probability that the label given is right.

    Attributes:
        slope: what a logit is multiplied by before the first sigmoid.
        offset: what is added to it then.
        weight: what the log-odds of the given label's share are multiplied by before the second.
        biases: float64 [k], what is added then, by the label given.
    """

    slope: float
    offset: float
    weight: float
    biases: NDArray[np.float64]

    @classmethod
    def fit(cls, logits: NDArray[np.floating], truth: NDArray[np.integer], given: NDArray[np.integer]) -> Certainty:
        """Learn it from rows that were not trained on.

        Args:
            logits: float [m, k].
            truth: int [m], the right label's place.
            given: int [m], the place of the label that the row is given.
        """
        from scipy.sparse import csr_array, vstack

        spread, k = float(logits.std()) or 1.0, logits.shape[1]
        values, hits, rows = _counted(logits / np.float64(spread), truth)
        slope, offset = _logistic(values[None], hits, rows, free=2)
        odds = _share_odds(logits * (slope / spread) + offset, given)
        which = csr_array((np.ones(len(given)), (given, np.arange(len(given)))), shape=(k, len(given)))
        weight, *rest = _logistic(vstack([csr_array(odds[None]), which]).tocsr(), given == truth, free=1)
        return cls(slope / spread, offset, max(0.0, weight), np.array(rest[:-1]) + rest[-1])

    def __call__(self, logits: NDArray[np.floating], given: NDArray[np.integer]) -> NDArray[np.float64]:
        """The probability float64 [n] that the labels given [n] of texts with these logits [n, k] are right."""
        odds = _share_odds(logits * np.float64(self.slope) + self.offset, given)
        found: NDArray[np.float64] = np.exp(-np.logaddexp(0, -(self.weight * odds + self.biases[given])))
        return found


def _counted(
    logits: NDArray[np.floating], truth: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """All logits [m, k]: their values, whether the label is the right one, and how many there are of each.

    Of many labels nearly all are wrong ones, and those that lie close together are counted as one at their mean.
    """
    right = logits[np.arange(len(truth)), truth].astype(np.float64)
    wrong = np.delete(logits.ravel(), np.arange(len(truth)) * logits.shape[1] + truth)
    counts = np.ones(len(wrong))
    if len(wrong) > MOST_VALUES:
        low, high = float(wrong.min()), float(wrong.max())
        places = ((wrong - low) * ((MOST_VALUES - 1) / max(high - low, 1e-300))).astype(np.int32)
        found = np.bincount(places, minlength=MOST_VALUES)
        counts = found[found > 0].astype(np.float64)
        wrong = np.bincount(places, weights=wrong, minlength=MOST_VALUES)[found > 0] / counts
    values = np.concatenate([right, wrong])
    return values, np.arange(len(values)) < len(right), np.concatenate([np.ones(len(right)), counts])


def _share_odds(scaled: NDArray[np.floating], given: NDArray[np.integer]) -> NDArray[np.float64]:
    """The log-odds float64 [n] of the share that the given label's sigmoid has of the sum of all."""
    logs = -np.logaddexp(0, -scaled.astype(np.float64))
    own = np.take_along_axis(logs, given[:, None], axis=1)
    np.put_along_axis(logs, given[:, None], -np.inf, axis=1)
    top = logs.max(axis=1, keepdims=True)
    others = top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True))
    odds: NDArray[np.float64] = np.clip(own - others, -FARTHEST, FARTHEST)[:, 0]
    return odds


def _logistic(
    features: Any, right: NDArray[np.bool_], rows: NDArray[np.float64] | None = None, *, free: int
) -> list[float]:
    """Weights of a logistic regression on features [f, m], dense or sparse, and its bias at the end.

    Targets are a little less than certain (Platt 1999), and weights are drawn to 0 but for the last ``free`` of all.
    ``rows``: how often each of the m counts; None: once.
    """
    from scipy.optimize import minimize

    rows = np.ones(len(right)) if rows is None else rows
    hits, every = int(rows @ right), int(rows.sum())
    targets = np.where(right, (hits + 1) / (hits + 2), 1 / (every - hits + 2))
    drawn = np.arange(features.shape[0] + 1) < features.shape[0] + 1 - free

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = weights[:-1] @ features + weights[-1]
        off = rows * (1 / (1 + np.exp(-np.clip(scores, -500, 500))) - targets)
        misfit = float(rows @ (np.logaddexp(0, scores) - targets * scores) + 0.5 * (weights[drawn] ** 2).sum())
        return misfit, np.append(features @ off, off.sum()) + drawn * weights

    start = np.zeros(features.shape[0] + 1)
    start[0] = 1.0
    fit: Callable[..., object] = minimize
    found: list[float] = fit(loss, start, jac=True, method="L-BFGS-B").x.tolist()  # type: ignore[attr-defined]
    return found
