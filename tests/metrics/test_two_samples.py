"""Tests of two samples against what they must say by their definition, and the shift of labels against algebra."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, kstest
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from sadari.errors import SettingError
from sadari.metrics import two_samples
from sadari.metrics.two_samples import label_shift, shift_of_counts, two_sample_test


def test_samples_of_one_kind_have_even_p_values():
    rng = np.random.default_rng(0)
    found = []
    for draw in range(150):
        rows = rng.normal(size=(60, 4))
        blocks = {"a": rows, "b": rows[:, :1] ** 2, "c": np.zeros((60, 1))}
        found.append(two_sample_test(blocks, 25, permutations=99, seed=draw).p_value)
    assert kstest(found, "uniform").pvalue > 0.001
    assert np.mean(np.array(found) <= 0.05) < 0.12


def test_a_shift_in_any_block_is_found():
    rng = np.random.default_rng(1)
    same, moved = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    moved[100:, 1] += 1
    found = two_sample_test({"same": same, "moved": moved}, 100, permutations=199)
    assert found.p_value <= 0.02
    assert found.blocks["moved"].p_value == 1 / 200
    assert found.blocks["same"].p_value > 0.05
    assert found.blocks["moved"].auc > 0.65 > 0.6 > found.blocks["same"].auc


def test_what_is_left_out_is_what_a_fit_without_the_row_says():
    rng = np.random.default_rng(2)
    block, signs = rng.normal(size=(30, 3)), np.where(np.arange(30) < 12, -1.0, 1.0)
    features = two_samples._whitened(block).astype(np.float64)
    predicted = cross_val_predict(Ridge(alpha=1e-9, fit_intercept=False), features, signs, cv=LeaveOneOut())
    centred = block - block.mean(axis=0)
    values = np.linalg.eigvalsh(centred.T @ centred)
    shrunk = (features**2).sum(axis=0)[:-1]  # what ridge regression leaves of each direction
    assert np.allclose(np.sort(shrunk), values / (values + two_samples.SHRINKAGE * values.mean()), atol=1e-4)
    leverage = (features**2).sum(axis=1)
    whole = features @ features.T @ signs
    ours = (whole - leverage * signs) / (1 - leverage)
    assert np.isclose(two_samples._margins(features.astype(np.float32), signs[:, None].astype(np.float32))[0],
                      (ours * signs).mean(), atol=1e-5)  # fmt: skip
    assert np.corrcoef(ours, predicted)[0, 1] > 0.95


@pytest.mark.parametrize(("rows", "first"), [(3, 1), (3, 2), (0, 0)])
def test_too_few_rows_are_refused(rows, first):
    with pytest.raises(SettingError):
        two_sample_test({"a": np.zeros((rows, 1))}, first)


def test_shares_are_those_that_the_table_of_confusions_explains():
    table = np.array([[80, 15, 5], [10, 70, 20], [2, 8, 90]])
    true = np.array([0.1, 0.3, 0.6])
    predicted = (1_000_000 * true @ (table / table.sum(axis=1, keepdims=True))).round().astype(int)
    found = label_shift(table * 1000, predicted)
    solved = np.linalg.solve((table / table.sum(axis=1, keepdims=True)).T, predicted / predicted.sum())
    assert np.allclose(found.after, solved, atol=2e-3)
    assert np.allclose(found.after, true, atol=2e-3)
    assert np.allclose(found.before, 1 / 3)
    assert (found.low <= found.after).all()
    assert (found.after <= found.high).all()
    assert (found.high - found.low < 0.02).all()


def test_intervals_hold_the_truth():
    rng = np.random.default_rng(3)
    table, true, held = np.array([[0.8, 0.2], [0.25, 0.75]]), np.array([0.3, 0.7]), 0
    for draw in range(60):
        first = np.stack([rng.multinomial(150, row) for row in table])
        predicted = rng.multinomial(300, true @ table)
        found = label_shift(first, predicted, draws=200, seed=draw)
        held += found.low[0] <= true[0] <= found.high[0]
    assert held >= 51  # of 60; 95 % were asked for


def test_a_label_that_nobody_has_and_a_table_that_says_nothing_are_borne():
    found = label_shift(np.array([[5, 0, 0], [0, 5, 0], [0, 0, 0]]), np.array([1, 9, 0]))
    assert found.after.sum() == pytest.approx(1)
    assert found.after[2] == pytest.approx(0, abs=1e-6)
    assert label_shift(np.ones((2, 2), int), np.array([3, 7])).after == pytest.approx([0.5, 0.5], abs=0.01)


def test_where_a_table_cannot_tell_the_shares_stay_and_their_intervals_are_wide():
    never = label_shift(np.array([[980, 0], [20, 0]]), np.array([800, 0]))  # the second label is never given
    assert never.after == pytest.approx([0.98, 0.02])
    assert never.high[1] - never.low[1] > 0.8
    rare = label_shift(np.array([[996, 1], [3, 0]]), np.array([800, 0]))  # and of these three it never was
    assert rare.after[1] < 0.05


def test_counts_shift_as_scipy_says():
    before, now = np.array([50.0, 30, 20, 0]), np.array([40.0, 40, 15, 0])
    difference, p = shift_of_counts(before, now)
    assert difference == pytest.approx(40 / 95 - 0.3)
    assert p == pytest.approx(chi2_contingency(np.stack([before, now])[:, :3], correction=False).pvalue)
    with_rare = shift_of_counts(np.array([50.0, 30, 2, 3]), np.array([40.0, 40, 4, 1]))[1]
    assert with_rare == pytest.approx(chi2_contingency([[50, 30, 5], [40, 40, 5]], correction=False).pvalue)
    assert shift_of_counts(np.array([9.0, 0]), np.array([7.0, 0])) == (0.0, 1.0)
