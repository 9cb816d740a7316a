"""Risk against coverage, and what sets hold, against counting them out."""

import math

import numpy as np
import pytest

from sadari.metrics.coverage import (
    area_under_risk,
    risk_coverage,
    score_answers,
    score_given,
    score_sets,
    score_sets_of_several,
)


@pytest.mark.parametrize("seed", range(5))
def test_risk_is_that_of_the_surest(seed):
    random = np.random.default_rng(seed)
    certainty, right = random.random(50), random.random(50) < 0.7
    coverage, risk = risk_coverage(certainty, right)
    for place in range(50):
        surest = np.sort(certainty)[::-1][place]
        assert coverage[place] == pytest.approx((certainty >= surest).mean())
        assert risk[place] == pytest.approx((~right[certainty >= surest]).mean())
    assert area_under_risk(certainty, right) == pytest.approx(risk.mean())


def test_the_order_of_equals_never_matters():
    random = np.random.default_rng(0)
    certainty, right = random.integers(3, size=40) / 3, random.random(40) < 0.6
    areas = [area_under_risk(certainty[rows], right[rows]) for rows in (random.permutation(40) for _ in range(5))]
    assert areas == pytest.approx([areas[0]] * 5)
    drawn = []  # against all orders that may come of it, on average
    for _ in range(2_000):
        rows = random.permutation(40)
        rows = rows[np.argsort(-certainty[rows], kind="stable")]
        drawn.append((np.cumsum(~right[rows]) / np.arange(1, 41)).mean())
    assert areas[0] == pytest.approx(np.mean(drawn), abs=0.01)


def test_the_best_and_the_worst_order():
    right = np.array([True] * 8 + [False] * 2)
    assert area_under_risk(np.arange(10)[::-1], right) < area_under_risk(np.ones(10), right) == pytest.approx(0.2)
    assert area_under_risk(np.arange(10), right) > 0.2
    assert area_under_risk(np.arange(10), np.ones(10, bool)) == 0
    assert math.isnan(area_under_risk(np.zeros(0), np.zeros(0, bool)))


def test_sets_are_counted():
    sets = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 1]]) > 0
    found = score_sets(sets, np.array([0, 0, 1, -1]))  # the last: a label that no set can hold
    assert (found.held, found.size, found.empty) == (0.5, 1.5, 0.25)
    assert found.by_label[:2] == [0.5, 1.0]
    assert math.isnan(found.by_label[2])
    assert found.size_by_label[:2] == [1.0, 1.0]
    assert math.isnan(found.size_by_label[2])


def test_answers_are_counted():
    answered = np.array([1, 1, 0, 1, 0]) > 0
    found = score_answers(answered, np.array([0, 0, 1, 0, 2]), np.array([0, 1, 1, -1, 2]), labels=4)
    assert (found.share, found.right) == pytest.approx((0.6, 1 / 3))
    assert found.by_label[:3] == [1.0, 0.5, 0.0]
    assert found.right_by_label[0] == pytest.approx(1 / 3)
    assert [math.isnan(share) for share in found.right_by_label] == [False, True, True, True]
    assert math.isnan(found.by_label[3])
    nothing = score_answers(np.zeros(2, bool), np.zeros(2, int), np.zeros(2, int), labels=1)
    assert nothing.share == 0
    assert math.isnan(nothing.right)


def test_of_several_labels_those_that_are_given_are_counted():
    """Against loops over all pairs of a text and a label."""
    random = np.random.default_rng(0)
    given, wanted = random.random((50, 3)) < 0.6, random.random((50, 3)) < 0.5
    kept = given & (random.random((50, 3)) < 0.7)
    given[:, 2] = kept[:, 2] = False  # a label that is never given
    found = score_given(kept, given, wanted)
    pairs = [(row, k) for row in range(50) for k in range(3)]
    assert found.share == pytest.approx(sum(kept[p] for p in pairs) / sum(given[p] for p in pairs))
    assert found.right == pytest.approx(sum(kept[p] and wanted[p] for p in pairs) / sum(kept[p] for p in pairs))
    assert found.by_label[0] == pytest.approx(sum(kept[:, 0]) / sum(given[:, 0]))
    assert found.right_by_label[1] == pytest.approx(sum(kept[:, 1] & wanted[:, 1]) / sum(kept[:, 1]))
    assert math.isnan(found.by_label[2])
    assert math.isnan(found.right_by_label[2])


def test_sets_of_several_labels_are_counted():
    sets = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 1]]) > 0
    wanted = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [1, 0, 0]]) > 0
    found = score_sets_of_several(sets, wanted, unseen=np.array([0, 0, 0, 1]))  # the last has one that no set can hold
    assert (found.held, found.size, found.empty) == (0.5, 1.5, 0.25)
    assert found.by_label[:2] == pytest.approx([2 / 3, 1.0])
    assert found.size_by_label[:2] == [2.0, 1.0]
    assert math.isnan(found.by_label[2])
