"""The notebooks as they are written: one code in both languages, read as Jupytext reads them, and exercises solved."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat
import pytest

from sadari.course import write_course
from sadari.course.exercises import MODULES, checks_of, why_not
from sadari.course.folder import LANGUAGES, NOTEBOOKS, SOLUTIONS, source_of
from sadari.course.percent import read_percent, to_notebook
from sadari.errors import OutputError

ROOT = Path(__file__).parent.parent.parent
EVERY = [(place, name) for place in (*LANGUAGES, SOLUTIONS) for name in NOTEBOOKS]


def cells(place, name, kind):
    return [cell.source for cell in read_percent(source_of(name, place)) if cell.kind == kind]


def test_these_are_all_there_are():
    written = {file.relative_to(ROOT / "course").as_posix() for file in (ROOT / "course").rglob("*") if file.is_file()}
    assert written == {f"{place}/{name}.py" for place, name in EVERY}


@pytest.mark.parametrize(("place", "name"), EVERY)
def test_read_as_jupytext_reads_them(place, name):
    theirs = jupytext.reads(source_of(name, place), fmt="py:percent")
    ours = read_percent(source_of(name, place))
    assert [(cell.cell_type, cell.source) for cell in theirs.cells] == [(cell.kind, cell.source) for cell in ours]
    nbformat.validate(nbformat.reads(to_notebook(ours), as_version=4))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_code_is_the_same_in_both_languages(name):
    both = [
        [(cell.kind, cell.source if cell.kind == "code" else "") for cell in read_percent(source_of(name, lang))]
        for lang in LANGUAGES
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_words_are_in_their_language(name):
    """Every cell of words in Korean has Hangul, and shows the same pieces of code as the English one."""
    for english, korean in zip(cells("en", name, "markdown"), cells("ko", name, "markdown"), strict=True):
        assert re.search("[가-힣]", korean), korean
        assert english.count("|") == korean.count("|"), korean
        assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", korean, re.MULTILINE)), korean


@pytest.mark.parametrize("number", MODULES)
def test_exercises_are_asked_once_and_solved(number, monkeypatch, tmp_path, capsys):
    """Each waits in the notebook, says why not of a wrong answer, and is right as the solutions have it."""
    name = NOTEBOOKS[int(number) - 1]
    asked = re.findall(r'check\("(\d\.\d)"', "\n".join(cells("en", name, "code")))
    assert asked == list(checks_of(number))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SADARI_LANG", "en")
    exec("\n".join(cells(SOLUTIONS, name, "code")), {"__name__": "__main__"})
    said = capsys.readouterr().out
    assert re.findall(r"✓ (\d\.\d) is right", said) == asked, said
    for each in asked:
        for wrong in (None, 0, "", [], object()):
            assert why_not(each, wrong) is not None


def test_a_folder_is_written_whole_and_never_over_another(tmp_path):
    written = write_course(tmp_path / "강의", lang="ko", solutions=True)
    assert [file.relative_to(tmp_path / "강의").as_posix() for file in written] == [
        *(f"{name}.ipynb" for name in NOTEBOOKS),
        *(f"solutions/{name}.ipynb" for name in NOTEBOOKS),
    ]
    for file in written:
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells)
    assert json.loads((tmp_path / "강의" / "course.json").read_text("utf-8")) == {"lang": "ko"}
    with pytest.raises(OutputError, match="not empty"):
        write_course(tmp_path / "강의")


@pytest.mark.slow
def test_the_wheel_has_the_notebooks(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("sadari/course/notebooks/")}
    assert packed == {f"sadari/course/notebooks/{place}/{name}.py" for place, name in EVERY}
