"""`sadari translate`: training, scoring and translating from the command line."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from cli_runs import model_folder, run, run_badly, run_well, stopped
from real_data import data_file
from sadari.cli.translate.view import alignment_grid, shade
from sadari.data.datasets import find
from sadari.data.parallel.read import read_pairs
from sadari.translation.alignment import Alignment
from sadari.translation.defaults import BY_PAIRS, LEAST_TOKENS, MANY_PAIRS, MOST_TOKENS
from sadari.translation.translator import Translator

PHRASES = read_pairs(find("phrases").train, source_column="en", target_column="fr")
TINY = ("--width", "32", "--set", "heads=2", "--set", "batch_tokens=300", "--set", "learning_rate=0.01")


def files_of(folder, count=120):
    """Line-aligned files of the first phrases."""
    paths = folder / "a.en", folder / "a.fr"
    for path, texts in zip(paths, (PHRASES.sources, PHRASES.targets), strict=True):
        path.write_text("\n".join(texts.head(count).to_list()) + "\n", encoding="utf-8")
    return paths


@cache
def trained(net="transformer", *more):
    """A model of a few phrases, trained once for all tests."""
    import atexit
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="sadari-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    options = (*TINY, "--net", net, "--epochs", "5", *more)
    run_well("translate", "train", *files_of(folder), "-o", folder / "m", *options)
    return folder / "m"


def test_two_files_line_by_line(tmp_path):
    result = run_well("translate", "train", *files_of(tmp_path), "-o", tmp_path / "m", *TINY, "--epochs", "2")
    assert re.search(r"Read .*a\.en and .*a\.fr", " ".join(result.stdout.split()))
    assert "train 108" in result.stdout
    for head in ("Net", "Trained", "Loss", "Validation", "Saved", "Next"):
        assert re.search(rf"^{head} ", result.stdout, re.MULTILINE)
    assert (tmp_path / "m" / "sadari.json").exists()
    readme = (tmp_path / "m" / "README.md").read_text()
    assert "validation tokenised BLEU" in readme


def test_what_was_chosen_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names that fit a line
    asked = ("--epochs", "1", "--layers", "1", "--set", "heads=2", "--width", "32")
    said = run_well("translate", "train", *files_of(Path()), "-o", "m", *asked).stdout
    chosen = re.search(r"^Chosen +(.*(?:\n +.*)*)", said, re.MULTILINE)[1]
    assert "for 108 pairs" in " ".join(chosen.split())
    assert "dropout 0.1" in chosen
    assert "layers" not in chosen
    assert "epochs" not in chosen
    assert all(len(line) <= 80 for line in said.splitlines())
    said = run_well("translate", "train", *files_of(tmp_path), "-o", tmp_path / "m", *asked, "--json").stdout
    result = json.loads(said)
    assert result["settings"]["dropout"] == 0.1
    assert result["settings"]["layers"] == 1
    assert {"dropout", "learning_rate", "batch_tokens"} <= set(result["chosen"])


def test_help_says_what_is_chosen():
    said = run_well("translate", "train", "--help").stdout
    few, many = said.split(f"fewer than {MANY_PAIRS:,}")[1].split(f"{MANY_PAIRS:,} and more")
    for net, settings in BY_PAIRS.items():
        for place, part in enumerate((few, many)):
            line = next(line for line in part.splitlines() if net in line)
            layers, width, dropout, rate = (
                settings[name][place] for name in ("layers", "width", "dropout", "learning_rate")
            )
            size = f"{layers} layers" if net == "transformer" else f"width {width}"
            assert f"{size}, dropout {dropout}, rate {rate}" in line
    assert f"from {LEAST_TOKENS} to {MOST_TOKENS:,}" in " ".join(many.split())


@pytest.mark.slow
def test_two_columns_of_a_table(tmp_path):
    asked = ("--source", "ko", "--target", "en", "-o", tmp_path / "m", "--epochs", "1", "--json")
    result = json.loads(run_well("translate", "train", "phrases", *asked, "--net", "gru", *TINY).stdout)
    assert not result["subwords"]["shared"]
    assert result["pairs"]["train"] + result["pairs"]["validation"] > 2000
    assert result["scores"]["validation perplexity"] > 1
    # evaluating finds the same columns again
    scores = json.loads(run_well("translate", "evaluate", tmp_path / "m", "phrases", "--beam", "1", "--json").stdout)
    assert scores["texts"] == result["pairs"]["train"] + result["pairs"]["validation"]
    assert "nrefs:1" in scores["bleu_signature"]


def test_the_courses_own_net_and_its_reversed_source(tmp_path):
    asked = ("--net", "lstm", "--attention", "none", "--reverse", "--set", "hidden=32", "--epochs", "1")
    result = run_well("translate", "train", *files_of(tmp_path), "-o", tmp_path / "m", *TINY, *asked)
    assert "reads the source from its end" in result.stdout
    assert "attention: none" in result.stdout
    message = run_badly("translate", "run", tmp_path / "m", "I drink milk", "--show-alignment")
    assert "no attention" in message


def test_validation_files_and_settings(tmp_path):
    a, b = files_of(tmp_path)
    held = tmp_path / "held"
    held.mkdir()
    asked = ("--validation-files", *files_of(held, 15), "--epochs", "1", "--lowercase", "--json")
    result = json.loads(run_well("translate", "train", a, b, "-o", tmp_path / "m", *TINY, *asked).stdout)
    assert result["pairs"] == {"train": 120, "validation": 15, "too_long": 0}
    assert result["settings"]["lowercase"]
    found = run_well("translate", "run", tmp_path / "m", "I DRINK MILK").stdout
    assert found == found.lower()


def test_translating_arguments_files_and_standard_input(tmp_path):
    model = trained()
    lines = ["I drink milk", "", "The dogs sleep", "She eats an apple"]
    arguments = run_well("translate", "run", model, *lines).stdout.split("\n")[:-1]
    assert len(arguments) == 4
    assert arguments[1] == ""
    assert arguments == Translator.load(model).translate(lines)
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run_well("translate", "run", model, tmp_path / "in.txt").stdout.split("\n")[:-1] == arguments
    piped = run_well("translate", "run", model, "-", stdin="\n".join(lines) + "\n")
    assert piped.stdout.split("\n")[:-1] == arguments
    run_well("translate", "run", model, tmp_path / "in.txt", "-o", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").split("\n")[:-1] == arguments
    table = tmp_path / "in.csv"
    table.write_text("id,text\n" + "".join(f'{i},"{line}"\n' for i, line in enumerate(lines)), encoding="utf-8")
    assert run_well("translate", "run", model, table, "--source", "text").stdout.split("\n")[:-1] == arguments
    objects = run_well("translate", "run", model, *lines, "--json", "--show-alignment").stdout.splitlines()
    assert [json.loads(line)["translation"] for line in objects] == arguments
    assert json.loads(objects[1])["alignment"] is None
    assert json.loads(objects[0])["alignment"]["sources"] == ["I", "drink", "milk", "</s>"]


def test_what_is_lost_is_said():
    result = run_well("translate", "run", trained(), "I drink 牛奶", "milk " * 400)
    assert "1 of 2 texts with characters that training never saw" in result.stderr
    assert "1 of 2 texts cut after 255 subwords" in result.stderr
    assert len(result.stdout.splitlines()) == 2


def test_an_alignment_to_see(tmp_path):
    result = run_well("translate", "run", trained(), "I drink milk", "--show-alignment")
    lines = result.stdout.splitlines()
    assert lines[1].split() == ["I", "drink", "milk", "</s>"]
    assert all(set("".join(line.split()[1:])) <= set("·░▒▓█") for line in lines[2:] if line)
    for name in ("a.svg", "a.png"):
        run_well("translate", "run", trained(), "I drink milk", "--picture", tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    assert ">drink<" in (tmp_path / "a.svg").read_text()
    said = run_well("translate", "run", trained(), "", "--picture", tmp_path / "b.svg").stderr
    assert "no picture" in said
    assert not (tmp_path / "b.svg").exists()
    reversed_model = trained("gru", "--reverse", "--set", "hidden=32")
    found = run_well("translate", "run", reversed_model, "I drink milk", "--show-alignment").stdout
    assert "read as: milk drink I" in found
    words = ["I", "drink", "milk", "and", "I"] * 8
    found = run_well("translate", "run", reversed_model, " ".join(words), "--show-alignment").stdout.splitlines()
    start = next(place for place, line in enumerate(found) if "read as:" in line)
    assert max(map(len, found[start:])) <= 80
    read = " ".join(" ".join(found[start : start + 5]).split()).removeprefix("read as: ")
    assert read.startswith(" ".join(reversed(words)))


def test_a_vocabulary_of_another_size_than_asked_is_said(tmp_path):
    options = ("-o", tmp_path / "m", "--width", "16", "--set", "heads=2", "--epochs", "1", "--subwords", "100")
    given = ("phrases", "--source", "en", "--target", "ko", *options)
    said = " ".join(run_well("translate", "train", *given).stdout.split())
    found = re.search(r"target: ([\d,]+) subwords where 100 were asked for: each of the texts' ([\d,]+) diff", said)
    assert 100 < int(found[2]) == int(found[1]) - 4  # all but the special ones
    assert "source:" not in said
    few = json.loads(run_well("translate", "train", *files_of(tmp_path), *options[:-1], "9000", "--json").stdout)
    assert few["subwords"]["asked"] == 9000
    (note,) = few["subwords"]["notes"]
    assert (
        note == f"{few['subwords']['target']:,} subwords where 9,000 were asked for: no other pieces stand in the "
        "texts often enough"
    )
    nobody = json.loads(run_well("translate", "train", *files_of(tmp_path), *options[:-2], "--json").stdout)
    assert (nobody["subwords"]["asked"], nobody["subwords"]["notes"]) == (None, [])


def test_the_grid_fits_every_width():
    words = [f"word{i}" for i in range(30)]
    weights = [[float(i == j) for j in range(30)] for i in range(30)]
    import numpy as np
    from rich.cells import cell_len

    found = Alignment(words, ["한국어" * 9, *words[1:]], np.array(weights))
    for width in (40, 80, 120, 400):
        lines = alignment_grid(found, width)
        assert all(cell_len(re.sub(r"\x1b\[\d*m", "", line)) <= width for line in lines)
        for i, word in enumerate(words[1:], 2):  # each row's darkest cell is its own word's
            rows = [line for line in lines if line.strip().startswith(f"{word} ")]
            assert rows
            assert "█" in "".join(rows)
            assert width == 400 or any(line.endswith(f"{i} {word}") for line in rows)
    assert [shade(value) for value in (0.0, 0.1, 0.3, 0.6, 0.9)] == list("·░▒▓█")


def test_scores(tmp_path):
    a, b = files_of(tmp_path, 30)
    result = run_well("translate", "evaluate", trained(), a, b, "-o", tmp_path / "out.txt")
    for head in ("BLEU", "chrF", "Tokens", "Exact", "Length", "Saved"):
        assert re.search(rf"^{head} ", result.stdout, re.MULTILINE)
    assert "tok:13a" in result.stdout
    found = (tmp_path / "out.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert found == Translator.load(trained()).translate(PHRASES.sources.head(30))
    import sacrebleu

    scores = json.loads(run_well("translate", "evaluate", trained(), a, b, "--json").stdout)
    wanted = sacrebleu.corpus_bleu(found, [PHRASES.targets.head(30).to_list()])
    assert scores["bleu"] == pytest.approx(wanted.score)


def test_odd_pairs_are_said_with_the_scores(tmp_path):
    a, b = files_of(tmp_path, 30)
    assert "30 pairs" not in run_well("translate", "evaluate", trained(), a, b).stdout
    lines = b.read_text(encoding="utf-8").splitlines()
    lines[3], lines[5] = "", a.read_text(encoding="utf-8").splitlines()[5]
    b.write_text("\n".join([*lines, "one more", ""]), encoding="utf-8")
    said = " ".join(run_well("translate", "evaluate", trained(), a, b, "--on-bad-row", "skip").stdout.split())
    assert "1 line too many left out at the end" in said
    assert "1 pair with one side empty kept (line 4)" in said
    assert "1 pair with the same text on both sides (line 6)" in said


def test_a_text_that_looks_like_a_file_is_said():
    result = run_well("translate", "run", trained(), "missing.en")
    assert "'missing.en' is taken as a text: there is no file of this name" in result.stderr
    assert len(result.stdout.splitlines()) == 1
    for text in ("I drink milk.", "milk.", "...", "3.5"):
        assert "taken as a text" not in run_well("translate", "run", trained(), text).stderr


def test_the_wrong_direction_is_said(tmp_path):
    english, french = files_of(tmp_path, 40)
    told = "is this the right direction?"
    assert told in " ".join(run_well("translate", "evaluate", trained(), french, english).stdout.split())
    assert told not in " ".join(run_well("translate", "evaluate", trained(), english, french).stdout.split())
    assert told in " ".join(run_well("translate", "run", trained(), french).stderr.split())
    assert told in " ".join(run_well("translate", "run", trained(), "Je bois du lait").stderr.split())
    assert told not in " ".join(run_well("translate", "run", trained(), "I drink milk").stderr.split())
    scores = json.loads(run_well("translate", "evaluate", trained(), french, english, "--json").stdout)
    assert scores["wrong_direction"] is True


def test_what_a_user_can_get_wrong(tmp_path):
    a, b = files_of(tmp_path)
    short = tmp_path / "short.fr"
    short.write_text("une ligne\n")
    out = tmp_path / "m"
    assert "120" in run_badly("translate", "train", a, short, "-o", out)
    assert "--source" in run_badly("translate", "train", a, "-o", out)
    assert "one too many" in run_badly("translate", "train", a, b, a, "-o", out)
    assert "same file" in run_badly("translate", "train", a, a, "-o", out)
    assert "columns" in run_badly("translate", "train", a, b, "--source", "x", "--target", "y", "-o", out)
    assert "nowhere" in run_badly("translate", "train", "phrases", "--source", "en", "--target", "nowhere", "-o", out)
    assert "SOURCES" in run_badly("translate", "train", "-o", out)
    assert "-o" in run_badly("translate", "train", a, b)
    assert "rnn" in run_badly("translate", "train", a, b, "-o", out, "--net", "rnn")
    assert "translator has no setting" in run_badly("translate", "train", a, b, "-o", out, "--set", "beams=3")
    assert "file" in run_badly("translate", "train", a, b, "-o", a)
    assert not out.exists()
    assert "a classifier, and no translator" in run_badly("translate", "run", model_folder(), "a text")
    assert "not a Sadari model" in run_badly("translate", "run", tmp_path, "a text")
    assert "no such file" in run_badly("translate", "run", trained(), "missing.txt")
    assert "columns" in run_badly("translate", "evaluate", trained(), a)
    assert "mecab" in run_badly("translate", "evaluate", trained(), a, b, "--bleu-tokenizer", "mecab")
    assert "one text" in run_badly("translate", "run", trained(), "a", "b", "--picture", tmp_path / "a.svg")
    assert "'.gif'" in run_badly("translate", "run", trained(), "a", "--picture", tmp_path / "a.gif")
    assert "leave out" in run_badly("translate", "run", trained(), "a", "-o", tmp_path / "o", "--json")
    assert run("translate", "run", trained(), "a", "--beam", "0").exit_code == 2


@pytest.mark.slow
def test_a_stopped_training_is_resumed(tmp_path):
    """Stopped by Ctrl-C in a process of its own, and resumed: the same weights as one never stopped."""
    a, b = files_of(tmp_path)
    asked = [a, b, *TINY, "--epochs", "40"]
    run_well("translate", "train", *asked, "-o", tmp_path / "whole")
    kept = tmp_path / "run"
    code, said = stopped("translate", "train", *asked, "-o", tmp_path / "m", "--run", kept, run=kept)
    assert code == 130, said
    assert "sadari translate train --resume" in said
    assert not (tmp_path / "m").exists()
    assert "leave out" in run_badly("translate", "train", "--resume", tmp_path / "run", "--epochs", "3")
    assert "sadari translate train" in run_badly("train", "--resume", tmp_path / "run")
    run_well("translate", "train", "--resume", tmp_path / "run")
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "m")]
    assert weights[0] == weights[1]
    assert not (tmp_path / "run").exists()


def test_help_is_quick_and_says_it_all():
    for command in ((), ("train",), ("evaluate",), ("run",)):
        result = run_well("translate", *command, "--help")
        assert "Examples:" in result.stdout


@pytest.mark.slow
def test_the_demo():
    """In under a minute on an idle machine: "I drink milk" is "Je bois du lait", also read from its end."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for place, more in enumerate(((), ("--net", "lstm", "--reverse"))):
            model = Path(folder) / str(place)
            asked = ("phrases", "--source", "en", "--target", "fr", "-o", model, *more, "--json")
            result = json.loads(run_well("translate", "train", *asked).stdout)
            assert result["scores"]["validation tokenised BLEU"] > 75
            assert run_well("translate", "run", model, "I drink milk").stdout == "Je bois du lait\n"


@pytest.mark.slow
@pytest.mark.data
def test_a_chatbot_of_question_and_answer(tmp_path):
    table = data_file("chatbot_ko/ChatbotData.csv")
    asked = ("--source", "Q", "--target", "A", "-o", tmp_path / "m", "--minutes", "0.5", "--json")
    result = json.loads(run_well("translate", "train", table, *asked).stdout)
    assert result["subwords"]["shared"]
    assert result["pairs"]["train"] > 9000
    answer = run_well("translate", "run", tmp_path / "m", "안녕하세요").stdout
    assert answer.strip()
