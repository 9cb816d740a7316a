"""What the time left allows: a rung's cost is guessed from a small trial before it is trained."""

from __future__ import annotations

import time

import numpy as np

from sadari.measure import readable
from sadari.measure.frozen import Frozen, nested_rows
from sadari.rungs import Rung

PROBE_ROWS = 1_000
LEAST_ROWS = 500  # a rung that could train on no more than these is left out
SHARE = 0.6  # of the time left that one rung may take while others wait


class Budget:
    """A span of time that begins now; None: no end."""

    def __init__(self, seconds: float | None) -> None:
        self.deadline = None if seconds is None else time.perf_counter() + seconds

    def time_left(self) -> float:
        """Seconds; infinite without an end."""
        return float("inf") if self.deadline is None else self.deadline - time.perf_counter()

    def allows(self, seconds: float) -> bool:
        return seconds <= self.time_left()

    def affordable_rows(self, model: Rung, frozen: Frozen, seed: int, *, last: bool) -> int | str:
        """How many training rows the time left allows for training and validating; a sentence, where too few.

        A first small training compiles what is compiled, so that no rung's time has that in it.
        """
        total = len(frozen.train)
        probe = frozen.train.take(nested_rows(frozen, min(PROBE_ROWS, total), seed))
        if len(probe.label_names) < 2:
            return total
        short = _one_epoch(model)
        few = probe.take(np.arange(min(64, len(probe))))
        if len(few.label_names) > 1:
            short.fit(few.texts, few.labels).predict_proba(few.texts)
        if self.deadline is None:
            return total
        start = time.perf_counter()
        short.fit(probe.texts, probe.labels)
        per_row = (time.perf_counter() - start) / len(probe)
        times = 1 + sum(len(fold) for fold in frozen.folds) / total
        needed = per_row * total * _epochs(model, total) * times
        allowed = self.time_left() * (1 if last else SHARE)
        if needed <= allowed:
            return total
        rows = int(total * allowed / needed)
        if frozen.folds or rows < min(LEAST_ROWS, total):
            left = readable.duration(max(0.0, allowed))
            return f"it needs about {readable.duration(needed)}, and {left} of the budget are left for it"
        return rows


def _one_epoch(model: Rung) -> Rung:
    """The same rung with one pass, where passes are what costs."""
    from sklearn.base import clone

    short: Rung = clone(model)
    if "epochs" in model.get_params(deep=False):
        short.set_params(epochs=1)
    return short


def _epochs(model: Rung, rows: int) -> float:
    """How many passes the rung itself would make over so many rows."""
    if "epochs" not in model.get_params(deep=False):
        return 1.0
    return float(max(1, model.planned_epochs(rows)))
