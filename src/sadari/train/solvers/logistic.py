"""Logistic regression on dense vectors, for few rows: what scikit-learn's `LogisticRegression` finds.

Of vectors that part the labels already it is right a little more often than least squares (docs/tried.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sadari.train.solvers.ridge import Linear

MOST_STEPS = 1_000


def fit_logistic(
    vectors: NDArray[np.float32],
    targets: NDArray[np.bool_],
    costs: NDArray[np.float32],
    strengths: Sequence[float],
    *,
    several: bool = False,
) -> list[Linear]:
    """For each strength C the layer with the least ``C · Σ cost · loss + |weight|² · size / 2``.

    The size is the vectors' mean square length about their mean, so that their scale does not count. The bias is not
    held down.

    Args:
        vectors: float32 [n, width].
        targets: bool [n, k], which labels each row has.
        costs: float32 [n], how much each row counts.
        strengths: each C, the larger the closer the fit.
        several: a text may have several labels: each has a loss of its own.
    """
    from scipy.optimize import minimize  # both take long to load, and a prediction needs neither
    from scipy.special import expit, log_softmax

    centre = vectors.mean(axis=0, dtype=np.float64)
    rows = vectors - centre
    size = max(float(np.sqrt(np.square(rows).sum(axis=1).mean())), 1e-12)
    rows /= size
    wanted, shape = targets.astype(np.float64), (vectors.shape[1] + 1, targets.shape[1])
    layers = []
    for strength in strengths:

        def loss(flat: NDArray[np.float64], strength: float = strength) -> tuple[float, NDArray[np.float64]]:
            layer = flat.reshape(shape)
            logits = rows @ layer[:-1] + layer[-1]
            if several:
                each, given = np.logaddexp(0, logits) - wanted * logits, expit(logits)
            else:
                logs = log_softmax(logits, axis=1)
                each, given = -wanted * logs, np.exp(logs)
            slope = strength * costs[:, None] * (given - wanted)
            held = 0.5 * float(np.square(layer[:-1]).sum())
            gradient = np.vstack([rows.T @ slope + layer[:-1], slope.sum(axis=0)])
            return strength * float(costs @ each.sum(axis=1)) + held, gradient.ravel()

        options = {"maxiter": MOST_STEPS, "ftol": 1e-10, "gtol": 1e-6}
        found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=options)
        layer = found.x.reshape(shape)
        weight = layer[:-1] / size
        layers.append(Linear(weight.astype(np.float32), (layer[-1] - centre @ weight).astype(np.float32)))
    return layers
