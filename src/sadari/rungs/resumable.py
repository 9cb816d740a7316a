"""Training runs that can be stopped, resumed and limited in time: the checkpoint of a run, and what it belongs to."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.errors import ModelError
from sadari.messages import message
from sadari.rungs.base import Rung
from sadari.rungs.distillation.teacher import Teacher
from sadari.settings.limits import Number, check
from sadari.text.column import as_column, two_parts
from sadari.text.vectorize import columns
from sadari.train import distributed as processes
from sadari.train.allowed_settings import plain_settings
from sadari.train.callbacks import Progress, Teller, Watch
from sadari.train.labels import as_labels
from sadari.train.time_limit import AS_PLANNED, TimeLimit

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop


class Resumable(Rung):
    """A rung whose training can be stopped and resumed, and limited in time.

    Attributes:
        shortened_: (steps made, steps planned) where a limit of time has made them fewer; else None.
    """

    epochs_: int
    shortened_: tuple[int, int] | None
    _kept_run: KeptRun | None = None
    _ends: float | None = None  # of `time.perf_counter`, while `fit` trains

    @property
    def keeps_runs(self) -> bool:
        """Whether a run can be kept in a folder, with these settings."""
        return True

    def fit(
        self,
        texts: Any,
        labels: Any = None,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        progress: Progress | None = None,
        teacher: Teacher | Rung | str | Path | None = None,
        run: Run | str | Path | None = None,
        resume: bool = False,
        seconds: float | None = None,
    ) -> Self:
        """Train; see `Rung.fit` for texts, labels and the rest.

        Args:
            texts: as for `Rung.fit`.
            labels: as for `Rung.fit`.
            sample_weight: as for `Rung.fit`.
            validation: as for `Rung.fit`.
            progress: as for `Rung.fit`.
            teacher: as for `Rung.fit`.
            run: a folder for the run's checkpoint, or a `sadari.train.checkpoint.Run` that says more. It is written at
                the start, every minute, when Ctrl-C or SIGTERM ends the training, and at the end.
            resume: continue the run in that folder; it ends in the same bits as without a break. Texts, labels,
                settings and teacher must be the same.
            seconds: the time that this may take. A training that is too slow for it makes fewer steps, and its learning
                rate reaches its end with the last of them; one that is not too slow ends in the same bits as without a
                limit.

        Raises:
            Interrupted: it was stopped (of `sadari.train.loop`), and can be resumed.
            SettingError: another run than the one in the folder.
            OutputError: something else is in the folder.
        """
        check("seconds", seconds, Number(1e-9, 1e9), optional=True)
        if validation is not None:
            texts_held, labels_held = two_parts(validation, "validation must be (texts, labels)")
            validation = as_column(texts_held), as_labels(labels_held)  # both are read twice
        self._kept_run = KeptRun.begin(run, resume, validation)
        self._ends = None if seconds is None else time.perf_counter() + seconds
        try:
            return super().fit(texts, labels, sample_weight, validation=validation, progress=progress, teacher=teacher)
        finally:
            self._kept_run = self._ends = None

    @classmethod
    def resume(
        cls,
        run: Run | str | Path,
        texts: Any,
        labels: Any = None,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        progress: Progress | None = None,
        teacher: Teacher | Rung | str | Path | None = None,
    ) -> Self:
        """Continue a run that was stopped, with the settings that it was started with.

        Args:
            run: the folder of the run, or a `sadari.train.checkpoint.Run`.
            texts: the same texts as before, as for `fit`.
            labels: the same labels as before.
            sample_weight: the same weights as before.
            validation: the same validation texts and labels as before.
            progress: as for `fit`.
            teacher: the same teacher as before.

        Raises:
            ModelError: there is no checkpoint, or one of another rung.
        """
        settings, kept = cls._recalled(run)
        rung = cls(**settings)
        return rung.fit(
            texts,
            labels,
            sample_weight,
            validation=validation,
            progress=progress,
            teacher=teacher,
            run=kept,
            resume=True,
        )

    @classmethod
    def _recalled(cls, run: Run | str | Path) -> tuple[dict[str, Any], Run]:
        """The settings that a run was begun with, and the run with the notes that were kept of it."""
        from sadari.train.checkpoint import Run, read_run

        kept = Run.of(run)
        head = read_run(kept.folder)
        if head.identity.get("rung") != cls.name:
            found = head.identity.get("rung")
            raise ModelError(
                message("this is a run of {found!r:.80}, not {name!r}", found=found, name=cls.name),
                where=str(kept.folder),
            )
        return dict(head.identity["settings"]), replace(kept, notes=kept.notes or head.notes)

    def _costs(self, targets: NDArray[np.int8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        # they say how much a text counts beside others, and not how fast to learn
        costs = self._codec.row_costs(targets, self.class_weight) * weights
        return costs / costs.mean()

    def _run(
        self,
        loop: Loop,
        kept: KeptRun | None,
        texts: Any,
        targets: NDArray[np.int8],
        costs: NDArray[np.float32],
        watch: Watch,
    ) -> None:
        """Run a loop that trains this rung, in a run if there is one, and tell whoever watches."""
        if watch.progress is not None:
            teller = Teller(watch.progress, self.epochs_)
            loop.on_record, loop.on_step = teller.record, teller.step
        if kept is not None:
            kept.attach(loop, self, texts, targets, costs)
            watch.earlier_seconds = loop.progress.seconds
        if self._ends is not None:
            seconds = loop.progress.seconds + max(1e-3, self._ends - time.perf_counter())
            loop.limit = TimeLimit(processes.total(seconds)[0] / processes.place()[1])  # all of them end together
        self.history_ = loop.run()
        self.shortened_ = None
        if loop.limit is not None and loop.progress.course != AS_PLANNED and loop.progress.step < loop.limit.planned:
            self.shortened_ = loop.progress.step, loop.limit.planned

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on, beside its data."""
        return {"rung": self.name, "settings": plain_settings(self.get_params(deep=False))}


