"""What a vote's probabilities mean where some of the labels that they are compared with are wrong.

A label is right with the chance 1 − ε, and else any of the others, at random. The clean probabilities are the vote's,
sharpened or dulled by one power, with a bias for each label; power, biases and ε are those that make the labels that
the rows have most likely (a forward correction, Patrini et al. 2017, with one rate of noise). So ε tells wrong labels
from texts that are hard: these are less sure in the vote itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-3  # added to the vote's probabilities: no voter is so sure
MOST_NOISE = 0.5
_BIAS = 1e-3  # strength that holds biases near 0
_USUAL, _TRUST = -3.0, 0.5  # the log-odds of ε / MOST_NOISE at which few rows leave it, and how strongly


@dataclass(frozen=True)
class Noise:
    """How the vote is read.

    Attributes:
        power: of the vote's probabilities.
        bias: float64 [k], added to their logarithms.
        rate: ε, the chance that a label is wrong.
    """

    power: float
    bias: NDArray[np.float64]
    rate: float

    def clean(self, vote: NDArray[np.floating]) -> NDArray[np.float64]:
        """float64 [r, k]: each label's probability before anybody says which one the row has.

        Args:
            vote: float [r, k], the mean of the voters' probabilities.
        """
        return _softmax(self.power * np.log(vote + FLOOR) + self.bias)

    def right(self, clean: NDArray[np.floating]) -> NDArray[np.float64]:
        """The probability that a label is right, now that it was given.

        Args:
            clean: float [r], its probability before.
        """
        as_it_is = (1 - self.rate) * clean
        spilt = self.rate / (len(self.bias) - 1) * (1 - clean)
        return np.asarray(as_it_is / np.maximum(as_it_is + spilt, 1e-300))


def fit_noise(vote: NDArray[np.floating], given: NDArray[np.integer]) -> Noise:
    """The reading that makes the given labels most likely.

    Args:
        vote: float [r, k], the mean of the voters' probabilities, k ≥ 2.
        given: int [r], the labels that the rows have.
    """
    from scipy.optimize import minimize

    logs = np.log(vote.astype(np.float64) + FLOOR)
    labels = logs.shape[1]
    start = np.concatenate([[1.0], np.zeros(labels), [_USUAL]])
    bounds = [(0.0, 50.0), *[(-20.0, 20.0)] * labels, (-12.0, 4.0)]
    found = minimize(_misfit, start, (logs, given), "L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": 200})
    return Noise(float(found.x[0]), found.x[1:-1].copy(), _rate(found.x[-1]))


def _rate(odds: float) -> float:
    return float(MOST_NOISE / (1 + np.exp(-odds)))


def _misfit(
    at: NDArray[np.float64], logs: NDArray[np.float64], given: NDArray[np.integer]
) -> tuple[float, NDArray[np.float64]]:
    """Minus the mean log-likelihood of the given labels, with what holds biases and rate; and its gradient."""
    (rows, labels), bias, rate = logs.shape, at[1:-1], _rate(at[-1])
    clean, every = _softmax(at[0] * logs + bias), np.arange(len(given))
    own = clean[every, given]
    spilt = rate / (labels - 1)
    kept = 1 - rate - spilt
    likely = spilt + kept * own
    pull = -kept / likely * own / rows
    slope = -pull[:, None] * clean
    slope[every, given] += pull
    by_rate = float(np.mean((own * (1 + 1 / (labels - 1)) - 1 / (labels - 1)) / likely))
    held = _TRUST / rows * (at[-1] - _USUAL)
    misfit = -np.log(likely).mean() + _BIAS / 2 * (bias**2).sum() + held / 2 * (at[-1] - _USUAL)
    of_rate = by_rate * rate * (1 - rate / MOST_NOISE) + held
    return float(misfit), np.concatenate([[(slope * logs).sum()], slope.sum(axis=0) + _BIAS * bias, [of_rate]])


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
