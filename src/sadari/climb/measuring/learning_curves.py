"""Learning curves: each rung again on fewer rows, as far as the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sadari.climb.budget.budget import Budget
from sadari.climb.context import ClimbContext
from sadari.climb.result import RungResult
from sadari.climb.split import Frozen, nested_rows
from sadari.display.watching import OnProgress
from sadari.metrics.predictions import predict_in_order

SHARES = (1 / 2, 1 / 4, 1 / 8, 1 / 16)
LEAST_ROWS = 32
SLOW = 5.0  # seconds of training from which on only the two upper points are drawn: few rows take a net no less time


def drawn(frozen: Frozen, full: RungResult, share: float, budget: Budget) -> int:
    """How many rows a point of a rung's curve is drawn for; 0 where that is too few, or takes too long.

    Args:
        frozen: the split.
        full: the rung's result on all its rows.
        share: of these rows.
        budget: of time.
    """
    size = int((full.rows or len(frozen.train)) * share)
    slow = full.train_seconds >= SLOW
    if size < LEAST_ROWS or (slow and share not in SHARES[:2]) or not budget.allows(full.train_seconds):
        return 0
    return size


@dataclass(frozen=True)
class Point:
    """Score a rung on fewer rows, for its learning curve.

    Attributes:
        rung: its name.
        own: what trials have chosen.
        size: how many rows.
    """

    rung: str
    own: Mapping[str, Any]
    size: int

    def run(self, context: ClimbContext, progress: OnProgress | None) -> tuple[int, float] | None:
        """(Training rows, score on validation rows); None where the rows are of one label.

        Args:
            context: the climb.
            progress: is told nothing.
        """
        frozen = context.frozen
        chosen = nested_rows(frozen, self.size, context.seed)
        part = frozen.train.take(chosen)
        if len(part.label_names) < 2:
            return None
        model = context.new(self.rung, self.own).fit(part.texts, part.labels)
        # in folds the rows of the part are validation rows too, and must not be scored by a model that saw them
        unseen = np.setdiff1d(np.arange(len(frozen.train)), chosen) if frozen.folds else slice(None)
        table = predict_in_order(model, frozen.validation.texts[unseen], frozen.label_names)
        return self.size, context.metric.quick(frozen.validation_truth[unseen], table)
