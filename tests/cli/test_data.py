"""``sadari data``: what there is, how it comes here, and what is wrong with it."""

import functools
import http.server
import json
import re
import threading

import polars as pl
import pytest
from rich.cells import cell_len

from cli_runs import HEADLINES, run, run_badly, run_well
from sadari.data import datasets
from sadari.data.read import open_source


@pytest.fixture(autouse=True)
def no_data_here(monkeypatch, tmp_path):
    monkeypatch.delenv("SADARI_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_list():
    printed = run_well("data", "list").stdout
    for name in datasets.NAMES:
        assert f"\n{name} " in "\n" + printed
    assert "not here yet: sadari data fetch ag_news" in printed
    assert max(map(len, printed.splitlines())) <= 80
    listed = json.loads(run_well("data", "list", "--json").stdout)
    assert [line["name"] for line in listed] == list(datasets.NAMES)
    assert {line["name"]: line["ready"] for line in listed}["ag_news"] is False


def test_climbing_a_data_set_that_is_not_here_says_how_to_get_it():
    assert "sadari data fetch ag_news" in run_badly("climb", "ag_news")


def test_fetch_of_a_bundled_set_only_says_where_it_is():
    printed = run_well("data", "fetch", "headlines").stdout
    assert "en_train.csv" in "".join(printed.split())
    assert "Next     sadari climb headlines" in printed


def test_head_shows_the_first_rows_of_a_name_or_a_file(tmp_path):
    rows = open_source("headlines", part="test").head(3).to_dicts()
    shown = run_well("data", "head", "headlines", "--part", "test", "-n", 3).stdout
    assert shown.splitlines()[0].split() == ["Read", "headlines", "(test)"]
    lines = shown.splitlines()[-3:]
    assert [line.split()[:2] for line in lines] == [[str(row["row"]), row["label"]] for row in rows]
    assert max(map(len, lines)) <= 80
    found = json.loads(run_well("data", "head", "headlines", "--part", "test", "-n", 3, "--json").stdout)
    assert found["rows"] == rows
    (tmp_path / "d.csv").write_text("text,label\none,a|b\n,a\n")
    asked = ("data", "head", tmp_path / "d.csv", "--text", "text", "--label-sep", "|")
    assert [line.split() for line in run_well(*asked).stdout.splitlines()[-2:]] == [["1", "a,", "b", "one"], ["2", "a"]]
    assert "no data set is called 'headline'" in run_badly("data", "head", "headline")


@pytest.fixture
def server(tmp_path):
    """A local web server over a folder."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


def test_fetch_refuses_what_is_not_the_pinned_file(server, monkeypatch, tmp_path):
    folder, address = server
    (folder / "ag_news").mkdir()
    for name in ("train.csv", "test.csv"):
        (folder / "ag_news" / name).write_text('"1","a","b"\n')
    monkeypatch.setenv("SADARI_MIRROR", address)
    complaint = run_badly("data", "fetch", "ag_news")
    assert "test.csv" in complaint
    assert not list((tmp_path / "cache").rglob("*.csv"))


@pytest.mark.slow  # it is tried again, some seconds apart
def test_fetch_without_a_server_is_a_line(monkeypatch):
    monkeypatch.setenv("SADARI_MIRROR", "http://127.0.0.1:9")
    assert "127.0.0.1:9" in run_badly("data", "fetch", "ag_news")


def test_audit_finds_what_was_planted(tmp_path):
    frame = pl.read_csv(HEADLINES / "en_train.csv").head(300)
    again = frame.head(5)
    other = frame.slice(5, 2).with_columns(label=pl.lit("Weather"))
    pl.concat([frame, again, other]).write_csv(tmp_path / "train.csv")
    frame.slice(20, 4).write_csv(tmp_path / "test.csv")
    arguments = ["data", "audit", tmp_path / "train.csv", "--test", tmp_path / "test.csv"]
    found = json.loads(run_well(*arguments, "--json").stdout)["audit"]
    assert found["train"]["rows"] == 307
    assert found["train"]["exact_duplicates"] == 5
    assert found["train"]["contradictions"] == 2
    assert found["across"]["exact"] == 4
    assert set(found["tokenizers"]) >= {"characters", "words", "basic_english"}
    printed = run_well(*arguments).stdout
    assert "4 test texts" in printed
    assert "2 texts in training with contradictory labels" in printed
    for finding in found["findings"]:
        assert finding["what"] in " ".join(printed.split())


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_audit_stays_within_the_terminal(lang, width):
    result = run("data", "audit", HEADLINES / f"{lang}_train.csv", "--text", "text", env={"COLUMNS": str(width)})
    assert result.exit_code == 0
    wide = [line for line in result.stdout.splitlines() if cell_len(line) > width and str(HEADLINES) not in line]
    assert wide == []


def test_audit_without_labels_and_from_standard_input(tmp_path):
    printed = run_well("data", "audit", "-", stdin="one text here\nanother text there\none text here\n").stdout
    assert "3 texts · 0 labels" in printed
    assert "standard input" in printed


def test_audit_and_head_take_the_labels_of_a_file_without_header_as_a_climb_does(tmp_path):
    (tmp_path / "d.tsv").write_text("".join(f"{n} 个 新闻 标题\t{n % 3}\n" for n in range(60)))
    found = json.loads(run_well("data", "audit", tmp_path / "d.tsv", "--json").stdout)
    assert "label: column 2 (guessed)" in found["notes"]
    assert found["audit"]["train"]["labels"] == {"0": 20, "1": 20, "2": 20}
    rows = json.loads(run_well("data", "head", tmp_path / "d.tsv", "-n", 2, "--json").stdout)["rows"]
    assert [row["label"] for row in rows] == ["0", "1"]
    (tmp_path / "n.tsv").write_text("".join(f"{n} 个 新闻 标题\tid{n}\n" for n in range(60)))
    assert json.loads(run_well("data", "audit", tmp_path / "n.tsv", "--json").stdout)["audit"]["train"]["labels"] == {}


def test_audit_of_a_named_set_takes_its_test_file():
    found = json.loads(run_well("data", "audit", "headlines_ko", "--json").stdout)
    assert found["audit"]["test"]["rows"] == 180
    assert found["source"] == "headlines_ko"


def test_audit_goes_on_past_rows_that_cannot_be_read_and_lists_them(tmp_path):
    """It is asked what is wrong with a file: the first bad row is no reason to say nothing of the others."""
    rows = [f"글 {i}번입니다,{'가나'[i % 2]}" for i in range(40)]
    rows[3], rows[7] = ",가", "글만 있고 레이블이 없습니다,가,하나 더"
    (tmp_path / "a.csv").write_bytes("\r\n".join(["내용,분류", *rows]).encode("cp949"))
    found = json.loads(run_well("data", "audit", tmp_path / "a.csv", "--json").stdout)
    bad = found["bad_rows"][str(tmp_path / "a.csv")]
    assert bad["count"] == 2
    assert bad["first"][0].startswith("row 4 (line 5): the text is missing")
    assert bad["first"][1].startswith("row 8 (line 9): 3 fields")
    printed = run_well("data", "audit", tmp_path / "a.csv").stdout
    assert "row 8 (line 9): 3 fields where the file has 2 columns" in printed
    assert "--on-bad-row skip" in printed
    assert "row 8 (line 9)" in run_badly("data", "audit", tmp_path / "a.csv", "--on-bad-row", "error")
    said = run_badly("train", tmp_path / "a.csv", "--rung", "bow", "-o", tmp_path / "m")
    assert "row 8 (line 9)" in said
    assert "sadari data audit lists them" in said


@pytest.mark.parametrize("width", [60, 80])
def test_audit_in_korean(tmp_path, width):
    rows = [f"글 {i}번입니다,{'가나'[i % 2]}" for i in range(40)] + ["글 1번입니다,가", "&lt;b&gt;,나", ",나"]
    (tmp_path / "a.csv").write_bytes("\n".join(["내용,분류", *rows]).encode("utf-16"))
    (tmp_path / "b.csv").write_text("\n".join(["내용,분류", *rows[:9]]), encoding="utf-8")
    arguments = ("data", "audit", tmp_path / "a.csv", "--test", tmp_path / "b.csv", "--lang", "ko")
    result = run(*arguments, env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if str(tmp_path) not in line]
    assert all(cell_len(line) <= width and line == line.rstrip() for line in lines)
    english = re.compile(r"(?<![-\w])(rows?|texts?|labels?|columns?|training|none|missing)(?![-\w])")
    assert [line for line in lines if english.search(line)] == []
    assert "43행(44번째 줄): 글이 없음(내용 열)" in result.stdout
    assert "학습 글 1건에 서로 모순되는 레이블이 달려 있습니다(2행)" in " ".join(result.stdout.split())
