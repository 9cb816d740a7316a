"""Two models on the same rows: figures against scikit-learn's and SciPy's, label sets that differ, exit statuses."""

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

import sadari
from cli_runs import run, run_badly
from sadari.data.corpus import Corpus
from sadari.errors import DataError, SettingError
from sadari.trust.replacement import compare_models


@pytest.fixture(scope="module")
def titles():
    corpus = sadari.open_source("headlines").read()
    return corpus.take(np.arange(700)), corpus.take(np.arange(700, len(corpus)))


@pytest.fixture(scope="module")
def models(titles):
    train = titles[0]
    few = train.take(np.arange(150))
    return sadari.BagOfWords().fit(few.texts, few.labels), sadari.TfIdf().fit(train.texts, train.labels)


@pytest.fixture(scope="module")
def folders(models, titles, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, model in zip(("old", "new"), models, strict=True):
        model.save(folder / name)
    pl.DataFrame({"label": titles[1].labels, "text": titles[1].texts}).write_csv(folder / "test.csv")
    return folder


def test_figures_are_those_of_others(models, titles):
    test = titles[1]
    found = compare_models(*models, test)
    truth, (old, new) = np.array(test.labels.to_list()), (model.predict(test.texts) for model in models)
    assert found.scores["old"].value == pytest.approx((old == truth).mean())
    assert found.gain.value == pytest.approx((new == truth).mean() - (old == truth).mean())
    only_old, only_new = ((old == truth) & (new != truth)).sum(), ((new == truth) & (old != truth)).sum()
    assert (found.right["only_old"], found.right["only_new"]) == (only_old, only_new)
    assert sum(found.right.values()) == len(test)
    assert found.p_value == pytest.approx(binomtest(only_new, only_old + only_new).pvalue)
    assert found.better
    assert not found.worse
    for each in found.labels:
        assert each["new"] == pytest.approx(f1_score(truth == each["label"], new == each["label"]))
    assert len(found.changes) == (old != new).sum()
    assert (found.changes["old"] != found.changes["new"]).all()
    assert (found.changes["change"] == "worse").sum() == only_old
    assert compare_models(*models, test, metric="macro-f1").scores["new"].value == pytest.approx(
        f1_score(truth, new, average="macro")
    )


def test_a_model_is_even_with_itself_and_worse_than_a_better_one(models, titles):
    same = compare_models(models[1], models[1], titles[1])
    assert (same.gain.value, same.p_value, len(same.changes)) == (0, 1, 0)
    assert not same.better | same.worse
    assert compare_models(models[1], models[0], titles[1]).worse


def test_labels_that_one_of_both_does_not_know(titles):
    train, test = titles
    labels = np.array(train.labels.to_list())
    without = train.take(np.flatnonzero(labels != train.label_names[0]))
    narrow = sadari.TfIdf().fit(without.texts, without.labels)
    wide = sadari.TfIdf().fit(train.texts, train.labels)
    found = compare_models(narrow, wide, test)
    assert found.scores["old"].value == pytest.approx((narrow.predict(test.texts) == np.array(test.labels)).mean())
    assert found.scores["new"].value == pytest.approx((wide.predict(test.texts) == np.array(test.labels)).mean())
    assert next(each for each in found.labels if each["label"] == train.label_names[0])["old"] == 0


def test_several_labels_a_text(titles):
    train, test = titles
    sets = [[label, "long"] if len(text) > 180 else [label] for text, label in train]
    texts, several = train.texts, pl.Series(sets, dtype=pl.List(pl.String))
    old, new = sadari.BagOfWords().fit(texts[:200], sets[:200]), sadari.TfIdf().fit(texts, sets)
    found = compare_models(old, new, Corpus(texts[:300], several[:300], train.rows[:300], "x"))
    assert found.metric.name == "micro-f1"
    assert found.better
    assert found.changes["new"].dtype == pl.List(pl.String)
    with pytest.raises(DataError, match="several labels"):
        compare_models(old, new, test)


def test_a_model_of_other_labels_is_refused(folders, tmp_path):
    other = sadari.BagOfWords().fit(["up we go", "down we go"] * 10, ["up", "down"] * 10)
    other.save(tmp_path / "other")
    said = run_badly("evaluate", folders / "old", tmp_path / "other", folders / "test.csv")
    assert "none of its labels was seen in training" in said


def test_what_is_no_model_and_no_corpus_is_refused(models, titles):
    with pytest.raises(SettingError, match="new is 'runs/new'"):
        compare_models(models[0], "runs/new", titles[1])
    with pytest.raises(SettingError, match="corpus is 'news'"):
        compare_models(*models, "news")


def test_the_smallest_chance_is_said_in_few_digits(folders, tmp_path):
    rows = [f"{word} {n},{word}" for n in range(600) for word in ("up", "down")]
    (tmp_path / "c.csv").write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    for name, labels in (("right", ["up", "down"]), ("wrong", ["down", "up"])):
        sadari.BagOfWords().fit(["up", "down"] * 10, labels * 10).save(tmp_path / name)
    said = run("evaluate", tmp_path / "right", tmp_path / "wrong", tmp_path / "c.csv").stdout
    assert "p < 0.001" in said
    assert "0.0000" not in said


def test_the_command(folders, tmp_path):
    old, new, test = (folders / name for name in ("old", "new", "test.csv"))
    found = run("evaluate", old, new, test, "--fail-if", "not-better", "--changes", tmp_path / "c.csv")
    assert (found.exit_code, "Better" in found.stdout) == (0, True), found.stderr
    assert pl.read_csv(tmp_path / "c.csv").columns == ["row", "text", "label", "old", "new", "change"]
    found = run("evaluate", new, old, test, "--fail-if", "worse", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["worse"] is True
    assert run("evaluate", new, new, test, "--fail-if", "not-better").exit_code == 1
    assert run("evaluate", new, old, test).exit_code == 0
    label = sadari.load(old).codec.names()[0]
    found = run("evaluate", old, test, "--thresholds", label)
    assert "threshold" in found.stdout
    assert "there is no label 'x'" in run_badly("evaluate", old, test, "--thresholds", "x")
    assert "is for one model" in run_badly("evaluate", old, new, test, "--thresholds", label)
    assert "is for two models" in run_badly("evaluate", old, test, "--fail-if", "worse")
    assert "no metric" in run_badly("evaluate", old, new, test, "--metric", "taste")
    assert "two models and DATA" in run_badly("evaluate", old)
    assert "--changes c.txt: the name does not say" in run_badly("evaluate", old, new, test, "--changes", "c.txt")
    assert f"--changes {test} is the file" in run_badly("evaluate", old, new, test, "--changes", test)
    with pytest.raises(SettingError):
        compare_models(*(sadari.load(each) for each in (old, new)), sadari.open_source(test).read(), metric="f1:none")
