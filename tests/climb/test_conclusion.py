"""What a climb leaves: a model that has seen all rows, probabilities of validation rows, and all of it after Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import time

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

import sadari
from sadari.climb.budget.budget import Budget
from sadari.climb.climb import climb
from sadari.climb.verdict.learned import no_longer_matters
from sadari.data.corpus import Corpus
from sadari.metrics.classification import wilson
from sadari.metrics.metric import Metric
from sadari.rungs import RUNGS


def news(rows: int, seed: int = 0) -> Corpus:
    """Texts of two labels; one word in ten misleads."""
    random = np.random.default_rng(seed)
    codes = random.integers(2, size=rows)
    words = [
        " ".join(f"{'ab'[int(code if random.random() < 0.8 else 1 - code)]}{random.integers(40)}" for _ in range(6))
        + f" n{row}"
        for row, code in enumerate(codes)
    ]
    labels = pl.Series([("left", "right")[code] for code in codes])
    return Corpus(pl.Series(words), labels, np.arange(1, rows + 1), "news.csv")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "run"
    return climb(news(11_500), rungs=["bow", "tfidf"], folder=folder, seed=1, report=False), folder


def test_the_model_has_seen_the_validation_rows_too(large):
    result, folder = large
    rows = result.rows["train"] + result.rows["validation"]
    assert str(result.model).startswith(f"model is {result.verdict.rung}, trained once more on all {rows:,} ")
    model, measured = sadari.load(folder / "model"), sadari.load(folder / result.verdict.rung)
    assert model.data_["rows"] == rows
    assert measured.data_["rows"] == result.rows["train"]
    assert model.inverse_temperature_ == measured.inverse_temperature_
    ours, its = model.resolved_settings(), measured.resolved_settings()
    assert {name for name in ours if ours[name] != its[name]} <= {"epochs", "batch_size"}


def test_without_a_refit_the_model_is_the_one_measured(tmp_path):
    result = climb(news(11_500), rungs=["bow"], folder=tmp_path / "run", refit=False, report=False, curves=False)
    assert "as measured" in str(result.model)
    one, other = (load_file(tmp_path / "run" / name / "weights.safetensors") for name in ("bow", "model"))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_folds_have_seen_all_rows_already(tmp_path):
    result = climb(news(400), rungs=["bow"], folder=tmp_path / "run", report=False, curves=False)
    assert str(result.model) == f"model is bow as measured, trained on {result.rows['train']} rows"
    assert (tmp_path / "run" / "model").is_dir()
    climb(news(400), rungs=["bow"], folder=tmp_path / "run", report=False, curves=False)  # may replace what it left


@pytest.mark.parametrize("rows", [400, 11_500])
def test_probabilities_of_validation_rows_are_kept(tmp_path, rows):
    result = climb(news(rows), rungs=["bow", "tfidf"], folder=tmp_path / "run", report=False, curves=False)
    kept = load_file(tmp_path / "run" / "validation.safetensors")
    assert set(kept) == {"bow", "tfidf", "row", "text", "truth"}
    for rung in result.rungs:
        table = kept[rung.rung]
        assert table.shape == (result.rows["validation"], 2)
        assert np.allclose(table.sum(axis=1), 1, atol=1e-5)
        given = Metric().held_out(kept["truth"], table).given
        assert np.array_equal(given, rung.validation_predictions)
        assert (given == kept["truth"]).mean() == pytest.approx(rung.validation_accuracy.value)
    whole = news(rows)
    labels = whole.labels.gather(kept["row"] - 1).to_list()
    assert [result.label_names[code] for code in kept["truth"]] == labels


def test_folds_are_as_sharp_as_the_model(tmp_path):
    """Their log loss is that of their logits at the model's temperature: lower than at none, or at twice of it."""
    result = climb(news(900), rungs=["tfidf"], folder=tmp_path / "run", report=False, curves=False)
    kept = load_file(tmp_path / "run" / "validation.safetensors")
    given = kept["tfidf"].astype(np.float64)

    def loss(power: float) -> float:
        table = given**power / (given**power).sum(axis=1, keepdims=True)
        return float(-np.log(table[np.arange(len(table)), kept["truth"]]).mean())

    assert loss(1) <= min(loss(0.7), loss(1.4)) + 1e-6
    assert result.rungs[0].inverse_temperature == sadari.load(tmp_path / "run" / "tfidf").inverse_temperature_


