"""Least squares on dense vectors: one product of all rows serves all strengths, chosen on rows that are held out.

Each label is +1 where a row has it and −1 where it has not. Of a thousand rows and as many dimensions, where classes
overlap little, that is right more often than logistic regression, and needs no steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRENGTHS = tuple(10.0 ** (exponent / 4) for exponent in range(-8, 9))  # C, from 0.01 to 100
MOST_CHOOSING = 10_000  # rows that the strength is chosen on: more would tell nothing new
FOLDS = 5


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


# From vectors, targets, costs and strengths, as `fit_ridge` has them.
Fit = Callable[[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32], Sequence[float]], list[Linear]]


@dataclass(frozen=True)
class Chosen:
    """What `choose_strength` found.

    Attributes:
        strength: C.
        losses: C → the mean squared distance of held-out rows' scores from what they should be.
        logits: float32 [m, k], of these rows with that C.
        rows: int64 [m], which they are.
    """

    strength: float
    losses: dict[float, float]
    logits: NDArray[np.float32]
    rows: NDArray[np.int64]


def fit_ridge(
    vectors: NDArray[np.float32],
    targets: NDArray[np.bool_],
    costs: NDArray[np.float32],
    strengths: Sequence[float],
) -> list[Linear]:
    """For each strength C the layer with the least ``C · Σ cost · (score − target)² / Σ cost + |weight|²``.

    The bias is not held down.

    Args:
        vectors: float32 [n, width].
        targets: bool [n, k], which labels each row has.
        costs: float32 [n], how much each row counts.
        strengths: each C, the larger the closer the fit.
    """
    shares = costs.astype(np.float64) / max(float(costs.sum()), 1e-12)
    wanted = np.where(targets, 1.0, -1.0)
    centre, level = shares @ vectors, shares @ wanted
    roots = np.sqrt(shares)[:, None]
    rows = ((vectors - centre) * roots).astype(np.float64)
    sizes, axes = np.linalg.eigh(rows.T @ rows)
    along = axes.T @ (rows.T @ ((wanted - level) * roots))
    layers = []
    for strength in strengths:
        weight = axes @ (along / (np.maximum(sizes, 0) + 1 / strength)[:, None])
        layers.append(Linear(weight.astype(np.float32), (level - centre @ weight).astype(np.float32)))
    return layers


def choose_strength(
    vectors: NDArray[np.float32],
    targets: NDArray[np.bool_],
    costs: NDArray[np.float32],
    *,
    seed: int,
    strengths: Sequence[float] = STRENGTHS,
    fit: Fit | None = None,
) -> Chosen:
    """The strength that is nearest on rows that are held out, each of up to 10,000 in one of five folds.

    Nearest by squares, which is what is fitted, as scikit-learn's ``RidgeCV`` has it: how many rows are wrong changes
    by steps, and of a thousand rows says too little of strengths that are near each other (docs/tried.md).

    Args:
        vectors: float32 [n, width].
        targets: bool [n, k].
        costs: float32 [n].
        seed: by which rows are put into folds.
        strengths: those to choose from; of one, what it gives on the rows that are held out.
        fit: what fits the layers; None: `fit_ridge`.
    """
    fit = fit or fit_ridge
    rows = np.random.default_rng(seed).permutation(len(vectors))[:MOST_CHOOSING]
    # label by label, so that every fold has its share of each
    rows = rows[np.argsort(targets[rows].argmax(axis=1), kind="stable")]
    fold = np.arange(len(rows)) % min(FOLDS, max(2, len(rows)))
    logits = np.zeros((len(strengths), len(rows), targets.shape[1]), np.float32)
    for number in range(int(fold.max(initial=0)) + 1):
        inside, outside = rows[fold != number], np.flatnonzero(fold == number)
        for place, layer in enumerate(fit(vectors[inside], targets[inside], costs[inside], strengths)):
            logits[place, outside] = layer.logits(vectors[rows[outside]])
    wanted, shares = np.where(targets[rows], np.float32(1), np.float32(-1)), np.maximum(costs[rows], 1e-12)
    losses = [float(np.average(np.square(found - wanted).mean(axis=1), weights=shares)) for found in logits]
    best = int(np.argmin(losses))
    return Chosen(strengths[best], dict(zip(strengths, losses, strict=True)), logits[best], rows)
