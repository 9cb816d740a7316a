"""``sadari pretrain``: trained, stopped and resumed, probed, and asked for what cannot be."""

import json
import os
import re
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest

from cli_runs import SADARI, run, run_badly, run_well, spawn
from sadari import Bert
from sadari.artifact import read_model
from sadari.cli.arguments.text_files import files_of
from sadari.cli.pretrain.input import Texts
from sadari.cli.pretrain.view import print_probe
from sadari.train.checkpoint import Run, read_run
from sadari.train.loop import Interrupted

SUBJECTS, PLACES = ["cat", "dog", "bird", "fox", "cow", "hen"], ["mat", "log", "roof", "hill", "farm", "road"]
LINES = [f"The {one} sat on the {place}. It saw the {two}." for one in SUBJECTS for two in SUBJECTS for place in PLACES]
QUICK = [
    "--length",
    "24",
    "--batch-size",
    "16",
    "--steps",
    "8",
    "--set",
    "validations=2",
    "--set",
    "threads=1",
    "--vocabulary",
    "150",
    "--validation",
    "0.2",
]


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text("\n\n".join(LINES))
    return path


@cache
def folder(*more):
    """A model trained once for all tests."""
    import atexit
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="sadari-tests-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    (place / "story.txt").write_text("\n\n".join(LINES))
    run_well("pretrain", place / "story.txt", "-o", place / "m", *QUICK, *more, "--json")
    return place / "m"


# -- training -----------------------------------------------------------------------------------------------


