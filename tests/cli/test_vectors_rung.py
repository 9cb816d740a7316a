"""``sadari train --rung vectors`` and ``sadari climb --vectors``: what is found is said, and what is missing."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import sadari
from cli_runs import HEADLINES, run, run_badly, run_well, stopped
from rungs_headlines import headlines
from sadari.artifact import read_model
from sadari.text.tokens.tokenize import tokenizer
from sadari.train.checkpoint import read_run
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors

QUICK = ["--no-curves", "--no-report"]
WORDS = sorted({token for text in tokenizer("basic_english")(headlines()[0]).to_lists() for token in text})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A vector for each fourth word of the headlines, and for some others."""
    path = tmp_path_factory.mktemp("vectors") / "some.vec"
    words = [*(word for word in WORDS[::4] if " " not in word), *(f"other{i}" for i in range(20))]
    matrix = np.random.default_rng(0).normal(0, 0.3, (len(words), 16)).astype(np.float32)
    write_vectors(WordVectors(words, matrix), path)
    return path


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def train(*arguments):
    return run_well("train", "headlines", "--rung", "vectors", "-o", "m", *arguments)


# -- train ------------------------------------------------------------------------------------------------


def test_training_says_what_was_found(file):
    printed = train("--vectors", file).stdout
    coverage = sadari.load("m").coverage_
    [line] = [line for line in printed.splitlines() if line.startswith("Vectors")]
    assert (
        f"{coverage.found:,} of {coverage.words:,} words found ({100 * coverage.found / coverage.words:.0f} %)" in line
    )
    assert coverage.drawn > 0
    assert f"{coverage.drawn:,} missing drawn at the vectors' scale" in " ".join(printed.split())
    assert "vectors some.vec" in printed
    assert "net bag" in printed
    assert run_well("predict", "m", "other1 other2").stdout


@pytest.mark.parametrize("net", ["lstm", "bilstm", "transformer"])
def test_nets_and_frozen_words(file, net):
    settings = ["--set", f"net={net}", "--set", "tune=false", "--epochs", "1"]
    found = json.loads(train("--vectors", file, *settings, "--json").stdout)
    model = sadari.load("m")
    assert (found["settings"]["net"], found["settings"]["tune"]) == (net, False)
    assert found["settings"]["vectors"] == "some.vec"
    assert found["vectors"] == model.coverage_.to_dict()
    assert not model.net_.embedding.weight.requires_grad


def test_what_is_frozen_is_said(file):
    assert "frozen" in train("--vectors", file, "--set", "tune=false", "--epochs", "1").stdout
    assert "frozen" not in train("--vectors", file, "--epochs", "1").stdout


def test_the_folder_is_enough(file, tmp_path):
    copy = Path("copy.vec")
    copy.write_bytes(file.read_bytes())
    train("--vectors", copy)
    before = run_well("predict", "m", "stocks fell", "--json").stdout
    copy.unlink()
    assert run_well("predict", "m", "stocks fell", "--json").stdout == before
    assert run_well("explain", "m", "stocks fell").stdout
    assert run_well("evaluate", "m", "headlines").stdout
    assert str(tmp_path) not in Path("m", "sadari.json").read_text()
    assert str(tmp_path) not in Path("m", "README.md").read_text()


def test_vectors_may_be_a_setting_too(file):
    train("--set", f"vectors={file}")
    one = sadari.load("m")
    train("--vectors", file)
    assert np.array_equal(sadari.load("m").logits(["other1"]), one.logits(["other1"]))


def test_what_cannot_be(file):
    def badly(*arguments):
        said = run_badly("train", "headlines", "-o", "m", *arguments)
        assert not Path("m").exists()
        return said

    said = badly("--rung", "vectors")
    assert "none are given" in said
    assert "sadari vectors train" in said
    assert "none.vec" in badly("--rung", "vectors", "--vectors", "none.vec")
    assert "has no setting 'vectors'" in badly("--rung", "tfidf", "--vectors", file)
    assert "no hidden" in badly("--rung", "vectors", "--vectors", file, "--set", "hidden=8")
    assert "'gpt'" in badly("--rung", "vectors", "--vectors", file, "--set", "net=gpt")
    assert "given twice" in badly("--rung", "vectors", "--vectors", file, "--set", f"vectors={file}")
    assert "cannot share" in badly(
        "--rung", "vectors", "--vectors", file, "--set", "net=transformer", "--set", "heads=3"
    )
    assert "too fast to keep a run" in badly("--rung", "vectors", "--vectors", file, "--run", "r")
    Path("words.txt").write_text("these are no vectors\n")
    assert "words.txt" in badly("--rung", "vectors", "--vectors", "words.txt")
    Path("other.vec").write_text("1 2\nzzqx 1 2\n")
    said = badly("--rung", "vectors", "--vectors", "other.vec")
    assert "none of the" in said
    assert "cut by the tokenizer 'basic_english', has a vector in other.vec" in said


