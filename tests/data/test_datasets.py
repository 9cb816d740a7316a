"""Named data sets: where they are looked for, and fetching against a server on this machine."""

from __future__ import annotations

import csv
import functools
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sadari.data import datasets
from sadari.data.read import open_source
from sadari.errors import DataError, DownloadError, SettingError

CORPORA = os.environ.get("SADARI_DATA")
CSV = b'"1","a title","a description"\n'


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No corpora and an empty cache, whatever the machine has."""
    for name in ("SADARI_DATA", "SADARI_MIRROR", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server's address, and the folder whose files it serves."""
    folder = tmp_path / "mirror"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}", folder
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same table with a small `ag_news`, so that its pinned sums are those of `CSV`."""
    pin = hashlib.sha256(CSV).hexdigest()
    files = tuple(datasets._File(name, pin, len(CSV)) for name in ("test.csv", "train.csv"))
    known = datasets._Known("ag_news", "en", "", "", url="http://127.0.0.1:9", files=files, classes=("A", "나"))
    monkeypatch.setattr(datasets, "_KNOWN", (known,))


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(CSV)


@pytest.mark.parametrize("name", ["headlines", "headlines_ko"])
def test_the_bundled_sets_need_nothing(name):
    found = datasets.find(name)
    assert found.test is not None
    assert found.train != found.test
    for path in (found.train, found.test):
        with path.open(encoding="utf-8", newline="") as file:
            assert next(csv.reader(file)) == ["label", "title", "text"]
        corpus = open_source(path, text=found.text, label=found.label).read()
        assert len(corpus.label_names) == 4
    assert (found.text, found.label, found.license) == ("title,text", "label", "CC0-1.0")
    assert datasets.fetch(name) == found
    assert not datasets.cache_folder().exists()


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("headline", "headlines"),
        ("AG-News", "ag_news"),
        ("agnews", "ag_news"),
        ("headlines-ko", "headlines_ko"),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_and_the_close_ones(name, suggestion):
    with pytest.raises(DataError) as caught:
        datasets.find(name)
    for known in datasets.NAMES:
        assert known in caught.value.what
    assert caught.value.hint is not None
    assert suggestion in caught.value.hint


def test_a_name_close_to_nothing():
    with pytest.raises(DataError, match="path of a file"):
        datasets.fetch("zzz")


def test_ag_news_is_never_downloaded_unasked():
    with pytest.raises(DataError, match="sadari data fetch ag_news"):
        datasets.find("ag_news")
    assert not datasets.cache_folder().exists()


def test_the_users_own_folder_comes_before_the_cache(monkeypatch, tmp_path):
    own, cached = tmp_path / "own", datasets.cache_folder()
    put(cached / "ag_news", "train.csv", "test.csv")
    assert datasets.find("ag_news").train == cached / "ag_news" / "train.csv"
    monkeypatch.setenv("SADARI_DATA", str(own))
    assert datasets.find("ag_news").train == cached / "ag_news" / "train.csv"
    put(own / "ag_news", "train.csv", "test.csv")
    found = datasets.find("ag_news")
    assert (found.train, found.test) == (own / "ag_news" / "train.csv", own / "ag_news" / "test.csv")


def test_a_folder_without_a_test_file_is_taken_without_one(monkeypatch, tmp_path):
    put(tmp_path / "own" / "ag_news", "train.csv")
    monkeypatch.setenv("SADARI_DATA", str(tmp_path / "own"))
    assert datasets.find("ag_news").test is None


def test_the_listing_says_what_is_here(monkeypatch, tmp_path):
    lines = {line.name: line for line in datasets.listing()}
    assert tuple(lines) == datasets.NAMES
    assert lines["headlines"].ready
    assert not lines["ag_news"].ready
    assert "sadari data fetch ag_news" in str(lines["ag_news"].place)
    put(tmp_path / "own" / "ag_news", "train.csv")
    monkeypatch.setenv("SADARI_DATA", str(tmp_path / "own"))
    line = {line.name: line for line in datasets.listing()}["ag_news"]
    assert (line.ready, line.place) == (True, str(tmp_path / "own" / "ag_news"))


@pytest.mark.parametrize("by_environment", [False, True])
def test_fetch_puts_checked_files_and_the_class_names_into_the_cache(small, mirror, monkeypatch, by_environment):
    address, folder = mirror
    put(folder / "ag_news", "train.csv", "test.csv")
    if by_environment:
        monkeypatch.setenv("SADARI_MIRROR", address + "/")
    seen: list[tuple[int, int | None]] = []
    found = datasets.fetch(
        "ag_news",
        url=None if by_environment else f"{address}/ag_news",
        progress=lambda done, total: seen.append((done, total)),
    )
    here = datasets.cache_folder() / "ag_news"
    assert sorted(path.name for path in here.iterdir()) == ["classes.txt", "test.csv", "train.csv"]
    assert (here / "classes.txt").read_bytes() == "A\n나\n".encode()
    assert found == datasets.find("ag_news")
    assert seen == [(len(CSV), len(CSV))] * 2
    (folder / "ag_news" / "train.csv").unlink()
    assert datasets.fetch("ag_news", url=f"{address}/ag_news") == found  # nothing is fetched twice


def test_what_is_not_the_pinned_file_never_becomes_the_data_set(mirror):
    address, folder = mirror
    put(folder / "ag_news", "train.csv", "test.csv")
    with pytest.raises(DownloadError, match="1,857,427 are pinned"):
        datasets.fetch("ag_news", url=f"{address}/ag_news")
    with pytest.raises(DataError):
        datasets.find("ag_news")


@pytest.mark.data
def test_the_pinned_test_file_is_the_official_one(mirror):
    official = Path(CORPORA or "") / "ag_news" / "test.csv"
    if not CORPORA or not official.is_file():
        pytest.skip("SADARI_DATA is not set, or has no ag_news/test.csv")
    content = official.read_bytes()
    # The sum that torchtext published for this file ties our SHA-256 to it.
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == "d52ea96a97a2d943681189a97654912d"
    address, folder = mirror
    (folder / "test.csv").write_bytes(content)
    with pytest.raises(DownloadError, match=r"train\.csv: the server answered 404"):
        datasets.fetch("ag_news", url=address)
    fetched = datasets.cache_folder() / "ag_news" / "test.csv"
    assert fetched.read_bytes() == content
    with pytest.raises(DataError):
        datasets.find("ag_news")  # half a data set is none


def test_importing_this_room_loads_nothing_heavy():
    heavy = "('torch', 'numpy', 'polars')"
    code = f"import sys, sadari.data.datasets; print([name for name in {heavy} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.strip() == "[]"


def test_a_data_set_is_opened_by_its_name(tmp_path, monkeypatch):
    found = datasets.find("headlines")
    for part, file, title in (("train", found.train, "headlines"), ("test", found.test, "headlines (test)")):
        source = open_source("headlines", part=part)
        assert source.text_columns == ["title", "text"]
        corpus = source.read()
        assert corpus.source == title
        assert corpus.texts.equals(open_source(file, text="title,text").read().texts)
    assert open_source("phrases", need_label=False).text_columns == ["en"]
    assert open_source("headlines", text="title").text_columns == ["title"]
    with pytest.raises(DataError, match="'phrases' has no test texts"):
        open_source("phrases", part="test")
    with pytest.raises(DataError, match=r"no data set is called 'ag-news'(.|\n)*did you mean ag_news"):
        open_source("ag-news")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headlines").write_text("text,label\na,b\nc,d\n")  # a file comes first
    assert list(open_source("headlines").read()) == [("a", "b"), ("c", "d")]
    with pytest.raises(SettingError, match="headlines is a file, which has no part 'test'"):
        open_source("headlines", part="test")
    with pytest.raises(SettingError, match="part"):
        open_source("phrases", part="validation")
