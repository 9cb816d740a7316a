"""Rungs that withhold labels, and that give sets of them."""

import shutil

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import HEADLINES, model_folder, run_badly, run_well
from sadari.artifact import CALIBRATION
from sadari.errors import ModelError, SettingError
from sadari.labelled.writers import LISTED
from sadari.rungs import RUNGS, load


@pytest.fixture(scope="module")
def news() -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.read_csv(HEADLINES / "en_train.csv"), pl.read_csv(HEADLINES / "en_test.csv")


@pytest.fixture(scope="module")
def model(news):
    return RUNGS["tfidf"]().fit(*news[0].select("text", "label"))


def without_rows(folder):
    """A model folder as older Sadaris wrote it."""
    rung = load(model_folder())
    rung.calibration_ = None
    rung.save(folder)
    return folder


def test_labels_are_given_where_the_model_is_sure(model, news):
    texts, truth = news[1]["text"], news[1]["label"].to_numpy()
    shares = []
    for coverage in (0.3, 0.6, 0.9):
        found = model.predict_sure(texts, coverage=coverage)
        given = np.array([label is not None for label in found])
        assert given.mean() == pytest.approx(coverage, abs=0.12)
        assert (found[given] == model.predict(texts)[given]).all()
        shares.append((found == truth)[given].mean())
    assert shares == sorted(shares, reverse=True)


def test_sets_hold_the_right_label(model, news):
    texts, truth = news[1]["text"], news[1]["label"].to_list()
    for coverage in (0.7, 0.9):
        sets = model.predict_sets(texts, coverage)
        held = [label in labels for label, labels in zip(truth, sets, strict=True)]
        assert np.mean(held) == pytest.approx(coverage, abs=0.06)


def test_a_text_of_which_nothing_is_known_is_left_to_a_person(model):
    assert model.predict_sure(["", "qqqq zzzz"], coverage=0.99).tolist() == [None, None]
    assert model.predict_sets(["qqqq zzzz"], 0.5) == [tuple(model.classes_.tolist())]


def test_a_folder_answers_alike(model, news, tmp_path):
    model.save(tmp_path / "model")
    again, texts = load(tmp_path / "model"), news[1]["text"]
    assert again.predict_sets(texts, 0.9) == model.predict_sets(texts, 0.9)
    sure = [one.predict_sure(texts, min_precision=0.8).tolist() for one in (model, again)]
    assert sure[0] == sure[1]
    assert again.calibration_.encoded() == model.calibration_.encoded()


def test_what_validates_calibrates(news):
    train, test = news
    validation = tuple(test.select("text", "label"))
    model = RUNGS["bow"]().fit(train["text"], train["label"], validation=validation)
    probabilities = model.predict_proba(test["text"])
    truth = np.searchsorted(model.classes_, test["label"].to_numpy())
    assert model.calibration_.probability == pytest.approx(probabilities[np.arange(len(truth)), truth], abs=1e-6)
    assert (model.calibration_.right == (model.predict(test["text"]) == test["label"].to_numpy())).all()


def test_several_labels_a_text():
    random = np.random.default_rng(0)
    words = np.array(["red", "green", "blue"])
    has = random.random((400, 3)) < 0.4
    texts = [" ".join([*words[row], "thing"]) for row in has]
    labels = [list(words[row & (random.random(3) < 0.9)]) for row in has]
    model = RUNGS["tfidf"]().fit(texts, labels)
    assert model.predict_sure(["red thing"], min_precision=0.8) == [("red",)]
    assert set(model.predict_sets(["red blue thing"], 0.9)[0]) >= {"red", "blue"}
    with pytest.raises(SettingError, match="no share of texts"):
        model.predict_sure(texts, coverage=0.9)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "give min_precision or coverage"),
        ({"min_precision": 0.9, "coverage": 0.9}, "ask for one of them"),
        ({"min_precision": 1.0}, "min_precision is 1.0"),
        ({"coverage": "much"}, "coverage is 'much'"),
        ({"min_precision": 0.9999}, "cannot be reached"),
    ],
)
def test_what_cannot_be_asked_is_said(model, asked, said):
    with pytest.raises(SettingError, match=said):
        model.predict_sure(["a text"], **asked)


def test_a_strange_file_in_the_folder_is_refused(tmp_path):
    from sadari.artifact import read_model, write_model

    files = read_model(model_folder())
    own = {key: value for key, value in files.manifest.items() if key not in ("format_version", "files", "sha256")}
    texts = {**files.texts, CALIBRATION: "[]"}
    write_model(tmp_path / "model", manifest=own, tensors=files.tensors, texts=texts)
    with pytest.raises(ModelError, match=r"calibration\.json is not a JSON object"):
        sadari.load(tmp_path / "model")


def test_predict_withholds(tmp_path):
    shutil.copy(HEADLINES / "en_test.csv", tmp_path / "new.csv")
    out = tmp_path / "out.csv"
    result = run_well("predict", model_folder(), tmp_path / "new.csv", "--coverage", 0.5, "--sets", 0.9, "-o", out)
    table = pl.read_csv(out)
    unsure = table.filter(pl.col("note") == "unsure")
    assert f"{len(unsure)} unsure" in result.stderr
    assert 0.3 < len(unsure) / len(table) < 0.7
    answer = "predicted_label"  # the file has labels of its own
    assert unsure[answer].null_count() == len(unsure)
    assert unsure["suggestion"].null_count() == 0
    given = table.filter(pl.col("note").is_null())
    assert given["suggestion"].null_count() == len(given)
    assert given["certainty"].min() >= unsure["certainty"].max()
    held = [label in (labels or "").split(LISTED) for label, labels in table.select("label", "set").iter_rows()]
    assert np.mean(held) == pytest.approx(0.9, abs=0.08)


def test_predict_says_so_to_a_person():
    text = run_well("predict", model_folder(), "Minister resigns", "qqqq", "--coverage", 0.02, "--sets", 0.8).stdout
    assert "(unsure)" in text
    assert "(nothing known)" in text
    assert "{" in text


def test_a_folder_without_rows_says_how_to_get_them(tmp_path):
    said = run_badly("predict", without_rows(tmp_path / "old"), "a text", "--sets", "0.9")
    assert "keeps no rows to calibrate on" in said
    assert "train or climb it once more" in said
    run_well("predict", tmp_path / "old", "a text")
