"""What a training needs from outside, and the run that it may be kept in: of rungs, generators, translators, BERTs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.settings.limits import Flag, check
from sadari.train.callbacks import Reporter, Watch
from sadari.train.machine import distributed as processes
from sadari.train.objectives.soft_targets import SoftTargets
from sadari.train.time_limit import TimeLimit

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop


@dataclass(frozen=True)
class TrainingContext:
    """What `fit` hands on to whatever trains.

    Attributes:
        watch: is told how it goes, scores validation texts, and stops it early.
        soft_targets: what a teacher says of the texts.
        run: the run that it is kept in.
        ends: when it must be over, of `time.perf_counter`.
        every_step: whether every step is told of, and not one a second.
        then: called with the loop after every step.
    """

    watch: Watch = field(default_factory=Watch)
    soft_targets: SoftTargets | None = None
    run: ResumableRun | None = None
    ends: float | None = None
    every_step: bool = False
    then: Callable[[Loop], None] | None = None

    def attach(self, loop: Loop, identity: Callable[[], Mapping[str, Any]]) -> None:
        """Let a loop train in the run, if there is one, within the time, and tell whoever watches.

        Args:
            loop: that trains.
            identity: says what must be the same for a run to go on; asked only where there is a run.
        """
        if self.watch.watching is not None:
            self.watch.watching.count(loop.unit())
            reporter = Reporter(self.watch.watching, *([0.0] if self.every_step else []))
            loop.on_record, loop.on_step = reporter.record, reporter.step
        if self.then is not None:
            loop.on_step = _both(loop.on_step, self.then)
        if self.run is not None:
            self.run.attach(loop, {**identity(), **self._own_identity()})
            self.watch.earlier_seconds = loop.progress.seconds
        if self.ends is not None:
            seconds = loop.progress.seconds + max(1e-3, self.ends - time.perf_counter())
            loop.limit = TimeLimit(processes.total(seconds)[0] / processes.place()[1])  # all of them end together

    def _own_identity(self) -> dict[str, Any]:
        taught = self.soft_targets
        return {} if taught is None else {"the teacher's answers": taught.fingerprint()}


def _both(first: Callable[[Loop], None] | None, then: Callable[[Loop], None]) -> Callable[[Loop], None]:
    def call(loop: Loop) -> None:
        if first is not None:
            first(loop)
        then(loop)

    return call


@dataclass(frozen=True)
class ResumableRun:
    """A training run that is kept in a folder.

    Attributes:
        run: where its checkpoint is.
        resume: whether to go on with that.
        identity: what must be the same for it to go on, besides what the one that trains says.
    """

    run: Run
    resume: bool
    identity: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, run: Run | str | Path | None, resume: bool, notes: Mapping[str, Any] | None = None
    ) -> ResumableRun | None:
        """A run in that folder; None without one.

        Args:
            run: the folder, or a `Run` that says more.
            resume: whether to go on with what is there.
            notes: what its checkpoint says to whoever resumes it, beside what ``run`` says.

        Raises:
            SettingError: there is nothing to resume. OutputError: it is to begin anew, and something else is there.
        """
        check("resume", resume, Flag())
        if run is None and not resume:
            return None
        from sadari.train.checkpoint import begin_run

        begun = begin_run(run, resume=resume)
        return None if begun is None else cls(replace(begun, notes={**begun.notes, **(notes or {})}), resume)

    def attach(self, loop: Loop, identity: Mapping[str, Any]) -> None:
        """Let the loop write checkpoints, and put it where the last one left it if it is to go on.

        Args:
            loop: that trains.
            identity: what must be the same for the run to go on.

        Raises:
            SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
        """
        from sadari.train.checkpoint import keep_run

        own = {**self.identity, "number of processes": processes.place()[1]}
        keep_run(loop, self.run, {**identity, **own}, resume=self.resume)