@dataclass(frozen=True)
class KeptRun:
    """The run that a rung is trained in.

    Attributes:
        run: where its checkpoint is.
        resume: whether to go on with that.
        validation: the fingerprint of the validation texts and labels, on which early stopping depends.
    """

    run: Run
    resume: bool
    validation: str | None

    @classmethod
    def begin(cls, run: Run | str | Path | None, resume: bool, validation: tuple[Any, Any] | None) -> KeptRun | None:
        """A run in that folder; None without one.

        Raises:
            SettingError: there is nothing to resume. OutputError: it is to begin anew, and something else is there.
        """
        if run is None and not resume:
            return None
        from sadari.train.checkpoint import begin_run

        begun = begin_run(run, resume=resume)
        return None if begun is None else cls(begun, resume, _validation_print(validation))

    def noting(self, **notes: Any) -> KeptRun:
        """The same run, whose checkpoint says more to whoever resumes it."""
        return replace(self, run=replace(self.run, notes={**self.run.notes, **notes}))

    def attach(
        self, loop: Loop, rung: Resumable, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32]
    ) -> None:
        """Let the loop write checkpoints, and put it where the last one left it if it is to go on.

        Raises:
            SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
        """
        from sadari.train.checkpoint import keep_run

        labels = hashlib.sha256(repr(rung.classes_.tolist()).encode() + targets.tobytes() + costs.tobytes())
        identity = {
            **rung._identity(),
            "texts": fingerprint(columns(texts)),
            "labels": labels.hexdigest(),
            "validation rows": self.validation,
            "number of processes": processes.place()[1],
        }
        if rung._soft_targets is not None:
            identity["the teacher's answers"] = rung._soft_targets.fingerprint()
        keep_run(loop, self.run, identity, resume=self.resume)


def _validation_print(validation: tuple[Any, Any] | None) -> str | None:
    if validation is None:
        return None
    texts, labels = validation
    if isinstance(labels, np.ndarray):
        return fingerprint([texts]) + hashlib.sha256(labels.tobytes()).hexdigest()
    inner = pl.List(pl.String) if isinstance(labels.dtype, pl.List) else pl.String
    return fingerprint([texts], labels.cast(inner))
