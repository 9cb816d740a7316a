"""A climb on texts that may have several labels: split, scores, verdict, folder, report; good rows and odd ones."""

from __future__ import annotations

import json

import click
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

import sadari
from sadari.cli.evaluate import view
from sadari.climb.climb import climb
from sadari.climb.report.report import report_html
from sadari.climb.split import freeze, nested_rows
from sadari.data.audit.audit import audit
from sadari.data.corpus import Corpus
from sadari.errors import DataError
from sadari.metrics import care
from sadari.metrics.answers import Answers
from sadari.metrics.evaluate import evaluate
from sadari.metrics.several import SeveralMetric

SIGNS = {"sun": "weather", "rain": "weather", "goal": "sport", "team": "sport", "bank": "money", "coin": "money"}
PLAIN = ["the", "a", "of", "and", "to", "with", "in", "on"]
LISTS = pl.List(pl.String)


def corpus(texts, labels, source="several.csv"):
    return Corpus(pl.Series(texts), pl.Series(labels, dtype=LISTS), np.arange(1, len(texts) + 1), source)


def rows(count, seed, *, always=()):
    """Texts whose words tell their labels, one word in ten wrongly; some have no label."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for row in range(count):
        words = random.choice([*SIGNS, *PLAIN], random.integers(2, 6)).tolist()
        told = {SIGNS[word] for word in words if word in SIGNS and random.random() < 0.9}
        texts.append(" ".join([*words, f"n{seed}x{row}"]))
        labels.append(sorted({*told, *always}))
    return corpus(texts, labels)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several") / "run"
    result = climb(rows(400, 0), rows(200, 1), rungs=["bow", "char", "embedding"], folder=folder)
    return result, folder


def test_a_models_folder_names_the_score_that_it_was_chosen_by(done):
    result, folder = done
    for rung in result.rungs:
        scores = json.loads((folder / rung.rung / "sadari.json").read_text())["scores"]
        assert scores["test micro-F1"] == pytest.approx(rung.micro_f1.value)
        assert scores["validation micro-F1"] == pytest.approx(rung.validation_score.value)
        assert "test micro-F1" in (folder / rung.rung / "README.md").read_text()


def test_scores_are_those_of_the_answers(done):
    result, _ = done
    assert result.truth.shape == (200, 4)
    truth = result.truth[:, :-1]
    for rung in result.rungs:
        assert rung.micro_f1.value == pytest.approx(f1_score(truth, rung.predictions, average="micro"))
        assert rung.macro_f1.value == pytest.approx(f1_score(truth, rung.predictions, average="macro"))
        assert rung.accuracy.value == pytest.approx((truth == rung.predictions).all(axis=1).mean())
        assert rung.micro_f1.low <= rung.micro_f1.value <= rung.micro_f1.high
        assert rung.micro_f1.value > 0.8
        assert 0 <= rung.calibration_error < 0.3
        assert rung.metric == "micro-f1"
        assert rung.score == rung.micro_f1
    assert len(result.validation_tests) == len(result.final_tests) == 3
    assert "micro-F1" in str(result.verdict.sentences[0])


def test_the_folder_holds_models_that_answer_the_same(done):
    result, folder = done
    table = pl.read_csv(folder / "predictions.csv").fill_null("")
    texts = rows(200, 1).texts
    for rung in result.rungs:
        model = sadari.load(folder / rung.rung)
        assert dict(zip(model.codec.names(), model.thresholds_, strict=True)) == rung.thresholds
        assert ["|".join(labels) for labels in model.predict(texts)] == table[rung.rung].to_list()
    written = json.loads((folder / "climb.json").read_text(encoding="utf-8"))
    assert written["verdict"]["metric"] == "micro-f1"
    assert set(written["rungs"][0]["thresholds"]) == {"money", "sport", "weather"}


def test_what_is_withheld_and_what_sets_hold_is_scored_as_it_is_predicted(done):
    """On the final rows, as `predict` gives labels with ``--min-precision 0.9`` and sets with ``--sets 0.9``."""
    result, folder = done
    test, names = rows(200, 1), result.label_names
    for rung in result.rungs:
        model = sadari.load(folder / rung.rung)
        found = evaluate(model, test)
        wanted, given = result.truth[:, :-1] > 0, rung.predictions
        kept = np.array([[n in labels for n in names] for labels in model.predict_sure(test.texts, min_precision=0.9)])
        sets = np.array([[n in labels for n in names] for labels in model.predict_sets(test.texts, 0.9)])
        assert found.answered["how"] == "min_precision"
        assert found.answered["share"] == pytest.approx((kept & given).sum() / given.sum())
        assert found.answered["right"] == pytest.approx((kept & wanted).sum() / kept.sum())
        assert found.sets["held"] == pytest.approx((sets | ~wanted).all(axis=1).mean())
        assert found.sets["size"] == pytest.approx(sets.sum(axis=1).mean())
        assert found.risk[0][1] == pytest.approx((given & ~wanted).sum() / given.sum())
        assert {key: getattr(found, key) for key in rung.care} == rung.care
        assert 0 <= found.calibration_error < 0.3
    assert len(found.sets["by_label"]) == 3


def test_a_precision_that_no_label_reaches_leaves_the_sets(done, monkeypatch):
    """And the terminal and the report say so."""
    result, folder = done
    monkeypatch.setattr(care, "PRECISE", 0.9999)
    found = evaluate(sadari.load(folder / "bow"), rows(200, 1))
    assert found.answered is None
    assert found.sets["held"] > 0.8
    lines = []
    monkeypatch.setattr(view, "say", lambda line="": lines.append(click.unstyle(str(line))))
    view.print_scores(found, rows(200, 1))
    assert "no label is sure enough for --min-precision" in "".join(lines)
    taken = next(rung for rung in result.rungs if rung.rung == result.verdict.rung)
    monkeypatch.setattr(taken, "care", {"sets": found.sets})
    assert "No label is sure enough for --min-precision" in report_html(result, lang="en")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_has_each_label_and_which_stand_together(done, lang):
    page = report_html(done[0], lang=lang)
    titles = {"en": ("Each label", "Labels that stand together"), "ko": ("레이블별", "함께 나오는 레이블")}[lang]
    assert titles[1] in page
    assert 'id="each_of_several"' in page
    assert 'id="confusion"' not in page
    assert "Traceback" not in page


@pytest.mark.parametrize("metric", ["macro-f1", "accuracy", "average-precision", "log-loss", "f1:sport"])
def test_every_metric_decides(metric):
    result = climb(rows(150, 0), rows(80, 1), rungs=["bow", "tfidf"], metric=metric, curves=False)
    assert result.verdict.metric == metric
    assert all(rung.score is not None for rung in result.rungs)
    report_html(result)


@pytest.mark.parametrize("asked", ["cost", "recall@precision=0.99:sport"])
def test_thresholds_that_a_metric_asks_for_are_those_of_the_model(asked, tmp_path):
    if asked == "cost":
        (tmp_path / "costs.csv").write_text("label,missed,wrong\nsport,50,1\nmoney,1,50\n", "utf-8")
        asked = f"cost={tmp_path / 'costs.csv'}"
    train, test = rows(300, 0), rows(150, 1)
    usual = climb(train, test, rungs=["bow", "char"], curves=False, folder=tmp_path / "usual")
    result = climb(train, test, rungs=["bow", "char"], curves=False, metric=asked, folder=tmp_path / "run")
    assert result.verdict.majority_p < 0.01  # by F1, whatever is asked
    for one, other in zip(result.rungs, usual.rungs, strict=True):
        model = sadari.load(tmp_path / "run" / one.rung)
        assert dict(zip(model.codec.names(), model.thresholds_, strict=True)) == one.thresholds
        assert one.thresholds["sport"] != other.thresholds["sport"]
        if asked.startswith("cost"):
            assert one.thresholds["sport"] < 0.2 < 0.8 < one.thresholds["money"]
            metric = SeveralMetric.named(asked, ["money", "sport", "weather"], [1, 1, 1])
            cost = [metric.point(result.truth, Answers(each.probabilities, each.predictions)) for each in (one, other)]
            assert one.score.value == pytest.approx(cost[0])
            assert cost[0] < cost[1]


def test_the_model_is_trained_once_more_and_keeps_its_thresholds(tmp_path):
    result = climb(rows(11_500, 0), rungs=["bow"], folder=tmp_path / "run", curves=False, report=False)
    assert not result.rows["folds"]
    assert "once more" in str(result.model)
    model, measured = sadari.load(tmp_path / "run" / "model"), sadari.load(tmp_path / "run" / "bow")
    assert (model.thresholds_ == measured.thresholds_).all()
    assert model.data_["rows"] == result.rows["train"] + result.rows["validation"]


def test_where_there_is_nothing_to_learn_it_is_said():
    random = np.random.default_rng(0)
    labels = [[name for name in "abc" if random.random() < 0.3] for _ in range(300)]
    noise = corpus([f"{random.choice(PLAIN)} {row}" for row in range(300)], labels)
    result = climb(noise, rungs=["bow", "char"], curves=False)
    assert result.verdict.majority_p >= 0.05
    assert any("always giving the same labels" in str(sentence) for sentence in result.verdict.sentences)


# -- odd rows ---------------------------------------------------------------------------------------------


def test_a_label_only_in_the_test_counts_as_missed():
    test = rows(80, 1)
    odd = corpus(test.texts.to_list(), [[*labels, "new"] for labels in test.labels.to_list()])
    result = climb(rows(150, 0), odd, rungs=["bow"], curves=False)
    assert "new" not in result.label_names
    assert result.rungs[0].accuracy.value == 0
    assert result.rungs[0].micro_f1.value < 0.8
    assert any("never saw" in str(note) for note in result.notes)
    report_html(result)


def test_a_label_that_is_always_on_and_texts_without_any(tmp_path):
    result = climb(rows(150, 0, always=["on"]), rungs=["bow", "embedding"], curves=False, folder=tmp_path / "run")
    on = result.label_names.index("on")
    assert all(rung.predictions[:, on].all() for rung in result.rungs)
    some = climb(rows(150, 0), rungs=["bow"], curves=False)
    assert (some.truth.sum(axis=1) == 0).any()


def test_four_hundred_combinations():
    random = np.random.default_rng(0)
    names = [f"label {number}" for number in range(40)]
    labels = [sorted(random.choice(names, 3, replace=False)) for _ in range(400)]
    assert len({tuple(each) for each in labels}) > 380
    texts = [" ".join(each).replace("label ", "w") + f" n{row}" for row, each in enumerate(labels)]
    data = corpus(texts, labels)
    result = climb(data, rungs=["bow"], curves=False)
    assert result.rungs[0].micro_f1.value > 0.8
    report_html(result)


def test_a_label_that_holds_the_separator(tmp_path):
    data = rows(150, 0)
    odd = corpus(data.texts.to_list(), [[f'"{name}|{name}"' for name in labels] for labels in data.labels.to_list()])
    climb(odd, rungs=["bow"], curves=False, folder=tmp_path / "run")
    table = pl.read_csv(tmp_path / "run" / "predictions.csv").fill_null("")
    known = {"", '"money|money"', '"sport|sport"', '"weather|weather"'}
    assert {label for given in table["bow"] for label in given.split(";")} <= known


def test_one_label_in_one_file_and_several_in_the_other():
    one = Corpus(pl.Series(["a", "b"]), pl.Series(["x", "y"]), np.arange(1, 3), "one.csv")
    with pytest.raises(DataError, match="one label in one file"):
        climb(rows(50, 0), one, rungs=["bow"])


# -- the split --------------------------------------------------------------------------------------------


def test_every_label_has_its_share_in_every_part():
    data = rows(3000, 0)
    frozen = freeze(data, None, audit(data), seed=0)
    shares = data.indicator.mean(axis=0)
    for fold in frozen.folds:
        assert frozen.train.take(fold).indicator.mean(axis=0) == pytest.approx(shares, abs=0.02)
    assert (frozen.final_truth[:, :-1] > 0).mean(axis=0) == pytest.approx(shares, abs=0.03)
    small, large = nested_rows(frozen, 100, 0), nested_rows(frozen, 400, 0)
    assert set(small) <= set(large)
    assert len(small) == 100
    assert frozen.train.take(large).indicator.mean(axis=0) == pytest.approx(shares, abs=0.08)
