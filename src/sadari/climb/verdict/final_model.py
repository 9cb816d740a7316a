"""The model to keep: the recommended rung once more, on the rows that validated it, too."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sadari.climb.context import ClimbContext
from sadari.climb.result import RungResult
from sadari.display.watching import OnProgress
from sadari.messages import Message, message
from sadari.rungs import Rung
from sadari.train.thresholds import USUAL

MODEL = "model"  # its folder, whatever rung it is of
LONGER = 1.2  # than its rows alone would make it


def seconds_to_refit(context: ClimbContext, taken: RungResult) -> float:
    """What training a rung on all rows will take about; 0 where it has seen them."""
    frozen = context.frozen
    if context.folder is None or not context.refit or frozen.folds:
        return 0.0
    return LONGER * taken.train_seconds * (1 + len(frozen.validation) / (taken.rows or len(frozen.train)))


def write_final_model(context: ClimbContext, taken: RungResult) -> Message | None:
    """Write `MODEL` into the climb's folder: trained on training and validation rows together, as far as time goes.

    Passes, thresholds, temperature and the rows to calibrate on are those of the model in the table: none are left to
    choose them by.

    Args:
        context: the climb.
        taken: the recommended rung as it was measured.

    Returns:
        what it has seen; None where nothing is written.
    """
    if context.folder is None:
        return None
    measured, place = context.folder / taken.rung, context.folder / MODEL
    rows = taken.rows or len(context.frozen.train)
    seconds = seconds_to_refit(context, taken)
    refitted = context.refit and not context.stopped and rows == len(context.frozen.train) and seconds > 0
    if refitted and context.budget.allows(seconds):
        try:
            return _refit(context, taken)
        except KeyboardInterrupt as asked:
            context.stop(asked)
    shutil.copytree(measured, place, dirs_exist_ok=True)
    if refitted:
        return message(
            "model is {rung} as measured: there was no time to train it once more, on the validation rows too",
            rung=taken.rung,
        )
    return message("model is {rung} as measured, trained on {rows:,} rows", rung=taken.rung, rows=rows)


def _refit(context: ClimbContext, taken: RungResult) -> Message:
    left = context.budget.time_left()
    job = Refit(taken.rung, context.own(taken.rung), taken, left if left < float("inf") else None)
    (wait,) = context.executor.start(context, [(job, None)])
    return message(
        "model is {rung}, trained once more on all {rows:,} training and validation rows; the table is of the one "
        "before",
        rung=taken.rung,
        rows=wait(),
    )


@dataclass(frozen=True)
class Refit:
    """Train the recommended rung once more, on training and validation rows, and write `MODEL`.

    Attributes:
        rung: its name.
        own: what budget and trials have chosen.
        taken: the rung as it was measured.
        seconds: that it may take; None: as long as it takes.
    """

    rung: str
    own: Mapping[str, Any]
    taken: RungResult
    seconds: float | None

    def run(self, context: ClimbContext, progress: OnProgress | None) -> int:
        """Write it, and say how many rows it has seen.

        Args:
            context: the climb, with a folder.
            progress: is told nothing.
        """
        assert context.folder is not None
        frozen = context.frozen
        texts = pl.concat([frozen.train.texts, frozen.validation.texts])
        labels = pl.concat([frozen.train.given_labels, frozen.validation.given_labels])
        model = self._as_measured(context)
        model.fit(texts, labels, seconds=self.seconds)
        model.inverse_temperature_ = self.taken.inverse_temperature
        model.thresholds_ = np.array([self.taken.thresholds.get(name, USUAL) for name in model.codec.names()])
        model.calibration_ = self.taken.calibration
        model.save(context.folder / MODEL, data={**context.data_of(model), "rows": len(texts)})
        return len(texts)

    def _as_measured(self, context: ClimbContext) -> Rung:
        """The untrained rung, with as many passes, and as large batches, as the one that was measured."""
        taken = self.taken
        model, rows = context.new(self.rung, self.own), taken.rows or len(context.frozen.train)
        own = model.get_params(deep=False)
        if own.get("patience"):
            return model.set_params(epochs=max(1, len(taken.history)), patience=None)
        if "epochs" in own and model.chooses_epochs:
            model.set_params(epochs=model.planned_epochs(rows))
        batch = model.planned_batch(rows)
        return model.set_params(batch_size=batch) if batch is not None and "batch_size" in own else model
