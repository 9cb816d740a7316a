"""What the labels so far are worth, by the texts that were drawn at random; and whether more would pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sadari.metrics.classification import wilson
from sadari.metrics.interval import Interval
from sadari.trust.active.learner import Codes, learn
from sadari.trust.active.spaces import Features

FOLDS = 5
FEWEST_DRAWN = 8  # texts drawn at random: of fewer nothing is said
POINTS = 6
FEWEST = 10  # answers of the curve's first point
SETTLED = 0.02  # the share of answers that twice the labels may change, where more no longer pay
FEWEST_SETTLED = 60  # labels, before which nothing is said of that


@dataclass(frozen=True)
class Point:
    """How good so many labels make the model.

    Attributes:
        labels: how many.
        accuracy: on texts drawn at random that the model did not learn from.
    """

    labels: int
    accuracy: Interval


@dataclass(frozen=True)
class Curve:
    """What is known of how much labels bring.

    Attributes:
        points: with few labels and with more; empty where too few texts were drawn at random.
        drawn: texts drawn at random and labelled.
        changed: the share of all candidates that get another label from all answers than from the first half of them;
            accuracy cannot have risen by more. None where there is too little to say.
        enough: whether more labels no longer pay.
    """

    points: list[Point]
    drawn: int
    changed: float | None
    enough: bool


def learning_curve(
    features: Features, done: Codes, codes: Codes, drawn: Sequence[bool], labels: int, strength: float
) -> Curve:
    """The curve of some answers.

    Each point is of models that learned from the first so many answers, less a fifth of the texts drawn at random,
    which they are asked; in turn all of these are. So every label teaches, no model is asked what it has learned, and
    all points are of the same texts.

    Args:
        features: [n, width], of all candidates.
        done: int64 [m], which are answered, in order.
        codes: int64 [m], their labels.
        drawn: [m], whether each was drawn at random.
        labels: how many labels there are.
        strength: of the fit.
    """
    by_chance = np.flatnonzero(np.asarray(drawn, np.bool_))
    sizes = _sizes(len(done))
    points = []
    if len(by_chance) >= FEWEST_DRAWN:
        right = [_right(features, done, codes, by_chance, size, labels, strength) for size in sizes]
        points = [Point(size, wilson(hits, len(by_chance))) for size, hits in zip(sizes, right, strict=True)]
    changed = _changed(features, done, codes, labels, strength) if len(done) >= FEWEST_SETTLED else None
    return Curve(points, len(by_chance), changed, changed is not None and changed <= SETTLED)


def _sizes(most: int) -> list[int]:
    """Numbers of answers, each twice the one before, the last being all."""
    found = [most]
    while len(found) < POINTS and found[-1] // 2 >= FEWEST:
        found.append(found[-1] // 2)
    return found[::-1] if most else []


def _right(features: Features, done: Codes, codes: Codes, drawn: Codes, size: int, labels: int, strength: float) -> int:
    """How many of the texts drawn at random models get right that learned from the first answers without them."""
    hits = 0
    for fold in range(FOLDS):
        asked = drawn[fold::FOLDS]
        inside = np.setdiff1d(np.arange(size), asked)
        learned = learn(features[done[inside]], codes[inside], labels, strength)
        if learned is not None:
            hits += int((learned.predictions(features[done[asked]]) == codes[asked]).sum())
        elif len(inside):
            hits += int((codes[asked] == codes[inside[0]]).sum())
    return hits


def _changed(features: Features, done: Codes, codes: Codes, labels: int, strength: float) -> float | None:
    """The share of the candidates that the second half of the answers gave another label."""
    half = len(done) // 2
    before = learn(features[done[:half]], codes[:half], labels, strength)
    after = learn(features[done], codes, labels, strength)
    if before is None or after is None:
        return None
    return float((before.predictions(features) != after.predictions(features)).mean())
