"""A climb on a cluster: a job for each fit, fold, trial and point of a learning curve, the longest first."""

from __future__ import annotations

import contextvars
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sadari import readable
from sadari.climb.budget.budget import Plan, TooDear, planned
from sadari.climb.context import ClimbContext, Job
from sadari.climb.training import Fit
from sadari.display.watching import OnProgress
from sadari.errors import SettingError
from sadari.messages import Message, beside, counted, message
from sadari.rungs import RUNGS
from sadari.scale.climb_plan import SOON, ClusterPlan, Costs, Probe, plan_all
from sadari.scale.climb_worker import Done, held_by_workers, silent, work
from sadari.scale.cluster import LOCAL, Cluster, connected, import_ray
from sadari.scale.dispatch import Dispatcher
from sadari.scale.parcel import write_files
from sadari.settings.declaration import settings_of
from sadari.settings.limits import MOST, Whole, check

LOOKED_AT = 0.2  # seconds after which it is shown how far the jobs are
Attempt = Callable[[ClimbContext, str], Any]


@contextmanager
def climbing_on(address: str = LOCAL, *, cpus: int = 1) -> Iterator[OnRay]:
    """The executor of a climb on a cluster, while the block runs: ``climb(…, executor=…)``.

    Args:
        address: of the cluster; see `sadari.scale.cluster.connected`.
        cpus: processors of each job, and so the threads of a net: as many as without Ray give the same bits.

    Raises:
        MissingExtraError: Ray is not installed. ClusterError: there is no such cluster, or of other versions.
        SettingError: no node has so many processors.
    """
    with connected(address) as cluster, TemporaryDirectory() as folder:
        _check_room(cpus)
        executor = OnRay(cluster, Path(folder), cpus)
        try:
            yield executor
        finally:
            executor.close()


def _check_room(cpus: int) -> None:
    check("cpus", cpus, Whole(1, MOST))
    most = max(int(node["Resources"].get("CPU", 0)) for node in import_ray().nodes() if node["Alive"])
    if cpus > most:
        raise SettingError(
            message(
                "a task is to have {cpus}, and no node has more than {most}", cpus=counted(cpus, "processor"), most=most
            ),
            hint=message("give --task-cpus {most}, or less", most=most),
        )