def test_ctrl_c_concludes_with_what_is_there(tmp_path):
    """It comes while the third of four rungs trains: two are compared, the verdict stands, all is written."""
    begun = []

    def progress(done, total, record):
        if "tfidf" in str(record["doing"]) and not begun:
            begun.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

    result = climb(
        news(6_000), rungs=["bow", "ngram", "tfidf", "lstm"], folder=tmp_path / "run", seed=1, on_progress=progress
    )
    assert time.perf_counter() - begun[0] < 10
    assert [rung.rung for rung in result.rungs] == ["bow", "ngram"]
    assert {rung for rung, _ in result.skipped} == {"tfidf", "lstm"}
    assert all("stopped" in str(why) for _, why in result.skipped)
    assert "as measured" in str(result.model)
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    said = json.loads((tmp_path / "run" / "climb.json").read_text("utf-8"))
    assert said["verdict"]["rung"] == result.verdict.rung
    assert sadari.load(tmp_path / "run" / "model").predict(["a1 a2"])[0] in ("left", "right")


def test_ctrl_c_before_there_is_anything_ends_the_climb(tmp_path):
    def progress(done, total, record):
        if "bow" in str(record["doing"]):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        climb(news(400), rungs=["bow", "tfidf"], folder=tmp_path / "run", on_progress=progress)
    assert not (tmp_path / "run").exists()


def test_curves_have_more_than_one_point(large):
    for rung in large[0].rungs:
        rows = [point[0] for point in rung.curve]
        assert rows == sorted(rows)
        assert len(rows) == 5
        assert rows[-1] == large[0].rows["train"]
        assert rows[0] == rows[-1] // 16


def test_a_part_of_the_budget_is_kept():
    budget = Budget(100, kept=0.2)
    assert 79 < budget.time_left() <= 80
    budget.release(5)
    assert 94 < budget.time_left() <= 95
    budget.release()
    assert 99 < budget.time_left() <= 100
    budget.release()
    assert budget.time_left() <= 100
    endless = Budget(None, kept=0.2)
    endless.release()
    assert endless.time_left() == float("inf")


def test_nets_that_can_no_longer_matter_are_left_out(large):
    done = list(large[0].rungs)[:1]
    for right, rows, needless in ((1_140, 1_146, True), (1_100, 1_146, False), (19, 20, False), (9_950, 10_000, True)):
        done[0].validation_score = wilson(right, rows)
        assert bool(no_longer_matters(RUNGS["lstm"], done, Metric())) == needless, right
        assert no_longer_matters(RUNGS["lstm"], done, Metric("log-loss")) is None
        assert no_longer_matters(RUNGS["tfidf"], done, Metric()) is None


@pytest.fixture
def two_rungs():
    """A ladder of a linear rung and a net, and the whole in its order again."""
    whole = dict(RUNGS)
    RUNGS.clear()
    RUNGS.update({name: whole[name] for name in ("bow", "embedding")})
    yield
    RUNGS.clear()
    RUNGS.update(whole)


def test_a_net_whose_own_validation_says_so_is_given_up(two_rungs):
    """One pass at no rate teaches nothing: after the first of five folds it is surely worse than bow."""
    idle = {"embedding": {"epochs": 1, "learning_rate": 1e-9}}
    result = climb(news(800), settings=idle, curves=False)
    assert [rung.rung for rung in result.rungs] == ["bow"]
    assert "given up" in str(dict(result.skipped)["embedding"])
    named = climb(news(800), rungs=["bow", "embedding"], settings=idle, curves=False)
    assert [rung.rung for rung in named.rungs] == ["bow", "embedding"]


@pytest.mark.parametrize("rate", [1e-9, 0.01])
def test_a_net_is_looked_at_while_it_trains(two_rungs, rate, monkeypatch):
    """With validation rows set aside: at no rate it is given up at the second look, after half of its passes."""
    passes = []

    def told(done, total, record):
        if str(record["doing"]).startswith("embedding: in training"):
            passes.append(done / total)

    monkeypatch.setattr("sadari.climb.split.FOLD_ROWS", 5_000)
    settings = {"embedding": {"epochs": 8, "learning_rate": rate}}
    result = climb(news(6_000), settings=settings, curves=False, refit=False, on_progress=told)
    idle = rate < 1e-6
    assert ("given up" in str(dict(result.skipped).get("embedding"))) == idle
    assert [rung.rung for rung in result.rungs] == (["bow"] if idle else ["bow", "embedding"])
    # of the bar behind bow; four tenths of a rung's place there are its training
    assert (max(passes) - passes[0]) / (1 - passes[0]) == pytest.approx(0.4 * (0.5 if idle else 1))
