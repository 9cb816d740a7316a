"""Thresholds by label: against a search of every threshold with scikit-learn's F1, and what must hold of any rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.metrics import f1_score

from sadari.train import thresholds


def rows(seed, count=60, labels=4):
    random = np.random.default_rng(seed)
    wanted = random.random((count, labels)) < random.random(labels)
    probabilities = np.clip(0.4 * wanted + 0.6 * random.random((count, labels)), 0, 1).round(2)
    return probabilities, wanted


def best_f1(probabilities, wanted):
    return max(f1_score(wanted, probabilities >= t, zero_division=0) for t in np.linspace(0, 1, 201))


@pytest.mark.parametrize("seed", range(8))
def test_each_part_has_the_best_f1_of_all_thresholds(seed, monkeypatch):
    probabilities, wanted = rows(seed)
    monkeypatch.setattr(thresholds, "OWN", 1.0)
    own = thresholds.choose_thresholds(probabilities, wanted)
    monkeypatch.setattr(thresholds, "OWN", 0.0)
    common = thresholds.choose_thresholds(probabilities, wanted)
    assert len(np.unique(common)) == 1
    found = f1_score(wanted, probabilities >= common, average="micro", zero_division=0)
    assert found == pytest.approx(best_f1(probabilities.ravel(), wanted.ravel()))
    for k in range(wanted.shape[1]):
        if 0 < wanted[:, k].sum() < len(wanted):
            found = f1_score(wanted[:, k], probabilities[:, k] >= own[k], zero_division=0)
            assert found == pytest.approx(best_f1(probabilities[:, k], wanted[:, k]))
    monkeypatch.setattr(thresholds, "OWN", 0.5)
    between = thresholds.choose_thresholds(probabilities, wanted)
    assert between == pytest.approx(expit((logit(np.clip(own, 1e-6, 1 - 1e-6)) + logit(common)) / 2))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 5))
def test_thresholds_are_shares_and_do_not_depend_on_the_order_of_rows(seed, count, labels):
    probabilities, wanted = rows(seed, count, labels)
    found = thresholds.choose_thresholds(probabilities, wanted)
    assert ((found > 0) & (found < 1)).all()
    order = np.random.default_rng(seed).permutation(count)
    assert (thresholds.choose_thresholds(probabilities[order], wanted[order]) == found).all()


def test_a_label_that_no_row_has_or_all_have_takes_the_common_threshold():
    probabilities, wanted = rows(3)
    wanted[:, 0], wanted[:, 1] = False, True
    found = thresholds.choose_thresholds(probabilities, wanted)
    assert found[0] == found[1]
    assert len(np.unique(found[1:])) == 3


def test_without_any_label_the_usual_threshold_stays():
    assert (thresholds.choose_thresholds(np.full((5, 3), 0.3), np.zeros((5, 3), bool)) == thresholds.USUAL).all()


def test_choices_of_held_out_rows_do_not_depend_on_their_own_labels():
    probabilities, wanted = rows(5)
    given = thresholds.held_out_choices(probabilities, wanted)
    other = wanted.copy()
    other[::2] = ~other[::2]
    assert (thresholds.held_out_choices(probabilities, other)[::2] == given[::2]).all()
    assert (thresholds.held_out_choices(probabilities, other)[1::2] != given[1::2]).any()