def test_few_words_found_is_said_loudly(file):
    few = Path("few.vec")
    few.write_text("\n".join(["2 3", "seldom 1 2 3", f"{WORDS[-1]} 2 3 4"]) + "\n")
    result = run("train", "headlines", "--rung", "vectors", "-o", "m", "--vectors", few)
    assert result.exit_code == 0
    assert (
        "note: the vectors of few.vec know only 0 % of the text, cut by the tokenizer 'basic_english'" in result.stderr
    )
    assert "--tokenizer NAME" in result.stderr


@pytest.mark.slow
def test_a_stopped_training_is_resumed_from_elsewhere(file, tmp_path):
    place = os.path.relpath(file, tmp_path)
    options = ["--rung", "vectors", "--set", "net=lstm", "--set", "hidden=8", "--text", "title", "--epochs", "20"]
    data = HEADLINES / "en_train.csv"
    code, said = stopped("train", data, *options, "--vectors", place, "-o", "m", "--run", "run", run=Path("run"))
    assert code == 130, said
    assert not read_run("run").finished
    other = tmp_path / "elsewhere"
    other.mkdir()
    os.chdir(other)
    run_well("train", "--resume", tmp_path / "run")
    run_well("train", HEADLINES / "en_train.csv", *options, "--vectors", file, "-o", tmp_path / "unbroken")
    one, other = (
        {name: value.tobytes() for name, value in read_model(tmp_path / folder).tensors.items()}
        for folder in ("m", "unbroken")
    )
    assert one == other


# -- climb ------------------------------------------------------------------------------------------------


def test_a_climb_takes_the_rung_when_there_are_vectors(file):
    printed = run_well("climb", *QUICK, "--rungs", "tfidf,embedding-bag,vectors", "--vectors", file, "-o", "out").stdout
    rungs = [line.split()[0].strip("●") or line.split()[1] for line in printed.splitlines() if "±" in line]
    assert "vectors" in printed
    assert rungs
    model = sadari.load("out/vectors")
    assert f"vectors: {str(model.coverage_)[:20]}" in " ".join(printed.split())
    found = json.loads(Path("out", "climb.json").read_text())
    [mine] = [rung for rung in found["rungs"] if rung["rung"] == "vectors"]
    assert mine["settings"]["vectors"] == "some.vec"
    assert found["options"]["vectors"] == "some.vec"
    assert mine["accuracy"]["value"] > 0.4


def test_a_climb_without_vectors_says_that_it_leaves_the_rung_out():
    from sadari.climb.selection import rungs_to_climb
    from sadari.messages import render

    selection = rungs_to_climb(None, {})
    left_out = selection.left_out
    assert selection.names == [name for name in sadari.RUNGS if name not in ("vectors", "embed", "bert", "setfit")]
    assert [name for name, _ in left_out] == ["vectors", "embed", "bert", "setfit"]
    assert "--vectors FILE" in render(left_out[0][1])
    assert "--weights FOLDER" in render(left_out[1][1])
    assert rungs_to_climb(None, {"vectors": "v.vec"}).starts == {"vectors": {"vectors": "v.vec"}}
    selection = rungs_to_climb(["tfidf", "bow"], {})
    assert (selection.names, selection.left_out, selection.starts) == (["bow", "tfidf"], [], {})


def test_what_a_climb_says_of_vectors_that_do_not_fit(file):
    assert "none are given" in run_badly("climb", *QUICK, "--rungs", "bow,vectors")
    assert "is not asked for" in run_badly("climb", *QUICK, "--rungs", "bow", "--vectors", file)
    assert "none.vec" in run_badly("climb", *QUICK, "--rungs", "bow,vectors", "--vectors", "none.vec")
    assert not Path("runs").exists()


def test_a_climb_with_trials_and_curves(file):
    pytest.importorskip("optuna")
    options = ["--rungs", "bow,vectors", "--vectors", file, "--tune", "2", "-o", "out", "--budget", "1m"]
    found = json.loads(run_well("climb", *options, "--json").stdout)
    assert found["rungs"][1]["curve"]
    assert "settings tried" in found["rungs"][1]["note"]
    assert "words found" in found["rungs"][1]["note"]
