"""What counts besides accuracy: the numbers of scikit-learn, honest intervals, and paired tests that know chance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as peer

from sadari.errors import SettingError
from sadari.metrics.answers import Answers
from sadari.metrics.metric import Metric, suggested
from sadari.metrics.several import SeveralMetric
from sadari.metrics.significance import mcnemar

NAMES = ["a", "b", "c"]


def table(codes: list[int], sure: float = 0.8, labels: int = 2) -> np.ndarray:
    """Probabilities by which each row gets the label of ``codes``."""
    rest = (1 - sure) / (labels - 1)
    return np.where(np.arange(labels) == np.array(codes)[:, None], sure, rest)


def some(rows: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.integers(labels, size=rows)
    logits = random.normal(size=(rows, labels)).round(1) + np.eye(labels)[truth]  # rounded: equals occur
    return truth, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def metric(name: str, names: list[str] = NAMES) -> Metric:
    return Metric.named(name, names, [5, 3, 2][: len(names)])


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(seed):
    truth, probabilities = some(120, 3, seed)
    given = probabilities.argmax(axis=1)
    expected = {
        "accuracy": peer.accuracy_score(truth, given),
        "macro-f1": peer.f1_score(truth, given, average="macro"),
        "micro-f1": peer.f1_score(truth, given, average="micro"),
        "f1:b": peer.f1_score(truth, given, average=None)[1],
        "average-precision": peer.average_precision_score(np.eye(3)[truth], probabilities, average="macro"),
        "log-loss": peer.log_loss(truth, probabilities),
    }
    for name, value in expected.items():
        found = metric(name).score(truth, probabilities)
        assert found.value == pytest.approx(value, abs=1e-12), name
        assert found.low < found.value < found.high


def test_average_precision_of_two_labels_is_that_of_the_rarer():
    truth, probabilities = some(80, 2)
    found = metric("average-precision", ["a", "b"])
    assert (found.label, found.code) == ("b", 1)
    assert found.score(truth, probabilities).value == pytest.approx(
        peer.average_precision_score(truth == 1, probabilities[:, 1])
    )


def test_drawn_rows_count_as_often_as_they_are_drawn():
    truth, probabilities = some(30, 3)
    weights = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), size=4)
    for name in ("accuracy", "macro-f1", "f1:c", "average-precision", "log-loss"):
        found = metric(name).of_draws(truth, probabilities, weights)
        for draw, value in zip(weights, found, strict=True):
            rows = np.repeat(np.arange(30), draw)
            again = metric(name).of_draws(truth[rows], probabilities[rows], np.ones((1, 30), int))[0]
            assert value == pytest.approx(again), name


def test_a_label_that_training_never_saw_is_wrong():
    truth, probabilities = np.array([0, 1, -1]), table([0, 1, 1])
    assert metric("f1:b", ["a", "b"]).score(truth, probabilities).value == pytest.approx(2 / 3)  # one hit, two given
    assert metric("macro-f1", ["a", "b"]).score(truth, probabilities).value == pytest.approx((1 + 2 / 3) / 2)
    expected = -(2 * np.log(0.8) + np.log(np.finfo(float).eps)) / 3
    assert metric("log-loss", ["a", "b"]).score(truth, probabilities).value == pytest.approx(expected)
    # the two rows surest of b: the true one and the unseen one stand level, so precision is 1/2
    assert metric("average-precision", ["a", "b"]).score(truth, probabilities).value == pytest.approx(0.5)


def test_accuracy_is_tested_exactly():
    truth = np.zeros(20, int)
    first, second = table([1] * 8 + [0] * 12), table([0] * 8 + [1] + [0] * 11)
    for name in ("accuracy", "micro-f1"):
        _, (test,) = metric(name, ["a", "b"]).compare(truth, {"x": first, "y": second})
        assert test.p_value == mcnemar(1, 8) == pytest.approx(20 / 512)  # 2 · (1 + 9) / 2⁹
        assert test.difference.value == pytest.approx(7 / 20)


def test_f1_sees_what_accuracy_does_not():
    """One model never finds the rare label; the other finds half of it, and is wrong as often elsewhere."""
    truth = np.array([1] * 20 + [0] * 380)
    blind, seeing = table([0] * 400), table([1] * 10 + [0] * 10 + [1] * 10 + [0] * 370)
    named = ["a", "b"]
    assert metric("accuracy", named).compare(truth, {"x": blind, "y": seeing})[1][0].p_value == 1
    scores, (test,) = metric("f1:b", named).compare(truth, {"x": blind, "y": seeing})
    assert (scores["x"].value, scores["y"].value) == (0, 0.5)
    assert test.difference.value == pytest.approx(0.5)
    assert test.p_value < 1e-4
    assert 0.2 < test.difference.low < 0.5 < test.difference.high < 0.8


def test_a_lower_loss_is_better():
    truth = np.arange(200) % 2
    scores, (test,) = metric("log-loss", ["a", "b"]).compare(
        truth, {"x": table(list(truth), 0.6), "y": table(list(truth), 0.9)}
    )
    assert scores["x"].value == pytest.approx(-np.log(0.6))
    assert test.difference.value == pytest.approx(np.log(0.9) - np.log(0.6))
    assert test.p_value < 1e-6


@pytest.mark.parametrize("name", ["macro-f1", "f1:a", "average-precision", "log-loss"])
def test_chance_is_called_so(name):
    """Two rungs that are equally good: of 200 pairs no more than about one in twenty seems different."""
    alarms = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        truth = random.integers(2, size=150)
        tables = {}
        for rung in "xy":
            logit = random.normal(size=150) + 1.5 * (truth - 0.5)
            second = 1 / (1 + np.exp(-logit))
            tables[rung] = np.column_stack([1 - second, second])
        alarms += metric(name, ["a", "b"]).compare(truth, tables, seed=seed)[1][0].p_value < 0.05
    assert alarms <= 20  # 10 are expected; more than 20 in one of 500 such tests


def test_few_rows_prove_nothing():
    """Three rows that differ, all one way: no exact test could give less than a quarter."""
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    _, (test,) = metric("f1:b", ["a", "b"]).compare(truth, {"x": table([0] * 8), "y": table(list(truth))})
    assert test.p_value >= 0.25
    assert metric("macro-f1", ["a", "b"]).compare(truth, {"x": table([0] * 8), "y": table([0] * 8)})[1][0].p_value == 1


@pytest.mark.parametrize("kind", [Metric, SeveralMetric])
@pytest.mark.parametrize("name", ["accuracy", "macro-f1", "micro-f1", "f1:b", "average-precision", "weighted-kappa"])
def test_rows_that_are_all_right_make_nothing_certain(name, kind):
    """No draw of them shows a spread, but a thousand others could: of two rungs, either may be the better."""
    if kind is SeveralMetric and name == "weighted-kappa":
        pytest.skip("of texts of one label")
    codes = np.arange(120) % 3
    truth = np.hstack([np.eye(3, dtype=int)[codes], np.zeros((120, 1), int)]) if kind is SeveralMetric else codes
    given = np.eye(3, dtype=bool)[codes] if kind is SeveralMetric else codes
    answers = {each: Answers(table(list(codes), labels=3), given) for each in ("x", "y")}
    scores, (test,) = kind.named(name, NAMES, [5, 3, 2]).compare(truth, answers)
    assert scores["x"].value == pytest.approx(1)
    assert 0.9 < scores["x"].low < 0.98
    assert test.difference.value == 0
    assert test.difference.low < -0.005
    assert test.difference.high > 0.005
    assert test.p_value == 1


def test_the_same_seed_gives_the_same_bits():
    truth, first = some(90, 3, 1)
    _, second = some(90, 3, 2)
    for name in ("macro-f1", "average-precision", "log-loss"):
        one, other = (metric(name).compare(truth, {"x": first, "y": second}, seed=4) for _ in range(2))
        assert one == other


def test_names():
    with pytest.raises(SettingError, match="no label 'z'"):
        metric("f1:z")
    with pytest.raises(SettingError, match="no metric 'f2'"):
        metric("f2")
    with pytest.raises(SettingError, match="no metric 'f1'"):
        metric("f1")
    assert metric("f1:a").code == 0
    assert metric("log-loss").lower_is_better


def test_when_accuracy_says_little():
    assert suggested([91, 9])
    assert not suggested([90, 10])
    assert not suggested([5, 5, 5])


@pytest.mark.parametrize("name", ["average-precision", "log-loss"])
def test_metrics_that_gain_nothing_by_thresholds_choose_none(name):
    truth, table = np.arange(40) % 3, np.random.default_rng(0).dirichlet(np.ones(3), 40)
    assert (Metric(name).thresholds(truth, table) == 0.5).all()
    assert (Metric(name).held_out(truth, table).given == table.argmax(axis=1)).all()


@pytest.mark.parametrize("metric", [Metric("macro-f1"), Metric("f1:b", "b", 1), SeveralMetric("micro-f1")])
def test_answers_of_held_out_rows_do_not_depend_on_their_own_labels(metric):
    random = np.random.default_rng(1)
    one = (random.random(400) < 0.1).astype(int)
    sure = np.clip(0.1 + 0.25 * one + random.normal(size=400) / 10, 0.01, 0.99)
    table, truth, other = np.column_stack([1 - sure, sure]), one, one.copy()
    other[::2] = 1 - other[::2]
    if isinstance(metric, SeveralMetric):
        truth, other = (np.column_stack([1 - each, each, 0 * each]) for each in (truth, other))
    first, second = metric.held_out(truth, table).given, metric.held_out(other, table).given
    assert (first[::2] == second[::2]).all()
    assert (first[1::2] != second[1::2]).any()


def test_thresholds_of_one_labels_f1_are_for_that_label():
    random = np.random.default_rng(0)
    truth = random.choice(3, size=2_000, p=[0.6, 0.37, 0.03])
    logits = np.log([0.6, 0.37, 0.03]) + random.normal(size=(2_000, 3)) + 2 * np.eye(3)[truth]
    table = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = Metric("f1:c", "c", 2).thresholds(truth, table)
    assert found[0] == found[1] > found[2]
    given = Metric().given(table, found)
    best = peer.f1_score(truth == 2, given == 2)
    assert best > peer.f1_score(truth == 2, table.argmax(axis=1) == 2)


def leaning(rows: int, skew: float, seed: int, shares: tuple[float, ...] = (0.6, 0.3, 0.1)) -> tuple:
    """Rows, and probabilities that lean to frequent labels; with the skew 0 they are right."""
    random = np.random.default_rng(seed)
    truth = random.choice(len(shares), size=rows, p=shares)
    logits = 1.5 * random.normal(size=(rows, len(shares))) + 2.25 * np.eye(len(shares))[truth]
    table = np.exp(logits) * np.array(shares) ** (1 + skew)
    return truth, table / table.sum(axis=1, keepdims=True)


def test_accuracy_gains_by_thresholds_where_probabilities_lean_to_frequent_labels():
    chosen = Metric().thresholds(*leaning(4_000, 1.0, 0))
    truth, table = leaning(20_000, 1.0, 1)
    given = Metric().given(table, chosen)
    assert (given == truth).mean() > (table.argmax(axis=1) == truth).mean() + 0.01
    assert (Metric("micro-f1").thresholds(*leaning(4_000, 1.0, 0)) == chosen).all()


@pytest.mark.parametrize("rows", [30, 300, 3_000])
def test_accuracy_seldom_loses_by_thresholds_where_probabilities_are_right(rows):
    truth, table = leaning(20_000, 0.0, 1)
    best = (table.argmax(axis=1) == truth).mean()
    lost = [
        best - (Metric().given(table, Metric().thresholds(*leaning(rows, 0.0, seed))) == truth).mean()
        for seed in range(2, 42)
    ]
    assert np.count_nonzero(lost) <= 8  # of 40
    assert np.mean(lost) < 0.002


def test_a_row_or_two_are_no_reason_for_thresholds():
    truth = np.array([0] * 60 + [1] * 40)
    table = np.where((truth == 1)[:, None], [0.1, 0.9], [0.9, 0.1])
    table[-2:] = [0.51, 0.49]  # any other power of the shares would give these two their label
    assert (Metric().thresholds(truth, table) == 0.5).all()
    table[-12:] = [0.51, 0.49]
    assert Metric().thresholds(truth, table)[1] < 0.5


def test_what_was_counted_of_the_same_answers_is_not_counted_again(monkeypatch):
    """A verdict that grows by a rung counts that rung alone; whatever changes, if but a number in place, is counted."""
    generator = np.random.default_rng(8)
    truth, tables = generator.integers(3, size=120), {name: generator.random((120, 3)) for name in "abc"}
    metric, counted, own = Metric("macro-f1"), [], Metric.of_draws
    monkeypatch.setattr(Metric, "of_draws", lambda *given: counted.append(0) or own(*given))

    def found(*names, seed=8):
        counted.clear()
        intervals, tests = metric.compare(truth, {name: tables[name] for name in names}, seed=seed)
        return len(counted), intervals, tests

    one, two, three = found("a"), found("a", "b"), found("a", "b", "c")
    assert one[0] == two[0] == three[0] > 0
    assert found("c", "a")[0] == 0
    assert one[1]["a"] == two[1]["a"] == three[1]["a"]
    assert two[2][0].p_value == three[2][0].p_value
    tables["b"][0] = [0.0, 0.0, 1.0]
    assert found("a", "b")[0] == one[0]
    truth[0] = (truth[0] + 1) % 3
    assert found("a", "b")[0] == found("a", "b", seed=9)[0] == 2 * one[0]
    assert Metric("f1:x", "x", 1).compare(truth, {"a": tables["a"]}, seed=8)[0]["a"] != found("a")[1]["a"]
