"""``sadari label``: what it refuses, what it writes, and what is left of it when it is killed."""

import csv
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from cli_runs import model_folder, run, run_badly, run_well
from label_served import texts_file
from sadari.trust.answers.journal import Answer, Journal, folder_of

TEXTS = [f"the team won match {number}" for number in range(30)] + [f"경기 {number}" for number in range(10)]


@pytest.fixture
def place(tmp_path):
    return texts_file(tmp_path / "texts.csv", TEXTS), tmp_path / "labels.csv"


def answered(output, name, *answers):
    journal = Journal(folder_of(output), name)
    for answer in answers:
        journal.add(answer)
    journal.close()


def rows_of(output):
    with output.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def given(text, label, row, **more):
    return Answer("label", text, label, row, at=f"2026-01-01T00:00:{row:02}.000+00:00", **more)


def test_the_table_is_made_of_all_answers(place):
    file, output = place
    answered(output, "kim", given(TEXTS[0], "a", 1), given(TEXTS[1], "b", 2), given(TEXTS[2], "a", 3), Answer("undo"))
    answered(output, "lee", given(TEXTS[0], "a", 1), given(TEXTS[1], "a", 2), given(TEXTS[35], 'a,\n"b', 36))
    result = run_well("label", file, "-o", output, "--write", "--as", "kim")
    assert rows_of(output) == [
        {"text": TEXTS[0], "label": "a", "row": "1", "by": "kim lee"},
        {"text": TEXTS[35], "label": 'a,\n"b', "row": "36", "by": "lee"},
    ]
    assert "2 texts" in result.stdout
    assert "people disagree about them: 1 text" in result.stderr
    assert "kappa" in result.stderr
    korean = run_well("label", file, "-o", output, "--write", "--as", "kim", "--lang", "ko")
    assert "카파" in korean.stderr


def test_what_is_refused(place, tmp_path):
    file, output = place
    assert "labels are written as CSV" in run_badly("label", file, "-o", tmp_path / "labels.jsonl", "--write")
    other = tmp_path / "other.csv"
    other.write_text("mine", encoding="utf-8")
    assert "not made by answers here" in run_badly("label", file, "-o", other, "--write")
    assert other.read_text(encoding="utf-8") == "mine"
    for labels in ("a,a", "a,,b", ",", "a,b=x,b"):
        assert "sadari" in run_badly("label", file, "-o", output, "--write", "--labels", labels)
    assert "no name of a person" in run_badly("label", file, "-o", output, "--write", "--as", "a/b")
    assert "guide.txt" in run_badly("label", file, "-o", output, "--guidelines", tmp_path / "guide.txt", "--write")
    assert run("label", tmp_path / "none.csv", "-o", output, "--write").exit_code == 2
    assert not output.exists()


def test_without_the_extra_its_name_is_said(place, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("sadari.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    file, output = place
    assert "sadari[serve]" in run_badly("label", file, "-o", output)


@contextmanager
def labelling(file, output, *more):
    """The command as a process of its own, and its address."""
    command = [sys.executable, "-m", "sadari", "label", file, "-o", output, "--port", "0", "--labels", "a,b", *more]
    started = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://[\d.:]+", started.stdout.readline())
        assert url, started.stderr.read()
        yield started, url[0]
    finally:
        started.kill()
        started.wait()
        started.stdout.close()
        started.stderr.close()


def answer(url):
    key = httpx.get(f"{url}/label", timeout=30).json()["question"]["key"]
    sent = httpx.post(f"{url}/label/answer", json={"key": key, "did": "label", "label": "a"}, timeout=30)
    assert sent.status_code == 200
    return key


def test_killed_and_gone_on_with(place):
    """SIGKILL after an answer: it is there. The same name at the same time is refused; SIGTERM writes the table."""
    file, output = place
    with labelling(file, output) as (started, url):
        keys = [answer(url) for _ in range(3)]
        assert "is labelling this file already" in run_badly("label", file, "-o", output, "--write")
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
    run_well("label", file, "-o", output, "--write")
    assert [row["text"] for row in rows_of(output)] == keys
    with labelling(file, output) as (started, url):
        keys.append(answer(url))
        assert len(set(keys)) == 4
        started.send_signal(signal.SIGTERM)
        assert started.wait(60) == 0
    assert [row["text"] for row in rows_of(output)] == keys


@pytest.mark.slow
def test_a_model_gives_its_labels_and_its_doubts(place):
    file, output = place
    model = model_folder()
    with labelling(file, output, "--model", model) as (_, url):
        assert httpx.get(f"{url}/label", timeout=30).json()["question"] is not None
    command = run_well("label", file, "-o", output, "--write", "--model", model)
    assert "0 texts" in command.stdout
