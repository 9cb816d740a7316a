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


@pytest.mark.slow
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


def test_the_label_given_is_the_likeliest_beside_its_threshold():
    table = np.array([[0.7, 0.3], [0.81, 0.19], [0.2, 0.8]])
    assert thresholds.likeliest(table, 0.5).tolist() == [0, 0, 1]
    assert thresholds.likeliest(table, np.array([0.75, 0.25])).tolist() == [1, 0, 1]  # from a quarter on
    assert thresholds.likeliest(table, np.array([0.0, 1.0])).tolist() == [0, 0, 0]


@pytest.mark.parametrize("labels", [2, 5])
def test_even_thresholds_raise_macro_f1_on_rows_that_they_were_not_chosen_on(labels):
    random = np.random.default_rng(labels)
    shares = np.array([0.95, *np.full(labels - 1, 0.05 / (labels - 1))])

    def drawn(count):
        truth = random.choice(labels, size=count, p=shares)
        logits = np.log(shares) + random.normal(size=(count, labels)) + 2.5 * np.eye(labels)[truth]
        table = np.exp(logits)
        return truth, table / table.sum(axis=1, keepdims=True)

    def score(truth, given):
        return f1_score(truth, given, average="macro", zero_division=0)

    truth, table = drawn(3_000)
    found = thresholds.even_thresholds(table, shares, lambda given: score(truth, given))
    assert found.sum() == pytest.approx(1)
    assert found.argmax() == 0
    truth, table = drawn(20_000)
    assert score(truth, thresholds.likeliest(table, found)) > score(truth, table.argmax(axis=1)) + 0.02


def test_thresholds_stay_where_nothing_is_gained():
    random = np.random.default_rng(0)
    table = random.dirichlet(np.ones(3), 200)
    found = thresholds.even_thresholds(table, np.array([0.8, 0.1, 0.1]), lambda given: 0.5)
    assert (found == thresholds.USUAL).all()


def test_labels_that_are_equally_frequent_give_what_each_by_itself_gives():
    rng = np.random.default_rng(1)
    table = rng.dirichlet(np.ones(40), 200).astype(np.float32)
    table[:20] = table[0, 0]  # equals: the first is given
    shares = rng.choice([0.01, 0.02, 0.05], 40)
    seen = []

    def score(one):
        seen.append(one)
        return 0.0

    thresholds.even_thresholds(table, shares, score)
    assert len(seen) == 21
    for power, one in zip(np.linspace(0, 1, 21), seen, strict=True):
        np.testing.assert_array_equal(one, thresholds.likeliest(table, shares**power))


def test_the_threshold_among_many_rows_is_that_of_all_of_them():
    rng = np.random.default_rng(3)
    for sharp in (0.0, 0.5, 2.0, 5.0):
        wanted = rng.random(20_000) < 0.002
        table = np.round(expit(rng.normal(size=20_000) + sharp * wanted - 4), 4).astype(np.float32)
        rows = int(wanted.sum())
        assert thresholds._best(table, wanted, 0.5) == thresholds._best_of_all(table, wanted, rows, 0.5)[0]
