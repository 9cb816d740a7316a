"""Learning curves: each rung again on fewer rows, as far as the time goes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sadari.climb.budget.budget import Budget
from sadari.climb.result import RungResult
from sadari.climb.split import Frozen, nested_rows
from sadari.metrics.metric import Metric
from sadari.metrics.predictions import predict_in_order
from sadari.rungs import Rung

SHARES = (1 / 2, 1 / 4, 1 / 8, 1 / 16)
LEAST_ROWS = 32
SLOW = 5.0  # seconds of training from which on only the two upper points are drawn: few rows take a net no less time


def curve_point(
    frozen: Frozen, metric: Metric, full: RungResult, share: float, new: Callable[[], Rung], budget: Budget, seed: int
) -> tuple[int, float] | None:
    """(training rows, score on validation rows) of a rung on fewer rows; None where that is too few, or takes too long.

    Args:
        frozen: the split.
        metric: what is scored.
        full: the rung's result on all its rows, with the points that are drawn already.
        share: of these rows.
        new: makes an untrained rung like it.
        budget: of time.
        seed: of the choice of rows.
    """
    size = int((full.rows or len(frozen.train)) * share)
    slow = full.train_seconds >= SLOW
    if size < LEAST_ROWS or (slow and share not in SHARES[:2]) or not budget.allows(full.train_seconds):
        return None
    chosen = nested_rows(frozen, size, seed)
    part = frozen.train.take(chosen)
    if len(part.label_names) < 2:
        return None
    model = new().fit(part.texts, part.labels)
    # in folds the rows of the part are validation rows too, and must not be scored by a model that saw them
    unseen = np.setdiff1d(np.arange(len(frozen.train)), chosen) if frozen.folds else slice(None)
    table = predict_in_order(model, frozen.validation.texts[unseen], frozen.label_names)
    return size, metric.quick(frozen.validation_truth[unseen], table)
