"""Files labelled on a cluster: a pool of workers, each with the model, and one file at a time for each.

The pool is ours and not that of Ray Data: that one cuts and merges blocks of rows as it likes, reads files with types
of its own, and names what it writes after its tasks. Here a file in is a file out, with the bytes that one machine
gives it, whoever is killed meanwhile; and a file that kills its workers is given up after three of them.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sadari.errors import ClusterError
from sadari.messages import message
from sadari.scale.cluster import LOCAL, Cluster, check_package, connected, import_ray
from sadari.scale.desk import desk
from sadari.scale.package import Package

if TYPE_CHECKING:  # what labels is imported once the workers start
    from sadari.labelled.shards.label import Outcome, Problem
    from sadari.labelled.shards.plan import Shard
    from sadari.labelled.shards.run import Work, Worker

TRIES = 3  # workers that a file may kill, and that may fail to start before any has worked
WAIT_SECONDS = 300.0  # without any worker, after which the cluster is given up
_GONE = 5.0  # seconds that workers have to be gone once they are killed
_LOOK = 1.0  # seconds between two looks at the clock
_MEMORY = message("where the memory is short, take fewer workers (--concurrency), or smaller files")


@contextmanager
def on_cluster(address: str = LOCAL, concurrency: int | None = None, *, files: int = 0) -> Iterator[Worker]:
    """What labels files on a Ray cluster, for `sadari.labelled.shards.run.label_files`, while the block runs.

    Args:
        address: as for `sadari.scale.cluster.connected`.
        concurrency: workers, and so files that are worked on at a time; None: one for each processor, or for each
            GPU, where the model is a net and there are some.
        files: how many there are at most, where that is known: workers for them start at once, and not when the
            model and what is missing are known.

    Raises:
        SettingError, ClusterError, MissingExtraError: as for `sadari.scale.cluster.connected`.
    """
    with connected(address, check=False) as cluster:
        pool = _Pool(cluster, concurrency)
        try:
            if not cluster.gpus:  # else the model says whether workers need one
                pool.start(files)
            yield pool.label
        finally:
            pool.end()


class _Pool:
    """Workers, and what each is doing."""

    def __init__(self, cluster: Cluster, concurrency: int | None) -> None:
        self._ray, self._cluster, self._concurrency = import_ray(), cluster, concurrency
        self._class = self._ray.remote(num_cpus=1, max_restarts=0)(desk())
        self._gpus = 0
        self._arguments: tuple[Any, ...] = ()
        self._starting: dict[Any, Any] = {}  # what is waited for → the worker
        self._beginning: dict[Any, Any] = {}
        self._working: dict[Any, tuple[Any, Shard]] = {}
        self._idle: list[Any] = []
        self._failed_starts = 0
        self._seen = time.monotonic()  # when a worker was last known to live

    def start(self, files: int) -> None:
        """Have as many workers as so many files want, and as there may be."""
        there = len(self._idle) + len(self._starting) + len(self._beginning)
        for _ in range(min(self._size - there - len(self._working), files - there)):
            worker = self._class.options(num_gpus=int(self._gpus > 0)).remote()
            self._starting[worker.runs.remote()] = worker

    @property
    def _size(self) -> int:
        return self._concurrency or self._gpus or max(1, self._cluster.cpus)

    def label(self, work: Work, shards: Sequence[Shard]) -> Iterator[Outcome]:
        """Label files, the largest first, so that the last ones to end are small.

        Whoever stops before the end finds no worker that still writes.
        """
        self._take_on(work)
        try:
            yield from self._labelled(shards)
        finally:
            self._end_busy()

    def _labelled(self, shards: Sequence[Shard]) -> Iterator[Outcome]:
        waiting = deque(sorted(shards, key=lambda shard: -shard.size))
        killed: Counter[str] = Counter()
        while waiting or self._working:
            self.start(len(waiting))
            self._hand_over(waiting)
            ready, _ = self._ray.wait([*self._working, *self._beginning, *self._starting], timeout=_LOOK)
            outcomes = []
            for answer in ready:
                if answer not in self._working:
                    self._further(answer)
                    continue
                worker, shard = self._working.pop(answer)
                outcome = self._answer(answer, worker, shard, killed)
                if outcome is None:
                    waiting.append(shard)
                else:
                    outcomes.append(outcome)
            self._hand_over(waiting)  # workers go on while it is written down what they did
            yield from outcomes
            self._check_alive()

    def end(self) -> None:
        """End all workers; what one has begun to write is left under a name that nobody reads, until it is written."""
        self._end_busy()
        for worker in (*self._starting.values(), *self._beginning.values(), *self._idle):
            self._ray.kill(worker)

    def _end_busy(self) -> None:
        """End the workers that label a file, and wait until they are gone."""
        for worker, _ in self._working.values():
            self._ray.kill(worker)
        if self._working:
            self._ray.wait(list(self._working), num_returns=len(self._working), timeout=_GONE)
            self._working.clear()

    def _take_on(self, work: Work) -> None:
        from sadari.scale.labeller import Labeller
        from sadari.scale.model_files import fits, read_files

        if self._cluster.gpus:  # looked at first: to see whether a linear rung has a net imports all of scikit-learn
            self._gpus = self._cluster.gpus if hasattr(work.model, "net_") else 0
        model = read_files(work.folder) if fits(work.folder, self._ray.nodes()) else str(work.folder)
        device = "cuda" if self._gpus else None
        self._arguments = (Labeller, self._ray.put(model), work.output.address, work.mark, work.how, device)

    def _hand_over(self, waiting: deque[Shard]) -> None:
        while waiting and self._idle:
            worker, shard = self._idle.pop(), waiting.popleft()
            self._working[worker.label.remote(shard)] = (worker, shard)

    def _further(self, answer: Any) -> None:
        """A worker has started, or is ready, or neither.

        Raises:
            ClusterError: none will ever be.
        """
        from sadari.labelled.shards.label import Problem

        started = answer in self._starting
        worker = (self._starting if started else self._beginning).pop(answer)
        try:
            said = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            self._failed(Problem(message("a worker cannot start: {reason}", reason=_first_line(error)), hint=_MEMORY))
            return
        if started:
            node, package = said
            check_package(node, Package(*package))
            self._beginning[worker.begin.remote(*self._arguments)] = worker
        elif said is not None:
            self._failed(said)
        else:
            self._idle.append(worker)
            self._failed_starts = 0

    def _failed(self, problem: Problem) -> None:
        self._failed_starts += 1
        if problem.ends or (not self._working and not self._idle and self._failed_starts >= TRIES * self._size):
            raise ClusterError(problem.what, where=problem.where, hint=problem.hint)

    def _answer(self, answer: Any, worker: Any, shard: Shard, killed: Counter[str]) -> Outcome | None:
        """What became of a file; None where its worker was killed and it has to be done again."""
        from sadari.labelled.shards.label import Outcome, Problem

        try:
            outcome: Outcome = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            killed[shard.name] += 1
            if killed[shard.name] < TRIES:
                return None
            if isinstance(error, self._ray.exceptions.OutOfMemoryError):
                what = message(
                    "the memory of its node was not enough, {count} times: take fewer workers or smaller files",
                    count=TRIES,
                )
            else:
                what = message("its worker died {count} times: {reason}", count=TRIES, reason=_first_line(error))
            return Outcome(shard, problem=Problem(what, shard.source))
        self._idle.append(worker)
        return outcome

    def _check_alive(self) -> None:
        if self._working or self._idle:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > WAIT_SECONDS:
            raise ClusterError(
                message("no node had a processor for a worker for {seconds:.0f} seconds", seconds=WAIT_SECONDS),
                hint=message("look at what else runs there: ray status"),
            )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
