"""How a climb is done on a cluster: what each rung needs, how long each job takes, and what the time allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sadari.climb.budget.budget import Needed, Plan, TooDear, needed, planned, work
from sadari.climb.budget.throughput import Throughput
from sadari.climb.context import ClimbContext, Job
from sadari.climb.measuring.learning_curves import LEAST_ROWS, SHARES, SLOW, Point
from sadari.climb.training import Fit
from sadari.climb.tuning.tune import Trial
from sadari.climb.verdict.final_model import Refit
from sadari.display.watching import OnProgress
from sadari.rungs import Rung
from sadari.scale.schedule import makespan

SOON = 1e9  # seconds that what others wait for is taken to need: it is done first
HALVINGS = 24  # of the span in which it is looked for how long the longest rung may take


@dataclass(frozen=True)
class Probe:
    """Measure what a rung needs, on a few rows.

    Attributes:
        rung: its name.
        at_most: seconds that this may take.
    """

    rung: str
    at_most: float

    def run(self, context: ClimbContext, progress: OnProgress | None) -> Needed:
        """What it needs.

        Args:
            context: the climb.
            progress: is told nothing.
        """
        return needed(context.new(self.rung), context.frozen, context.seed, at_most=self.at_most)


@dataclass(frozen=True)
class Costs:
    """What the jobs of a climb take.

    Attributes:
        context: the climb.
        found: rung → what it needs.
    """

    context: ClimbContext
    found: Mapping[str, Needed]

    def of(self, job: Job) -> float:
        """Seconds that a job takes about; `SOON` of what others wait for."""
        total = len(self.context.frozen.train)
        if isinstance(job, Fit | Trial):
            rows = total if job.rows is None else len(job.rows)
            held = len(self.context.frozen.validation) if job.held is None else len(job.held)
            return self.training(self.context.new(job.rung, job.own), rows) + held * self.predicting(job.rung)
        if isinstance(job, Point):
            held = len(self.context.frozen.validation)
            return self.training(self.context.new(job.rung, job.own), job.size) + held * self.predicting(job.rung)
        return self.training(self.context.new(job.rung, job.own), total) if isinstance(job, Refit) else SOON

    def training(self, model: Rung, rows: int) -> float:
        """Seconds of a training on so many rows."""
        found = self.found.get(model.name)
        if found is None:
            return 0.0
        if isinstance(found, Throughput):
            return found.training * work(model, rows)
        usual, frozen = self.context.new(model.name, {}), self.context.frozen
        every = sum(work(usual, rows) for rows in (len(frozen.train), *map(len, frozen.folds)))
        return found * work(model, rows) / every

    def predicting(self, name: str) -> float:
        """Seconds a text; 0 of a quick rung."""
        found = self.found.get(name)
        return found.predicting if isinstance(found, Throughput) else 0.0

    def trainings(self, name: str, plan: Plan) -> list[float]:
        """Seconds of each of a rung's trainings, as it is planned, with what it predicts."""
        frozen, model = self.context.frozen, self.context.new(name, plan.settings)
        total, sizes = len(frozen.train), [plan.rows]
        if plan.halves:
            sizes += [-(-total // 2)] if plan.validates_itself(total) else [-(-total // 2), total // 2]
        else:
            sizes += map(len, frozen.folds)
        held = len(frozen.final) + len(frozen.validation_truth)
        share = held * self.predicting(name) / len(sizes)
        return [self.training(model, min(rows, plan.rows)) + share for rows in sizes]

    def points(self, fit: Fit, own: Mapping[str, Any]) -> Iterator[Point]:
        """The points of the learning curve of a rung that is trained so."""
        rows = len(self.context.frozen.train) if fit.rows is None else len(fit.rows)
        slow = self.training(self.context.new(fit.rung, fit.own), rows) >= SLOW
        for share in SHARES[:2] if slow else SHARES:
            if int(rows * share) >= LEAST_ROWS:
                yield Point(fit.rung, own, int(rows * share))

    def curves(self, name: str, plan: Plan) -> list[float]:
        """Seconds of each point of a rung's curve, about."""
        whole = self.training(self.context.new(name), plan.rows)
        return [whole * share for share in (SHARES[:2] if whole >= SLOW else SHARES)]


@dataclass(frozen=True)
class ClusterPlan:
    """What is done of a climb.

    Attributes:
        rungs: name → how it is trained.
        jobs: seconds of each.
        seconds: until all are done.
        curves: whether learning curves are drawn besides, not only when all else is done.
    """

    rungs: Mapping[str, Plan | TooDear]
    jobs: Sequence[float]
    seconds: float
    curves: bool


def plan_all(costs: Costs, names: Sequence[str], workers: int, seconds: float) -> ClusterPlan:
    """All of each rung where the time allows that; else the longest rungs get less, until all fits into the time.

    Args:
        costs: what rungs and jobs need.
        names: of the rungs.
        workers: how many jobs run side by side.
        seconds: until all is to be done.
    """
    context = costs.context

    def plans(most: float) -> dict[str, Plan | TooDear]:
        return {name: planned(context.new(name), costs.found[name], context.frozen, most) for name in names}

    def jobs(found: Mapping[str, Plan | TooDear]) -> list[float]:
        return [each for name, plan in found.items() if isinstance(plan, Plan) for each in costs.trainings(name, plan)]

    best = plans(float("inf"))
    if makespan(jobs(best), workers) > seconds:
        low, high = 0.0, sum(jobs(best))
        best = plans(low)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if makespan(jobs(found := plans(middle)), workers) <= seconds:
                low, best = middle, found
            else:
                high = middle
    of_curves = [
        each for name, plan in best.items() if isinstance(plan, Plan) for each in costs.curves(name, plan)
    ]  # if nobody asks for curves, there are none
    with_curves = context.curves and makespan([*jobs(best), *of_curves], workers) <= seconds
    every = [*jobs(best), *of_curves] if with_curves else jobs(best)
    spent = makespan(every, workers)
    slack = seconds / spent if 0 < spent < seconds else 1.0
    limited = {
        name: replace(plan, limit=slack * sum(costs.trainings(name, plan)))
        if isinstance(plan, Plan) and seconds < float("inf")
        else plan
        for name, plan in best.items()
    }
    return ClusterPlan(limited, every, spent, with_curves)
