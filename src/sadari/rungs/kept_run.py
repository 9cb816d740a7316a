"""A training run that can be stopped and resumed: whose it is, and where it goes on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.rungs.base import Rung
from sadari.rungs.labels import as_labels
from sadari.rungs.settings import plain_settings
from sadari.text.column import as_column
from sadari.text.vectorize import columns
from sadari.train import processes

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop


@dataclass(frozen=True)
class KeptRun:
    """The run that a rung is trained in.

    Attributes:
        run: where its checkpoint is. resume: whether to go on with that.
        validation: the fingerprint of the validation texts and labels, on which early stopping depends.
    """

    run: Run
    resume: bool
    validation: str | None

    @classmethod
    def begin(cls, run: Run | str | Path, resume: bool, validation: tuple[Any, Any] | None) -> KeptRun:
        """A run in that folder.

        Raises:
            OutputError: it is to begin anew, and something else is there.
        """
        from sadari.train.checkpoint import Run, check_free

        run = Run.of(run)
        if not resume:
            check_free(run.folder)
        return cls(run, resume, _validation_print(validation))

    def attach(self, loop: Loop, rung: Rung, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32]) -> None:
        """Let the loop write checkpoints, and put it where the last one left it if it is to go on.

        Raises:
            SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
        """
        from sadari.train.checkpoint import load_checkpoint, save_checkpoint

        labels = hashlib.sha256(repr(rung.classes_.tolist()).encode() + targets.tobytes() + costs.tobytes())
        identity = {
            "rung": rung.name, "settings": plain_settings(rung.get_params(deep=False)),
            "texts": fingerprint(columns(texts)), "labels": labels.hexdigest(), "validation rows": self.validation,
            "number of processes": processes.place()[1],
        }  # fmt: skip
        if self.resume:
            load_checkpoint(loop, self.run.folder, identity)
        loop.checkpoint = lambda loop: save_checkpoint(loop, self.run, identity)
        loop.checkpoint_every = self.run.every


def _validation_print(validation: tuple[Any, Any] | None) -> str | None:
    if validation is None:
        return None
    labels = as_labels(validation[1])
    if isinstance(labels, np.ndarray):
        return fingerprint([as_column(validation[0])]) + hashlib.sha256(labels.tobytes()).hexdigest()
    inner = pl.List(pl.String) if isinstance(labels.dtype, pl.List) else pl.String
    return fingerprint([as_column(validation[0])], labels.cast(inner))
