"""What a training needs from outside, and the run that it may be kept in."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sadari.data.fingerprint import fingerprint
from sadari.train import distributed as processes
from sadari.train.callbacks import Teller, Watch
from sadari.train.objectives.soft_targets import SoftTargets

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop


@dataclass(frozen=True)
class TrainingContext:
    """What `fit` hands on to whatever trains.

    Attributes:
        watch: shows how it goes, scores validation texts, and stops it early.
        soft_targets: what a teacher says of the texts.
        run: the run that it is kept in.
        ends: when it must be over, of `time.perf_counter`.
    """

    watch: Watch
    soft_targets: SoftTargets | None = None
    run: ResumableRun | None = None
    ends: float | None = None

    def attach(self, loop: Loop, epochs: int, identity: Mapping[str, Any]) -> None:
        """Let a loop train in the run, if there is one, within the time, and tell whoever watches.

        Args:
            loop: that trains.
            epochs: passes at most.
            identity: what must be the same for a run to go on.
        """
        from sadari.train.time_limit import TimeLimit

        if self.watch.progress is not None:
            teller = Teller(self.watch.progress, epochs)
            loop.on_record, loop.on_step = teller.record, teller.step
        if self.run is not None:
            self.run.attach(loop, {**identity, **self._own_identity()})
            self.watch.earlier_seconds = loop.progress.seconds
        if self.ends is not None:
            seconds = loop.progress.seconds + max(1e-3, self.ends - time.perf_counter())
            loop.limit = TimeLimit(processes.total(seconds)[0] / processes.place()[1])  # all of them end together

    def _own_identity(self) -> dict[str, Any]:
        taught = self.soft_targets
        return {} if taught is None else {"the teacher's answers": taught.fingerprint()}


@dataclass(frozen=True)
class ResumableRun:
    """A training run that is kept in a folder.

    Attributes:
        run: where its checkpoint is.
        resume: whether to go on with that.
        validation: the fingerprint of the validation texts and labels, on which early stopping depends.
    """

    run: Run
    resume: bool
    validation: str | None

    @classmethod
    def begin(
        cls,
        run: Run | str | Path | None,
        resume: bool,
        validation: tuple[pl.Series, Any] | None,
        notes: Mapping[str, Any],
    ) -> ResumableRun | None:
        """A run in that folder; None without one.

        Args:
            run: the folder, or a `Run` that says more.
            resume: whether to go on with what is there.
            validation: texts and labels that are validated on.
            notes: what its checkpoint says to whoever resumes it, beside what ``run`` says.

        Raises:
            SettingError: there is nothing to resume. OutputError: it is to begin anew, and something else is there.
        """
        if run is None and not resume:
            return None
        from sadari.train.checkpoint import begin_run

        begun = begin_run(run, resume=resume)
        if begun is None:
            return None
        return cls(replace(begun, notes={**begun.notes, **notes}), resume, _validation_fingerprint(validation))

    def attach(self, loop: Loop, identity: Mapping[str, Any]) -> None:
        """Let the loop write checkpoints, and put it where the last one left it if it is to go on.

        Raises:
            SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
        """
        from sadari.train.checkpoint import keep_run

        own = {"validation rows": self.validation, "number of processes": processes.place()[1]}
        keep_run(loop, self.run, {**identity, **own}, resume=self.resume)


def _validation_fingerprint(validation: tuple[pl.Series, Any] | None) -> str | None:
    if validation is None:
        return None
    texts, labels = validation
    if isinstance(labels, np.ndarray):
        return fingerprint([texts]) + hashlib.sha256(labels.tobytes()).hexdigest()
    inner = pl.List(pl.String) if isinstance(labels.dtype, pl.List) else pl.String
    return fingerprint([texts], labels.cast(inner))
