"""Paired tests against scipy, hand values, and their promises under simulation."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sadari.errors import DataError
from sadari.metrics.significance import holm, mcnemar, pair_tests, paired_difference


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_the_binomial_test(first, second):
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_by_hand():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 2**5)
    assert mcnemar(1, 5) == pytest.approx(2 * (1 + 6) / 2**6)
    assert mcnemar(5, 1) == mcnemar(1, 5)


def test_mcnemar_is_fine_with_a_million_rows():
    start = time.process_time()
    p = mcnemar(499_000, 501_000)
    assert time.process_time() - start < 2  # a sum over a million terms in Python would take minutes
    assert p == pytest.approx(0.0456, abs=2e-4)  # 2 standard deviations: 1,000 of sqrt(10⁶) / 2 = 500
    assert 0 <= mcnemar(100_000, 900_000) < 1e-300


def test_holm_by_hand():
    # 4 · 0.01, 3 · 0.02, 2 · 0.03 = 0.06 as before it, 1 · 0.04 raised to 0.06.
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.02]), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1.0, 1.0])
    assert holm([]).shape == (0,)
    with pytest.raises(DataError):
        holm([0.5, 1.5])
    with pytest.raises(DataError):
        holm([float("nan")])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_order_and_lies_between_none_and_bonferroni(values):
    p = np.array(values)
    corrected = holm(p)
    assert (corrected >= p).all()
    assert (corrected <= np.minimum(p * len(p), 1) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()


def test_pairs_are_counted_and_corrected_together():
    correct = {
        "bow": np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], dtype=bool),
        "tfidf": np.array([1, 0, 1, 1, 1, 1, 1, 1, 1, 0], dtype=bool),
        "lstm": np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], dtype=bool),
    }
    tests = pair_tests(correct)
    assert [(t.first, t.second) for t in tests] == [("bow", "tfidf"), ("bow", "lstm"), ("tfidf", "lstm")]
    assert [(t.first_only, t.second_only) for t in tests] == [(1, 7), (0, 8), (0, 2)]
    assert [t.p_value for t in tests] == pytest.approx([18 / 256, 2 / 256, 0.5])
    assert [t.p_corrected for t in tests] == pytest.approx([2 * 18 / 256, 3 * 2 / 256, 0.5])
    assert pair_tests({"bow": correct["bow"]}) == []


def test_rungs_scored_on_different_rows_are_refused():
    with pytest.raises(DataError, match="bow 3, tfidf 2"):
        pair_tests({"bow": np.ones(3, dtype=bool), "tfidf": np.ones(2, dtype=bool)})


def test_false_alarms_are_rarer_than_one_in_twenty():
    """Four rungs that are equally good: some pair looks different in under 5 % of the trials."""
    generator = np.random.default_rng(0)
    alarms = 0
    for _ in range(300):
        correct = {name: generator.random(400) < 0.8 for name in "abcd"}
        alarms += any(test.p_corrected < 0.05 for test in pair_tests(correct))
    assert alarms / 300 < 0.05


def test_the_interval_of_a_difference_covers_it():
    generator = np.random.default_rng(1)
    inside = 0
    for _ in range(2000):
        # First only 6 %, second only 9 %: 3 points better.
        _, first, second = generator.multinomial(150, [0.85, 0.06, 0.09])
        interval = paired_difference(first, second, 150)
        assert interval.low <= interval.value <= interval.high
        inside += interval.low <= 0.03 <= interval.high
    assert 0.93 < inside / 2000 < 0.975


def test_rungs_that_never_disagree_may_still_differ():
    interval = paired_difference(0, 0, 100)
    assert interval.value == 0
    assert 0.02 < interval.high < 0.06
    assert interval.low == pytest.approx(-interval.high)
    with pytest.raises(DataError):
        paired_difference(3, 3, 5)
