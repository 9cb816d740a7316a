"""A job of a climb, done in a worker of the cluster."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sadari.climb.budget.budget import Budget
from sadari.climb.context import ClimbContext, Job
from sadari.climb.executor import InProcess
from sadari.climb.failures import why_failed
from sadari.climb.measuring.measure import Measure
from sadari.climb.progress import Bar
from sadari.climb.training import Fit
from sadari.display.watching import Watching
from sadari.messages import Message
from sadari.scale.parcel import Files, Parcel, files_of

_held: dict[str, ClimbContext] = {}  # of the climb that this process works for


@dataclass(frozen=True)
class Done:
    """What came of a job.

    Attributes:
        outcome: what it gave; a model in it is a `Parcel`.
        files: what it wrote into the climb's folder.
        failed: why it could not be done.
        seconds: that it took.
    """

    outcome: Any = None
    files: Files | None = None
    failed: Message | str | None = None
    seconds: float = 0.0


def silent() -> Bar:
    """A bar that nobody sees."""
    return Bar(Watching("climb", verbose=False))


def without_driver(context: ClimbContext) -> ClimbContext:
    """What a climb's jobs need of it: no bar, no budget, nothing that came of other rungs.

    Args:
        context: the climb.
    """
    return replace(
        context,
        budget=Budget(None),
        progress=silent(),
        executor=InProcess(),
        to_beat=None,
        planned={},
        tuned={},
        looks={},
        at_once=True,
    )


def work(held: Sequence[Any], job: Job, threads: int) -> Done:
    """Do a job of a climb.

    Args:
        held: the reference of the climb, as `without_driver` gave it, in a list: it is fetched once a process.
        job: what is to be done.
        threads: that it may use.
    """
    start = time.perf_counter()
    _use_threads(threads)
    with TemporaryDirectory() as folder:
        context = _context(held[0])
        context = replace(context, folder=Path(folder) if context.folder is not None else None, looks={})
        try:
            if isinstance(job, Measure):
                job = replace(job, trained=replace(job.trained, model=_opened(job.trained.model, context)))
            outcome = job.run(context, None)
        except Exception as error:
            return Done(failed=why_failed(error, job.rung))
        if isinstance(job, Fit) and outcome.model is not None:
            outcome = replace(outcome, model=Parcel.of(outcome.model, job.own))
        return Done(outcome, files_of(Path(folder)), seconds=time.perf_counter() - start)


def _opened(model: Any, context: ClimbContext) -> Any:
    return model.opened(context) if isinstance(model, Parcel) else model


def _context(reference: Any) -> ClimbContext:
    import ray

    key = reference.hex()
    if key not in _held:
        _held.clear()
        _held[key] = ray.get(reference)
    return _held[key]


def _use_threads(count: int) -> None:
    """As many as a job has processors: the same number gives the same bits wherever it runs."""
    os.environ["OMP_NUM_THREADS"] = str(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
