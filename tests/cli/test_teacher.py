"""``sadari train --teacher``: from one folder to another, texts without labels from files, and what is refused."""

import json
import os
import re
import shutil

import polars as pl
import pytest

import sadari
from cli_runs import HEADLINES, model_folder, run_badly, run_well, stopped
from sadari.artifact import read_model

TRAIN, TEST = HEADLINES / "en_train.csv", HEADLINES / "en_test.csv"
BAG = ["--rung", "embedding-bag"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A few labelled rows, and more without labels, in the working folder."""
    monkeypatch.chdir(tmp_path)
    frame = pl.read_csv(TRAIN)
    frame.head(150).write_csv("few.csv")
    frame.drop("label").tail(600).write_csv("more.csv")
    return tmp_path


def agreement(folder):
    texts = pl.read_csv(TEST)["text"]
    return float((sadari.load(folder).predict(texts) == sadari.load(model_folder("tfidf")).predict(texts)).mean())


def test_a_student_of_a_model_on_texts_without_labels(files):
    teacher = model_folder("tfidf")
    run_well("train", "few.csv", *BAG, "-o", "alone")
    printed = run_well("train", "few.csv", *BAG, "--teacher", teacher, "--unlabelled", "more.csv", "-o", "m").stdout
    said = " ".join(printed.split())
    assert "Teacher tfidf (tfidf) · agrees with " in said
    assert "% of the labels · temperature 2 · trust 0.9" in said
    assert "600 texts without labels" in said
    assert all(len(line) <= 80 for line in printed.splitlines())
    assert agreement("m") > agreement("alone") + 0.1
    assert "## Taught by" in (files / "m" / "README.md").read_text()


def test_a_teacher_at_chance_is_said_to_be_and_one_that_knows_its_rows_by_heart_too(files):
    random = pl.read_csv(TRAIN).with_columns(pl.col("label").shuffle(seed=1))
    random.write_csv("random.csv")
    run_well("train", "random.csv", "--rung", "bow", "-o", "guesser", "--json")
    said = run_well("train", "few.csv", *BAG, "--teacher", "guesser", "-o", "m").stderr
    assert re.search(r"note: the teacher is right in [\d.]+ % of 135 labelled rows, no.* better than always ans", said)
    assert len(said.splitlines()) == 1
    run_well("train", "few.csv", "--rung", "bow", "-o", "own", "--json")
    said = " ".join(run_well("train", "few.csv", *BAG, "--teacher", "own", "-o", "m").stdout.split())
    assert re.search(r"agrees with [\d.]+ % of the labels, on which it was trained itself", said)
    assert "trained itself" not in run_well("train", "few.csv", *BAG, "--teacher", model_folder(), "-o", "m").stdout


def test_for_programs(files):
    options = ["--teacher", model_folder("tfidf"), "--unlabelled", "more.csv", "--temperature", "3", "--trust", "0.5"]
    said = json.loads(run_well("train", "few.csv", *BAG, *options, "-o", "m", "--json").stdout)
    assert (said["teacher"]["temperature"], said["teacher"]["trust"]) == (3.0, 0.5)
    assert said["teacher"]["unlabelled texts"] == 600
    assert said["teacher"] == json.loads((files / "m" / "sadari.json").read_text())["teacher"]
    assert "teacher" not in json.loads(run_well("train", "few.csv", *BAG, "-o", "n", "--json").stdout)


def test_altered_copies(files):
    run_well("train", "few.csv", "--rung", "bow", "-o", "own", "--json")
    taught = ["train", "few.csv", *BAG, "--teacher", "own"]
    said = " ".join(run_well(*taught, "-o", "m").stdout.split())
    assert "it knows these texts by heart; of altered copies of them it says more: --altered 4" in said
    printed = run_well(*taught, "--altered", "4", "-o", "m").stdout
    count = int(re.search(r"(\d+) altered copies, up to 4 of a text", printed)[1])
    assert 400 < count <= 4 * 150
    assert "--altered 4" not in printed
    assert all(len(line) <= 80 for line in printed.splitlines())
    about = json.loads(run_well(*taught, "--altered", "4", "-o", "n", "--json").stdout)["teacher"]
    assert (about["altered copies"], about["altered texts"]) == (4, count)
    assert "--altered needs a teacher" in run_badly("train", "few.csv", *BAG, "--altered", "4", "-o", "o")
    assert "altered" in run_badly(*taught, "--altered", "101", "-o", "o")


def test_texts_of_one_word_have_no_altered_copies(files):
    words = [f"{kind}{number}" for number in range(20) for kind in ("good", "bad")]
    pl.DataFrame({"text": words, "label": ["pos", "neg"] * 20}).write_csv("words.csv")
    run_well("train", "words.csv", "--rung", "bow", "-o", "own", "--json")
    taught = ["train", "words.csv", *BAG, "--teacher", "own", "--altered", "4", "-o", "m"]
    assert "no altered copies: they are made of texts of two words" in " ".join(run_well(*taught).stdout.split())


def test_texts_without_labels_in_any_file_and_those_of_the_test_file_left_out(files):
    frame = pl.read_csv(TRAIN)
    (files / "lines.txt").write_text("\n".join(["", "zzqx", *frame["text"][700:720], "   "]) + "\n")
    with_label = frame.slice(800, 30).with_columns(pl.lit(None).alias("label"))
    with_label.write_ndjson("more.jsonl")
    pl.read_csv(TEST).head(5).drop("label").write_csv("seen.csv")
    files_of = [argument for name in ("lines.txt", "more.jsonl", "seen.csv") for argument in ("--unlabelled", name)]
    options = ["--teacher", model_folder("tfidf"), "--test", TEST, "--text", "text", "--label", "label"]
    said = json.loads(run_well("train", "few.csv", *BAG, *options, *files_of, "-o", "m", "--json").stdout)["teacher"]
    assert said["unlabelled texts"] == 50
    assert said["left out, test texts"] == 5
    assert said["left out, blank"] >= 1
    assert said["left out, unknown to the teacher"] == 1


def test_a_named_data_set_gives_its_texts(files):
    said = json.loads(
        run_well(
            "train",
            "few.csv",
            *BAG,
            "--teacher",
            model_folder("tfidf"),
            "--unlabelled",
            "headlines",
            "-o",
            "m",
            "--json",
            "--text",
            "title,text",
        ).stdout
    )
    assert said["teacher"]["unlabelled texts"] == 850
    assert said["teacher"]["left out, training texts"] == 135
    assert said["teacher"]["left out, validation texts"] == 15


def test_what_cannot_be(files):
    teacher = model_folder("tfidf")

    def badly(*arguments, rung="embedding-bag"):
        said = run_badly("train", "few.csv", "--rung", rung, "-o", "m", *arguments)
        assert not (files / "m").exists()
        return " ".join(said.split())

    assert "'tfidf' learns from labels alone" in badly("--teacher", teacher, rung="tfidf")
    assert "--unlabelled needs a teacher" in badly("--unlabelled", "more.csv")
    assert "--temperature needs a teacher" in badly("--temperature", "2")
    assert "--trust needs a teacher" in badly("--trust", "0")
    assert "trust is 2.0" in badly("--teacher", teacher, "--trust", "2")
    assert "temperature is 0.0" in badly("--teacher", teacher, "--temperature", "0")
    assert "nowhere: there is no such model to teach" in badly("--teacher", "nowhere")
    assert "standard input" in badly("--teacher", teacher, "--unlabelled", "-")
    assert "none.csv" in badly("--teacher", teacher, "--unlabelled", "none.csv")
    (files / "numbers.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    assert "numbers.jsonl" in badly("--teacher", teacher, "--unlabelled", "numbers.jsonl")
    (files / "empty").mkdir()
    assert "empty" in badly("--teacher", "empty")
    (files / "climb").mkdir()
    (files / "climb" / "climb.json").write_text("{}")
    shutil.copytree(teacher, files / "climb" / "tfidf")
    assert "take one of: climb/tfidf" in badly("--teacher", "climb")
    pl.read_csv("few.csv").with_columns(pl.col("label").str.replace("World", "Globe")).write_csv("few.csv")
    other = badly("--teacher", teacher)
    assert "it knows Business, Sci/Tech, Sports, World" in other
    assert "they have Business, Globe, Sci/Tech, Sports" in other


def tensors(folder):
    return {name: value.tobytes() for name, value in read_model(folder).tensors.items()}


@pytest.mark.slow
def test_a_stopped_student_goes_on_with_its_teacher(files):
    shutil.copytree(model_folder("tfidf"), files / "teacher")
    net = ["--rung", "lstm", "--set", "embed_dim=16", "--set", "hidden=8", "--set", "max_length=12", "--epochs", "12"]
    options = [*net, "--teacher", "teacher", "--unlabelled", "more.csv", "--text", "title,text"]
    code, said = stopped("train", "few.csv", *options, "-o", "m", "--run", "run", run=files / "run")
    assert code == 130, said
    elsewhere = files / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    resumed = json.loads(run_well("train", "--resume", files / "run", "--json").stdout)
    os.chdir(files)
    assert resumed["teacher"]["unlabelled texts"] == 600
    run_well("train", "few.csv", *options, "-o", "unbroken")
    assert tensors("m") == tensors("unbroken")
