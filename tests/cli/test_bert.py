"""The rung bert from the command line: in which precision it predicts, and what is said of long texts."""

import json
import re

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import HEADLINES, model_folder, run_badly, run_well
from precisions import needs
from sadari.cli.arguments import options
from sadari.data.read import open_source
from sadari.device import PREDICT_PRECISIONS
from sadari.messages import render
from sadari.pretrained.folder import shown_weights
from tiny_bert import tiny_bert

TEXTS = ["Stocks fell on Friday as oil prices rose", "A late goal won the cup for the home team", "Software", ""]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_bert(str(tmp_path_factory.mktemp("weights") / "tiny-bert"))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A file of sixty headlines."""
    path = tmp_path_factory.mktemp("data") / "few.csv"
    path.write_text("".join((HEADLINES / "en_train.csv").read_text().splitlines(keepends=True)[:61]))
    return path


@pytest.fixture(scope="module")
def trained(weights, few, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "bert"
    run_well(
        "train",
        few,
        "--rung",
        "bert",
        "--weights",
        weights,
        "-o",
        folder,
        "--text",
        "title",
        "--epochs",
        1,
        "--set",
        "threads=1",
    )
    return folder


# -- in which precision it predicts -----------------------------------------------------------------------


def predicted(folder, *more):
    """Probabilities [n, k], labels by their names."""
    lines = run_well("predict", folder, *TEXTS, "--proba", "--json", *more).stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    names = sorted(name for name in answers[0] if name not in ("text", "label", "probability", "note"))
    return np.array([[answer[name] for name in names] for answer in answers])


def test_the_precisions_are_those_of_the_rung():
    assert options.PREDICT_PRECISIONS == PREDICT_PRECISIONS


@pytest.fixture
def taken(monkeypatch):
    """The precisions of all that is predicted."""
    found = set()
    one = sadari.rungs.BertClassifier._predicting_net
    monkeypatch.setattr(
        sadari.rungs.BertClassifier,
        "_predicting_net",
        lambda self, device: found.add(self.predict_precision) or one(self, device),
    )
    return found


@pytest.mark.parametrize(
    "precision",
    [
        "fp32",
        pytest.param("bf16", marks=needs("bf16", "packed layers")),
        pytest.param("int8", marks=needs("int8", "whole numbers")),
    ],
)
def test_a_saved_model_predicts_in_the_precision_that_is_asked_for(trained, precision, taken):
    asked = predicted(trained, "--precision", precision)
    assert taken == {precision}
    model = sadari.load(trained).set_params(predict_precision=precision)
    assert np.allclose(np.sort(asked), np.sort(model.predict_proba(TEXTS)), atol=1e-6)
    assert np.allclose(predicted(trained), asked, atol=0.02)


@needs("int8", "whole numbers")
def test_scores_are_those_of_the_precision(trained, few, taken):
    scores = json.loads(run_well("evaluate", trained, few, "--precision", "int8", "--json").stdout)
    assert scores["rows"] == 60
    assert taken == {"int8"}


@pytest.mark.parametrize("command", [("predict", "text"), ("evaluate", "headlines")])
def test_a_rung_of_one_precision_says_so(command):
    name, what = command
    said = run_badly(name, model_folder(), what, "--precision", "int8")
    assert "'tfidf' predicts in one precision alone" in said
    assert "leave out --precision" in said
    assert "fp32" in run_badly(name, model_folder(), what, "--precision", "fp8")


# -- long texts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["head", "head+tail", "windows"])
def test_what_became_of_long_texts_is_said(way, weights, few, tmp_path):
    given = ("--rung", "bert", "--weights", weights, "-o", tmp_path / "m", "--text", "title", "--epochs", 1)
    more = ("--set", "threads=1", "--set", "max_length=8", "--set", f"long_texts={way}")
    said = " ".join(run_well("train", few, *given, *more).stdout.split())
    model = sadari.load(tmp_path / "m")
    long = json.loads(run_well("evaluate", tmp_path / "m", few, "--json").stdout)
    pieces = model.pieces_.encode(pl.read_csv(few)["title"]).lengths
    texts, windows = int((pieces > 6).sum()), int((-(-pieces[pieces > 6] // 6)).sum())
    assert texts > 10
    scored = " ".join(run_well("evaluate", tmp_path / "m", few).stdout.split())
    if way == "windows":
        assert (long["cut_texts"], long["window_texts"], long["windows"]) == (0, texts, windows)
        assert f"read in {windows:,} windows: longer than the model reads at once" in scored
        assert re.search(r"Long \d+ of 54 texts \(\d+\.\d %\) read in \d+ windows of up to 8 tokens", said)
        trained = json.loads(run_well("train", few, *given, *more, "--json").stdout)
        assert 10 < trained["windows"]["texts"] < trained["windows"]["windows"] / 1.9
        assert trained["rows"]["cut"] == 0
    else:
        assert (long["cut_texts"], long["window_texts"], long["windows"]) == (texts, 0, 0)
        how = "read by head and tail, 8 tokens" if way == "head+tail" else "cut after 8 tokens"
        assert re.search(rf"Long \d+ of 54 texts \(\d+\.\d %\) {how}", said)
        assert "windows" not in said.partition("Long")[2]


def test_a_training_that_its_steps_have_ended_says_so(weights, few, tmp_path):
    began = ["train", few, "--rung", "bert", "--weights", weights, "--text", "title", "--set", "threads=1"]
    ended = run_well(*began, "-o", tmp_path / "m", "--set", "steps=2", "--set", "batch_size=8").stdout
    assert re.search(r"Trained .* · 2 steps, the last in pass 1\n", ended)
    assert re.search(r"Trained .* · 1 pass\n", run_well(*began, "-o", tmp_path / "n", "--epochs", 1).stdout)


def test_windows_are_said_in_a_climb(weights, few, tmp_path):
    corpus = open_source(few, text="title", label="label").read()
    settings = {"bert": {"long_texts": "windows", "max_length": 8, "epochs": 1, "threads": 1}}
    for lang, said in (("en", "windows of up to 8 tokens"), ("ko", "개로 나누어 읽음")):
        result = sadari.climb(
            corpus,
            corpus.take(np.arange(20)),
            rungs=["bert"],
            weights=weights,
            settings=settings,
            curves=False,
            lang=lang,
        )
        assert said in render(result.rungs[0].note, lang)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("klue-bert", "klue-bert"),
        ("some_package/model", "some_package/model"),
        ("news/checkpoint-500", "news/checkpoint-500"),
        ("a/b/mini-lm", "mini-lm"),
    ],
)
def test_weights_are_named_by_what_says_something(place, shown, tmp_path, monkeypatch):
    (tmp_path / place).mkdir(parents=True)
    assert shown_weights(tmp_path / place) == shown
    monkeypatch.chdir(tmp_path / place)
    assert shown_weights(".") == shown
    (tmp_path / place / "below").mkdir()
    monkeypatch.chdir(tmp_path / place / "below")
    assert shown_weights("..") == shown
    assert shown_weights("somebody/small") == "somebody/small"


def test_a_training_of_few_steps_is_scored_on_few_rows(weights, tmp_path):
    rows = pl.DataFrame({"text": [f"text {row}" for row in range(6000)], "label": ["a", "b"] * 3000})
    rows.write_csv(tmp_path / "many.csv")
    given = ("--rung", "bert", "--weights", weights, "-o", tmp_path / "m", "--set", "threads=1", "--json")
    asked = ("train", tmp_path / "many.csv", *given, "--validation", 0.2, "--set", "batch_size=4", "--set")
    for steps, scored in ((3, 500), (150, 600)):
        printed = json.loads(run_well(*asked, f"steps={steps}").stdout)
        assert printed["rows"]["validation"] == printed["validation"]["rows"] == scored
        said = f"{scored} of 1,200 validation rows are scored: the training is as short as that"
        assert said in printed["notes"]
