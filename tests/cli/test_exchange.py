"""``sadari import`` and ``sadari export``: fastText's files in and out of the command line."""

import csv
import json

import numpy as np
import pytest

import sadari
from cli_runs import HEADLINES, model_folder, run_badly, run_well
from fasttext_files import official, small_bytes, train, write_lines
from rungs_headlines import headlines, some
from sadari.vectors.fasttext.vectors import write_vectors_bin
from sadari.vectors.keyed import WordVectors

TEST = HEADLINES / "en_test.csv"


@pytest.fixture
def small(tmp_path):
    small_bytes(tmp_path / "small.bin")
    return tmp_path / "small.bin"


def test_an_imported_model_predicts_evaluates_and_explains(tmp_path):
    path = train(write_lines(tmp_path / "lines.txt", *some(500)), tmp_path / "m.bin", wordNgrams=2)
    said = run_well("import", path, "-o", tmp_path / "model").stdout
    assert "4 labels: Business, Sci/Tech, Sports, World" in " ".join(said.split())
    assert "n-grams of up to 2 words" in " ".join(said.split())
    assert f"sadari predict {tmp_path}/model" in " ".join(said.split())
    run_well("predict", tmp_path / "model", TEST, "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    model = official().load_model(str(path))
    for row in rows[:50]:
        [(probability, label)] = model.f.predict(f"{row['text']}\n", 1, 0.0, "strict")
        assert row["predicted_label"] == label.removeprefix("__label__")
        assert float(row["probability"]) == pytest.approx(probability - 1e-5, abs=1e-5)
    scores = json.loads(run_well("evaluate", tmp_path / "model", TEST, "--json").stdout)
    assert scores["accuracy"]["value"] > 0.4
    told = json.loads(run_well("explain", tmp_path / "model", "Stocks fell", "--json").stdout)
    assert "Stocks fell" in json.dumps(told)


def test_texts_and_word_vectors_are_no_classifier(small, tmp_path):
    write_vectors_bin(WordVectors(["a", "b"], np.eye(2, dtype=np.float32)), tmp_path / "v.bin")
    assert "vectors convert" in run_badly("import", tmp_path / "v.bin", "-o", tmp_path / "m")
    assert "no such file" in run_badly("import", tmp_path / "none.bin", "-o", tmp_path / "m")
    (tmp_path / "t.bin").write_text("__label__a some text\n")
    assert "is text" in run_badly("import", tmp_path / "t.bin", "-o", tmp_path / "m")
    (tmp_path / "cut.bin").write_bytes(small.read_bytes()[:-1])
    assert "ends within the output matrix" in run_badly("import", tmp_path / "cut.bin", "-o", tmp_path / "m")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    run_badly("import", small, "-o", tmp_path / "full")
    assert not (tmp_path / "m").exists()
    assert "only imported" in run_badly("train", "headlines", "--rung", "fasttext", "-o", tmp_path / "m")


def test_a_label_prefix_of_ones_own(tmp_path):
    data = small_bytes(tmp_path / "m.bin")
    (tmp_path / "m.bin").write_bytes(data.replace(b"__label__", b"__class__"))
    run_well("import", tmp_path / "m.bin", "-o", tmp_path / "model", "--label-prefix", "__class__")
    assert sadari.load(tmp_path / "model").classes_.tolist() == ["a", "b c", "d"]


def test_an_export_is_tested_by_the_official_package(tmp_path):
    model = model_folder("embedding-bag")
    said = run_well("export", model, "--to", "fasttext", "-o", tmp_path / "m.bin", "--lines", TEST).stdout
    assert "fasttext test" in said
    rows, precision, _ = official().load_model(str(tmp_path / "m.bin")).test(str(tmp_path / "m.txt"))
    scores = json.loads(run_well("evaluate", model, TEST, "--json").stdout)
    assert rows == len(headlines(part="test")[0])
    assert precision == pytest.approx(scores["accuracy"]["value"])


def test_thresholds_that_the_file_does_not_hold_are_named(tmp_path):
    model = sadari.load(model_folder("embedding-bag"))
    for uneven in (False, True):
        model.thresholds_ = np.linspace(0.1, 0.1 + 0.5 * uneven, len(model.classes_))
        model.save(tmp_path / "model")
        said = run_well("export", tmp_path / "model", "--to", "fasttext", "-o", tmp_path / "m.bin").stdout
        assert ("likeliest label" in " ".join(said.split())) == uneven


def test_an_imported_model_is_exported_with_the_same_bytes(small, tmp_path):
    run_well("import", small, "-o", tmp_path / "model")
    said = run_well("export", tmp_path / "model", "--to", "fasttext", "-o", tmp_path / "back.bin").stdout
    assert "--lines" in said
    assert (tmp_path / "back.bin").read_bytes() == small.read_bytes()
    (tmp_path / "t.csv").write_text('text,label\n"The  cat\nsat",a\nno,d\n')
    run_well(
        "export", tmp_path / "model", "--to", "fasttext", "-o", tmp_path / "back.bin", "--lines", tmp_path / "t.csv"
    )
    assert (tmp_path / "back.txt").read_text() == "__label__a The cat sat\n__label__d no\n"


def test_exports_that_cannot_be(small, tmp_path):
    assert "no form for the rung 'tfidf'" in run_badly(
        "export", model_folder("tfidf"), "--to", "fasttext", "-o", tmp_path / "m.bin"
    )
    assert "'onxx'" in run_badly("export", model_folder("tfidf"), "--to", "onxx", "-o", tmp_path / "m.bin")
    run_well("import", small, "-o", tmp_path / "model")
    lines = tmp_path / "m.txt"
    lines.write_text("one\ntwo\n")
    options = ("export", tmp_path / "model", "--to", "fasttext", "--lines", lines, "-o")
    assert "that of --lines" in run_badly(*options, tmp_path / "m.bin")
    assert "the model's" in run_badly(*options, tmp_path / "o.txt")
    assert "folder of this name" in run_badly(*options, tmp_path / "model")
    assert lines.read_text() == "one\ntwo\n"
    assert not (tmp_path / "m.bin").exists()
    assert not (tmp_path / "o.txt").exists()
