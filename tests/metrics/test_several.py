"""Scores and paired tests where a text may have several labels: against scikit-learn, row by row and draw by draw."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, log_loss

from sadari.metrics import several
from sadari.metrics.answers import Answers
from sadari.metrics.several import SeveralMetric


def rows(seed, count=80, labels=5):
    random = np.random.default_rng(seed)
    truth = np.zeros((count, labels + 1), np.int16)
    truth[:, :labels] = random.random((count, labels)) < [0.5, 0.2, 0.1, 0.02, 0.9]
    probabilities = np.clip(0.3 * truth[:, :labels] + 0.7 * random.random((count, labels)), 0.01, 0.99)
    return truth, Answers(probabilities, probabilities > 0.5)


def by_scikit_learn(name, truth, answers):
    wanted, given = truth[:, :-1] > 0, answers.given
    there = wanted.any(axis=0) | given.any(axis=0)
    return {
        "accuracy": lambda: accuracy_score(wanted, given),
        "micro-f1": lambda: f1_score(wanted, given, average="micro", zero_division=0),
        "macro-f1": lambda: f1_score(wanted[:, there], given[:, there], average="macro", zero_division=0),
        "average-precision": lambda: np.mean(
            [average_precision_score(wanted[:, k], answers.probabilities[:, k]) for k in np.flatnonzero(wanted.any(0))]
        ),
        "log-loss": lambda: np.mean(
            [log_loss(wanted[:, k], answers.probabilities[:, k], labels=[False, True]) for k in range(wanted.shape[1])]
        ),
    }[name]()


@pytest.mark.parametrize("name", ["accuracy", "micro-f1", "macro-f1", "average-precision", "log-loss"])
@pytest.mark.parametrize("seed", range(4))
def test_scores_are_scikit_learns_of_all_rows_and_of_drawn_rows(name, seed):
    truth, answers = rows(seed)
    assert SeveralMetric(name).point(truth, answers) == pytest.approx(by_scikit_learn(name, truth, answers))
    drawn = np.random.default_rng(seed).integers(len(truth), size=len(truth))
    weights = np.bincount(drawn, minlength=len(truth))[None]
    found = SeveralMetric(name).of_draws(truth, answers, weights)[0]
    taken = Answers(answers.probabilities[drawn], answers.given[drawn])
    assert found == pytest.approx(by_scikit_learn(name, truth[drawn], taken))


def test_the_f1_of_one_label():
    truth, answers = rows(0)
    found = SeveralMetric("f1:b", "b", 1).of_draws(truth, answers, np.ones((1, len(truth)), int))[0]
    assert found == pytest.approx(f1_score(truth[:, 1], answers.given[:, 1]))


@pytest.mark.parametrize("name", ["accuracy", "micro-f1", "macro-f1", "average-precision", "log-loss"])
def test_a_worse_rung_is_told_apart_and_the_same_one_is_not(name):
    truth, good = rows(1, 400)
    random = np.random.default_rng(0).random(good.probabilities.shape)
    scores, tests = SeveralMetric(name).compare(
        truth, {"bad": Answers(random, random > 0.5), "good": good, "same": good}
    )
    found = {(test.first, test.second): test for test in tests}
    assert found["bad", "good"].p_value < 0.001
    assert found["bad", "good"].difference.value > 0
    assert found["good", "same"].p_value == 1
    assert found["good", "same"].difference.value == 0
    assert scores["good"].low <= scores["good"].value <= scores["good"].high


def test_truths_count_labels_that_training_never_saw():
    labels = pl.Series([["a", "new"], [], ["b", "a", "a"], ["new", "newer"]], dtype=pl.List(pl.String))
    truth, unseen = several.truth_matrix(labels, ["a", "b"])
    assert truth.tolist() == [[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 2]]
    assert unseen == {"new": 2, "newer": 1}
    assert several.all_right(truth, truth[:, :-1] > 0).tolist() == [False, True, True, False]
    perfect = Answers(truth[:, :-1].astype(float), truth[:, :-1] > 0)
    assert SeveralMetric("micro-f1").point(truth, perfect) == pytest.approx(2 * 3 / (3 + 6))


def test_always_the_same_is_the_best_constant():
    truth, _ = rows(2)
    best = SeveralMetric("micro-f1").point(truth, several.always_the_same(truth))
    for code in range(2**5):
        given = np.tile([bool(code >> k & 1) for k in range(5)], (len(truth), 1))
        assert SeveralMetric("micro-f1").point(truth, Answers(given.astype(float), given)) <= best + 1e-12


def test_what_is_calibrated_has_hardly_an_error():
    random = np.random.default_rng(0)
    sure = random.random((4000, 3))
    truth = np.zeros((4000, 4), np.int16)
    truth[:, :3] = random.random((4000, 3)) < sure
    assert several.calibration(truth, sure)[2] < 0.02
    assert several.calibration(truth, np.sqrt(sure))[2] > 0.1


def test_each_label_by_itself():
    truth, answers = rows(3)
    found = several.scores_of_labels(truth, answers)
    assert found["f1"] == pytest.approx(f1_score(truth[:, :-1], answers.given, average=None, zero_division=0))
    assert found["average_precision"][0] == pytest.approx(
        average_precision_score(truth[:, 0], answers.probabilities[:, 0])
    )
