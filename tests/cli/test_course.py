"""``sadari course``: the folder it writes, and what it says next."""

import json

from cli_runs import run, run_badly, run_well
from sadari.course.folder import NOTEBOOKS


def test_the_notebooks_are_written_and_opened_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run_well("course", "-o", "to learn").stdout
    assert "6 notebooks" in said
    assert "jupyter lab 'to learn'" in said
    assert sorted(file.stem for file in (tmp_path / "to learn").glob("*.ipynb")) == list(NOTEBOOKS)
    assert "not empty" in run_badly("course", "-o", "to learn")


def test_in_korean_with_solutions(tmp_path):
    result = run("course", "-o", tmp_path / "강의", "--lang", "ko", "--solutions")
    assert "노트북 12개" in result.stdout
    assert json.loads((tmp_path / "강의" / "course.json").read_text("utf-8")) == {"lang": "ko"}
    first = json.loads((tmp_path / "강의" / "1_representation.ipynb").read_text("utf-8"))["cells"][0]["source"][0]
    assert first == "# 1 · 텍스트를 텐서로\n"


def test_where_jupyter_is_missing_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'sadari[course]'" in run_well("course", "-o", tmp_path / "c").stdout
