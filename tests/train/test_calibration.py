"""Thresholds and sets that are learned from rows that were not trained on."""

import json

import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration

from sadari.errors import DataError, SettingError
from sadari.train.calibration.certainty import Certainty
from sadari.train.calibration.rows import SHARE, CalibrationRows
from sadari.train.calibration.sets import ENOUGH, WORSE, set_thresholds
from sadari.train.calibration.withholding import NEVER, from_below, least_certainties, most_precise
from sadari.train.solvers.temperature import softmax


def drawn(rows: int = 4_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits float64 [m, 4] and the right labels [m], drawn by these logits: the last label is rare and hard."""
    random = np.random.default_rng(seed)
    logits = 1.5 * random.normal(size=(rows, 4)) + np.array([0.5, 0.5, 0.5, -1.5])
    truth = (softmax(logits).cumsum(axis=1) < random.random(rows)[:, None]).sum(axis=1)
    return logits, truth


def rows_of(logits: np.ndarray, truth: np.ndarray) -> CalibrationRows:
    return CalibrationRows.of_one(logits, softmax(logits), truth, logits.argmax(axis=1))


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.95])
def test_so_many_new_values_reach_it(share):
    """The promise of split conformal prediction: exchangeable values, on average over draws of both."""
    random = np.random.default_rng(1)
    reached = [(random.random(400) >= from_below(random.random(60), share)).mean() for _ in range(400)]
    assert share - 0.01 < np.mean(reached) < share + 1 / 61 + 0.01
    assert from_below(random.random(3), 0.9) == -1
    assert from_below(random.random(3), 0) == from_below(random.random(0), -0.4) == np.inf


def test_certainties_are_those_of_platt():
    """The first sigmoid is scikit-learn's, fitted to all pairs of a row and a label."""
    logits, truth = drawn()
    certain = Certainty.fit(logits, truth, logits.argmax(axis=1))
    wanted = truth[:, None] == np.arange(4)
    platt = _SigmoidCalibration().fit(logits.ravel(), wanted.ravel().astype(float))
    assert certain.slope == pytest.approx(-platt.a_, rel=1e-3)
    assert certain.offset == pytest.approx(-platt.b_, rel=1e-3)


def test_certainties_say_how_many_are_right():
    logits, truth = drawn(20_000)
    given = logits.argmax(axis=1)
    certain = Certainty.fit(logits[:10_000], truth[:10_000], given[:10_000])
    found, right = certain(logits[10_000:], given[10_000:]), (given == truth)[10_000:]
    for k in range(4):
        own = given[10_000:] == k
        assert found[own].mean() == pytest.approx(right[own].mean(), abs=0.05)
    for low in np.arange(0.3, 0.9, 0.1):
        between = (found >= low) & (found < low + 0.1)
        assert found[between].mean() == pytest.approx(right[between].mean(), abs=0.06)


def test_certainties_are_numbers_whatever_the_logits():
    logits = np.array([[1e30, -1e30, 0], [0, 0, 0], [-1e30, -1e30, -1e30]])
    certain = Certainty.fit(logits, np.array([0, 1, 2]), np.array([0, 0, 0]))
    assert np.isfinite(certain(logits, np.array([0, 1, 2]))).all()
    right = Certainty.fit(np.eye(3), np.arange(3), np.arange(3))  # none wrong: sure, but not without end
    assert (right(np.eye(3), np.arange(3)) > 0.5).all()


@pytest.mark.parametrize("precision", [0.5, 0.7, 0.9])
def test_thresholds_are_the_lowest_that_are_precise(precision):
    """Against a search through all of them."""
    logits, truth = drawn(600)
    rows = rows_of(logits, truth)
    found = least_certainties(rows.given, rows.certainty, rows.right, labels=4, precision=precision)
    for k in range(4):
        own = rows.given == k
        certainty, right = rows.certainty[own], rows.right[own]
        enough = [
            least
            for least in certainty
            if (wrong := np.sum(~right[certainty >= least])) + 0.5 * wrong**0.5 + 1
            <= (1 - precision + 1e-9) * (np.sum(certainty >= least) + 1)
        ]
        assert found[k] == min(enough, default=NEVER)


def test_what_is_given_is_as_precise_as_was_asked():
    """On new rows, for each label that has enough of them, and on the mean of many draws."""
    precisions = []
    for seed in range(40):
        logits, truth = drawn(4_000, seed)
        rows, new, right = rows_of(logits[:2_000], truth[:2_000]), logits[2_000:], truth[2_000:]
        given = new.argmax(axis=1)
        sure = rows.certain(new, given) >= rows.for_precision(0.8)[given]
        precisions.append([(given == right)[sure & (given == k)].mean() for k in range(3)])
    assert (np.mean(precisions, axis=0) > 0.795).all()
    assert np.mean(precisions) < 0.82


def test_labels_of_few_rows_share_a_threshold():
    logits, truth = drawn(400)
    rows = rows_of(logits, truth)
    few = np.isin(rows.given, [2, 3]) & (np.cumsum(rows.given >= 2) <= 8)  # 8 rows of these two
    kept = few | (rows.given < 2)
    given, certainty, right = rows.given[kept], rows.certainty[kept], rows.right[kept]
    found = least_certainties(given, certainty, right, labels=4, precision=0.95)
    whole = least_certainties(np.zeros_like(given), certainty, right, labels=1, precision=0.95)
    assert found[2] == found[3] == whole[0]


def test_what_can_be_reached_is_said_and_can_be_reached():
    logits, truth = drawn(300)
    rows = rows_of(logits, truth)
    best = most_precise(rows.given, rows.certainty, rows.right, labels=4)
    assert (rows.for_precision(best) < NEVER).any()
    with pytest.raises(SettingError, match=r"0\.9999 cannot be reached with 300 rows") as error:
        rows.for_precision(0.9999)
    assert f"{best:g}" in str(error.value)
    with pytest.raises(SettingError, match=r"take more than 300 rows") as error:
        rows.for_sets(0.999)
    assert "0.996" in str(error.value)
    rows.for_sets(0.996)


def test_what_is_named_as_highest_is_not_refused():
    """No label reaches 0.95 by itself though all together would: then 0.97 must not be called reachable."""
    given = np.repeat([0, 1], 40)
    certainty = np.tile(np.linspace(1, 0.5, 40), 2)
    right = np.tile(np.arange(40) < 15, 2)
    best = most_precise(given, certainty, right, labels=2)
    for asked in (best + 0.001, 0.95, 0.97):
        assert (least_certainties(given, certainty, right, labels=2, precision=asked) >= NEVER).all() == (asked > best)
    assert (least_certainties(given, certainty, right, labels=2, precision=best) < NEVER).any()


def test_so_many_texts_are_answered():
    logits, truth = drawn(8_000)
    rows = rows_of(logits[:4_000], truth[:4_000])
    new, given = logits[4_000:], logits[4_000:].argmax(axis=1)
    for coverage in (0.3, 0.7, 0.95):
        answered = rows.certain(new, given) >= rows.for_coverage(coverage)[given]
        assert answered.mean() == pytest.approx(coverage, abs=0.02)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.98])
