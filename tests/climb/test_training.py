"""A rung of a climb is kept to its time, whatever the machine does after its pace was measured."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import sadari
from sadari.climb import training as trained
from sadari.climb.budget import budget as budgets
from sadari.climb.budget.throughput import Throughput
from sadari.climb.training import Allowance
from sadari.rungs import base
from sadari.train import loop as loops
from sadari.train import training_context
from sadari.train.loop import Loop
from tiny_bert import few_titles, tiny_bert

PACE = Throughput(training=0.02, predicting=0.005)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_bert(str(tmp_path_factory.mktemp("weights") / "tiny-bert"))


@pytest.fixture(scope="module")
def some():
    return few_titles()


@pytest.fixture
def on_a_clock(monkeypatch):
    """Let a climb of bert run by a clock that its steps move: each by what `slower` says of it times the pace."""

    def set_up(slower):
        clock = SimpleNamespace(now=1000.0, steps=0)
        clock.perf_counter = lambda: clock.now
        one = Loop._gradients

        def timed(self, batches):
            one(self, batches)
            clock.steps += 1
            clock.now += len(batches[self.progress.batch]) * PACE.training * slower(clock.steps)

        monkeypatch.setattr(Loop, "_gradients", timed)
        monkeypatch.setattr(budgets, "throughput_of", lambda model, probe, seconds: PACE)
        for module in (budgets, trained, base, training_context, loops):
            monkeypatch.setattr(module, "time", clock)
        return clock

    return set_up


def timed_climb(some, weights, budget):
    return sadari.climb(
        *some,
        rungs=["bert"],
        weights=weights,
        budget=budget,
        curves=False,
        settings={"bert": {"threads": 1, "epochs": 4}},
    ).rungs[0]


IN_TIME = 5 * 120 * 4 * PACE.training + 160 * PACE.predicting  # all folds and all that is measured


def test_a_machine_that_becomes_slower_makes_fewer_steps_and_the_budget_holds(weights, some, on_a_clock):
    clock = on_a_clock(lambda step: 1.0 if step <= 10 else 3.0)
    found = timed_climb(some, weights, IN_TIME + 0.1)
    spent = clock.now - 1000.0 + 160 * PACE.predicting
    assert 0.8 * IN_TIME < spent <= 1.06 * (IN_TIME + 0.1)
    said = re.fullmatch(
        r"slower than measured at first: (\d+) of 32 steps, for the budget · "
        r"the models that validate it made (\d+) of (\d+) steps, for the budget",
        str(found.note),
    )
    assert said, found.note
    assert 10 < int(said[1]) < 32
    assert clock.steps == int(said[1]) + int(said[2])
    assert int(said[3]) > 100
    assert len(found.validation_predictions) == 120


def test_a_machine_that_keeps_its_pace_comes_to_the_same_bits_as_without_a_budget(weights, some, on_a_clock):
    clock = on_a_clock(lambda step: 0.98 + 0.3 * (step % 3 - 1))
    found = timed_climb(some, weights, IN_TIME + 0.1)
    assert found.note == ""
    assert clock.steps == 32 + 5 * 24
    plain = timed_climb(some, weights, None)
    assert np.array_equal(found.probabilities, plain.probabilities)
    assert found.history[-1]["loss"] == plain.history[-1]["loss"]


def test_time_is_dealt_out_by_what_is_to_be_done():
    """And what the first has taken too much is missing to all behind it alike."""
    clock = SimpleNamespace(now=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "time", SimpleNamespace(perf_counter=lambda: clock.now))
        times = Allowance(110.0, [50, 30, 20], besides=10.0)
        assert times.next() == pytest.approx(50)
        clock.now = 75.0
        assert times.next() == pytest.approx(15)
        clock.now = 90.0
        assert times.next() == pytest.approx(10)
        late = Allowance(-1.0, [1.0])
        assert 0 < late.next() < 0.01
    assert Allowance(float("inf"), [1.0]).next() is None
