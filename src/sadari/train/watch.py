"""Watching a training run from outside: progress for people, validation and early stopping."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# (epochs done, epochs at most, the record of the last one)
Progress = Callable[[int, int, dict[str, float]], None]


class Watch:
    """Called after every epoch; says True when training should stop.

    Args:
        progress: told of every epoch.
        score: measures the net as it stands on validation texts; gives ``validation_accuracy``.
        patience: stop after so many epochs without a better validation accuracy. With `score`, the weights of the best
            epoch (of equals: the first) are the ones that `restore` gives back.
    """

    def __init__(
        self,
        progress: Progress | None = None,
        score: Callable[[], dict[str, float]] | None = None,
        patience: int | None = None,
    ) -> None:
        self.progress, self.score, self.patience = progress, score, patience
        self.best, self.best_epoch = -1.0, 0
        self._watched: tuple[NDArray[np.float32], ...] = ()
        self._kept: list[NDArray[np.float32]] = []

    def keep(self, *weights: NDArray[np.float32]) -> None:
        """The arrays that training writes over, and whose best state is to be kept."""
        self._watched = weights

    def restore(self) -> None:
        """Write the best state back; does nothing where there is no score."""
        for array, kept in zip(self._watched, self._kept, strict=False):
            array[...] = kept

    def __call__(self, epoch: int, epochs: int, record: dict[str, float]) -> bool:
        stop = False
        if self.score is not None and self.patience is not None:
            record.update(self.score())
            if record["validation_accuracy"] > self.best:
                self.best, self.best_epoch = record["validation_accuracy"], epoch
                self._kept = [array.copy() for array in self._watched]
            stop = epoch - self.best_epoch >= self.patience
        if self.progress is not None:
            self.progress(epoch, epochs, record)
        return stop
