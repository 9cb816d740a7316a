"""The climb: one frozen split for every rung, final rows that decide nothing, and a folder that says what was done."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from sadari.climb import split as freezing
from sadari.climb.climb import climb
from sadari.climb.folder import predictions_table, to_dict
from sadari.climb.split import freeze
from sadari.data.audit.audit import audit
from sadari.data.corpus import Corpus
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.errors import DataError, SettingError
from sadari.metrics.evaluate import evaluate
from sadari.rungs import RUNGS, load
from written import written

CHEAP = ["bow", "tfidf", "embedding-bag"]


def corpus(texts: list[str], labels: list[str], source: str = "made") -> Corpus:
    return Corpus(pl.Series("text", texts), pl.Series("label", labels), np.arange(1, len(texts) + 1), source)


@pytest.fixture(scope="module")
def headlines() -> tuple[Corpus, Corpus]:
    data = find("headlines")
    assert data.test is not None
    return tuple(open_source(path, text="title,text", label="label").read() for path in (data.train, data.test))


@pytest.fixture(scope="module")
def climbed(headlines, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "headlines"
    return climb(*headlines, rungs=CHEAP, folder=folder, curves=False), folder


def test_the_verdict_so_far_is_said_while_others_train(headlines):
    told, records = [], []
    result = climb(
        *headlines,
        rungs=["bow", "ngram", "tfidf"],
        curves=False,
        on_progress=lambda done, total, record: told.append(record["doing"]),
        on_record=records.append,
    )
    assert [record["rung"] for record in records] == ["bow", "ngram", "tfidf"]
    assert [record["validation_accuracy"] for record in records] == [
        rung.validation_accuracy.value for rung in result.rungs
    ]
    first, second = ([str(what) for what in told if str(what).startswith(name)] for name in ("ngram", "tfidf"))
    assert not any("so far" in what for what in first)
    assert all("so far bow, " in what or "so far ngram, " in what for what in second)
    assert len(result.rungs) == 3


def test_every_rung_saw_the_same_rows_and_is_measured_on_all_final_ones(climbed, headlines):
    result, _ = climbed
    _, test = headlines
    assert [rung.rung for rung in result.rungs] == CHEAP
    for rung in result.rungs:
        assert len(rung.predictions) == len(result.truth) == len(test)
        right = np.mean(rung.predictions == result.truth)
        assert rung.accuracy.value == pytest.approx(right)
        assert rung.accuracy.low < right < rung.accuracy.high
        assert np.allclose(rung.probabilities.sum(axis=1), 1, atol=1e-5)
        assert right > 0.6


def test_a_notebook_shows_a_climb_in_two_lines(climbed):
    result, _ = climbed
    scores, verdict = repr(result).splitlines()
    assert scores.startswith("ClimbResult of ")
    assert f"{result.rungs[0].rung} {100 * result.rungs[0].accuracy.value:.1f} %" in scores
    assert verdict == str(result.verdict.sentences[0])


def test_the_saved_models_are_the_measured_ones(climbed, headlines):
    result, folder = climbed
    _, test = headlines
    for rung in result.rungs:
        model = load(folder / rung.rung)
        columns = [model.classes_.tolist().index(name) for name in result.label_names]
        assert np.array_equal(model.predict_proba(test.texts).astype(np.float32)[:, columns], rung.probabilities)
        assert evaluate(model, test).accuracy == rung.accuracy


def test_the_folder_says_what_was_done(climbed):
    result, folder = climbed
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*CHEAP, "climb.json", "model", "predictions.csv", "report.html", "validation.safetensors"]
    )
    said = json.loads((folder / "climb.json").read_text(encoding="utf-8"))
    assert said["verdict"]["rung"] == result.verdict.rung
    assert said["seed"] == 0
    assert said["rungs"][1]["settings"]["ngram_range"] == [1, 2]
    assert len(said["rungs"][1]["history"]) >= 1
    predictions = pl.read_csv(folder / "predictions.csv")
    assert predictions.height == len(result.truth)
    right = (predictions["truth"] == predictions["tfidf"]).mean()
    assert right == pytest.approx(result.rungs[1].accuracy.value)


def test_twice_the_same(headlines, climbed):
    first, _ = climbed
    second = climb(*headlines, rungs=CHEAP, curves=False)
    for a, b in zip(first.rungs, second.rungs, strict=True):
        assert np.array_equal(a.probabilities, b.probabilities)
        assert np.array_equal(a.validation_predictions, b.validation_predictions)
    assert first.verdict.rung == second.verdict.rung


def test_the_final_rows_decide_nothing(headlines, climbed):
    """Shuffled test labels change every score of the table, and no model, validation score or verdict."""
    train, test = headlines
    first, _ = climbed
    assert test.labels is not None
    shuffled = corpus(test.texts.to_list(), test.labels.shuffle(seed=1).to_list())
    second = climb(train, shuffled, rungs=CHEAP, curves=False)
    assert second.verdict.rung == first.verdict.rung
    for a, b in zip(first.rungs, second.rungs, strict=True):
        assert a.validation_accuracy == b.validation_accuracy
        assert np.array_equal(a.probabilities, b.probabilities)
        assert a.accuracy != b.accuracy


def test_few_rows_are_validated_in_folds_by_models_that_did_not_see_them(headlines):
    train, test = headlines
    frozen = freeze(train, test, audit(train, test), seed=0)
    assert len(frozen.folds) == freezing.FOLDS
    validated = np.concatenate([np.setdiff1d(np.arange(len(train)), fold) for fold in frozen.folds])
    assert np.array_equal(np.sort(validated), np.arange(len(frozen.train)))  # each row once
    assert frozen.validation is frozen.train


def test_many_rows_give_up_a_tenth_for_validation(headlines, monkeypatch):
    train, test = headlines
    monkeypatch.setattr(freezing, "FOLD_ROWS", 100)
    frozen = freeze(train, test, audit(train, test), seed=0)
    assert not frozen.folds
    assert len(frozen.validation) == pytest.approx(100, abs=4)
    assert not set(frozen.train.rows) & set(frozen.validation.rows)
    assert len(frozen.train) + len(frozen.validation) == len(train)
    result = climb(train, test, rungs=["bow", "tfidf"])
    for rung in result.rungs:
        assert len(rung.validation_predictions) == len(frozen.validation)
        assert [rows for rows, _ in rung.curve] == sorted(rows for rows, _ in rung.curve)
        assert rung.curve[-1][0] == len(frozen.train)


def test_without_a_test_file_final_rows_are_held_out(headlines):
    train, _ = headlines
    frozen = freeze(train, None, audit(train), seed=3)
    assert frozen.final_name == "held-out"
    assert len(frozen.final) == pytest.approx(200, abs=4)
    assert not set(frozen.train.rows) & set(frozen.final.rows)
    again = freeze(train, None, audit(train), seed=3)
    assert np.array_equal(frozen.final.rows, again.final.rows)
    other = freeze(train, None, audit(train), seed=4)
    assert not np.array_equal(frozen.final.rows, other.final.rows)


def test_leaked_texts_are_scored_with_and_without(headlines):
    train, test = headlines
    assert train.labels is not None
    assert test.labels is not None
    leaked = corpus(
        [*test.texts.to_list(), *train.texts.head(50).to_list()],
        [*test.labels.to_list(), *train.labels.head(50).to_list()],
    )
    result = climb(train, leaked, rungs=["embedding-bag"], curves=False)
    rung = result.rungs[0]
    assert result.rows["leaked"] == 50
    assert result.leaked.sum() == 50
    clean = ~result.leaked
    assert rung.accuracy_without_leaks is not None
    assert rung.accuracy_without_leaks.value == pytest.approx(np.mean(rung.predictions[clean] == result.truth[clean]))
    assert rung.accuracy.value > rung.accuracy_without_leaks.value  # it has seen them


def test_duplicates_are_dropped_from_training_unless_kept(headlines):
    train, test = headlines
    twice = train.take(np.r_[np.arange(len(train)), np.arange(100)])
    found = audit(twice, test)
    assert freeze(twice, test, found, seed=0).rows["dropped_duplicates"] == 100
    assert len(freeze(twice, test, found, seed=0).train) == len(train)
    assert len(freeze(twice, test, found, seed=0, keep_duplicates=True).train) == len(train) + 100


def test_a_label_that_training_never_saw_is_said_and_counts_as_wrong(headlines):
    train, test = headlines
    assert test.labels is not None
    labels = ["Weather", *test.labels.to_list()[1:]]
    result = climb(train, corpus(test.texts.to_list(), labels), rungs=["bow"], curves=False)
    assert result.truth[0] == -1
    assert any(
        "1 test rows have labels that training never saw" in note and "'Weather'" in note
        for note in written(result.notes)
    )
    assert result.rungs[0].accuracy.value == pytest.approx(np.mean(result.rungs[0].predictions == result.truth))
    assert predictions_table(result, np.arange(len(labels)))["truth"][0] is None


def test_a_budget_that_is_too_small_trains_on_fewer_rows_or_says_what_it_left_out(headlines):
    train, test = headlines
    with pytest.raises(SettingError, match="budget is too small"):
        climb(train, test, rungs=["bow"], budget=1e-9)
    result = climb(train, test, rungs=CHEAP, budget=60)
    assert not result.skipped
    assert not any(rung.note for rung in result.rungs)


def test_what_cannot_be_climbed_is_refused():
    words = [f"word{i} and more" for i in range(40)]
    with pytest.raises(DataError, match="only label 'a' in 40 rows"):
        climb(corpus(words, ["a"] * 40))
    with pytest.raises(SettingError, match="no rung 'lisp'"):
        climb(corpus(words, ["a", "b"] * 20), rungs=["lisp"])
    with pytest.raises(SettingError, match="no setting 'depth'"):
        climb(corpus(words, ["a", "b"] * 20), rungs=["bow"], settings={"bow": {"depth": 3}})
    with pytest.raises(DataError):
        climb(corpus(["one", "two"], ["a", "b"]))


@pytest.mark.parametrize("rows", [2, 30, 11_500])
def test_labels_that_are_all_different_are_refused_by_that_name(rows):
    """Whether rows would have been validated in folds or not: too few rows is not what is wrong."""
    texts = [f"text number {i}" for i in range(rows)]
    with pytest.raises(DataError, match=rf"each of the {rows:,} labels|stands in this row alone"):
        climb(corpus(texts, texts), rungs=["bow"])


def test_very_few_rows_still_climb():
    texts = [f"{'good fine' if i % 2 else 'bad awful'} thing {i}" for i in range(20)]
    result = climb(corpus(texts, ["pos" if i % 2 else "neg" for i in range(20)]), rungs=["bow", "embedding-bag"])
    assert to_dict(result)["rows"]["final"] == len(result.truth) > 0
    assert result.rungs[0].accuracy.value == 1.0


def test_settings_reach_the_rung(headlines):
    result = climb(*headlines, rungs=["tfidf"], curves=False, settings={"tfidf": {"C": 0.125, "ngram_range": (1, 1)}})
    assert result.rungs[0].settings["C"] == 0.125
    assert not any(" " in feature for feature, _ in result.rungs[0].top_features["World"])


def test_the_table_of_rungs_is_the_ladder():
    assert list(RUNGS)[:6] == ["bow", "ngram", "tfidf", "char", "word-char", "embedding-bag"]
    assert all(rung.name == name for name, rung in RUNGS.items())


def test_sadari_climb_is_the_function_whatever_was_imported_before():
    """A room of the same name takes the function's place in the package once something in it is imported."""
    for first in ("", "import sadari.climb.result; ", "from sadari.climb import budget; ", "sadari.climb; "):
        code = f"import sadari; {first}\ntry: sadari.climb([1])\nexcept sadari.SadariError as error: print(error.what)"
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stdout
        assert said == "train is [1]\n"
