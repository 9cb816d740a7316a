"""Watching a training run from outside: progress for people, validation and early stopping."""

from __future__ import annotations

from collections.abc import Callable

# (epochs done, epochs at most, the record of the last one)
Progress = Callable[[int, int, dict[str, float]], None]


class Watch:
    """Called after every epoch; says True when training should stop.

    Args:
        progress: told of every epoch.
        score: measures the net as it stands on validation rows; gives ``validation_accuracy``.
        patience: stop after so many epochs without a better validation accuracy.
    """

    def __init__(
        self,
        progress: Progress | None = None,
        score: Callable[[], dict[str, float]] | None = None,
        patience: int | None = None,
    ) -> None:
        self.progress, self.score, self.patience = progress, score, patience
        self.best, self.best_epoch = -1.0, 0
        self.on_best: Callable[[], None] | None = None  # a rung keeps its best weights here

    def __call__(self, epoch: int, epochs: int, record: dict[str, float]) -> bool:
        stop = False
        if self.score is not None and self.patience is not None:
            record.update(self.score())
            if record["validation_accuracy"] > self.best:
                self.best, self.best_epoch = record["validation_accuracy"], epoch
                if self.on_best is not None:
                    self.on_best()
            stop = epoch - self.best_epoch >= self.patience
        if self.progress is not None:
            self.progress(epoch, epochs, record)
        return stop
