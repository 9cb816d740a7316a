"""What time jobs take side by side."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from sadari.climb.budget.budget import Budget, Plan
from sadari.climb.budget.throughput import Throughput
from sadari.climb.context import ClimbContext
from sadari.climb.executor import InProcess
from sadari.climb.split import freeze
from sadari.data.audit.audit import audit
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.metrics.metric import Metric
from sadari.scale.climb_plan import Costs, plan_all
from sadari.scale.climb_worker import silent
from sadari.scale.schedule import makespan


def best_of_all(seconds, workers):
    """The shortest time of any assignment."""
    return min(
        max(sum(s for s, w in zip(seconds, assigned, strict=True) if w == worker) for worker in range(workers))
        for assigned in itertools.product(range(workers), repeat=len(seconds))
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_it_is_within_the_bound_of_the_best(seed, workers):
    seconds = np.random.default_rng(seed).exponential(size=7).tolist()
    best = best_of_all(seconds, workers)
    assert best - 1e-9 <= makespan(seconds, workers) <= best * (4 / 3 - 1 / (3 * workers)) + 1e-9


def test_with_many_workers_it_is_the_longest_job():
    assert makespan([3.0, 1.0, 2.0], 10) == 3.0
    assert makespan([], 4) == 0.0
    assert makespan([1.0] * 8, 4) == 2.0


@pytest.fixture(scope="module")
def costs():
    """What a cheap and a dear rung need of a few headlines, which are validated in folds."""
    train = open_source(find("headlines").train, text="title,text", label="label").read()
    frozen = freeze(train, None, audit(train), seed=0)
    context = ClimbContext(
        frozen, 0, Budget(None), None, Path(), True, {}, silent(), {}, ["bow", "lstm"], Metric("accuracy"), InProcess()
    )
    return Costs(context, {"bow": 6.0, "lstm": Throughput(training=0.01, predicting=0.001)})


def test_a_plan_without_an_end_is_all_of_each_rung(costs):
    plan = plan_all(costs, ["bow", "lstm"], 3, float("inf"))
    assert all(isinstance(each, Plan) and not each.note and each.limit is None for each in plan.rungs.values())
    assert len(plan.jobs) == 2 * 6 + 4 + 2  # two rungs in five folds, and their curves: a slow one has two points
    bow = [each for each in plan.jobs if each < 2]
    assert sum(costs.trainings("bow", plan.rungs["bow"])) == pytest.approx(6.0)
    assert plan.seconds == makespan(plan.jobs, 3) >= max(plan.jobs)
    assert len(bow) == 6 + 4


def test_with_less_time_the_longest_gets_less_and_all_fits(costs):
    seen, before = [], float("inf")
    whole = plan_all(costs, ["bow", "lstm"], 3, float("inf"))
    for share in (0.9, 0.6, 0.3, 0.05):
        seconds = whole.seconds * share
        plan = plan_all(costs, ["bow", "lstm"], 3, seconds)
        assert plan.seconds <= seconds
        assert plan.rungs["bow"].rows == whole.rungs["bow"].rows
        lstm = plan.rungs["lstm"]
        needed = sum(costs.trainings("lstm", lstm)) if isinstance(lstm, Plan) else 0.0
        assert needed <= before
        before = needed
        seen.append(isinstance(lstm, Plan))
        if seen[-1]:
            assert lstm.limit >= needed  # it may take what the others leave
    assert seen[0]
    assert not seen[-1]


def test_more_workers_are_never_planned_to_take_longer(costs):
    times = [plan_all(costs, ["bow", "lstm"], workers, float("inf")).seconds for workers in (1, 2, 4, 8, 64)]
    assert times == sorted(times, reverse=True)
    assert times[-1] == pytest.approx(max(costs.trainings("lstm", Plan(len(costs.context.frozen.train)))))
