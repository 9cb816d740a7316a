"""A job of a climb, done in a worker of the cluster."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from sadari.climb.budget.budget import Budget
from sadari.climb.context import ClimbContext, Job
from sadari.climb.executor import InProcess
from sadari.climb.failures import why_failed
from sadari.climb.measuring.measure import Measure
from sadari.climb.progress import Bar
from sadari.climb.training import Fit, Fitted
from sadari.display.watching import Watching
from sadari.errors import SettingError
from sadari.messages import Message, message
from sadari.pretrained.embedders.cache import in_use, without_cache
from sadari.rungs import RUNGS
from sadari.scale.parcel import Files, Parcel, files_of

_held: dict[str, Held] = {}  # of the climb that this process works for


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


@dataclass(frozen=True)
class Held:
    """What all jobs of a climb share, fetched once by each process.

    Attributes:
        context: the climb, without what came of other rungs.
        place: where relative paths begin.
        cache: whether vectors of texts are looked up and kept.
        starts: rung → the folder or file that it starts from, which every node has to see.
    """

    context: ClimbContext
    place: str
    cache: bool
    starts: Mapping[str, str]


def held_by_workers(context: ClimbContext) -> Held:
    """What jobs need of a climb: no bar, no budget.

    Args:
        context: the climb.
    """
    bare = replace(
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
    return Held(bare, str(Path.cwd()), in_use(), dict(_starts(context)))


def _starts(context: ClimbContext) -> Iterator[tuple[str, str]]:
    """What rungs start from, where it is a path on this machine and no name on a hub."""
    for name in context.names:
        starts = RUNGS[name].starts_from
        given = None if starts is None else context.settings.get(name, {}).get(starts.setting)
        if isinstance(given, str | os.PathLike) and os.path.lexists(given):
            yield name, os.fspath(given)


def _check_sees(held: Held, rung: str) -> None:
    """Raise `SettingError` where this node lacks what a rung starts from."""
    path = held.starts.get(rung)
    if path is not None and not os.path.lexists(path):
        raise SettingError(
            message("node {node} does not see it", node=socket.gethostname()),
            where=path,
            hint=message(
                "every machine of the cluster must find it under this name: put it on storage that they share"
            ),
        )


def work(held: Sequence[Any], job: Job, threads: int) -> Done:
    """Do a job of a climb.

    Args:
        held: the reference of what `held_by_workers` gave, in a list: it is fetched once a process.
        job: what is to be done.
        threads: that it may use.
    """
    start = time.perf_counter()
    _use_threads(threads)
    shared = _fetched(held[0])
    with TemporaryDirectory() as folder, without_cache(not shared.cache):
        inside = None if shared.context.folder is None else Path(folder)
        context = replace(shared.context, folder=inside, looks={})
        try:
            _check_sees(shared, job.rung)
            if isinstance(job, Measure):
                job = replace(job, trained=replace(job.trained, model=_opened(job.trained.model, context)))
            outcome = job.run(context, None)
        except Exception as error:
            return Done(failed=why_failed(error, job.rung))
        if isinstance(job, Fit) and isinstance(outcome, Fitted) and outcome.model is not None:
            outcome = replace(outcome, model=cast(Any, Parcel.of(outcome.model, job.own)))
        return Done(outcome, files_of(Path(folder)), seconds=time.perf_counter() - start)


def _opened(model: Any, context: ClimbContext) -> Any:
    return model.opened(context) if isinstance(model, Parcel) else model


def _fetched(reference: Any) -> Held:
    import ray

    key = reference.hex()
    if key not in _held:
        _held.clear()
        _held[key] = ray.get(reference)
        with suppress(OSError):  # a node that does not have it sees no relative path either
            os.chdir(_held[key].place)
    return _held[key]


def _use_threads(count: int) -> None:
    """As many as a job has processors: the same number gives the same bits wherever it runs."""
    os.environ["OMP_NUM_THREADS"] = str(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
