"""Calibration: the best sharpness, found also by trying all; better probabilities on rows never seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rungs_headlines import headlines, some
from sadari.rungs import BagOfWords, TfIdf
from sadari.train.solvers.temperature import (
    calibration_folds,
    fit_inverse_temperature,
    inverse_temperature_loss,
    sigmoid,
    softmax,
)


def rows(n, labels, seed, scale=1.0):
    """Logits of which the likeliest label is right more often than not."""
    random = np.random.default_rng(seed)
    targets = np.eye(labels, dtype=bool)[random.integers(0, labels, n)]
    return scale * (random.normal(size=(n, labels)) + 1.5 * targets), targets


@pytest.mark.parametrize("multilabel", [False, True])
@settings(max_examples=30, deadline=None)
@given(n=st.integers(3, 300), labels=st.integers(2, 6), seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3))
def test_no_other_factor_is_better(multilabel, n, labels, seed, scale):
    logits, targets = rows(n, labels, seed, scale)
    found = fit_inverse_temperature(logits, targets, multilabel=multilabel)
    spread = logits.std()
    tried = [
        inverse_temperature_loss(f, logits, targets, multilabel=multilabel)
        for f in np.geomspace(1e-3, 1e3, 400) / spread
    ]
    assert inverse_temperature_loss(found, logits, targets, multilabel=multilabel) <= min(tried) + 1e-6


def test_the_temperature_that_made_the_labels_is_found():
    random = np.random.default_rng(0)
    logits = random.normal(size=(40_000, 4))
    chosen = np.array([random.choice(4, p=p) for p in softmax(2.5 * logits)])
    assert fit_inverse_temperature(logits, np.eye(4, dtype=bool)[chosen], multilabel=False) == pytest.approx(
        2.5, rel=0.03
    )
    targets = random.random(logits.shape) < sigmoid(0.4 * logits)
    assert fit_inverse_temperature(logits, targets, multilabel=True) == pytest.approx(0.4, rel=0.05)


def test_loss_of_many_rows_is_their_negative_log_likelihood():
    logits, targets = rows(50_000, 3, 0)
    one = -np.log(softmax(2 * logits)[targets]).mean()
    assert inverse_temperature_loss(2, logits, targets, multilabel=False) == pytest.approx(one, rel=1e-3)
    each = sigmoid(2 * logits)
    several = -np.where(targets, np.log(each), np.log(1 - each)).mean()
    assert inverse_temperature_loss(2, logits, targets, multilabel=True) == pytest.approx(several, rel=1e-3)


def test_a_few_rows_that_are_right_ask_for_no_certainty():
    logits = np.array([[2.0, 0], [0, 2], [2, 0]])
    inverse_temperature = fit_inverse_temperature(logits, logits > 0, multilabel=False)
    assert softmax(inverse_temperature * logits).max() < 0.9


@pytest.mark.parametrize("logits", [np.zeros((0, 3)), np.zeros((5, 3)), np.full((5, 3), 7.0)])
def test_without_anything_to_fit_on_it_is_one(logits):
    assert fit_inverse_temperature(logits, np.zeros(logits.shape, bool), multilabel=True) == 1


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(1, [1]), (7, [1] * 7), (95, [9] * 10 + [5]), (1_000, [100] * 10), (5_000, [500] * 2), (80_000, [5_000])],
)
def test_folds_hold_out_a_tenth_at_a_time_and_enough_in_all(count, sizes):
    folds = list(calibration_folds(count, 4, seed=0))
    assert [len(fold) for fold in folds] == sizes
    together = np.concatenate(folds)
    assert len(np.unique(together)) == len(together)
    assert together.min() >= 0
    assert together.max() < count


@pytest.mark.parametrize("rung", [BagOfWords, TfIdf])
@pytest.mark.parametrize("count", [200, 500, 1000])
def test_sharpness_betters_probabilities_of_new_texts(rung, count):
    model = rung().fit(*some(count))
    texts, labels = headlines(part="test")
    wanted = model._codec.matrix(labels) > 0
    logits = model.decision_function(texts)
    calibrated = -np.log(model.predict_proba(texts)[wanted]).mean()
    plain = -np.log(softmax(logits)[wanted]).mean()
    best = min(-np.log(softmax(f * logits)[wanted]).mean() for f in np.geomspace(0.1, 20, 100))
    assert calibrated < plain
    assert calibrated < best + 0.02


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=5))
def test_probabilities_of_any_logits_are_finite(row):
    logits = np.array([row])
    assert softmax(logits).sum() == pytest.approx(1)
    assert np.isfinite(sigmoid(logits)).all()
