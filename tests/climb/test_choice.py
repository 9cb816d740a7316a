"""The rule of the verdict: what nobody would notice costs nothing, what somebody would must buy more than chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.climb.verdict.choice import FULL, LEVEL, Compared, Cost, choose, weight
from sadari.errors import SettingError
from sadari.metrics.significance import mcnemar, paired_difference

FREE, HOUR = Cost(1, 10, 1), Cost(3600, 600, 100)


def taken(rows: int, right: dict[str, int], costs: dict[str, Cost], *, apart: int = 0, margin: float = 0.005) -> str:
    """What is taken where the rungs get so many of the rows right, and ``apart`` rows more each way differ."""

    def compare(one: str, other: str) -> Compared:
        won = max(0, right[one] - right[other]) + apart
        lost = max(0, right[other] - right[one]) + apart
        return Compared(paired_difference(lost, won, rows), mcnemar(lost, won))

    return choose({name: count / rows for name, count in right.items()}, costs, compare, margin=margin)


def test_of_what_nobody_would_notice_the_best_validated():
    costs = {"bow": Cost(0.03, 1, 0.4), "tfidf": Cost(0.04, 2, 2), "bag": Cost(50, 500, 450)}
    assert taken(1000, {"bow": 542, "tfidf": 574, "bag": 560}, costs, apart=100) == "tfidf"
    assert taken(1000, {"bow": 542, "tfidf": 542, "bag": 543}, costs, apart=100) == "bag"


def test_equals_go_by_cost_and_then_by_the_ladder():
    assert taken(100, {"a": 90, "b": 90, "c": 90}, {"a": FREE, "b": Cost(0.1, 1, 1), "c": FREE}) == "a"
    assert taken(100, {"a": 90, "b": 90}, {"a": HOUR, "b": FREE}) == "b"


def test_a_cheaper_one_is_taken_within_the_margin():
    """4 of 1,000 rows, all one way, are beyond chance (p = 1/16 one-sided), and are less than half a point."""
    costs = {"tfidf": FREE, "bert": HOUR}
    assert taken(1000, {"tfidf": 900, "bert": 904}, costs) == "tfidf"
    assert taken(1000, {"tfidf": 900, "bert": 904}, costs, margin=0.003) == "bert"
    assert taken(1000, {"tfidf": 900, "bert": 906}, costs) == "bert"


def test_a_dearer_one_must_be_better_by_more_than_chance():
    """10 rows more of 1,000: of 10 + 2 · 40 that differ, 50 : 40 has a one-sided p of 0.17; of 10 + 2 · 20, 0.10."""
    costs = {"tfidf": FREE, "bert": HOUR}
    assert mcnemar(40, 50) / 2 == pytest.approx(0.1714, abs=1e-3)
    assert mcnemar(20, 30) / 2 == pytest.approx(0.1013, abs=1e-4)
    assert taken(1000, {"tfidf": 900, "bert": 910}, costs, apart=40) == "tfidf"
    assert taken(1000, {"tfidf": 900, "bert": 910}, costs, apart=20) == "bert"


def test_a_cost_counts_by_its_logarithm():
    def minutes(count: float) -> Cost:
        return Cost(60 * count, 0, 0)

    assert weight(minutes(0.9), minutes(0.01)) == 0
    assert weight(minutes(FULL**0.5), minutes(1)) == pytest.approx(0.5)
    assert weight(minutes(FULL), minutes(0.1)) == 1
    assert weight(minutes(20), minutes(10)) == pytest.approx(np.log(2) / np.log(FULL))
    assert weight(minutes(10), minutes(20)) == 0
    assert weight(Cost(60, 6000, 0), Cost(0, 0, 0)) == 1
    assert weight(Cost(0, 0, 5000), Cost(0, 0, 0)) == 1
    assert Cost(120, 1200, 1000).noticed == pytest.approx(3 * np.log(2) / np.log(FULL))


def test_half_a_cost_asks_for_half():
    """Half of the margin, and a chance of (0.5 + LEVEL) / 2: 50 : 40 is enough, where it was not for the full cost."""
    costs = {"tfidf": FREE, "bert": Cost(60 * FULL**0.5, 0, 0)}
    assert mcnemar(40, 50) / 2 < (0.5 + LEVEL) / 2
    assert taken(1000, {"tfidf": 900, "bert": 910}, costs, apart=40) == "bert"
    assert taken(1000, {"tfidf": 900, "bert": 903}, costs) == "bert"
    assert taken(1000, {"tfidf": 900, "bert": 902}, costs) == "tfidf"


def test_the_cheapest_that_none_beats():
    """The middle one is not beaten by the dearest, and the cheapest is: the middle one is taken."""
    costs = {"a": FREE, "b": Cost(60, 6000, 0), "c": Cost(6000, 60_000, 0)}
    assert taken(1000, {"a": 880, "b": 900, "c": 903}, costs, apart=3) == "b"


def test_certainty_of_a_margin():
    found = Compared(paired_difference(10, 14, 1000), 0.5)
    error = np.sqrt((11 / 1002 + 15 / 1002 - (4 / 1002) ** 2) / 1002)
    from scipy.stats import norm

    assert found.certainty(0.005) == pytest.approx(norm.cdf((0.005 - 0.004) / error), abs=2e-3)
    assert found.certainty(0.05) > 0.99
    assert Compared(paired_difference(0, 5, 100), 0.0625).chance == pytest.approx(1 / 32)
    assert Compared(paired_difference(5, 0, 100), 0.0625).chance == pytest.approx(31 / 32)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.floats(0, 1e4), st.floats(0, 1e5), st.floats(0, 5e3)), min_size=1, max_size=6
    ),
    st.integers(0, 30),
    st.sampled_from([0.0, 0.005, 0.02]),
)
@settings(max_examples=300, deadline=None)
def test_what_is_taken_keeps_its_promise(specs, apart, margin):
    right = {str(place): spec[0] for place, spec in enumerate(specs)}
    costs = {str(place): Cost(*spec[1:]) for place, spec in enumerate(specs)}
    found = taken(400, right, costs, apart=apart, margin=margin)
    for name, count in right.items():
        if count > right[found]:  # a better one is dearer, and is within the margin or may be chance
            counts = weight(costs[name], costs[found])
            lost = (count - right[found]) / 400
            chance = mcnemar(apart, apart + count - right[found]) / 2
            assert counts > 0
            assert lost <= margin * counts or chance >= 0.5 - (0.5 - LEVEL) * counts
        if count == right[found]:
            assert costs[found].noticed <= costs[name].noticed


def test_a_slower_machine_turns_over_no_choice_among_the_unnoticed_or_the_dear():
    """Where all costs stay on their side of the bars, or all are above them, twice the time changes nothing."""
    right = {"a": 900, "b": 904, "c": 912}
    for costs in ({"a": FREE, "b": FREE, "c": FREE}, {"a": Cost(100, 700, 1), "b": Cost(300, 900, 1), "c": HOUR}):
        slower = {name: Cost(2 * cost.training, 2 * cost.labelling, cost.megabytes) for name, cost in costs.items()}
        assert taken(1000, right, costs, apart=5) == taken(1000, right, slower, apart=5)


def test_a_margin_is_a_share():
    for margin in (-0.1, 1, float("nan")):
        with pytest.raises(SettingError, match="margin"):
            taken(10, {"a": 5}, {"a": FREE}, margin=margin)
