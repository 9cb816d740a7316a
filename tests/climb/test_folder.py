"""The folder of a climb: whole or absent, whatever stops it; an earlier climb is replaced, and nothing else is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sadari
from sadari.climb.climb import climb
from sadari.data.corpus import Corpus
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.errors import OutputError

RUNGS = ["bow", "tfidf"]


@pytest.fixture(scope="module")
def news() -> Corpus:
    data = find("headlines")
    return (
        open_source(data.train, text="title,text", label="label").read().take(pl.arange(0, 200, eager=True).to_numpy())
    )


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def run(news: Corpus, folder: Path, *, rungs: list[str] | None = None, **more: object) -> object:
    return climb(news, rungs=rungs or RUNGS, folder=folder, curves=False, **more)


def test_models_are_where_the_result_says(news, tmp_path):
    result = run(news, tmp_path / "runs" / "news")
    said = json.loads((tmp_path / "runs" / "news" / "climb.json").read_text())
    for rung, record in zip(result.rungs, said["rungs"], strict=True):
        assert rung.folder == record["folder"] == str(tmp_path / "runs" / "news" / rung.rung)
        assert sadari.load(rung.folder).name == rung.rung
        assert rung.megabytes > 0
    assert "sadari-new" not in (tmp_path / "runs" / "news" / "report.html").read_text()
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["news"]


def test_a_smaller_climb_leaves_nothing_of_a_larger_one(news, tmp_path):
    run(news, tmp_path / "news")
    run(news, tmp_path / "news", rungs=["bow"], report=False, seed=3)
    left = sorted(path.name for path in (tmp_path / "news").iterdir())
    assert left == ["bow", "climb.json", "model", "predictions.csv", "validation.safetensors"]
    assert json.loads((tmp_path / "news" / "climb.json").read_text())["seed"] == 3


@pytest.mark.parametrize("old", [False, True])
def test_a_climb_that_is_stopped_anywhere_leaves_what_was_there(news, tmp_path, old):
    folder = tmp_path / "runs" / "news"
    if old:
        run(news, folder)
    before = snapshot(tmp_path)
    steps: list[str] = []
    climb(news, rungs=RUNGS, curves=False, on_progress=lambda done, total, record: steps.append(record["doing"]))
    for stop in sorted({steps.index(what) for what in steps}):
        seen: list[str] = []

        def progress(done: float, total: float, record: Any, stop: int = stop, seen: list[str] = seen) -> None:
            seen.append(record["doing"])
            if len(seen) > stop and str(record["doing"]) != "done":
                raise KeyboardInterrupt

        if str(steps[stop]) == "done":
            continue
        with pytest.raises(KeyboardInterrupt):
            run(news, folder, seed=1, on_progress=progress)
        assert snapshot(tmp_path) == before, steps[stop]


KILLED = """
import os, signal, sys
from sadari.data.read import open_source
from sadari.climb.climb import climb

steps = 0

def progress(done, total, record):
    global steps
    if steps == int(sys.argv[3]) or (str(record["doing"]) == "done" and sys.argv[3] == "-1"):
        os.kill(os.getpid(), signal.SIGKILL)
    steps += 1

news = open_source(sys.argv[1]).read()
climb(news, rungs=["bow", "tfidf"], folder=sys.argv[2], curves=False, seed=1, on_progress=progress)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", [2, 9, -1])
def test_a_climb_that_is_killed_leaves_the_old_one_or_the_new_one(news, tmp_path, step):
    pl.DataFrame({"text": news.texts, "label": news.labels}).write_csv(tmp_path / "news.csv")
    folder = tmp_path / "runs" / "news"
    run(news, folder)
    before = snapshot(folder)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "news.csv"), str(folder), str(step)]
    assert (
        subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=120).returncode == -signal.SIGKILL
    )
    if step >= 0:
        assert snapshot(folder) == before
    else:
        assert json.loads((folder / "climb.json").read_text())["seed"] == 1
    run(news, folder, rungs=["bow"], seed=2)
    assert [path.name for path in folder.parent.iterdir()] == ["news"], "what the killed one left is gone"
    assert json.loads((folder / "climb.json").read_text())["seed"] == 2


def test_a_report_that_cannot_be_written_is_told_of_by_its_own_name(news, tmp_path, monkeypatch):
    folder = tmp_path / "news"

    def progress(done: float, total: float, record: Any) -> None:
        if str(record["doing"]) == "writing the report":
            [temporary] = tmp_path.glob(".news.sadari-new-*")
            (temporary / "report.html").mkdir()

    with pytest.raises(OutputError, match=rf"^{folder}/report.html: cannot be written: Is a directory"):
        run(news, folder, on_progress=progress)
    assert not list(tmp_path.iterdir())


def put_notes(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("keep me")
    return path


def put_a_model(folder: Path) -> Path:
    (folder / "bow").rename(folder / "mine")
    return folder / "mine" / "sadari.json"


def put_notes_in_a_model(folder: Path) -> Path:
    path = folder / "bow" / "notes.txt"
    path.write_text("keep me")
    return path


def put_another_folder_there(folder: Path) -> Path:
    (folder / "climb.json").unlink()
    return folder / "bow" / "sadari.json"


def put_a_link(folder: Path) -> Path:
    (folder / "tfidf").rename(folder.parent / "elsewhere")
    (folder / "tfidf").symlink_to(folder.parent / "elsewhere")
    return folder.parent / "elsewhere" / "sadari.json"


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (put_notes, "'notes.txt', which is not of a climb"),
        (put_a_model, "'mine', which is not of a climb"),
        (put_notes_in_a_model, "holds 'notes.txt', which is not part of the model"),
        (put_another_folder_there, "no folder of a climb"),
        (put_a_link, "'tfidf', which is not of a climb"),
    ],
)
def test_what_no_climb_made_stays(news, tmp_path, put, said):
    folder = tmp_path / "news"
    run(news, folder)
    mine = put(folder)
    before = snapshot(tmp_path)
    with pytest.raises(OutputError, match=said):
        run(news, folder, seed=1)
    assert mine.exists()
    assert snapshot(tmp_path) == before


def test_what_file_managers_and_killed_saves_leave_does_no_harm(news, tmp_path):
    run(news, tmp_path / "news")
    for name in (".DS_Store", ".climb.json.sadari-new-0123abcd"):
        (tmp_path / "news" / name).write_text("")
    run(news, tmp_path / "news", seed=1)
    assert not (tmp_path / "news" / ".DS_Store").exists()