def test_sets_hold_the_right_label_as_often_as_was_asked(coverage):
    held, by_label = [], []
    for seed in range(60):
        logits, truth = drawn(3_000, seed)
        rows = rows_of(logits[:2_000], truth[:2_000])
        sets = softmax(logits[2_000:]) >= rows.for_sets(coverage)
        right = sets[np.arange(1_000), truth[2_000:]]
        held.append(right.mean())
        by_label.append([right[truth[2_000:] == k].mean() for k in range(4)])
    assert np.mean(held) == pytest.approx(coverage, abs=0.01)
    assert (np.mean(by_label, axis=0) > 1 - WORSE * (1 - coverage) - 0.01).all()  # the rare one, too


@pytest.mark.parametrize("coverage", [SHARE.low, 0.1, 0.28, 0.3, 0.5])
def test_sets_may_hold_the_right_label_seldom(coverage):
    """Where so much may be missed that of one label all may be, no label needs a threshold of its own."""
    logits, truth = drawn(4_000)
    rows = rows_of(logits[:2_000], truth[:2_000])
    sets = softmax(logits[2_000:]) >= rows.for_sets(coverage)
    assert sets[np.arange(2_000), truth[2_000:]].mean() == pytest.approx(coverage, abs=0.03)


def test_one_threshold_where_no_label_needs_its_own():
    truth, probability = np.arange(800) % 4, np.random.default_rng(0).random(800)
    found = set_thresholds(truth, probability, labels=4, coverage=0.5)
    assert found == pytest.approx(np.full(4, from_below(probability, 0.5)))


