"""Answers on the disk: nothing that was acknowledged is lost, whatever moment a process dies at."""

import os
import subprocess
import sys

import pytest

from sadari.errors import DataError, OutputError, SettingError
from sadari.trust.answers.journal import Answer, Journal, journals_in, read_journal
from sadari.trust.answers.standing import Standing, both_answered, disagreements, settled

ANSWERS = [
    Answer("list", labels={"news": "of the day", "뉴스": ""}),
    Answer("label", "A late goal\nwon", "news", 3, "random", "2026-01-01T00:00:00.000+00:00"),
    Answer("none", "  ‎ 새 위성 ", None, 4),
    Answer("skip", "x", None, 5),
    Answer("undo"),
]


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "answers", "kim")
    yield opened
    opened.close()


def test_what_is_added_is_read_back(journal):
    for answer in ANSWERS:
        journal.add(answer)
    assert read_journal(journal.path) == ANSWERS == journal.answers
    assert journals_in(journal.path.parent) == {"kim": ANSWERS}


@pytest.mark.parametrize("left", [1, 20, -1])
def test_half_a_line_is_no_answer_and_is_cut_off(tmp_path, left):
    journal = Journal(tmp_path, "kim")
    journal.add(ANSWERS[1])
    journal.close()
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + ANSWERS[2].line()[:left])
    again = Journal(tmp_path, "kim")
    again.add(ANSWERS[3])
    again.close()
    assert read_journal(journal.path) == [ANSWERS[1], ANSWERS[3]]


def test_a_line_that_is_no_answer_is_named(tmp_path):
    for line in (b"{}", b"[1]", b'{"did":"label","text":"x"}', b'{"did":"fly"}', b'{"did":"skip","row":"1"}', b"\xff"):
        file = tmp_path / "kim.jsonl"
        file.write_bytes(ANSWERS[1].line() + line + b"\n")
        with pytest.raises(DataError, match="line 2 is no answer"):
            Journal(tmp_path, "kim")
        assert file.read_bytes().endswith(line + b"\n")


def test_two_writers_under_one_name(tmp_path, journal):
    with pytest.raises(SettingError, match="'kim' is labelling this file already"):
        Journal(tmp_path / "answers", "kim")
    other = Journal(tmp_path / "answers", "lee")
    other.add(ANSWERS[1])
    other.close()
    journal.add(ANSWERS[2])
    assert journals_in(tmp_path / "answers") == {"kim": [ANSWERS[2]], "lee": [ANSWERS[1]]}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x" * 65, "a\nb", ".hidden", "a\0b"])
def test_names_that_no_file_can_have(tmp_path, name):
    with pytest.raises(SettingError, match="--as"):
        Journal(tmp_path, name)


KILLED = """
import os, sys
from pathlib import Path
from sadari.trust.answers.journal import Answer, Journal
real, calls, die = os.write, [0], int(sys.argv[2])
def write(opened, data):
    if len(data) > 3 and opened > 2:
        calls[0] += 1
        if calls[0] == die:
            real(opened, data[: int(sys.argv[3])])
            os._exit(9)
    return real(opened, data)
os.write = write
journal = Journal(Path(sys.argv[1]), "kim")
for number in range(5):
    journal.add(Answer("label", f"text {number}", "a", number + 1))
    real(1, f"{number}\\n".encode())
"""


@pytest.mark.parametrize("at", [1, 3, 5])
@pytest.mark.parametrize("written", [0, 10])
def test_killed_in_the_middle_of_an_answer(tmp_path, at, written):
    """What was acknowledged is there; the line that was being written is not, and the next run goes on."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, str(at), str(written)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    journal = Journal(tmp_path, "kim")
    assert [answer.row for answer in journal.answers] == [int(line) + 1 for line in done.stdout.split()]
    assert len(journal.answers) == at - 1
    journal.add(ANSWERS[1])
    journal.close()
    assert read_journal(journal.path)[-1] == ANSWERS[1]


def test_a_disk_that_is_full_loses_nothing(tmp_path, monkeypatch):
    journal = Journal(tmp_path, "kim")
    journal.add(ANSWERS[1])
    real = os.write
    monkeypatch.setattr(os, "write", lambda opened, data: real(opened, data[:7]))
    with pytest.raises(OutputError, match="cannot be written"):
        journal.add(ANSWERS[2])
    monkeypatch.undo()
    journal.add(ANSWERS[3])
    journal.close()
    assert read_journal(journal.path) == [ANSWERS[1], ANSWERS[3]]


def label(text, name, did="label", at=""):
    return Answer(did, text, name, at=at)


def test_taking_back():
    standing = Standing.of([label("a", "x"), label("b", "y"), label("a", "z"), Answer("undo")])
    assert {key: answer.label for key, answer in standing.answers.items()} == {"b": "y", "a": "x"}
    standing.add(Answer("undo"))
    standing.add(Answer("undo"))
    standing.add(Answer("undo"))
    assert standing.answers == {}
    assert standing.last is None


def test_two_people():
    kim = Standing.of([label("a", "x"), label("b", "y"), label("c", None, "none"), label("d", None, "skip")])
    lee = Standing.of([label(" a ", "x"), label("b", "x"), label("c", "x"), label("d", "x")])
    people = {"kim": kim, "lee": lee}
    assert both_answered(kim, lee) == (["x", "y", ""], ["x", "x", "x"])
    assert {key: answer.label for key, answer in settled(people).items()} == {"a": "x", "d": "x"}
    assert [(each.key, dict(each.said)) for each in disagreements(people)] == [
        ("b", {"kim": "y", "lee": "x"}),
        ("c", {"kim": None, "lee": "x"}),
    ]
    lee.add(label("b", "y", "settle", "2"))
    kim.add(label("c", None, "settle", "1"))
    assert disagreements(people) == []
    assert settled(people)["b"].label == "y"
    assert settled(people)["c"].label is None
    assert both_answered(kim, lee) == (["x", "y", ""], ["x", "x", "x"])  # kappa is of what each said alone
