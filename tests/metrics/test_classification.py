"""Scores against scikit-learn, and intervals against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as oracle

from sadari.errors import DataError, SettingError
from sadari.metrics import classification as metrics


@st.composite
def predicted(draw, *, unseen: bool = False) -> tuple[np.ndarray, np.ndarray, int]:
    classes = draw(st.integers(2, 6))
    rows = draw(st.integers(1, 60))
    truth = draw(arrays(np.int32, rows, elements=st.integers(-1 if unseen else 0, classes - 1)))
    predictions = draw(arrays(np.int32, rows, elements=st.integers(0, classes - 1)))
    return truth, predictions, classes


def probabilities_for(truth: np.ndarray, classes: int, *, seed: int, sharp: float = 1.5) -> np.ndarray:
    """Probabilities that lean to the truth."""
    logits = np.random.default_rng(seed).normal(size=(len(truth), classes))
    known = truth >= 0
    logits[np.flatnonzero(known), truth[known]] += sharp
    exponent = np.exp(logits)
    return exponent / exponent.sum(axis=1, keepdims=True)


@given(predicted())
@settings(max_examples=80, deadline=None)
def test_scores_equal_scikit_learn(case):
    truth, predictions, classes = case
    confusion = metrics.confusion_matrix(truth, predictions, classes=classes)
    labels = list(range(classes))
    np.testing.assert_array_equal(confusion[:-1], oracle.confusion_matrix(truth, predictions, labels=labels))
    assert confusion[-1].sum() == 0
    assert metrics.accuracy(confusion).value == pytest.approx(oracle.accuracy_score(truth, predictions))
    assert metrics.macro_f1(confusion) == pytest.approx(oracle.f1_score(truth, predictions, average="macro"))
    precision, recall, f1, support = oracle.precision_recall_fscore_support(
        truth, predictions, labels=labels, zero_division=0
    )
    scores = metrics.class_scores(confusion)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)
    np.testing.assert_array_equal(scores.support, support)


@given(predicted(unseen=True))
@settings(max_examples=60, deadline=None)
def test_an_unseen_label_is_wrong_and_no_row_is_left_out(case):
    truth, predictions, classes = case
    confusion = metrics.confusion_matrix(truth, predictions, classes=classes)
    assert confusion.sum() == len(truth)
    assert metrics.accuracy(confusion).value == pytest.approx((truth == predictions).mean())
    # scikit-learn, told of the joint label −1 but to average over the known ones that occur, is the same
    # thing.
    occurring = sorted({*truth[truth >= 0].tolist(), *predictions.tolist()})
    expected = oracle.f1_score(truth, predictions, labels=occurring, average="macro", zero_division=0)
    assert metrics.macro_f1(confusion) == pytest.approx(expected)
    scores = metrics.class_scores(confusion)
    np.testing.assert_allclose(
        scores.precision,
        oracle.precision_score(truth, predictions, labels=range(classes), average=None, zero_division=0),
    )


def test_each_unseen_row_lowers_every_score():
    truth = np.array([0, 0, 1, 1, 0, 1], dtype=np.int32)
    predictions = np.array([0, 0, 1, 1, 1, 1], dtype=np.int32)
    probabilities = np.eye(2)[predictions] * 0.8 + 0.1
    unseen = truth.copy()
    unseen[0] = -1
    before = metrics.confusion_matrix(truth, predictions, classes=2)
    after = metrics.confusion_matrix(unseen, predictions, classes=2)
    assert metrics.accuracy(after).value < metrics.accuracy(before).value
    assert metrics.macro_f1(after) < metrics.macro_f1(before)
    assert metrics.class_scores(after).precision[0] == 0.5
    assert metrics.expected_calibration_error(unseen, probabilities, bins=1) == pytest.approx(0.9 - 4 / 6)


def test_wilson_by_hand_and_at_the_ends():
    # Newcombe 1998, table I, method 3: 81 of 263 is 0.2553 to 0.3662.
    interval = metrics.wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    # The same table: 15 of 148 is 0.0624 to 0.1605; 0 of 20 is 0 to 0.1611; 1 of 29 is 0.0061 to 0.1718.
    for right, total, low, high in [(15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]:
        interval = metrics.wilson(right, total)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    assert metrics.wilson(20, 20).high == 1.0
    assert metrics.wilson(20, 20).low == pytest.approx(1 - metrics.wilson(0, 20).high)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_wilson_holds_its_share(total, share):
    right = round(share * total)
    interval = metrics.wilson(right, total)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_wilson_covers_what_it_promises():
    generator = np.random.default_rng(0)
    for share in (0.5, 0.9, 0.97):
        inside = [
            interval.low <= share <= interval.high
            for interval in (metrics.wilson(int(right), 200) for right in generator.binomial(200, share, 2000))
        ]
        assert 0.93 < np.mean(inside) < 0.975


def test_the_bootstrap_of_cells_is_the_bootstrap_of_rows():
    """Resampling rows one by one and scoring with scikit-learn gives the same interval, but for noise."""
    generator = np.random.default_rng(3)
    truth = generator.choice(3, 400, p=[0.6, 0.3, 0.1])
    predictions = np.where(generator.random(400) < 0.8, truth, generator.integers(0, 3, 400))
    scores = []
    for _ in range(1000):
        rows = generator.integers(0, 400, 400)
        scores.append(oracle.f1_score(truth[rows], predictions[rows], average="macro"))
    low, high = np.quantile(scores, [0.025, 0.975])
    interval = metrics.macro_f1_interval(metrics.confusion_matrix(truth, predictions, classes=3))
    assert interval.value == pytest.approx(oracle.f1_score(truth, predictions, average="macro"))
    assert interval.low == pytest.approx(low, abs=0.008)
    assert interval.high == pytest.approx(high, abs=0.008)


@given(predicted(unseen=True))
@settings(max_examples=30, deadline=None)
def test_the_macro_f1_interval_holds_its_value_and_repeats(case):
    truth, predictions, classes = case
    confusion = metrics.confusion_matrix(truth, predictions, classes=classes)
    interval = metrics.macro_f1_interval(confusion, draws=200, seed=5)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval == metrics.macro_f1_interval(confusion, draws=200, seed=5)


def test_drawing_in_parts_changes_nothing(monkeypatch):
    confusion = metrics.confusion_matrix(np.arange(300) % 5, np.arange(300) % 4, classes=5)
    whole = metrics.macro_f1_interval(confusion, draws=100)
    monkeypatch.setattr(metrics, "_CELLS_AT_A_TIME", 70)
    assert metrics.macro_f1_interval(confusion, draws=100) == whole


def test_no_mistake_in_a_few_rows_is_no_certainty():
    truth = np.arange(20) % 2
    interval = metrics.macro_f1_interval(metrics.confusion_matrix(truth, truth, classes=2))
    assert interval.value == interval.high == 1.0
    assert interval.low == pytest.approx(metrics.wilson(20, 20).low)
    assert metrics.macro_f1_interval(metrics.confusion_matrix(truth, 1 - truth, classes=2)).high > 0.1


def test_many_labels_are_fast_enough():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 1000, 20_000)
    predictions = np.where(generator.random(20_000) < 0.7, truth, generator.integers(0, 1000, 20_000))
    confusion = metrics.confusion_matrix(truth, predictions, classes=1000)
    interval = metrics.macro_f1_interval(confusion, draws=200)
    assert interval.low < interval.value < interval.high


def test_calibration_error_by_hand():
    # Two bins of two rows: confidence 0.6, 0.7 with one right; 0.8, 0.9 with both right.
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    truth = np.array([0, 1, 1, 1])
    expected = (abs(0.65 - 0.5) * 2 + abs(0.85 - 1.0) * 2) / 4
    assert metrics.expected_calibration_error(truth, probabilities, bins=2) == pytest.approx(expected)
    confidence, accuracy, rows = metrics.reliability(truth, probabilities, bins=2)
    np.testing.assert_allclose(confidence, [0.65, 0.85])
    np.testing.assert_allclose(accuracy, [0.5, 1.0])
    np.testing.assert_array_equal(rows, [2, 2])


def test_calibration_error_of_a_calibrated_model_is_small_and_of_a_sure_one_is_its_error():
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 60_000)
    probabilities = np.column_stack([confidence, 1 - confidence])
    truth = (generator.random(60_000) > confidence).astype(np.int64)
    assert metrics.expected_calibration_error(truth, probabilities) < 0.01
    sure = np.tile([1.0, 0.0], (60_000, 1))
    assert metrics.expected_calibration_error(truth, sure) == pytest.approx(truth.mean())


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_calibration_error_does_not_depend_on_the_order_of_rows(seed, rows):
    generator = np.random.default_rng(seed)
    truth = generator.integers(-1, 3, rows)
    probabilities = np.round(probabilities_for(truth, 3, seed=seed), 1)  # many ties
    order = generator.permutation(rows)
    before = metrics.expected_calibration_error(truth, probabilities, bins=4)
    assert metrics.expected_calibration_error(truth[order], probabilities[order], bins=4) == pytest.approx(before)
    assert 0 <= before <= 1


@given(st.integers(1, 30), st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_multilabel_scores_equal_scikit_learn(rows, classes, seed):
    generator = np.random.default_rng(seed)
    truth, predictions = generator.random((2, rows, classes)) < 0.3
    scores = metrics.multilabel_scores(truth, predictions)
    assert scores.subset_accuracy == pytest.approx(oracle.accuracy_score(truth, predictions))
    assert scores.micro_f1 == pytest.approx(oracle.f1_score(truth, predictions, average="micro", zero_division=0))
    occurs = (truth | predictions).any(axis=0)
    each = oracle.f1_score(truth, predictions, average=None, zero_division=0)
    assert scores.macro_f1 == pytest.approx(each[occurs].mean() if occurs.any() else 0.0)


def test_a_multilabel_row_with_an_unseen_label_is_wrong():
    truth = np.array([[1, 0], [0, 1]], dtype=bool)
    scores = metrics.multilabel_scores(truth, truth, unseen=np.array([2, 0]))
    assert scores.subset_accuracy == 0.5
    assert scores.micro_f1 == pytest.approx(2 * 2 / (2 + 2 + 2))


@pytest.mark.parametrize(
    ("truth", "predictions", "says"),
    [
        ([0, 1], [0], "2 rows of truth, 1 of predictions"),
        ([0, 2], [0, 1], "truth is 2"),
        ([0, -2], [0, 1], "truth is -2"),
        ([0, 1], [0, -1], "predictions is -1"),
        ([], [], "truth is"),
        ([0.5], [0], "truth is float64"),
    ],
)
def test_rows_that_cannot_be_scored_are_refused(truth, predictions, says):
    with pytest.raises(DataError, match=says):
        metrics.confusion_matrix(np.array(truth), np.array(predictions), classes=2)


def test_impossible_shares_and_probabilities_are_refused():
    with pytest.raises(DataError):
        metrics.wilson(1, 0)
    with pytest.raises(DataError):
        metrics.wilson(3, 2)
    with pytest.raises(SettingError):
        metrics.wilson(1, 2, confidence=1.0)
    with pytest.raises(DataError, match="row 2: a probability is not a number"):
        metrics.expected_calibration_error(np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]))
    with pytest.raises(DataError):
        metrics.multilabel_scores(np.ones((2, 2)), np.ones((2, 3)))


def test_the_cells_of_ten_thousand_labels_say_what_a_matrix_of_few_says():
    rng = np.random.default_rng(4)
    truth, given = rng.integers(-1, 30, 400), rng.integers(0, 30, 400)
    few, many = (metrics.confusion_cells(truth, given, classes=classes) for classes in (30, 10_000))
    matrix = few.matrix()
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(truth, given, classes=30))
    assert metrics.accuracy(few) == metrics.accuracy(matrix) == metrics.accuracy(many)
    assert metrics.macro_f1_interval(many, draws=50) == metrics.macro_f1_interval(few, draws=50)
    np.testing.assert_array_equal(metrics.class_scores(many).f1[:30], metrics.class_scores(matrix).f1)
    assert sum(rows for *_, rows in few.largest(10_000, [str(k) for k in range(30)])) == (truth != given).sum()
