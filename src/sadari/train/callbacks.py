"""Watching a training run from outside: progress for people, validation and early stopping."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sadari.display.watching import Watching
from sadari.train.machine import distributed as processes

if TYPE_CHECKING:
    from sadari.train.loop import Loop

TELL_EVERY = 1.0  # seconds, where no record is made for longer


class Judge(Protocol):
    """Is shown, while a net trains, what it says of validation texts, and may end the training by raising."""

    @property
    def places(self) -> Sequence[float]:
        """The shares of the training after which it looks, from 0 to 1, in their order."""

    def __call__(self, probabilities: NDArray[np.floating]) -> None:
        """Look at probabilities [n, k], as yet not calibrated."""


class Watch:
    """Called after every epoch; says True when training should stop.

    Args:
        watching: told of every epoch; None: nobody watches.
        score: measures the net as it stands on validation texts; gives ``validation_accuracy``.
        patience: stop after so many epochs without a better validation accuracy. With `score`, the weights of the best
            epoch (of equals: the first) are the ones that `restore` gives back.

    Attributes:
        earlier_seconds: of training before this process took it up again.
    """

    def __init__(
        self,
        watching: Watching | None = None,
        score: Callable[[], dict[str, float]] | None = None,
        patience: int | None = None,
    ) -> None:
        self.watching, self.score, self.patience = watching, score, patience
        self.best, self.best_epoch = -1.0, 0
        self.earlier_seconds = 0.0
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
        if self.watching is not None:
            self.watching.record(epoch, epochs, record)
        return stop


class Reporter:
    """Tells whoever watches how a net's training goes: every record, and between records about once a second.

    Args:
        watching: is told.
        every: seconds between what is told where no record is made; 0: after every step.
    """

    def __init__(self, watching: Watching, every: float = TELL_EVERY) -> None:
        self.watching, self.every = watching, every
        self._told = time.perf_counter()
        self._before: dict[str, float] = {}

    def record(self, record: dict[str, float], loop: Loop) -> None:
        """A record was made: of `Loop.on_record`."""
        self.watching.record(*loop.extent(), record)
        self._told, self._before = time.perf_counter(), {}

    def step(self, loop: Loop) -> None:
        """A step was made: of `Loop.on_step`. What is told are the means since the last time."""
        if time.perf_counter() - self._told < self.every or processes.place()[0] != 0:
            return
        sums, stand = loop.progress.sums, loop.progress
        since = {key: value - self._before.get(key, 0.0) for key, value in sums.items()}
        weight = since.pop("weight", 0.0)
        if weight <= 0:
            return
        means = {key: value / weight for key, value in since.items()}
        place = {"epoch": float(stand.epoch), "batch": float(stand.batch), "step": float(stand.step)}
        self.watching.progress(*loop.extent(), {**place, **means, "seconds": stand.seconds})
        self._told, self._before = time.perf_counter(), dict(sums)