def test_rare_labels_are_looked_at_together():
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2, 3], [900, 40, 40, 20])  # three that are too rare for a threshold of their own
    probability = np.where(truth == 0, 0.5 + random.random(1_000) / 2, random.random(1_000) / 4)
    found = set_thresholds(truth, probability, labels=4, coverage=0.9)
    assert found[1] == found[2] == found[3] == from_below(probability[truth > 0], 1 - WORSE * 0.1) < found[0]
    assert ENOUGH > 40


def test_several_labels():
    random = np.random.default_rng(0)
    probabilities = random.random((3_000, 3))
    wanted = random.random((3_000, 3)) < probabilities
    rows = CalibrationRows.of_several(probabilities[:2_000], wanted[:2_000], probabilities[:2_000] > 0.4)
    sets = probabilities[2_000:] >= rows.for_sets(0.9)
    assert (sets | ~wanted[2_000:]).all(axis=1).mean() == pytest.approx(0.9, abs=0.03)
    sure = (probabilities[2_000:] > 0.4) & (probabilities[2_000:] >= rows.for_precision(0.8))
    assert wanted[2_000:][sure].mean() == pytest.approx(0.8, abs=0.05)
    with pytest.raises(SettingError, match="no share of texts"):
        rows.for_coverage(0.9)


@pytest.mark.parametrize("several", [False, True])
def test_a_file_gives_the_same_rows(several):
    logits, truth = drawn(200)
    rows = rows_of(logits, truth)
    if several:
        rows = CalibrationRows.of_several(softmax(logits), truth[:, None] == np.arange(4), logits > 0)
    again = CalibrationRows.decoded(rows.encoded(), labels=4, several=several, name="file")
    assert again.encoded() == rows.encoded()
    assert (again.for_sets(0.9) == rows.for_sets(0.9)).all()
    assert (again.for_precision(0.5) == rows.for_precision(0.5)).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version is 2"),
        ({"truth": [0, 4]}, "'truth' must hold numbers, each a whole number from 0 to 3"),
        ({"truth": [0]}, "columns of several lengths"),
        ({"right": None}, "'right' must hold numbers"),
        ({"certainty": [0.1, 2]}, "'certainty' must hold numbers, each a number from 0 to 1"),
        ({"certain": []}, "'certain' is missing or not an object"),
        ({"certain": {"slope": 1, "offset": 0, "weight": True, "biases": [0] * 4}}, "weight is True"),
        ({"certain": {"slope": 1, "offset": 0, "weight": 1, "biases": [0] * 3}}, "columns of several lengths"),
    ],
)
def test_a_strange_file_is_refused(change, said):
    rows = rows_of(np.eye(4)[:2], np.arange(2))
    text = json.dumps({**json.loads(rows.encoded()), **change})
    with pytest.raises((DataError, SettingError), match=said):
        CalibrationRows.decoded(text, labels=4, several=False, name="file")


def test_certainties_of_many_labels_are_those_of_every_logit(monkeypatch):
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(300, 50)).astype(np.float32)
    truth = rng.integers(0, 50, 300)
    logits[np.arange(300), truth] += 2
    given = logits.argmax(axis=1)
    exact = Certainty.fit(logits, truth, given)
    monkeypatch.setattr("sadari.train.calibration.certainty.MOST_VALUES", 2_000)
    counted = Certainty.fit(logits, truth, given)
    np.testing.assert_allclose(counted(logits, given), exact(logits, given), atol=1e-3)
