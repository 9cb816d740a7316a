"""Logistic regression on dense vectors: all rows at once, by L-BFGS, its strength chosen on rows that are held out.

One label a row: multinomial. Several: each label by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.train.solvers.temperature import sigmoid, softmax

STRENGTHS = tuple(10.0 ** (exponent / 2) for exponent in range(-8, 5))  # C, from 1e-4 to 100
MOST_CHOOSING = 10_000  # rows that the strength is chosen on: more would tell nothing new
FOLDS = 5
MOST_STEPS, TOLERANCE = 500, 1e-5  # of L-BFGS; of the largest gradient


@dataclass(frozen=True)
class Linear:
    """A linear layer.

    Attributes:
        weight: float32 [width, k].
        bias: float32 [k].
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [n, k] of float32 [n, width]."""
        found: NDArray[np.float32] = vectors @ self.weight + self.bias
        return found


@dataclass(frozen=True)
class Chosen:
    """What `choose_strength` found.

    Attributes:
        strength: C.
        losses: C → the mean loss of rows that were held out.
        logits: float32 [m, k], of these rows with that C.
        rows: int64 [m], which they are.
    """

    strength: float
    losses: dict[float, float]
    logits: NDArray[np.float32]
    rows: NDArray[np.int64]


def fit_logistic(
    vectors: NDArray[np.float32],
    targets: NDArray[np.bool_],
    costs: NDArray[np.float32],
    strength: float,
    *,
    multilabel: bool,
    start: Linear | None = None,
) -> Linear:
    """The layer with the least ``C · Σ cost · loss + ½ |weight|²``, as scikit-learn's `LogisticRegression` has it.

    The bias is not held down. Vectors should be centred and of a scale near 1, which is where it is quick.

    Args:
        vectors: float32 [n, width].
        targets: bool [n, k], which labels each row has.
        costs: float32 [n], how much each row counts.
        strength: C, the larger the closer the fit.
        multilabel: labels independent of each other, else exactly one a row.
        start: where to begin.
    """
    from scipy.optimize import minimize

    width, labels = vectors.shape[1], targets.shape[1]
    scale = 1 / (strength * max(float(costs.sum()), 1e-12))
    begin = np.zeros((width + 1, labels))
    if start is not None:
        begin[:-1], begin[-1] = start.weight, start.bias

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        layer = flat.reshape(width + 1, labels)
        value, errors = _loss(vectors @ layer[:-1].astype(np.float32) + layer[-1], targets, costs, multilabel)
        slope = np.empty_like(layer)
        slope[:-1], slope[-1] = vectors.T @ errors.astype(np.float32) + scale * layer[:-1], errors.sum(axis=0)
        return value + 0.5 * scale * float((layer[:-1] ** 2).sum()), slope.ravel()

    options = {"maxiter": MOST_STEPS, "gtol": TOLERANCE, "ftol": 1e-9, "maxcor": 20}
    best = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(width + 1, labels)
    return Linear(best[:-1].astype(np.float32), best[-1].astype(np.float32))


def _loss(
    logits: NDArray[np.float64], targets: NDArray[np.bool_], costs: NDArray[np.float32], multilabel: bool
) -> tuple[float, NDArray[np.float64]]:
    """The mean loss by costs, in nats, and float64 [n, k], its gradient by the logits."""
    shares = costs[:, None].astype(np.float64) / max(float(costs.sum()), 1e-12)
    if multilabel:
        losses = np.logaddexp(0, np.where(targets, -logits, logits))
        return float((shares * losses).sum()), shares * (sigmoid(logits) - targets)
    found = softmax(logits)
    wanted = np.log(np.maximum(found[targets], 1e-300))
    return -float((shares[:, 0] * wanted).sum()), shares * (found - targets)


def choose_strength(
    vectors: NDArray[np.float32],
    targets: NDArray[np.bool_],
    costs: NDArray[np.float32],
    *,
    multilabel: bool,
    seed: int,
) -> Chosen:
    """The strength with the least loss on rows that are held out, each of up to 10,000 in one of five folds.

    Args:
        vectors: float32 [n, width].
        targets: bool [n, k].
        costs: float32 [n].
        multilabel: as in `fit_logistic`.
        seed: by which rows are put into folds.
    """
    rows = np.random.default_rng(seed).permutation(len(vectors))[:MOST_CHOOSING]
    # label by label, so that every fold has its share of each
    rows = rows[np.argsort(targets[rows].argmax(axis=1), kind="stable")]
    fold = np.arange(len(rows)) % min(FOLDS, max(2, len(rows)))
    logits = np.zeros((len(STRENGTHS), len(rows), targets.shape[1]), np.float32)
    for number in range(int(fold.max(initial=0)) + 1):
        inside, outside = rows[fold != number], np.flatnonzero(fold == number)
        layer: Linear | None = None
        for place, strength in enumerate(STRENGTHS):  # from the weakest, each from the one before
            layer = fit_logistic(
                vectors[inside], targets[inside], costs[inside], strength, multilabel=multilabel, start=layer
            )
            logits[place, outside] = layer.logits(vectors[rows[outside]])
    losses = [_loss(found.astype(np.float64), targets[rows], costs[rows], multilabel)[0] for found in logits]
    best = int(np.argmin(losses))
    return Chosen(STRENGTHS[best], dict(zip(STRENGTHS, losses, strict=True)), logits[best], rows)