class OnRay:
    """The `sadari.climb.context.Executor` that hands a climb's jobs to a cluster.

    All rungs are trained at once, each waited for by a thread of its own. Whether one may be left out or given up is
    asked when it is its turn, as if they had been trained one after another.

    Args:
        cluster: that is connected.
        folder: where models lie until it is their rung's turn.
        cpus: processors of each job.

    Attributes:
        notes: how the work was planned.
        spent: (rung, kind of job, seconds) of each that was done.
    """

    def __init__(self, cluster: Cluster, folder: Path, cpus: int) -> None:
        self._ray = import_ray()
        self._cluster, self._folder, self._cpus = cluster, folder, cpus
        self._dispatcher = Dispatcher(self._ray, cpus)
        self._remote = self._ray.remote(max_retries=0, num_cpus=cpus, scheduling_strategy="SPREAD")(work)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Know nothing of an earlier climb."""
        self._dispatcher.drop()
        self._held: Any = None
        self._costs: Costs | None = None
        self._plan: ClusterPlan | None = None
        self._outcomes: dict[str, Future[Any]] = {}
        self._asked: set[str] = set()
        self._ahead: list[tuple[Job, Future[Any]]] = []
        self.notes: list[Message] = []
        self.spent: list[tuple[str, str, float]] = []
        for left in self._folder.iterdir():
            shutil.rmtree(left)

    def close(self) -> None:
        """End what is still being done."""
        self._dispatcher.close()

    # -- what a climb asks for --------------------------------------------------------------------------

    def plan(self, context: ClimbContext, name: str, share: float) -> Plan | TooDear:
        """How a rung is trained: as all were planned together; asked again, what the time left allows."""
        assert self._plan is not None
        assert self._costs is not None
        if context.at_once:
            return self._plan.rungs[name]
        left = context.budget.time_left()
        plan = planned(context.new(name), self._costs.found[name], context.frozen, left)
        return replace(plan, limit=left) if isinstance(plan, Plan) else plan

    def start(self, context: ClimbContext, jobs: Iterable[tuple[Job, OnProgress | None]]) -> list[Callable[[], Any]]:
        """Hand all jobs over at once."""
        started = [(job, self._submitted(context, job)) for job, _ in jobs]
        for job, _ in started:
            if isinstance(job, Fit) and job.whole and self._plan is not None and self._plan.curves:
                assert self._costs is not None
                points = self._costs.points(job, context.tuned.get(job.rung, {}))
                self._ahead += [(point, self._submitted(context, point)) for point in points]
        return [partial(self._outcome, context, job, future) for job, future in started]

    def rungs(self, context: ClimbContext, names: Sequence[str], one: Attempt) -> Callable[[str], Any]:
        """Train all rungs at once, those that take longest first."""
        self._begin_anew()
        self._held = self._ray.put(held_by_workers(context))
        self._costs = Costs(context, self._probed(context, names))
        able = [name for name in names if name not in self._outcomes]
        left = context.budget.time_left() * (0.5 if context.trials else 1.0)
        self._plan = plan_all(self._costs, able, self._dispatcher.workers, left)
        self.notes = [self._said(self._plan)]
        ours = replace(
            context,
            progress=silent(),
            at_once=True,
            folder=None if context.folder is None else self._folder,
        )
        costs, plans = self._costs, self._plan.rungs
        needed = {name: sum(costs.trainings(name, plan)) for name in able if isinstance(plan := plans[name], Plan)}
        for name in sorted(able, key=lambda name: -needed.get(name, 0.0)):
            self._outcomes[name] = Future()
            run = partial(contextvars.copy_context().run, self._climb_one, one, ours, name)
            threading.Thread(target=run, daemon=True).start()
        return partial(self._in_turn, context, list(names))

    def stop(self) -> list[str]:
        """End what is being done; the rungs that came to their end before."""
        done = [name for name, found in self._outcomes.items() if found.done() and found.exception() is None]
        self._dispatcher.drop()
        return done

    # -- how it is done ---------------------------------------------------------------------------------

    def _climb_one(self, one: Attempt, context: ClimbContext, name: str) -> None:
        """Train a rung, in a thread that only waits."""
        try:
            self._outcomes[name].set_result(one(context, name))
        except BaseException as error:
            self._dispatcher.drop(name)
            self._outcomes[name].set_exception(error)

    def _in_turn(self, context: ClimbContext, names: Sequence[str], name: str) -> Any:
        """What came of a rung, once it is its turn; those before it that nobody asked for are of no use any more."""
        self._asked.add(name)
        for other in names[: names.index(name)]:
            if other not in self._asked:
                self._dispatcher.drop(other)
        found = self._waited(context, self._outcomes[name])
        if context.folder is not None and (self._folder / name).is_dir():
            shutil.move(self._folder / name, context.folder / name)
        return found

    def _probed(self, context: ClimbContext, names: Sequence[str]) -> dict[str, Any]:
        """What each rung needs; one that fails already has its outcome."""
        at_most = 0.05 * context.budget.time_left()
        found = {}
        for name, wait in zip(
            names, self.start(context, ((Probe(name, at_most), None) for name in names)), strict=True
        ):
            try:
                found[name] = wait()
            except Exception as error:
                self._outcomes[name] = Future()
                self._outcomes[name].set_exception(error)
        return found

    def _submitted(self, context: ClimbContext, job: Job) -> Future[Any]:
        """The future of a job: that which was handed over ahead, or a new one."""
        for known, future in self._ahead:
            if known == job:
                return future
        seconds = SOON if self._costs is None else self._costs.of(job)
        gpus = int(self._cluster.gpus > 0 and "device" in settings_of(RUNGS[job.rung]))
        remote = self._remote.options(num_gpus=gpus) if gpus else self._remote
        return self._dispatcher.submit(
            job.rung, seconds, partial(remote.remote, [self._held], job, self._cpus), gpus=gpus
        )

    def _outcome(self, context: ClimbContext, job: Job, future: Future[Any]) -> Any:
        """What came of a job, when it is done; what it wrote is in the climb's folder then."""
        done: Done = future.result() if context.at_once else self._waited(context, future)
        self.spent.append((job.rung, type(job).__name__, done.seconds))
        if context.folder is not None and done.files:
            write_files(done.files, context.folder)
        return done.outcome

    def _waited(self, context: ClimbContext, future: Future[Any]) -> Any:
        """The same in the main thread, which shows how far the jobs are, and hears of Ctrl-C."""
        while True:
            try:
                return future.result(timeout=LOOKED_AT)
            except TimeoutError:
                if future.done():
                    raise
            done, count = self._dispatcher.done, self._dispatcher.count
            said = message("{done} of {tasks} done", done=done, tasks=counted(count, "task"))
            context.progress(beside([said, *self.notes]), 0.95 * done / max(1, count))

    def _said(self, plan: ClusterPlan) -> Message:
        return message(
            "on Ray: {tasks} on {cpus} of {nodes}, planned to take about {duration}",
            tasks=counted(len(plan.jobs), "task"),
            cpus=counted(self._cluster.cpus, "processor"),
            nodes=counted(self._cluster.nodes, "node"),
            duration=readable.duration(plan.seconds, 2),
        )
