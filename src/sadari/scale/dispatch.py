"""Jobs handed to a cluster: the longest first, no more than it has processors for, each again where a node is lost."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sadari.climb.failures import NO_MEMORY, JobFailed
from sadari.messages import message

TRIES = 2  # processes that a job may end, before it is the job that ends them
NODES = 10  # nodes that may be lost under a job
LOOKED_AT = 1.0  # seconds after which it is asked how many processors there are


class Stopped(Exception):
    """A job was not done, for nobody asks for it any more."""


@dataclass(order=True)
class _Task:
    rank: tuple[float, int]
    rung: str = field(compare=False)
    begin: Callable[[], Any] = field(compare=False)
    gpus: int = field(compare=False)
    future: Future[Any] = field(compare=False)
    crashed: int = field(compare=False, default=0)
    nodes_lost: int = field(compare=False, default=0)


class Dispatcher:
    """Hands jobs to a cluster, in a thread of its own, until it is closed.

    Args:
        ray: the module, connected.
        cpus: processors that a job takes.
    """

    def __init__(self, ray: Any, cpus: int) -> None:
        self._ray, self._cpus = ray, cpus
        self._waiting: list[_Task] = []
        self._running: dict[Any, _Task] = {}
        self._changed, self._closed = threading.Condition(), False
        self._room, self._asked_at = (1, 0), float("-inf")  # jobs side by side, and GPUs
        self.count = self.done = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def workers(self) -> int:
        """How many jobs can run side by side."""
        self._ask_for_room()
        return self._room[0]

    def submit(self, rung: str, seconds: float, begin: Callable[[], Any], *, gpus: int = 0) -> Future[Any]:
        """Have a job done.

        Args:
            rung: whose it is.
            seconds: that it will take about: the longest are done first.
            begin: hands it to Ray, and gives the reference of what will come of it.
            gpus: how many it takes.
        """
        with self._changed:
            self.count += 1
            task = _Task((-seconds, self.count), rung, begin, gpus, Future())
            if self._closed:
                self._end(task, Stopped())
                return task.future
            heapq.heappush(self._waiting, task)
            self._changed.notify()
        return task.future

    def drop(self, rung: str | None = None) -> None:
        """Do no more of a rung's jobs; None: of nobody's."""
        with self._changed:
            running = [reference for reference, task in self._running.items() if rung in (None, task.rung)]
            dropped = [task for task in self._waiting if rung in (None, task.rung)]
            self._waiting = [task for task in self._waiting if task not in dropped]
            heapq.heapify(self._waiting)
            for task in [*dropped, *(self._running[reference] for reference in running)]:
                self._end(task, Stopped())
        for reference in running:
            with suppress(Exception):
                self._ray.cancel(reference, force=True)

    def close(self) -> None:
        """End what is being done."""
        self.drop()
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        try:
            self._hand_over()
        except Exception as error:  # Ray itself is gone
            reason = message("the cluster is gone: {reason}", reason=f"{type(error).__name__}: {error}"[:200])
            with self._changed:
                self._closed = True
                for task in [*self._waiting, *self._running.values()]:
                    self._end(task, JobFailed(reason))

    def _hand_over(self) -> None:
        while not self._closed:
            with self._changed:
                self._begin()
                running = list(self._running)
                if not running:
                    self._changed.wait(timeout=LOOKED_AT)
                    continue
            ready, _ = self._ray.wait(running, num_returns=1, timeout=0.05)
            for reference in ready:
                with self._changed:
                    task = self._running.pop(reference)
                self._settle(reference, task)

    def _begin(self) -> None:
        """Hand over as many as there is room for."""
        self._ask_for_room()
        room, gpus = self._room
        held = []
        while self._waiting and len(self._running) < room:
            task = heapq.heappop(self._waiting)
            if task.gpus and sum(other.gpus for other in self._running.values()) + task.gpus > gpus:
                held.append(task)
                continue
            try:
                self._running[task.begin()] = task
            except Exception as error:
                self._end(task, error)
        for task in held:
            heapq.heappush(self._waiting, task)

    def _ask_for_room(self) -> None:
        """How many jobs run side by side: nodes come and go."""
        if time.monotonic() - self._asked_at < LOOKED_AT:
            return
        with suppress(self._ray.exceptions.RayError):
            nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            room = sum(int(node.get("CPU", 0)) // self._cpus for node in nodes)
            self._room = max(1, room), int(sum(node.get("GPU", 0) for node in nodes))
        self._asked_at = time.monotonic()

    def _settle(self, reference: Any, task: _Task) -> None:
        """Hand on what came of a job; where that is nothing, have it done again."""
        lost = self._ray.exceptions
        try:
            found = self._ray.get(reference)
        except (lost.OutOfMemoryError, lost.OutOfDiskError):
            self._end(task, JobFailed(NO_MEMORY))
        except (lost.NodeDiedError, lost.ObjectLostError):
            task.nodes_lost += 1
            self._again(task)
        except (lost.RayTaskError, lost.TaskCancelledError) as error:
            self._end(task, error)
        except lost.RayError:
            task.crashed += 1
            self._again(task)
        else:
            if found.failed is None:
                self._end(task, None, found)
            else:
                self._end(task, JobFailed(found.failed))

    def _again(self, task: _Task) -> None:
        """Have it done once more, if anybody still asks for it."""
        if task.future.done():
            return
        if task.crashed >= TRIES or task.nodes_lost >= NODES:
            said = message(
                "the process that did it was killed {count} times: the memory may not be enough for it → give fewer "
                "texts, or nodes with more memory",
                count=task.crashed + task.nodes_lost,
            )
            self._end(task, JobFailed(said))
            return
        with self._changed:
            heapq.heappush(self._waiting, task)

    def _end(self, task: _Task, error: BaseException | None, found: Any = None) -> None:
        if task.future.done():
            return
        self.done += 1
        if error is not None:
            task.future.set_exception(error)
        else:
            task.future.set_result(found)
