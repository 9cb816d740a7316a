"""How likely it is that the label a text is given is the right one.

The largest probability of a softmax ranks answers badly where no label fits: it only compares labels with each other.
Here each logit goes through one sigmoid (Platt 1999), and what the given label has of their sum goes through a second
one, which knows for each label how often it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FARTHEST = 30.0  # log-odds that are told apart


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
        wanted, k = truth[:, None] == np.arange(logits.shape[1]), logits.shape[1]
        spread = float(logits.std()) or 1.0
        slope, offset = _logistic(np.asarray(logits, np.float64).ravel()[None] / spread, wanted.ravel(), free=2)
        odds = _share_odds(logits * (slope / spread) + offset, given)
        by_label = np.vstack([odds[None], (given == np.arange(k)[:, None])])
        weight, *rest = _logistic(by_label, given == truth, free=1)
        return cls(slope / spread, offset, max(0.0, weight), np.array(rest[:-1]) + rest[-1])

    def __call__(self, logits: NDArray[np.floating], given: NDArray[np.integer]) -> NDArray[np.float64]:
        """The probability float64 [n] that the labels given [n] of texts with these logits [n, k] are right."""
        odds = _share_odds(logits * np.float64(self.slope) + self.offset, given)
        found: NDArray[np.float64] = np.exp(-np.logaddexp(0, -(self.weight * odds + self.biases[given])))
        return found


def _share_odds(scaled: NDArray[np.floating], given: NDArray[np.integer]) -> NDArray[np.float64]:
    """The log-odds float64 [n] of the share that the given label's sigmoid has of the sum of all."""
    logs = -np.logaddexp(0, -scaled.astype(np.float64))
    own = np.take_along_axis(logs, given[:, None], axis=1)
    logs = np.where(given[:, None] == np.arange(logs.shape[1]), -np.inf, logs)
    top = logs.max(axis=1, keepdims=True)
    others = top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True))
    odds: NDArray[np.float64] = np.clip(own - others, -FARTHEST, FARTHEST)[:, 0]
    return odds


def _logistic(features: NDArray[np.floating], right: NDArray[np.bool_], *, free: int) -> list[float]:
    """Weights of a logistic regression on features [f, m], and its bias at the end.

    Targets are a little less than certain (Platt 1999), and weights are drawn to 0 but for the last ``free`` of all.
    """
    from scipy.optimize import minimize

    hits = int(right.sum())
    targets = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    drawn = np.arange(len(features) + 1) < len(features) + 1 - free

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = weights[:-1] @ features + weights[-1]
        off = 1 / (1 + np.exp(-np.clip(scores, -500, 500))) - targets
        misfit = float((np.logaddexp(0, scores) - targets * scores).sum() + 0.5 * (weights[drawn] ** 2).sum())
        return misfit, np.append(features @ off, off.sum()) + drawn * weights

    start = np.zeros(len(features) + 1)
    start[0] = 1.0
    fit: Callable[..., object] = minimize
    found: list[float] = fit(loss, start, jac=True, method="L-BFGS-B").x.tolist()  # type: ignore[attr-defined]
    return found
