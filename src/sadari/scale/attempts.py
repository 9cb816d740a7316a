"""Processes that train together: their places, what they tell, and another try where one of them is lost."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.errors import ClusterError, ModelError, SadariWarning, SettingError
from sadari.messages import Message, counted, message, plural
from sadari.scale.trainer import Event, Outcome, Place, Trainer

if TYPE_CHECKING:
    from sadari.display.watching import OnProgress, OnRecord
    from sadari.train.checkpoint import Run

WAIT = 0.5  # seconds for something to be told
ROOM_SECONDS = 60.0  # that are waited for a machine to take a lost one's place
LAST_WORDS = 5.0  # seconds in which the other processes may show which of them was lost first
TRIES = 3  # in a row without a step forward, after which the loss of a worker is final


@dataclass(frozen=True)
class Telling:
    """Who is told how it goes, on the driver.

    Attributes:
        bar: shows what is done, and the share done.
        on_record: is called with every record.
        on_progress: is called as it goes on.
        on_start: is called with what the first process says of the model before it learns.
    """

    bar: Callable[..., None]
    on_record: OnRecord | None = None
    on_progress: OnProgress | None = None
    on_start: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Share:
    """What each of the processes gets.

    Attributes:
        workers: how many there are.
        cpus: of each.
        gpus: of each.
    """

    workers: int
    cpus: int
    gpus: int

    @property
    def needs(self) -> dict[str, float]:
        """Of one process, as Ray names it."""
        return {"CPU": float(self.cpus), **({"GPU": float(self.gpus)} if self.gpus else {})}


@dataclass
class Attempts:
    """Processes that train, started again from the last checkpoint where one of them is lost.

    Attributes:
        job: reference to what they do.
        run: where the checkpoint is.
        resume: whether the first ones go on with it.
        seen: the files and folders that every machine must see, and the name of each for people.
        telling: who is told.
    """

    ray: Any
    share: Share
    job: Any
    run: Run | None
    resume: bool
    seen: Mapping[str, str]
    telling: Telling
    told_step: float = field(default=-1.0, init=False)
    begun: bool = field(default=False, init=False)
    started: bool = field(default=False, init=False)

    def trained(self) -> Any:
        """The model, as the first process has it in the end."""
        reached, tries = self._step(), 0
        while True:
            try:
                with _team(self) as team:
                    return self._followed(team)
            except _Lost as lost:
                step = self._step()
                tries = tries + 1 if step == reached else 1
                reached = step
                if tries == TRIES:
                    raise self._final(lost) from lost
                self._say_lost(lost, step)

    def _followed(self, team: list[Any]) -> Any:
        """Follow one attempt to its end.

        Raises:
            _Lost: a process is no more. SadariError: what went wrong in one, which the user can mend.
        """
        first, meeting = team[0], _answers(self.ray, [team[0].meeting_place.remote()])[0]
        resume = self.resume or (self.begun and self._step() is not None)
        self.begun = True
        results = [
            trainer.train.remote(self.job, Place(rank, len(team), *meeting), resume)
            for rank, trainer in enumerate(team)
        ]
        earlier = self.told_step
        with _stopped_by_signals(self.run) as asked:
            sent = False
            while True:
                if asked() and not sent:
                    first.stop.remote()
                    sent = True
                with suppress(self.ray.exceptions.RayError):
                    for event in self.ray.get(first.told.remote(WAIT)):
                        self._tell(event, earlier)
                model = self._ended(results)
                if model is not None:
                    with suppress(self.ray.exceptions.RayError):
                        for event in self.ray.get(first.told.remote(0.0)):
                            self._tell(event, earlier)
                    return model

    def _ended(self, results: list[Any]) -> Any | None:
        """The model, if the first process has it."""
        from sadari.train.loop import Interrupted

        done, running = self.ray.wait(results, num_returns=len(results), timeout=0)
        outcomes: list[Outcome] = []
        for result in done:
            with suppress(self.ray.exceptions.RayError):
                outcomes.append(self.ray.get(result))
        for outcome in outcomes:
            if outcome.model is not None:
                return outcome.model
            if outcome.error is not None:
                # the first process may still be writing the checkpoint, of which the others are done sooner
                stopped = isinstance(outcome.error, Interrupted)
                self.ray.wait(results[:1], timeout=None if stopped else LAST_WORDS)
                raise outcome.error
        if len(outcomes) < len(done):
            if running:
                self.ray.wait(running, num_returns=len(running), timeout=LAST_WORDS)
            raise _Lost(_reason(self.ray, results))
        return None

    def _tell(self, event: Event, earlier: float) -> None:
        """Hand on what the first process tells; after a loss, not what an earlier one told already."""
        kind, what = event
        telling = self.telling
        if kind == "bar":
            telling.bar(*what)
        elif kind == "warning":
            warnings.warn(SadariWarning(what[0]), stacklevel=2)
        elif kind == "start":
            if telling.on_start is not None and not self.started:
                telling.on_start(what[0])
            self.started = True
        elif kind == "progress":
            if telling.on_progress is not None:
                telling.on_progress(*what)
        else:
            step = float(what[0].get("step") or 0.0)
            if step > earlier and telling.on_record is not None:
                telling.on_record(what[0])
            self.told_step = max(self.told_step, step)

    def _step(self) -> int | None:
        return None if self.run is None else step_of(self.run)

    def _say_lost(self, lost: _Lost, step: int | None) -> None:
        said = message("a worker was lost ({reason}): all of them begin again", reason=lost.reason)
        if step is not None:
            said = message("a worker was lost ({reason}): all of them go on from step {step:,}")
            said = said.filled(reason=lost.reason, step=step)
        warnings.warn(SadariWarning(said), stacklevel=2)

    def _final(self, lost: _Lost) -> ClusterError:
        hint = message("free some memory or take fewer workers; --run RUN keeps what is done")
        if self.run is not None:
            hint = message("what was done is kept in {run}: resume it when the cluster is well", run=self.run.folder)
        said = message("a worker was lost {tries} times without a step forward: {reason}")
        return ClusterError(said.filled(tries=TRIES, reason=lost.reason), hint=hint)


class _Lost(Exception):
    """A process that trained is no more."""

    def __init__(self, reason: Message | str) -> None:
        super().__init__(reason)
        self.reason = reason


def _answers(ray: Any, asked: list[Any]) -> list[Any]:
    """What processes answer; `_Lost` where one of them is no more."""
    try:
        return list(ray.get(asked))
    except ray.exceptions.RayError:
        raise _Lost(_reason(ray, asked)) from None


def _reason(ray: Any, results: list[Any]) -> Message | str:
    """Why processes ended that should not: of several reasons the one that the others come from.

    Raises:
        Exception: it is a fault of a program, which would come again.
    """
    others: list[BaseException] = []
    for result in results:
        try:
            ray.get(result, timeout=0)
        except ray.exceptions.GetTimeoutError:
            continue
        except ray.exceptions.OutOfMemoryError:
            return message("its machine ran out of memory")
        except (ray.exceptions.NodeDiedError, ray.exceptions.RayActorError):
            return message("its process ended")
        except ray.exceptions.RayTaskError as error:
            others.append(error.cause)
        except ray.exceptions.RayError as error:
            others.append(error)
    cause = others[0]
    if not isinstance(cause, RuntimeError | OSError | ray.exceptions.RayError):
        raise cause
    return str(cause).strip().partition("\n")[0][:200] or type(cause).__name__


def step_of(run: Run) -> int | None:
    """The step of the run's checkpoint; None without one."""
    from sadari.train.checkpoint import read_run

    with suppress(ModelError):
        return read_run(run.folder).step
    return None


