"""``sadari generate``: trained, stopped and resumed, sampled, and asked for what cannot be."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from cli_runs import ENVIRONMENT, SADARI, run, run_badly, run_well, spawn, stopped
from sadari import Generator
from sadari.artifact import read_model
from sadari.train.checkpoint import read_run

VERSE = "the cat sat on the mat. the dog sat on the log.\nthe cat ran to the dog, and the dog ran to the mat.\n"
QUICK = [
    "--set",
    "hidden=24",
    "--set",
    "window=16",
    "--set",
    "batch_size=4",
    "--set",
    "learning_rate=0.02",
    "--steps",
    "60",
]


@pytest.fixture
def verses(tmp_path):
    path = tmp_path / "verses.txt"
    path.write_text(VERSE * 6)
    return path


@pytest.fixture
def news(tmp_path):
    path = tmp_path / "news.csv"
    rows = [
        "Sports,Lions win one nil",
        "Sports,Bears win two one",
        "Business,Oil falls a bit",
        "Business,Tin falls",
    ] * 8
    path.write_text("\n".join(["label,title", *rows]) + "\n")
    return path


@cache
def folder(*more):
    """A model trained once for all tests."""
    import atexit
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="sadari-tests-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    (place / "verses.txt").write_text(VERSE * 6)
    run_well("generate", "train", place / "verses.txt", "-o", place / "m", *QUICK, *more, "--json")
    return place / "m"


# -- training -----------------------------------------------------------------------------------------------


def test_a_training_says_what_it_read_and_what_it_came_to(verses, tmp_path):
    result = run_well("generate", "train", verses, "-o", tmp_path / "m", *QUICK)
    said = result.stdout.replace("\n            ", " ")
    for part in (
        f"verses.txt · {len(VERSE) * 6} characters, 19 ids",
        "Split       train 539 · held out 61",
        "lstm ·",
        "parameters",
        "hidden 24",
        "steps 60",
        "Trained",
        "60 steps",
        "Held out    loss",
        "bits a character",
        "Saved",
        "Next        sadari generate sample",
    ):
        assert part in said, part
    assert result.stderr.count("bits a character") == 10
    assert result.stderr.count("step 60 · ") == 1
    assert result.stderr.count("  │ ") >= 10  # what it writes, each time
    model = Generator.load(tmp_path / "m")
    assert model.net == "lstm"
    assert model.data_["source"] == str(verses)
    following = said.split("Next        sadari ")[1].split()
    assert run_well(*following).stdout


def test_ends_and_labels_are_no_characters(news, tmp_path):
    characters = sum(len(line.partition(",")[2]) for line in news.read_text().splitlines()[1:])
    given = ["--text", "title", "--set", "hidden=8", "--steps", "2", "--sample-every", "0", "-o", tmp_path / "m"]
    for condition in ([], ["--condition", "label"]):
        said = run_well("generate", "train", news, *given, *condition).stdout
        assert f"32 texts · {characters:,} characters" in " ".join(said.split())
        train, held_out = re.search(r"train ([\d,]+) · held out ([\d,]+)", said).groups()
        assert int(train.replace(",", "")) + int(held_out) == characters


@pytest.mark.parametrize("net", ["lstm", "gru", "transformer"])
@pytest.mark.parametrize("level", ["char", "word", "subword"])
def test_every_level_and_net(net, level, verses, tmp_path):
    more = ["--set", "embed_dim=16", "--set", "heads=2", "--set", "max_vocab=270", "--steps", "6", "--set", "window=8"]
    given = ["--net", net, "--level", level, "-o", tmp_path / "m", "--json", "--sample-every", "0"]
    result = run_well("generate", "train", verses, *more, *given)
    found = json.loads(result.stdout)
    assert (found["settings"]["net"], found["settings"]["level"]) == (net, level)
    assert found["history"][-1]["step"] == 6
    assert found["settings"]["epochs"] is None  # there is no such limit
    assert "epochs" not in (tmp_path / "m" / "README.md").read_text()
    assert Generator.load(tmp_path / "m").resolved_.epochs is None
    assert ("bits_per_character" in found["history"][-1]) == (
        level != "word" or "perplexity" not in found["history"][-1]
    )
    assert "│" not in result.stderr
    text = json.loads(run_well("generate", "sample", tmp_path / "m", "the", "-n", "5", "--json").stdout)
    assert text["samples"][0]["text"].startswith("the")


def test_a_vocabulary_of_another_size_than_asked_is_said(verses, tmp_path):
    given = ["--level", "subword", "--steps", "2", "--set", "hidden=8", "--sample-every", "0", "-o", tmp_path / "m"]
    said = run_well("generate", "train", verses, *given, "--set", "max_vocab=100").stdout
    assert "256 subwords where 100 were asked for: each of the 256 bytes" in " ".join(said.split())
    found = json.loads(run_well("generate", "train", verses, *given, "--set", "max_vocab=5000", "--json").stdout)
    assert "where 5,000 were asked for: no other pieces" in found["vocabulary_note"]
    assert json.loads(run_well("generate", "train", verses, *given, "--json").stdout)["vocabulary_note"] is None


def test_how_long_can_be_said_in_three_ways(verses, tmp_path):
    def history(*limit):
        given = [part for part in QUICK if part not in ("--steps", "60")]
        return json.loads(run_well("generate", "train", verses, "-o", tmp_path / "m", *given, *limit, "--json").stdout)[
            "history"
        ]

    assert history("--steps", "7")[-1]["step"] == 7
    assert history("--epochs", "2")[-1]["epoch"] == 2
    assert 1.2 <= history("--minutes", "0.02")[-1]["seconds"] < 10


def test_samples_come_every_n_steps(verses, tmp_path):
    said = run_well(
        "generate", "train", verses, "-o", tmp_path / "m", *QUICK, "--sample-every", "25", "--sample-prompt", "Thou "
    ).stderr
    samples = [line for line in said.splitlines() if line.startswith("  │ ")]
    assert 2 <= len(samples) <= 12
    assert sum("Thou " in line for line in samples) >= 2


def test_several_files_are_one_text_in_their_order(tmp_path):
    for name, text in (("a.txt", VERSE * 3), ("b.txt", VERSE.strip() * 3)):
        (tmp_path / name).write_text(text)
    found = json.loads(
        run_well(
            "generate", "train", tmp_path / "a.txt", tmp_path / "b.txt", "-o", tmp_path / "m", *QUICK, "--json"
        ).stdout
    )
    length = len(VERSE * 3) + len(VERSE.strip() * 3) + 1
    learned = int((length + 1) * 0.9) - 1  # of which the mark at the beginning is no character
    assert (found["data"]["tokens"], found["data"]["held out"]) == (learned, length - learned)
    assert found["data"]["texts"] == 1


def test_of_a_folder_all_text_files_are_read_by_their_names(tmp_path):
    place = tmp_path / "books"
    place.mkdir()
    assert "there are no .txt files in the folder" in run_badly("generate", "train", place, "-o", tmp_path / "m")
    for name, text in (("b.txt", VERSE * 2), ("a.TXT", VERSE.upper() * 3), (".c.txt", "x"), ("d.csv", "x,y\n1,2")):
        (place / name).write_text(text)
    found = [
        json.loads(run_well("generate", "train", *given, "-o", tmp_path / "m", *QUICK, "--json").stdout)
        for given in ([place], [place / "a.TXT", place / "b.txt"])
    ]
    assert found[0]["data"]["sha256"] == found[1]["data"]["sha256"]
    assert found[0]["data"]["source"] == str(place)
    assert found[0]["notes"] == [f"{place}: 2 .txt files, 1 other passed over"]
    said = run_well("generate", "train", place, "-o", tmp_path / "m", *QUICK).stdout
    assert "2 .txt files, 1 other passed over" in " ".join(said.split())


def test_a_folder_of_labels_is_a_table(tmp_path):
    for label, line in (("glad", "how fine it is"), ("sad", "oh no it rains")):
        (tmp_path / "moods" / label).mkdir(parents=True)
        for number in range(6):
            (tmp_path / "moods" / label / f"{number}.txt").write_text(f"{line} {number}")
    given = ["generate", "train", tmp_path / "moods", "-o", tmp_path / "m", *QUICK, "--condition", "label"]
    assert "--format folder" in run_badly(*given)
    assert "2 labels: glad, sad" in run_well(*given, "--format", "folder").stdout


def test_text_from_standard_input(tmp_path):
    run_well("generate", "train", "-", "-o", tmp_path / "m", *QUICK, stdin=VERSE * 6)
    assert Generator.load(tmp_path / "m").running_


def test_rows_of_a_table_are_texts_with_an_end(news, tmp_path):
    result = run_well("generate", "train", news, "--text", "title", "-o", tmp_path / "m", *QUICK)
    assert "32 texts" in result.stdout
    model = Generator.load(tmp_path / "m")
    assert not model.running_
    assert model.codec_.labels == []
    assert model.data_["text_columns"] == ["title"]


@pytest.mark.parametrize("column", ["label", "topic"])
def test_a_text_is_asked_for_by_its_label(column, news, tmp_path):
    news.write_text(news.read_text().replace("label,", f"{column},", 1))
    given = ["--condition", "label" if column == "label" else "topic", "--text", "title"]
    result = run_well("generate", "train", news, *given, "-o", tmp_path / "m", *QUICK, "--steps", "400")
    assert "2 labels: Business, Sports" in result.stdout
    assert "--label Business" in result.stdout.splitlines()[-1]
    asked = ["--label", "Sports", "--count", "3", "-t", "0.3", "--json"]
    samples = json.loads(run_well("generate", "sample", tmp_path / "m", *asked).stdout)["samples"]
    assert all("win" in sample["text"] for sample in samples)
    said = run_badly("generate", "sample", tmp_path / "m", "--label", "Weather")
    assert "Business, Sports" in said


def test_a_named_data_set(tmp_path):
    given = ["--condition", "label", "--text", "title", "--set", "hidden=8", "--steps", "2"]
    result = run_well("generate", "train", "headlines", *given, "-o", tmp_path / "m")
    assert "4 labels: Business, Sci/Tech, Sports, World" in result.stdout


@pytest.mark.slow
def test_a_stopped_training_is_resumed_to_the_same_model(verses, tmp_path):
    how = [part for part in QUICK if part not in ("--steps", "60")]
    command = ["generate", "train", verses.name, "-o", "m", *how, "--steps", "3000", "--run", "run"]
    kept = tmp_path / "run"
    code, said = stopped(*command, run=kept, cwd=tmp_path)
    assert code == 130, said
    assert "sadari generate train --resume run" in said
    assert not (tmp_path / "m").exists()
    assert not read_run(kept).finished
    assert "begun by `sadari generate train`" in run_badly("train", "--resume", kept)
    assert "leave out 'steps'" in run_badly("generate", "train", "--resume", kept, "--steps", "3")
    run_well("generate", "train", "--resume", kept, "--json")  # from another folder than it was begun in
    assert not kept.exists()
    run_well("generate", "train", verses, "-o", tmp_path / "unbroken", *how, "--steps", "3000", "--json")
    found = [read_model(tmp_path / name).tensors for name in ("m", "unbroken")]
    assert {name: value.tobytes() for name, value in found[0].items()} == {
        name: value.tobytes() for name, value in found[1].items()
    }


# -- sampling -----------------------------------------------------------------------------------------------


def sample(*arguments):
    return run_well("generate", "sample", folder(), *arguments)


def test_a_sample_is_what_python_writes():
    model = Generator.load(folder())
    how = {"temperature": 0.7, "top_k": 9, "top_p": 0.95, "seed": 4}
    given = ["--temperature", "0.7", "--top-k", "9", "--top-p", "0.95", "--seed", "4"]
    result = sample("the cat", "--length", "80", *given)
    assert result.stdout == model.sample("the cat", 80, **how) + "\n"
    assert result.stderr == ""
    found = json.loads(sample("the cat", "--length", "80", *given, "--json").stdout)
    assert found["samples"] == [
        {"seed": 4, "written": result.stdout[7:-1], "text": result.stdout[:-1]},
    ]


def test_several_samples_have_seeds_of_their_own():
    texts = sample("the ", "-n", "40", "--count", "3", "--seed", "5").stdout.split("\n---\n")
    model = Generator.load(folder())
    assert texts == [
        model.sample("the ", 40, temperature=0.8, seed=seed) + end for seed, end in ((5, ""), (6, ""), (7, "\n"))
    ]


def test_the_text_is_seen_while_it_is_written():
    """Each piece is flushed: the first comes long before the last."""
    command = [*SADARI, "generate", "sample", str(folder()), "the ", "-n", "100000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        first = process.stdout.read(20)
        assert first.startswith(b"the ")
        assert process.poll() is None
    finally:
        process.stdout.close()
        code = process.wait(timeout=30)
    assert code == 141  # the pipe was closed, as `head` does


def test_nothing_moves_the_cursor_of_a_terminal(tmp_path):
    """A text may hold escape sequences, and so may what is learned from it."""
    import pty

    (tmp_path / "a.txt").write_text("\x1b[2Jab\tcd" * 100)
    run_well("generate", "train", tmp_path / "a.txt", "-o", tmp_path / "m", *QUICK, "--json")
    master, slave = pty.openpty()
    command = [*SADARI, "generate", "sample", str(tmp_path / "m"), "\x1b[2J", "-n", "30"]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    assert process.wait(timeout=60) == 0
    os.close(slave)
    shown = os.read(master, 10_000)
    os.close(master)
    assert b"\x1b" not in shown.removesuffix(b"\x1b[0m")  # which some packages write at the end of every program
    assert b"\\x1b[2J" in shown
    assert b"\t" in shown
    assert "\x1b" in run_well("generate", "sample", tmp_path / "m", "\x1b[2J", "-n", "30").stdout  # a file gets all


def test_a_prompt_from_standard_input():
    result = run("generate", "sample", folder(), "-", "-n", "20", stdin="the cat")
    assert result.stdout == Generator.load(folder()).sample("the cat", 20, temperature=0.8) + "\n"
    assert "not UTF-8" in run_badly("generate", "sample", folder(), "-", stdin=b"\xff\xfe\x00")


def test_odd_prompts_have_defined_results():
    assert sample("the ", "--length", "0").stdout == "the \n"
    assert sample("", "--length", "0").stdout == "\n"
    assert len(sample("", "--length", "30").stdout) == 31
    result = sample("thé 한국 cat", "--length", "10")
    assert result.stderr == "3 characters of the prompt the model does not know, passed over: 'é', '한', '국'\n"
    assert result.stdout.startswith("thé 한국 cat")
    assert sample("é", "-n", "0").stderr.startswith("1 character of the prompt the model does not know")


def test_a_prompt_longer_than_the_context_is_said():
    place = folder("--net", "transformer", "--set", "embed_dim=16", "--set", "heads=2", "--set", "layers=1")
    result = run_well("generate", "sample", place, VERSE, "-n", "5")
    assert f"the prompt has {len(VERSE)} characters; the model looks back on 16 at most" in result.stderr
    assert result.stdout.startswith(VERSE)
    assert run_well("generate", "sample", place, "the", "-n", "5").stderr == ""
    assert sample(VERSE, "-n", "5").stderr == ""  # an LSTM reads all of it


# -- what cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--length", "-1"], "--length is -1"),
        (["--length", "many"], "not a valid integer"),
        (["--temperature", "nan"], "temperature is nan"),
        (["--temperature", "-0.5"], "temperature is -0.5"),
        (["--temperature", "inf"], "temperature is inf"),
        (["--top-p", "1.5"], "top_p is 1.5"),
        (["--top-p", "-0.1"], "top_p is -0.1"),
        (["--top-k", "-1"], "top_k is -1"),
        (["--count", "0"], "--count"),
        (["--label", "Sports"], "trained without --condition"),
    ],
)
def test_samples_that_cannot_be(given, said):
    error = run_badly("generate", "sample", folder(), "the", *given)
    assert said in error
    assert len(error.splitlines()) <= 3


def test_a_model_of_another_kind(tmp_path):
    run_well("train", "headlines", "--rung", "bow", "-o", tmp_path / "bow")
    assert "a classifier, and no generator" in run_badly("generate", "sample", tmp_path / "bow", "a")
    assert "sadari generate" in run_badly("predict", folder(), "a text")
    assert str(tmp_path / "none") in run_badly("generate", "sample", tmp_path / "none", "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("  \n\n ", "no text to learn from"),
        ("a" * 500, "only 'a'"),
        ("a short text", "a window of 16 needs 17"),
    ],
)
def test_files_that_teach_nothing(text, said, tmp_path):
    (tmp_path / "a.txt").write_text(text)
    error = run_badly("generate", "train", tmp_path / "a.txt", "-o", tmp_path / "m", *QUICK)
    assert said in error
    assert not (tmp_path / "m").exists()


def test_trainings_that_cannot_be(verses, news, tmp_path):
    def badly(*arguments):
        error = run_badly("generate", "train", *arguments)
        assert len(error.splitlines()) <= 3, error
        return error

    m = ["-o", tmp_path / "m"]
    assert "TEXT is missing" in badly(*m)
    assert "-o is missing" in badly(verses)
    assert "level is 'byte'" in badly(verses, *m, "--level", "byte")
    assert "net is 'rwkv'" in badly(verses, *m, "--net", "rwkv")
    assert "a generator has no setting 'hiden'; did you mean 'hidden'" in badly(verses, *m, "--set", "hiden=3")
    assert "it cannot be 'many'" in badly(verses, *m, "--steps", "many")
    assert "minutes is nan" in badly(verses, *m, "--minutes", "nan")
    assert "validation is 1.5" in badly(verses, *m, "--validation", "1.5")
    assert "stands beside a table" in badly(verses, news, *m)
    assert "--condition needs a table" in badly(verses, *m, "--condition", "label")
    assert "no column" in badly(news, *m, "--condition", "colour")
    assert "none.txt" in badly(tmp_path / "none.txt", *m)
    assert "standard input" in badly("-", *m, "--run", tmp_path / "run")
    assert "the same folder" in badly(verses, *m, "--run", tmp_path / "m")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    assert "full" in badly(verses, "-o", tmp_path / "full")


def test_help_is_quick_and_has_examples():
    for command in ([], ["train"], ["sample"]):
        shown = spawn("generate", *command, "--help").stdout
        assert "Example" in shown
        assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("command", [("generate", "train"), ("pretrain",), ("translate", "train")])
def test_a_record_every_n_steps_is_asked_for_alike(command):
    assert "--report-every N" in run_well(*command, "--help").stdout
    assert "report_every=0.5" in run_badly(*command, "headlines", "-o", "m", "--report-every", "0.5")