def test_a_training_says_what_it_read_and_what_it_came_to(story, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run_well("pretrain", "story.txt", "-o", "m", *QUICK)
    said = " ".join(result.stdout.split())
    for part in (
        f"story.txt · {len(LINES)} texts",
        "Split train",
        "held out",
        "BERT tiny",
        "parameters",
        "pieces",
        "length 24",
        "Guess by frequency alone",
        "Trained",
        "8 steps",
        "Held out masked",
        "next",
        "Saved",
        "opens in transformers",
        "Next sadari pretrain probe",
    ):
        assert part in said, part
    told = " ".join(result.stderr.split())
    assert told.count("held out masked") == 2
    (scored,) = re.findall(r"Held out masked .* on ([\d,]+) tokens", said)
    assert told.count(f"on {scored} tokens") == 2  # all that is held out, for that is little
    assert told.count("pairs") == 2  # so few of them that their number is said
    assert max(map(len, [*result.stdout.splitlines(), *result.stderr.splitlines()])) <= 80
    model = Bert.load(tmp_path / "m")
    assert model.data_["source"] == "story.txt"
    assert not (tmp_path / "run").exists()


def test_json_holds_all_of_it(story, tmp_path):
    found = json.loads(run_well("pretrain", story, "-o", tmp_path / "m", *QUICK, "--no-nsp", "--json").stdout)
    assert found["settings"]["nsp"] is False
    assert found["settings"]["size"] == "tiny"
    assert (found["settings"]["steps"], found["settings"]["epochs"]) == (8, None)  # there is no limit of passes
    assert "epochs" not in (tmp_path / "m" / "README.md").read_text()
    assert Bert.load(tmp_path / "m").resolved_.epochs is None
    assert found["history"][-1]["step"] == 8
    assert 0 < found["guess"]["guess_accuracy"] < 1
    assert found["scores"]["masked accuracy"] >= 0
    assert "next accuracy" not in found["scores"]
    assert found["data"]["texts"] == len(LINES)


def test_rows_of_a_table_are_texts_and_their_columns_sentences(tmp_path):
    path = tmp_path / "news.csv"
    path.write_text(
        "\n".join(["title,body", *(f"About a {two},the {two} saw {one}" for one in SUBJECTS for two in PLACES)])
    )
    found = json.loads(
        run_well("pretrain", path, "--text", "title,body", "-o", tmp_path / "m", *QUICK, "--json").stdout
    )
    assert found["data"]["texts"] == 36
    assert found["data"]["text_columns"] == ["title", "body"]
    assert "next_accuracy" in found["history"][-1]  # titles and bodies are pairs, though no full stop parts them


def test_of_a_folder_all_text_files_are_read_by_their_names(story, tmp_path):
    lines = story.read_text()
    place = tmp_path / "texts"
    place.mkdir()
    assert "there are no .txt files in the folder" in run_badly("pretrain", place, "-o", tmp_path / "m")
    for name, part in (("b.txt", lines[len(lines) // 2 :]), ("a.TXT", lines[: len(lines) // 2]), (".hidden.txt", "x")):
        (place / name).write_text(part)
    (place / "c.csv").write_text("no text")
    names = [str(place / name) for name in ("a.TXT", "b.txt")]
    found, note = files_of(str(place))
    assert (found, str(note)) == (names, f"{place}: 2 .txt files, 1 other passed over")
    one, two = (
        json.loads(run_well("pretrain", *given, "-o", tmp_path / "m", *QUICK, "--json").stdout)
        for given in ([place], names)
    )
    assert one["data"]["sha256"] == two["data"]["sha256"]
    assert one["data"]["source"] == str(place)
    assert one["notes"] == [f"{place}: 2 .txt files, 1 other passed over"]


def test_of_a_folder_of_folders_the_way_to_read_them_is_said(tmp_path):
    place = tmp_path / "reviews"
    for number, line in enumerate(LINES):
        (place / "good").mkdir(parents=True, exist_ok=True)
        (place / "good" / f"{number}.txt").write_text(line)
    said = run_badly("pretrain", place, "-o", tmp_path / "m")
    assert "--format folder" in said
    found = json.loads(run_well("pretrain", place, "--format", "folder", "-o", tmp_path / "m", *QUICK, "--json").stdout)
    assert found["data"]["texts"] == len(LINES)


def test_a_vocabulary_of_another_size_than_asked_is_said(tmp_path):
    given = [part for part in QUICK if part not in ("--vocabulary", "150")]
    given += ["--no-nsp", "-o", tmp_path / "m", "--vocabulary", "300"]
    said = " ".join(run_well("pretrain", "headlines_ko", *given).stdout.split())
    kept = re.search(r"([\d,]+) subwords where 300 were asked for: ([\d,]+) characters are kept", said)
    assert 300 < int(kept[2].replace(",", "")) < int(kept[1].replace(",", "")) == len(Bert.load(tmp_path / "m").pieces_)
    found = json.loads(run_well("pretrain", "headlines_ko", *given, "--json").stdout)
    assert "where 300 were asked for" in found["vocabulary_note"]


def test_a_start_that_is_nowhere_is_one_error(story, tmp_path):
    said = run_badly("pretrain", story, "--from", tmp_path / "nowhere", "-o", tmp_path / "m", "--steps", "1")
    assert "there is no such folder of weights" in said
    said = run_badly("pretrain", story, "--from", "somebody/nothing-of-that-name", "-o", tmp_path / "m", "--steps", "1")
    assert "--download" in said


def test_a_named_data_set(tmp_path):
    found = json.loads(run_well("pretrain", "headlines_ko", "--no-nsp", "-o", tmp_path / "m", *QUICK, "--json").stdout)
    assert found["data"]["source"] == "headlines_ko"
    assert found["data"]["texts"] > 100


def test_it_goes_on_from_a_folder(story, tmp_path):
    given = [part for part in QUICK if part not in ("--vocabulary", "150")]
    result = run_well("pretrain", story, "--from", folder(), "-o", tmp_path / "m", *given)
    assert "on from" in " ".join(result.stdout.split())
    assert Bert.load(tmp_path / "m").pieces_.pieces == Bert.load(folder()).pieces_.pieces


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_to_the_same_bits(story, tmp_path):
    steps = [part if part != "8" else "60" for part in QUICK]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
    job = subprocess.Popen(
        [*SADARI, "pretrain", str(story), "-o", str(tmp_path / "m"), *steps, "--run", str(tmp_path / "run")],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    limit = time.monotonic() + 60
    while not (tmp_path / "run" / "sadari.json").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    job.send_signal(signal.SIGTERM)
    said = job.communicate(timeout=60)[1]
    assert job.returncode == 130, said
    assert "sadari pretrain --resume" in said
    assert not read_run(tmp_path / "run").finished
    result = spawn("pretrain", "--resume", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "run").exists()
    run_well("pretrain", story, "-o", tmp_path / "whole", *steps)
    one, two = (read_model(tmp_path / name, as_torch=True).tensors for name in ("m", "whole"))
    assert all((one[name] == two[name]).all() for name in two)


def test_a_run_from_before_some_options_goes_on(story, tmp_path):
    """What its arguments do not name is as it is where nobody says."""

    def stop(done, total, record):
        if "loss" in record:
            os.kill(os.getpid(), signal.SIGTERM)

    settings = {"length": 24, "batch_size": 16, "steps": 8, "validations": 2, "threads": 1, "vocabulary": 150}
    given = dict.fromkeys(
        (
            "size",
            "start",
            "epochs",
            "minutes",
            "text",
            "format",
            "encoding",
            "delimiter",
            "header",
            "validation",
            "seed",
            "device",
            "precision",
        ),
    )
    given |= {
        "texts": [str(story)],
        "output": str(tmp_path / "m"),
        "nsp": True,
        "whole_words": False,
        "length": "24",
        "batch_size": "16",
        "vocabulary": "150",
        "steps": "8",
        "settings": ["validations=2", "threads=1"],
        "on_bad_row": "error",
        "run": str(tmp_path / "run"),
    }
    texts = Texts({**given, "texts": [str(story)]})
    with pytest.raises(Interrupted):
        Bert(**settings).fit(
            texts, run=Run(tmp_path / "run", notes={"command": "pretrain", "arguments": given}), on_progress=stop
        )
    assert read_run(tmp_path / "run").step == 1
    run_well("pretrain", "--resume", tmp_path / "run")
    whole = Bert(**settings).fit(texts).net_.state_dict()
    resumed = Bert.load(tmp_path / "m").net_.state_dict()
    assert all((resumed[name] == whole[name]).all() for name in whole)


# -- probing ------------------------------------------------------------------------------------------------


def test_masks_are_filled():
    said = run_well("pretrain", "probe", folder(), "She [MASK] fun at the [MASK] party", "--top", "3").stdout
    assert "[MASK] 1" in said
    assert "[MASK] 2" in said
    assert said.count("%") == 6
    assert "Reads" in said
    assert "[MASK]" not in said.split("Reads")[1]
    found = json.loads(run_well("pretrain", "probe", folder(), "The [MASK] sat", "--json").stdout)
    assert len(found["masks"]) == 1
    assert len(found["masks"][0]) == 5
    assert found["follows"] is None
    probabilities = [one["probability"] for one in found["masks"][0]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert "[MASK]" not in found["filled"]


def test_wide_pieces_are_shown_whole(tmp_path):
    run_well("pretrain", "headlines_ko", "--no-nsp", "-o", tmp_path / "m", *QUICK, "--vocabulary", "2000")
    said = run_well("pretrain", "probe", tmp_path / "m", "오늘 [MASK] 뉴스", "--top", "40").stdout
    assert any("가" <= character <= "힣" for character in said.split("Reads")[0])
    assert not re.search("[가-힣]…", said)


def test_too_few_texts_to_hold_any_out_are_said(tmp_path):
    (tmp_path / "few.txt").write_text("\n\n".join(f"one sentence number {number} only here" for number in range(9)))
    some = [*QUICK, "--no-nsp", "--validation", "0.0001"]
    said = run_well("pretrain", tmp_path / "few.txt", "-o", tmp_path / "m", *some).stdout
    assert "nothing is scored" in " ".join(said.split())
    assert "Held out" not in said


def test_a_second_text_follows_or_does_not():
    said = run_well("pretrain", "probe", folder(), "The dog sleeps", "It snores loudly").stdout
    assert "follow" in said
    assert "[MASK]" not in said
    found = json.loads(run_well("pretrain", "probe", folder(), "The dog sleeps", "It snores loudly", "--json").stdout)
    assert 0 < found["follows"] < 1
    assert found["masks"] == []


def test_masks_are_read_in_any_case():
    as_it_is, lower = (
        json.loads(run_well("pretrain", "probe", folder(), f"The {mask} sat", "--json").stdout)
        for mask in ("[MASK]", "[mask]")
    )
    assert as_it_is == lower
    assert Bert.load(folder()).fill("The [Mask] sat") == Bert.load(folder()).fill("The [MASK] sat")
    assert (
        "[mask]" not in run_well("pretrain", "probe", folder(), "The [mask] sat").stdout.lower().partition("reads")[2]
    )


def test_what_a_model_was_not_taught_is_said_with_its_folder():
    said = run_badly("pretrain", "probe", folder("--no-nsp"), "The cat", "It sat")
    assert f"{folder('--no-nsp')}: the model was not taught whether sentences follow" in " ".join(said.split())


def test_masks_may_stand_in_both_texts():
    found = json.loads(run_well("pretrain", "probe", folder(), "The [MASK] sat", "It [MASK] it", "--json").stdout)
    assert len(found["masks"]) == 2
    assert found["follows"] is not None
    without = json.loads(run_well("pretrain", "probe", folder("--no-nsp"), "The [MASK]", "It", "--json").stdout)
    assert without["follows"] is None


# -- help, and what cannot be -------------------------------------------------------------------------------


def test_a_pre_trained_bert_is_no_classifier():
    assert "a pre-trained BERT, and no classifier" in run_badly("predict", folder(), "a text")


def test_help_names_the_probe_and_shows_examples():
    said = run_well("pretrain", "--help").stdout
    assert "pretrain [OPTIONS] TEXT…" in said
    assert "probe" in said
    assert "sadari pretrain book.txt -o models/bert" in said
    probing = run_well("pretrain", "probe", "--help").stdout
    assert "pretrain probe [OPTIONS] MODEL TEXT [SECOND]" in probing
    assert "She [MASK] fun" in probing
    assert "probe" in run_badly("pretrain", "probe", "--nothing", "m", "t")


def test_the_command_of_several_processes_takes_every_option():
    """Without the dashes torchrun takes --run for the beginning of an option of its own."""
    from torch.distributed.run import get_args_parser

    (line,) = re.findall("torchrun (.*) …", run_well("pretrain", "--help").stdout)
    found = get_args_parser().parse_args([*line.split(), "a.txt", "-o", "m", "--run", "r"])
    assert (found.module, found.training_script) == (True, "sadari")
    assert found.training_script_args == ["pretrain", "a.txt", "-o", "m", "--run", "r"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "TEXT is missing"),
        (["story.txt"], "-o is missing"),
        (["none.txt", "-o", "m"], "none.txt"),
        (["story.txt", "-o", "m", "--length", "0"], "length is 0"),
        (["story.txt", "-o", "m", "--size", "huge"], "size is 'huge'"),
        (["story.txt", "-o", "m", "--set", "widths=3"], "no setting 'widths'"),
        (["story.txt", "-o", "m", "--from", "none"], "neither a folder of this name"),
        (["story.txt", "-o", "m", "--from", "m2", "--size", "mini"], "size is that of the start"),
        (["-", "-o", "m"], "standard input"),
        (["blank.txt", "-o", "m"], "no words in the texts"),
        (["empty.txt", "-o", "m"], "empty"),
        (["lines.txt", "-o", "m"], "--no-nsp"),
        (["story.txt", "-o", "story.txt"], "file of this name"),
        (["--resume", "none"], "none"),
    ],
)
def test_mistakes_are_said(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text("\n\n".join(LINES))
    Path("blank.txt").write_text(" \n\n \n")
    Path("empty.txt").write_text("")
    Path("lines.txt").write_text("\n\n".join(["The cat sat"] * 30))
    assert said in run_badly("pretrain", *arguments)
    assert not Path("m").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["The dog sleeps"], "no [MASK] in the text"),
        (["", "It snores"], "nothing in the first"),
        (["The dog", " "], "nothing in the second"),
        (["[MASK] " * 600], "the model reads 512"),
    ],
)
def test_what_cannot_be_probed_is_said(arguments, said):
    assert said in run_badly("pretrain", "probe", folder(), *arguments)


def test_tokens_that_the_model_cannot_read_are_counted():
    told = run_well("pretrain", "probe", folder(), "오늘 the [MASK] 먹을까", "--json").stderr
    assert "2 of 4 tokens are unknown to the model's tokenizer" in told
    assert "unknown" not in run_well("pretrain", "probe", folder(), "The cat [MASK]", "It saw", "--json").stderr


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.93, "follows, it seems: probability 93.0 %"),
        (0.07, "does not follow, it seems: probability 7.0 %"),
        (0.482, "may follow or not: probability 48.2 %"),
        (0.52, "may follow or not: probability 52.0 %"),
    ],
)
def test_whether_a_second_text_follows_is_said_as_sure_as_it_is(probability, said, capsys):
    print_probe("The dog sleeps", "It snores loudly", [], probability)
    assert f"Second {said}" in " ".join(capsys.readouterr().out.split())


def test_a_folder_that_is_no_bert_is_said(tmp_path):
    assert "no such folder" in run_badly("pretrain", "probe", tmp_path / "none", "[MASK]")
    assert "no config.json" in run_badly("pretrain", "probe", tmp_path, "[MASK]")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert "pickle" in run_badly("pretrain", "probe", tmp_path, "[MASK]")
    no_pairs = run_badly("pretrain", "probe", folder("--no-nsp"), "one", "two")
    assert "not taught" in no_pairs


def test_a_file_may_be_called_probe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("probe").write_text("\n\n".join(LINES))
    assert run("pretrain", "./probe", "-o", "m", *QUICK).exit_code == 0
