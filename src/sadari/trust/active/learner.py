"""The classifier behind the page: logistic regression on a few labelled texts, fitted in a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from sadari.trust.active.spaces import Features

MOST_STEPS = 100
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """What some labels taught.

    Attributes:
        layer: float64 [width + 1, m], of the labels that it has seen; the last row is the bias.
        seen: int64 [m], which labels these are.
        labels: how many there are.
    """

    layer: NDArray[np.float64]
    seen: Codes
    labels: int

    def logits(self, features: Features) -> NDArray[np.float64]:
        """float64 [n, m], of the labels that it has seen."""
        found: NDArray[np.float64] = features @ self.layer[:-1] + self.layer[-1]
        return found

    def probabilities(self, features: Features) -> NDArray[np.float64]:
        """float64 [n, labels]; 0 for a label that nobody has given yet."""
        found = np.zeros((features.shape[0], self.labels))
        found[:, self.seen] = softmax(self.logits(features), axis=1)
        return found

    def predictions(self, features: Features) -> Codes:
        """int64 [n], the likeliest label of each."""
        best: Codes = self.seen[self.logits(features).argmax(axis=1)]
        return best


def learn(features: Features, codes: Codes, labels: int, strength: float) -> Learned | None:
    """Logistic regression, the bias free; None of fewer than two labels.

    Args:
        features: float32 [n, width], of labelled texts.
        codes: int64 [n], the label of each.
        labels: how many there are.
        strength: C: the larger, the closer the fit.
    """
    from scipy.optimize import minimize

    seen, places = np.unique(codes, return_inverse=True)
    if len(seen) < 2:
        return None
    used = np.unique(features.indices)  # the weights of all other columns stay 0
    rows = features[:, used].astype(np.float64)
    back, shape = rows.T.tocsr(), (len(used) + 1, len(seen))
    wanted = (np.arange(len(seen)) == places[:, None]).astype(np.float64)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        layer = flat.reshape(shape)
        logs = log_softmax(rows @ layer[:-1] + layer[-1], axis=1)
        slope = strength * (np.exp(logs) - wanted)
        gradient = np.vstack([back @ slope + layer[:-1], slope.sum(axis=0)])
        return 0.5 * float(np.square(layer[:-1]).sum()) - strength * float((wanted * logs).sum()), gradient.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    layer = np.zeros((features.shape[1] + 1, len(seen)))
    layer[[*used, -1]] = found.x.reshape(shape)
    return Learned(layer, seen.astype(np.int64), labels)
