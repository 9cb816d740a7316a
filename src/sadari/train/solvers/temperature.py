"""From logits to probabilities that mean what they say: one temperature, fitted on rows not trained on.

Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 5_000  # to calibrate on: more would tell nothing new
LEAST_ROWS = 1_000
ENOUGH_LOGITS = 1_000_000
MOST_CELLS = 2**23  # of rows times labels: a temperature is one number


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities float64 [n, k], each row summing to 1."""
    # reduce itself: of one text the methods around it take as long as all the rest
    shifted = np.exp(logits - np.maximum.reduce(logits, axis=1, keepdims=True).astype(np.float64))
    whole: NDArray[np.float64] = shifted / np.add.reduce(shifted, axis=1, keepdims=True)
    return whole


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities float64 [n, k], each label by itself."""
    return 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))


def inverse_temperature_loss(
    factor: float,
    logits: NDArray[np.floating],
    targets: NDArray[np.bool_],
    *,
    multilabel: bool,
    costs: NDArray[np.floating] | None = None,
) -> float:
    """The mean negative log-likelihood, in nats, of rows whose logits are multiplied by ``factor``.

    The rows count as if there were two more of them, whose labels are anyone's guess (after Platt 1999): without those,
    a few rows that happen to be right would ask for certainty.

    Args:
        factor: the inverse temperature.
        logits: float [n, k].
        targets: bool [n, k], which labels each row has.
        multilabel: labels independent of each other (sigmoid), else exactly one a row (softmax).
        costs: float [n], how much each row counts; None: all alike.
    """
    scaled = factor * logits.astype(np.float64)
    doubt = 2 / (len(logits) + 2)
    if multilabel:
        wrong = np.logaddexp(0, np.where(targets, -scaled, scaled))
        anyone = 0.5 * (np.logaddexp(0, scaled) + np.logaddexp(0, -scaled))
        return float(np.average(((1 - doubt) * wrong + doubt * anyone).mean(axis=1), weights=costs))
    top = scaled.max(axis=1, keepdims=True)
    log_total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
    wanted = (1 - doubt) * scaled[targets] + doubt * scaled.mean(axis=1)
    return float(np.average(log_total - wanted, weights=costs))


def fit_inverse_temperature(
    logits: NDArray[np.floating],
    targets: NDArray[np.bool_],
    *,
    multilabel: bool,
    costs: NDArray[np.floating] | None = None,
) -> float:
    """The factor by which logits are multiplied (the inverse of the temperature) that makes held-out rows likeliest.

    Returns:
        the least `inverse_temperature_loss` among factors that bring the logits' spread to 0.001 … 1,000; 1 without
        rows to fit on, or where all logits are alike.
    """
    from scipy.optimize import minimize_scalar

    spread = float(np.std(logits.astype(np.float64))) if logits.size else 0.0
    if not 1e-9 < spread < 1e9:
        return 1.0
    some = np.linspace(0, len(logits) - 1, max(1, min(len(logits), MOST_CELLS // logits.shape[1]))).astype(np.int64)
    unit, targets = logits[some].astype(np.float64) / spread, targets[some]
    costs = None if costs is None else costs[some]
    best = minimize_scalar(
        lambda log_factor: inverse_temperature_loss(
            np.exp(log_factor), unit, targets, multilabel=multilabel, costs=costs
        ),
        bounds=(np.log(1e-3), np.log(1e3)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(best.x)) / spread


def calibration_folds(count: int, labels: int, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Training rows to be taken out together, to be calibrated on: int64, sorted, no row twice.

    A tenth of the rows at a time, and of few rows one tenth after another, so that there is enough to calibrate on.
    Where labels are many, a few rows are so many logits that one tenth is enough.

    Args:
        count: how many rows there are.
        labels: how many labels there are.
        seed: of which rows are taken.
    """
    order = np.random.default_rng(seed).permutation(count)
    size = min(MOST_ROWS, count // 10) or 1
    for first in range(0, count, size):
        if first >= LEAST_ROWS or first * labels >= ENOUGH_LOGITS:
            return
        yield np.sort(order[first : first + size])
