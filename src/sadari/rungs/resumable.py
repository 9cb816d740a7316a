"""A rung that the training loop trains: its training can be stopped and resumed, and kept to a time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.device import bf16_is_fast, resolve_device
from sadari.display.watching import OnProgress, OnRecord
from sadari.errors import ModelError
from sadari.messages import message
from sadari.pretrained.folder import shown_weights
from sadari.rungs.base import Rung
from sadari.rungs.distillation.teacher import Teacher
from sadari.settings.declaration import plain_settings
from sadari.text.column import columns
from sadari.train.machine import distributed as processes
from sadari.train.time_limit import AS_PLANNED
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Task
    from sadari.train.optimizer import OptimizerSettings


class Resumable(Rung):
    """A rung whose training can be stopped and resumed, and limited in time."""

    resumable: ClassVar[bool] = True
    epochs: int | None
    epochs_: int
    seed: int

    @classmethod
    def resume(
        cls,
        run: Run | str | Path,
        texts: Any,
        labels: Any = None,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        teacher: Teacher | Rung | str | Path | None = None,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
    ) -> Self:
        """Continue a run that was stopped, with the settings that it was started with.

        Args:
            run: the folder of the run, or a `sadari.train.checkpoint.Run`.
            texts: the same texts as before, as for `fit`.
            labels: the same labels as before.
            sample_weight: the same weights as before.
            validation: the same validation texts and labels as before.
            teacher: the same teacher as before.
            verbose: as for `fit`.
            on_progress: as for `fit`.
            on_record: as for `fit`.

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
            teacher=teacher,
            run=kept,
            resume=True,
            verbose=verbose,
            on_progress=on_progress,
            on_record=on_record,
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

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        from sadari.train.loop import Loop
        from sadari.train.machine.environment import seed_dropout, seeded

        def identity() -> dict[str, Any]:
            labels = hashlib.sha256(repr(self.classes_.tolist()).encode() + targets.tobytes() + costs.tobytes())
            return {**self._identity(), "texts": fingerprint(columns(texts)), "labels": labels.hexdigest()}

        processes.join()
        with seeded(self.seed):
            task = self._prepare(texts, targets, costs, context)
            seed_dropout(self.seed)
            loop = Loop(task, self.optimizer_settings())
            context.attach(loop, identity)
            self.history_ = loop.run()
        self.precision_ = loop.optimizer_settings.precision  # that of the run, if it was begun elsewhere
        self.data_["threads"] = loop.threads
        self.shortened_ = None
        if loop.limit is not None and loop.progress.course != AS_PLANNED and loop.progress.step < loop.limit.planned:
            self.shortened_ = loop.progress.step, loop.limit.planned
        self._settle()

    def _prepare(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> Task:
        """The net before training, and what it is to learn of texts, targets int8 [n, k] and costs float32 [n]."""
        raise NotImplementedError

    def optimizer_settings(self) -> OptimizerSettings:
        """These settings as `OptimizerSettings`."""
        from sadari.train.optimizer import OptimizerSettings

        return OptimizerSettings.of(self, epochs=getattr(self, "epochs_", self.epochs) or 1)

    def _settle(self) -> None:
        """What was learned becomes a model for prediction."""

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on, beside its data."""
        return {"rung": self.name, "settings": plain_settings(self.get_params(deep=False))}


class FineTuned(Resumable):
    """A resumable rung that starts from pre-trained weights, and trains these."""

    weights: str | Path | None
    precision: str
    device: str

    def _run_notes(self) -> dict[str, Any]:
        """Where the weights are, so that they are found from anywhere."""
        weights = str(self.weights)
        return {"weights": str(Path(weights).absolute()) if Path(weights).is_dir() else weights}

    @classmethod
    def _recalled(cls, run: Run | str | Path) -> tuple[dict[str, Any], Run]:
        settings, kept = super()._recalled(run)
        return {**settings, "weights": kept.notes.get("weights", settings["weights"])}, kept

    def _identity(self) -> dict[str, Any]:
        settings = {**self.get_params(deep=False), "weights": shown_weights(self.weights or "")}
        return {"rung": self.name, "settings": plain_settings(settings), "weights": self._weights_fingerprint()}

    def _weights_fingerprint(self) -> str:
        """SHA-256 of the weights that a run starts from."""
        raise NotImplementedError

    def _fast_precision(self) -> str:
        """The precision of training that is asked for: "fp32" or "bf16"."""
        fast = self.precision == "auto" and bf16_is_fast(resolve_device(self.device), "layers")
        return "bf16" if fast or self.precision == "bf16" else "fp32"
