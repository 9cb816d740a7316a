"""What is trained where the time is short: fewer passes of a net, fewer rows, or the rung another time."""

import time
from functools import partial

import pytest

from sadari.climb import climb as climbing
from sadari.climb.budget.budget import (
    LEAST_ROWS,
    Budget,
    Plan,
    Spent,
    TooDear,
    _fewer_passes,
    _fewer_rows,
    _plan,
    _spent,
    seconds_needed,
)
from sadari.climb.climb import climb
from sadari.climb.split import freeze
from sadari.compiling.watching import Stopwatch
from sadari.data.audit.audit import audit
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.rungs import GRU, LSTM, EmbeddingBag, EmbeddingMean, Ngrams, TfIdf


@pytest.fixture(scope="module")
def headlines():
    data = find("headlines")
    return tuple(open_source(path, text="title,text", label="label").read() for path in (data.train, data.test))


def test_what_the_time_allows_is_trained_as_it_is():
    assert _plan(LSTM(), 10.0, 10.0, 1_000, in_folds=True) == Plan(1_000)
    assert _plan(TfIdf(), 10.0, 11.0, 100_000, in_folds=False) == Plan(100_000)


def test_a_net_makes_fewer_passes_and_says_so():
    plan = _plan(LSTM(), 10.0, 8.0, 1_000, in_folds=True)
    assert LSTM().planned_epochs(1_000) == 19
    assert plan == Plan(1_000, {"epochs": 15}, _fewer_passes(15, 19))
    assert LSTM(**plan.settings).planned_epochs(1_000) == 15


def test_passes_that_were_asked_for_are_made():
    plan = _plan(LSTM(epochs=19), 10.0, 8.0, 1_000, in_folds=True)
    assert isinstance(plan, TooDear)
    assert plan.least == 10.0
    assert "needs about 10 s, and 8.0 s of the budget are left" in str(plan.why)


def test_where_nothing_is_left_that_is_said():
    why = str(_plan(LSTM(), 10.0, -3.0, 1_000, in_folds=True).why)
    assert why == "it needs about 10 s, and none of the budget is left for it"


def test_of_many_rows_half_the_passes_come_before_fewer_rows():
    assert LSTM().planned_epochs(30_000) == 4
    assert _plan(LSTM(), 10.0, 5.1, 30_000, in_folds=False) == Plan(30_000, {"epochs": 2}, _fewer_passes(2, 4))
    plan = _plan(LSTM(), 10.0, 4.5, 30_000, in_folds=False)
    assert isinstance(plan, Plan)
    assert 20_000 < plan.rows < 30_000
    assert plan.settings == {"epochs": 2}  # half of what these rows would want
    assert str(plan.note) == f"trained on {plan.rows:,} of 30,000 rows, for the budget"


@pytest.mark.parametrize("model", [TfIdf(), LSTM(), EmbeddingMean()], ids=lambda model: model.name)
@pytest.mark.parametrize("share", [0.5, 0.2, 0.01])
def test_fewer_rows_cost_what_is_left(model, share):
    """Of fewer rows a net makes more passes: half the time is not half the rows."""
    rows = _fewer_rows(model, 100_000, share)
    steps = rows * model.planned_epochs(max(1, rows))
    assert steps <= 100_000 * model.planned_epochs(100_000) * share
    more = rows + 2_000
    assert 1.5 * more * model.planned_epochs(more) > 100_000 * model.planned_epochs(100_000) * share


def test_many_rows_become_fewer_and_few_are_left_out():
    plan = _plan(TfIdf(), 10.0, 2.5, 40_000, in_folds=False)
    assert isinstance(plan, Plan)
    assert plan.rows == 10_000
    assert str(plan.note) == "trained on 10,000 of 40,000 rows, for the budget"
    dear = _plan(TfIdf(), 10.0, 0.01, 40_000, in_folds=False)
    assert isinstance(dear, TooDear)
    assert dear.least == pytest.approx(10.0 * LEAST_ROWS / 40_000)
    assert isinstance(_plan(TfIdf(), 10.0, 2.5, 4_000, in_folds=True), TooDear)


def test_a_trial_tells_what_a_rung_needs(headlines):
    frozen = freeze(*headlines, audit(*headlines), seed=0)
    assert Budget(None).plan(GRU(embed_dim=8, hidden=4), frozen, 0) == Plan(1_000)
    assert Budget(1e6).plan(GRU(embed_dim=8, hidden=4), frozen, 0) == Plan(1_000)
    dear = Budget(0.05).plan(GRU(embed_dim=8, hidden=4), frozen, 0)
    assert isinstance(dear, TooDear)
    assert dear.least > 0.05


def test_where_nothing_is_left_no_time_goes_on_a_trial(headlines, monkeypatch):
    """A trial of an encoder takes seconds, which a climb that is late would be later by, for each rung."""
    frozen, model = freeze(*headlines, audit(*headlines), seed=0), GRU()
    monkeypatch.setattr(GRU, "fit", lambda *_, **__: pytest.fail("trained"))
    found = Budget(0.0).plan(model, frozen, 0)
    assert isinstance(found, TooDear)
    assert str(found.why) == "none of the budget is left for it"
    assert not Budget(0.0).allows(found.least)
    assert Budget(10.0).allows(found.least)  # and so it has its turn


