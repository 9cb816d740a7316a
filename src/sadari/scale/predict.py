"""Files labelled on a cluster: a pool of workers, each with the model, and one file at a time for each.

The pool is ours and not that of Ray Data: that one cuts and merges blocks of rows as it likes, reads files with types
of its own, and names what it writes after its tasks. Here a file in is a file out, with the bytes that one machine
gives it, whoever is killed meanwhile; and a file that kills its workers is given up after three of them.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sadari.errors import ClusterError
from sadari.labelled.shards.label import Outcome, Problem
from sadari.labelled.shards.plan import Shard
from sadari.labelled.shards.run import Work, Worker
from sadari.messages import message
from sadari.scale.cluster import LOCAL, connected, import_ray
from sadari.scale.labeller import Labeller
from sadari.scale.model_files import fits, read_files

TRIES = 3  # workers that a file may kill, and that may fail to start before any has worked
WAIT_SECONDS = 300.0  # without any worker, after which the cluster is given up
_LOOK = 1.0  # seconds between two looks at the clock


def on_cluster(address: str = LOCAL, concurrency: int | None = None) -> Worker:
    """What labels files on a Ray cluster, for `sadari.labelled.shards.run.label_files`.

    Args:
        address: as for `sadari.scale.cluster.connected`.
        concurrency: workers, and so files that are worked on at a time; None: one for each processor, or for each
            GPU, where the model is a net and there are some.
    """
    return partial(_label, address=address, concurrency=concurrency)


def _label(work: Work, shards: Sequence[Shard], *, address: str, concurrency: int | None) -> Iterator[Outcome]:
    with connected(address) as cluster:
        gpus = cluster.gpus if hasattr(work.model, "net_") else 0
        most = concurrency or gpus or max(1, cluster.cpus)
        pool = _Pool(work, min(most, len(shards)), on_gpu=gpus > 0)
        try:
            yield from pool.label(shards)
        finally:
            pool.end()


class _Pool:
    """Workers, and what each is doing."""

    def __init__(self, work: Work, size: int, *, on_gpu: bool) -> None:
        self._ray, self._size = import_ray(), size
        model = read_files(work.folder) if fits(work.folder, self._ray.nodes()) else str(work.folder)
        self._arguments = (
            self._ray.put(model),
            str(work.output),
            work.mark,
            work.how,
            "cuda" if on_gpu else None,
        )
        options = {"num_cpus": 1, "num_gpus": int(on_gpu), "max_restarts": 0}
        self._class = self._ray.remote(**options)(Labeller)
        self._starting: dict[Any, Any] = {}  # what is waited for → the worker
        self._working: dict[Any, tuple[Any, Shard]] = {}
        self._idle: list[Any] = []
        self._worked, self._failed_starts = False, 0
        self._seen = time.monotonic()  # when a worker was last known to live

    def label(self, shards: Sequence[Shard]) -> Iterator[Outcome]:
        """Label files, the largest first, so that the last ones to end are small."""
        waiting = deque(sorted(shards, key=lambda shard: -shard.size))
        killed: Counter[str] = Counter()
        while waiting or self._working:
            self._start_workers(len(waiting))
            while waiting and self._idle:
                worker, shard = self._idle.pop(), waiting.popleft()
                self._working[worker.label.remote(shard)] = (worker, shard)
            ready, _ = self._ray.wait([*self._working, *self._starting], timeout=_LOOK)
            for answer in ready:
                if answer in self._starting:
                    self._started(answer)
                    continue
                worker, shard = self._working.pop(answer)
                outcome = self._answer(answer, worker, shard, killed)
                if outcome is None:
                    waiting.append(shard)
                else:
                    yield outcome
            self._check_alive()

    def end(self) -> None:
        """End all workers; a file that one is writing is left under a name that nobody reads."""
        for worker in (*self._starting.values(), *(worker for worker, _ in self._working.values()), *self._idle):
            self._ray.kill(worker)

    def _start_workers(self, waiting: int) -> None:
        there = len(self._idle) + len(self._starting)
        for _ in range(min(self._size - there - len(self._working), waiting - there)):
            worker = self._class.remote(*self._arguments)
            self._starting[worker.problem.remote()] = worker

    def _started(self, answer: Any) -> None:
        """A worker is ready, or is not.

        Raises:
            ClusterError: none will ever be.
        """
        worker = self._starting.pop(answer)
        try:
            problem = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            problem = Problem(message("a worker cannot start: {reason}", reason=_first_line(error)))
        if problem is None:
            self._idle.append(worker)
            self._worked, self._failed_starts = True, 0
            return
        self._failed_starts += 1
        if problem.ends or (not self._working and not self._idle and self._failed_starts >= TRIES * self._size):
            raise ClusterError(problem.what, where=problem.where, hint=problem.hint)

    def _answer(self, answer: Any, worker: Any, shard: Shard, killed: Counter[str]) -> Outcome | None:
        """What became of a file; None where its worker was killed and it has to be done again."""
        try:
            outcome: Outcome = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            killed[shard.name] += 1
            if killed[shard.name] < TRIES:
                return None
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
