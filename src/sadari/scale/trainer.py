"""One of the processes that train a net together, as an actor of Ray: it runs the `fit` that ``torchrun`` would run."""

from __future__ import annotations

import os
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from sadari.data.text_stream import TextStream
from sadari.display.where import shown_on
from sadari.errors import SadariError, SadariWarning
from sadari.messages import Message

Event = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Job:
    """What every process does; it lies in the object store once.

    Attributes:
        model: not trained yet.
        texts: what its `fit` takes by position.
        options: what `fit` takes by keyword, but for what it is to tell.
        folder: where the driver stands, for relative paths.
        gpu: whether each process has a GPU.
        describe: of the model before it learns, and of what it learns: gives what the driver is told.
        also: called after each record with the model as it stands; gives one more record.
        watched: whether somebody is told of every step.
    """

    model: Any
    texts: tuple[Any, ...]
    options: Mapping[str, Any]
    folder: str
    gpu: bool
    describe: Callable[..., Any] | None = None
    also: Callable[[Any], Mapping[str, Any]] | None = None
    watched: bool = False


@dataclass(frozen=True)
class Place:
    """Which of the processes one is, and where they meet.

    Attributes:
        rank: its number.
        world: how many there are.
        host: address of the first one's machine.
        port: that is free there.
    """

    rank: int
    world: int
    host: str
    port: int


@dataclass(frozen=True)
class Outcome:
    """How a process ended.

    Attributes:
        model: of the first process, trained.
        error: what a user can mend, or that it was stopped.
    """

    model: Any = None
    error: SadariError | None = None


class Shipped(TextStream):
    """Columns of texts in the object store, any number of times.

    Args:
        columns: references to them.
        rows: texts in all of them.
    """

    def __init__(self, columns: list[Any], rows: int) -> None:
        self._columns, self._rows = columns, rows

    def __iter__(self) -> Iterator[pl.Series]:
        import ray

        for column in self._columns:
            yield ray.get(column)

    def __len__(self) -> int:
        return self._rows


class Trainer:
    """A process that trains. Its methods are called side by side: `train` by itself, the others meanwhile."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._events: list[Event] = []
        self._bar: Event | None = None
        self._done = False

    def meeting_place(self) -> tuple[str, int]:
        """The address of this machine, and a port that is free on it."""
        import ray

        with socket.socket() as free:
            free.bind(("", 0))
            return ray.util.get_node_ip_address(), int(free.getsockname()[1])

    def missing(self, folder: str, paths: list[str]) -> tuple[str, str] | None:
        """The first of these files and folders that this machine does not have, and its name; None if all are there.

        Args:
            folder: where the driver stands.
            paths: as the driver sees them.
        """
        _enter(folder)
        absent = [path for path in paths if not os.path.lexists(path)]
        return (absent[0], socket.gethostname()) if absent else None

    def train(self, job: Job, place: Place, resume: bool) -> Outcome:
        """Do a process's share of the job.

        Args:
            job: what all of them do.
            place: which of them this is.
            resume: whether to go on from the checkpoint, where the job keeps one.
        """
        os.environ.update(
            RANK=str(place.rank),
            WORLD_SIZE=str(place.world),
            LOCAL_RANK="0",  # a process sees no other GPU than its own
            MASTER_ADDR=place.host,
            MASTER_PORT=str(place.port),
        )
        if not job.gpu:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        _enter(job.folder)
        try:
            with self._heard() if place.rank == 0 else nullcontext(), warnings.catch_warnings():
                self._listen(first=place.rank == 0)
                self._fit(job, resume, first=place.rank == 0)
        except SadariError as error:
            return Outcome(error=error)
        finally:
            self._done = True
        return Outcome(_on_cpu(job.model) if place.rank == 0 else None)

    def told(self, seconds: float) -> list[Event]:
        """What there is to tell since the last time: (kind, what), one after another.

        Args:
            seconds: to wait for something.
        """
        with self._news:
            self._news.wait_for(lambda: self._events or self._bar, timeout=seconds)
            events, bar = self._events, self._bar
            self._events, self._bar = [], None
        return events if bar is None else [*events, bar]

    def stop(self) -> None:
        """Stop after the step under way with a checkpoint; where nothing is trained yet, after the first one."""
        from sadari.train.machine.environment import stop_trainings

        while not stop_trainings() and not self._done:
            time.sleep(0.05)

    def _fit(self, job: Job, resume: bool, *, first: bool) -> None:
        options = dict(job.options)
        if options.get("run") is not None:
            options["resume"] = resume
        if options.get("teacher") is not None:
            options["teacher"] = replace(options["teacher"], say=self._show)
        if first:
            options["on_record"] = self._record_of(job)
            if job.describe is not None:
                describe = job.describe
                options["on_start"] = lambda *made: self._tell("start", describe(*made))
            if job.watched:
                options["on_progress"] = lambda *stand: self._tell("progress", *stand)
        else:
            options["verbose"] = False
        job.model.fit(*job.texts, **options)

    def _record_of(self, job: Job) -> Callable[[Mapping[str, Any]], None]:
        def tell(record: Mapping[str, Any]) -> None:
            self._tell("record", dict(record))
            if job.also is not None and "sample" not in record:
                self._tell("record", {"step": record.get("step"), **job.also(job.model)})

        return tell

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """Meanwhile what would be shown here is told to the driver."""
        with shown_on(self._show):
            yield

    def _listen(self, *, first: bool) -> None:
        """From here on warnings are told to the driver, those of the first process; within `catch_warnings`."""

        def tell(warning: Warning | str, *rest: Any, **more: Any) -> None:
            if first and isinstance(warning, SadariWarning):
                self._tell("warning", warning.said)

        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", category=SadariWarning)
        warnings.showwarning = tell  # type: ignore[assignment]

    def _show(self, what: Message | str, share: float | None = None) -> None:
        with self._news:
            self._bar = ("bar", (what, share))  # of what is shown, the last is enough
            self._news.notify()

    def _tell(self, kind: str, *what: Any) -> None:
        with self._news:
            self._events.append((kind, what))
            self._news.notify()


def _enter(folder: str) -> None:
    with suppress(OSError):
        os.chdir(folder)


def _on_cpu(model: Any) -> Any:
    """The model with its nets in main memory: the driver may have no GPU."""
    from torch import nn

    ours = [part for part in (model, *vars(model).values()) if type(part).__module__.startswith("sadari.")]
    for part in ours:
        for value in getattr(part, "__dict__", {}).values():
            if isinstance(value, nn.Module):
                value.cpu()
    return model
