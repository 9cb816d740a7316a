"""Learning curves: each rung again on fewer rows, as far as the time goes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sadari.climb.budget import Budget
from sadari.climb.result import RungResult
from sadari.climb.split import Frozen, nested_rows
from sadari.metrics.predictions import predict_in_order
from sadari.rungs import Rung

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
LEAST_ROWS = 32
SLOW = 5.0  # seconds of training from which on only the two upper points are drawn: few rows take a net no less time


def learning_curve(
    frozen: Frozen, full: RungResult, new: Callable[[], Rung], budget: Budget, seed: int
) -> list[tuple[int, float]]:
    """(training rows, validation accuracy), from few rows to all that the rung was trained on.

    Args:
        frozen: the data split.
        full: the rung's result on all rows.
        new: makes an untrained rung like it.
        budget: the time that is left.
        seed: of the rows that are taken.
    """
    rows = _rows_trained_on(frozen, full)
    points: list[tuple[int, float]] = []
    for share in SHARES if full.train_seconds < SLOW else SHARES[2:]:
        size = int(rows * share)
        if size < LEAST_ROWS or not budget.allows(full.train_seconds):
            continue
        chosen = nested_rows(frozen, size, seed)
        part = frozen.train.take(chosen)
        if len(part.label_names) < 2:
            continue
        model = new().fit(part.texts, part.labels)
        # in folds the rows of the part are validation rows too, and must not be scored by a model that saw them
        unseen = np.setdiff1d(np.arange(len(frozen.train)), chosen) if frozen.folds else slice(None)
        predicted = predict_in_order(model, frozen.validation.texts[unseen], frozen.label_names).argmax(axis=1)
        points.append((size, float((predicted == frozen.validation_truth[unseen]).mean())))
    return [*points, (rows, full.validation_accuracy.value)]


def _rows_trained_on(frozen: Frozen, full: RungResult) -> int:
    return full.rows or len(frozen.train)
