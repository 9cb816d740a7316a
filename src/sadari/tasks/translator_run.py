"""A translator's training run that can be stopped, and resumed to the same bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from sadari.data.fingerprint import fingerprint
from sadari.errors import SettingError
from sadari.text.column import as_column
from sadari.train import processes

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop


@dataclass(frozen=True)
class KeptRun:
    """Where the checkpoint of a training is, and whether to go on with it."""

    run: Run
    resume: bool


def begin_run(run: Run | str | Path | None, resume: bool) -> KeptRun | None:
    """The run in that folder; None without one.

    Raises:
        SettingError: there is nothing to resume. OutputError: it is to begin anew, and something else is there.
    """
    if run is None:
        if resume:
            raise SettingError("resume needs the folder of the run", hint="fit(…, run=FOLDER, resume=True)")
        return None
    from sadari.train.checkpoint import Run, check_free

    kept = KeptRun(Run.of(run), resume)
    if not resume:
        check_free(kept.run.folder)
    return kept


def attach(
    loop: Loop,
    kept: KeptRun | None,
    settings: Mapping[str, Any],
    columns: Sequence[pl.Series],
    validation: tuple[Any, Any] | None,
) -> None:
    """Let the loop write checkpoints, and put it where the last one left it if it is to go on.

    Args:
        settings: of the translator. columns: the sources and the targets. validation: those not learned from.

    Raises:
        SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
    """
    if kept is None:
        return
    from sadari.train.checkpoint import load_checkpoint, save_checkpoint

    held_out = None if validation is None else [fingerprint([as_column(texts)]) for texts in validation]
    identity = {
        "task": "translation", "settings": dict(settings), "texts": [fingerprint([column]) for column in columns],
        "validation rows": held_out, "number of processes": processes.place()[1],
    }  # fmt: skip
    if kept.resume:
        load_checkpoint(loop, kept.run.folder, identity)
    loop.checkpoint = lambda loop: save_checkpoint(loop, kept.run, identity)
    loop.checkpoint_every = kept.run.every
