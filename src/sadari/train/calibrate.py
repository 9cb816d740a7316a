"""From logits to probabilities that mean what they say: one temperature, fitted on rows not trained on (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities float64 [n, k], each row summing to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True).astype(np.float64))
    return shifted / shifted.sum(axis=1, keepdims=True)


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities float64 [n, k], each label by itself."""
    return 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))


def fit_sharpness(logits: NDArray[np.floating], targets: NDArray[np.bool_], *, multilabel: bool) -> float:
    """The factor by which logits are multiplied (the inverse of the temperature) that makes held-out rows likeliest.

    Args:
        logits: float [n, k].
        targets: bool [n, k], which labels each row has.
        multilabel: labels independent of each other (sigmoid), else exactly one a row (softmax).

    Returns:
        a factor from 0.01 to 100; 1 without rows to fit on.
    """
    from scipy.optimize import minimize_scalar

    if len(logits) == 0:
        return 1.0

    def loss(log_factor: float) -> float:
        scaled = np.exp(log_factor) * logits.astype(np.float64)
        if multilabel:
            return float(np.mean(np.logaddexp(0, np.where(targets, -scaled, scaled))))
        top = scaled.max(axis=1, keepdims=True)
        log_total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float(np.mean(log_total - scaled[targets]))

    best = minimize_scalar(loss, bounds=(np.log(0.01), np.log(100)), method="bounded")
    return float(np.exp(best.x))
