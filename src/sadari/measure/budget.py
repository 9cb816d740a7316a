"""What the time left allows: a rung's cost is guessed from a small trial before it is trained."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sadari.measure import readable
from sadari.measure.frozen import Frozen, nested_rows
from sadari.measure.slow import Pace, pace_of
from sadari.rungs import BertClassifier, Rung
from sadari.rungs.neural import NeuralRung
from sadari.rungs.sizes import FEW_TEXTS

PROBE_ROWS = 1_000
LEAST_ROWS = 500  # a rung that could train on no more than these is left out
SHARE = 0.6  # of the time left that one rung may take while others wait
SMALL_BATCH = 1.4  # what a row costs in a batch of half the size
FEWEST_PASSES = 0.5  # of those that a net would make; of many rows, half the passes are better than half the rows
FEWEST_OF_FEW = 0.7  # of few rows: with fewer it is not what it could be


@dataclass(frozen=True)
class Plan:
    """How a rung is trained in the time left.

    Attributes:
        rows: training rows. settings: other than the rung's own. note: what is less than it could be.
        halves: whether rows are validated by models of half of them, in place of those of four fifths.
        pace: how fast a slow rung is; None of the others. seconds: that it will take in all.
    """

    rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    halves: bool = False
    pace: Pace | None = None
    seconds: float = 0.0

    @property
    def said(self) -> str:
        """How long a slow rung will take, in words; nothing of the others."""
        if self.pace is None:
            return ""
        rate = readable.significant(1 / self.pace.training, 2)
        return f"{rate} texts/s in training, about {readable.duration(self.seconds, 2)} in all"


@dataclass(frozen=True)
class TooDear:
    """The time left does not allow a rung.

    Attributes:
        least: seconds that it needs at least. why: a sentence.
    """

    least: float
    why: str


class Budget:
    """A span of time that begins now; None: no end."""

    def __init__(self, seconds: float | None) -> None:
        self.deadline = None if seconds is None else time.perf_counter() + seconds

    def time_left(self) -> float:
        """Seconds; infinite without an end."""
        return float("inf") if self.deadline is None else self.deadline - time.perf_counter()

    def allows(self, seconds: float) -> bool:
        return seconds <= self.time_left()

    def plan(self, model: Rung, frozen: Frozen, seed: int, *, share: float = SHARE) -> Plan | TooDear:
        """What the time left allows: all, else fewer passes of a net, else, where there are many rows, fewer of them.

        A first small training compiles what is compiled, so that no rung's time has that in it.

        Args:
            share: of the time left that this rung may take.
        """
        total = len(frozen.train)
        probe = frozen.train.take(nested_rows(frozen, min(PROBE_ROWS, total), seed))
        if len(probe.label_names) < 2:
            return Plan(total)
        if isinstance(model, BertClassifier):
            return _plan_slow(model, pace_of(model, probe), frozen, self.time_left() * share)
        short = _one_epoch(model, total)
        few = probe.take(np.arange(min(64, len(probe))))
        if len(few.label_names) > 1:
            short.fit(few.texts, few.labels).predict_proba(few.texts)
        if self.deadline is None:
            return Plan(total)
        start = time.perf_counter()
        short.fit(probe.texts, probe.labels)
        per_row = (time.perf_counter() - start) / len(probe)
        times = 1 + sum(len(fold) for fold in frozen.folds) / total
        needed = per_row * total * _epochs(model, total) * times
        return _plan(model, needed, self.time_left() * share, total, in_folds=bool(frozen.folds))


def _plan(model: Rung, needed: float, allowed: float, total: int, *, in_folds: bool) -> Plan | TooDear:
    """How a rung that needs so many seconds for ``total`` rows is trained in those that it is allowed."""
    if needed <= allowed:
        return Plan(total)
    share, fewest = max(0.0, allowed) / needed, 1.0
    if _chooses_passes(model):
        fewest, passes = FEWEST_PASSES if total >= FEW_TEXTS else FEWEST_OF_FEW, model.planned_epochs(total)
        fewer = int(passes * share)
        if fewer >= fewest * passes:
            return Plan(total, {"epochs": fewer}, f"{fewer} passes in place of {passes}, for the budget")
    rows = 0 if in_folds else _fewer_rows(model, total, share / fewest)
    if rows >= min(LEAST_ROWS, total):
        note = f"trained on {rows:,} of {total:,} rows, for the budget"
        settings = {"epochs": math.ceil(fewest * model.planned_epochs(rows))} if fewest < 1 else {}
        return Plan(rows, settings, note)
    least = fewest if in_folds else fewest * min(1.0, LEAST_ROWS / total)
    left = f"{readable.duration(allowed)} of the budget are" if allowed > 0.001 else "none of the budget is"
    why = f"it needs about {readable.duration(needed)}, and {left} left for it"
    return TooDear(needed * least, why)


def _plan_slow(model: BertClassifier, pace: Pace, frozen: Frozen, allowed: float) -> Plan | TooDear:
    """How a rung is trained that is slow to predict, too: the texts that it is measured on are in what it may take."""
    total = len(frozen.train)
    measuring = (len(frozen.final) + (0 if frozen.folds else len(frozen.validation))) * pace.predicting

    def planned(times: float) -> Plan | TooDear:
        """With so many times the training of all rows, folds included."""
        again = total * pace.predicting if frozen.folds else 0.0
        fixed = measuring + again
        found = _plan(
            model, pace.training * total * _epochs(model, total) * times, allowed - fixed, total,
            in_folds=bool(frozen.folds),
        )  # fmt: skip
        if isinstance(found, TooDear):
            rate = readable.significant(1 / pace.training, 2)
            least = found.least
            if not frozen.folds:  # few rows want more passes: so many rows are not so many times cheaper
                fewest = FEWEST_PASSES if _chooses_passes(model) and total >= FEW_TEXTS else 1.0
                least = pace.training * LEAST_ROWS * _epochs(model, LEAST_ROWS) * fewest
            return TooDear(least + fixed, f"at {rate} texts/s in training {found.why}")
        epochs = found.settings.get("epochs", _epochs(model, found.rows))
        seconds = pace.training * found.rows * epochs * times + fixed
        return replace(found, pace=pace, seconds=seconds)

    if not frozen.folds:
        return planned(1.0)
    found = planned(1 + sum(len(fold) for fold in frozen.folds) / total)
    if isinstance(found, Plan) and not found.note:
        return found
    halves = planned(2.0)  # all rows once, and each half once
    if isinstance(halves, TooDear):
        return found
    note = "validated by models of half the rows, for the budget"
    return replace(halves, halves=True, note=" · ".join(filter(None, [halves.note, note])))


def _chooses_passes(model: Rung) -> bool:
    """Whether how often it goes over the texts is its own choice, so that it may go less often."""
    if isinstance(model, BertClassifier):
        return model.epochs is None and model.steps is None
    return isinstance(model, NeuralRung) and model.epochs is None


def _fewer_rows(model: Rung, total: int, share: float) -> int:
    """How many rows cost that share of what ``total`` cost: of fewer rows a net makes more passes."""

    def cost(rows: int) -> float:
        small = isinstance(model, NeuralRung) and model.planned_batch(rows) < model.planned_batch(total)
        return rows * _epochs(model, rows) * (SMALL_BATCH if small else 1)

    allowed = cost(total) * share
    return max((rows for rows in range(0, total, max(1, total // 1000)) if cost(rows) <= allowed), default=0)


def _one_epoch(model: Rung, rows: int) -> Rung:
    """The same rung with one pass, where passes are what costs, and with the batches that it makes of so many rows."""
    from sklearn.base import clone

    short: Rung = clone(model)
    if isinstance(model, NeuralRung):
        short.set_params(batch_size=model.planned_batch(rows))
    if "epochs" in model.get_params(deep=False):
        short.set_params(epochs=1)
    return short


def _epochs(model: Rung, rows: int) -> float:
    """How many passes the rung itself would make over so many rows."""
    if "epochs" not in model.get_params(deep=False):
        return 1.0
    return float(max(1, model.planned_epochs(rows)))