def test_a_rung_left_out_for_those_behind_it_is_taken_where_time_is_left(headlines, monkeypatch):
    asked, one = [], climbing._climb_one

    def dear_at_first(run, name, place, count, *, share):
        asked.append((name, share))
        if (name, share) in (("bow", 0.6), ("ngram", 0.6)):
            return TooDear(1e9 if name == "ngram" else 1.0, "it needs more than its share")
        return one(run, name, place, count, share=share)

    monkeypatch.setattr(climbing, "_climb_one", dear_at_first)
    result = climb(*headlines, rungs=["bow", "ngram", "tfidf"], budget=500, curves=False)
    assert asked == [("bow", 0.6), ("ngram", 0.6), ("tfidf", 1), ("bow", 1)]
    assert [rung.rung for rung in result.rungs] == ["bow", "tfidf"]  # in the ladder's order
    assert result.skipped == [("ngram", "it needs more than its share")]


def test_what_a_training_does_once_is_not_counted_for_every_pass():
    """embedding-bag looks for its words once: forty passes take twice what one takes, and not forty times."""
    assert Spent(1.0, 0.025).with_passes(41) == pytest.approx(2.0)
    assert Spent(1.0, 1.0).with_passes(41) == pytest.approx(41.0)  # a net, all of whose time is in its passes


class Machine:
    """Says how long trainings take, one after another, for each of its rows."""

    def __init__(self, *each: float, once: float = 0.0) -> None:
        self.each, self.once, self.asked = list(each), once, []

    def __call__(self, rows):
        self.asked.append(len(rows))
        seconds = len(rows) * self.each.pop(0)
        return Spent(seconds + self.once, seconds)


FEW, PROBE = range(64), range(1_000)
NEEDS = {"passes": 8, "scale": 11, "allowed": 140.0}  # of 11,000 rows


def test_reading_is_not_taken_for_passes_whatever_the_time():
    """ngram read its texts for 1.7 s and learned of them for 0.1: 8 passes over 11 times as many take 27 s, not 150."""
    machine = Machine(0.0001, once=1.6)
    assert seconds_needed(machine, FEW, PROBE, **NEEDS) == pytest.approx(11 * (1.7 + 0.7))
    assert machine.asked == [1_000]


def test_a_hitch_in_the_measuring_cuts_no_rows():
    """What was compiled, or another program's moment, is seen to be none of the rung's."""
    machine = Machine(0.016, 0.0001, 0.0001)
    assert seconds_needed(machine, FEW, PROBE, **NEEDS) == pytest.approx(0.1 * 8 * 11)
    assert machine.asked == [1_000, 64, 1_000]
    assert _plan(TfIdf(), 0.1 * 8 * 11, NEEDS["allowed"], 11_000, in_folds=False) == Plan(11_000)


def test_what_is_slow_is_not_measured_twice():
    machine = Machine(0.016, 0.016)
    assert seconds_needed(machine, FEW, PROBE, **NEEDS) == pytest.approx(16 * 8 * 11)
    assert machine.asked == [1_000, 64]


def test_what_fits_is_measured_once():
    machine = Machine(0.001)
    assert seconds_needed(machine, FEW, PROBE, **NEEDS) == pytest.approx(88.0)
    assert machine.asked == [1_000]


@pytest.mark.parametrize("kind", [Ngrams, EmbeddingBag, GRU], ids=lambda kind: kind.name)
def test_of_a_real_training_the_passes_are_a_part(headlines, kind):
    spent = _spent(kind(epochs=1), headlines[0].texts, headlines[0].labels)
    assert 0 < spent.passing < spent.whole


def test_compiling_comes_on_top_of_the_budget():
    """Numba tells of each function that it compiles, one within another: none is counted twice."""
    from sadari.compiling.dispatcher import dispatcher_of

    compiled = partial(dispatcher_of, cache=False, options={})
    with Stopwatch() as compiling:
        budget = Budget(100, compiling=compiling)

        @compiled
        def inner(x):
            return x * 2 + 1

        @compiled
        def outer(x):
            return inner(x) + inner(x + 1)

        start = time.perf_counter()
        outer(1)
        took = time.perf_counter() - start
        spent = compiling.seconds
        assert 0 < spent <= took
        assert budget.time_left() + (time.perf_counter() - start) == pytest.approx(100 + spent, abs=1 + took - spent)
        outer(2)
        assert compiling.seconds == spent
    assert budget.said_of_compiling() is None  # nobody would notice
    watch = Stopwatch()
    watch._done = 12.0
    assert "12.0 s" in str(Budget(100, compiling=watch).said_of_compiling())
    assert Budget(None, compiling=watch).said_of_compiling() is None