@contextmanager
def _stopped_by_signals(run: Run | None) -> Iterator[Callable[[], bool]]:
    """Meanwhile Ctrl-C asks for a checkpoint and an end, where there is a run; a second one ends at once."""
    from sadari.train.machine.environment import stop_signals

    asked: list[bool] = []

    def ask() -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    with stop_signals(None if run is None else ask):
        yield lambda: bool(asked)


@contextmanager
def _team(attempts: Attempts) -> Iterator[list[Any]]:
    """The processes of one attempt, each in its place; they are gone after."""
    from ray.util.placement_group import remove_placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    ray, share = attempts.ray, attempts.share
    room = _room(attempts)
    trainers: list[Any] = []
    try:
        for bundle in range(share.workers):
            there = PlacementGroupSchedulingStrategy(room, placement_group_bundle_index=bundle)
            trainer = ray.remote(Trainer).options(
                num_cpus=share.cpus, num_gpus=share.gpus, max_concurrency=4, max_restarts=0, scheduling_strategy=there
            )
            trainers.append(trainer.remote())
        _check_seen(attempts, trainers)
        yield trainers
    finally:
        with suppress(Exception):  # where the cluster itself is gone
            for trainer in trainers:
                ray.kill(trainer)
            remove_placement_group(room)


def _room(attempts: Attempts) -> Any:
    """Places for all processes, once there are some.

    Raises:
        ClusterError: the cluster has become too small.
    """
    from ray.util.placement_group import placement_group, remove_placement_group

    ray, share = attempts.ray, attempts.share
    room = placement_group([share.needs] * share.workers, strategy="PACK")
    started = plural("starting {count:,} worker", "starting {count:,} workers", share.workers)
    attempts.telling.bar(started)
    enough = time.monotonic()
    try:
        while not room.wait(WAIT):
            total, free = ray.cluster_resources(), ray.available_resources()
            if all(total.get(name, 0.0) >= each * share.workers for name, each in share.needs.items()):
                enough = time.monotonic()
            if time.monotonic() - enough > ROOM_SECONDS:
                raise ClusterError(
                    message("the cluster has no room for {workers} any more", workers=counted(share.workers, "worker")),
                    hint=message("what was done is kept where there is a --run: resume it when the cluster is well"),
                )
            waiting = message("waiting for room for {workers}: {free:g} of {total:g} CPUs are free")
            waiting = waiting.filled(workers=counted(share.workers, "worker"), free=free.get("CPU", 0.0))
            attempts.telling.bar(waiting.filled(total=total.get("CPU", 0.0)))
    except BaseException:
        remove_placement_group(room)
        raise
    return room


def _check_seen(attempts: Attempts, trainers: list[Any]) -> None:
    """Raise `SettingError` where a process's machine lacks what every machine must see."""
    asked = [trainer.missing.remote(str(Path.cwd()), [*attempts.seen]) for trainer in trainers]
    for path, node in filter(None, _answers(attempts.ray, asked)):
        raise SettingError(
            message("node {node} does not see it", node=node),
            where=attempts.seen[path],
            hint=message(
                "every machine of the cluster must find it under this name: put it on storage that they share"
            ),
        )
