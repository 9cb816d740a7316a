"""Files that lie elsewhere are read as those that lie here: fsspec's memory, and a server on this machine."""

import gzip
import http.server
import threading
from functools import partial
from pathlib import Path

import fsspec
import polars as pl
import pytest
from fsspec.registry import known_implementations

from cli_runs import model_folder, run_badly, run_well
from sadari import open_source
from sadari.errors import DataError, OutputError

ROWS = pl.DataFrame(
    {"text": [f"row {i} of many" for i in range(60)], "label": ["a" if i % 2 else "b" for i in range(60)]}
)


@pytest.fixture
def store():
    system = fsspec.filesystem("memory")
    for at in range(3):
        part = ROWS[at * 20 : at * 20 + 20]
        with system.open(f"/bucket/day={at}/part.{'parquet' if at else 'csv.gz'}", "wb") as file:
            if at:
                part.write_parquet(file)
            else:
                file.write(gzip.compress(part.write_csv().encode()))
    system.pipe("/bucket/day=0/_SUCCESS", b"")
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)


def test_a_pattern_a_folder_and_files(store):
    for given in (
        f"{store}/**/part.*",
        [f"{store}/day={at}" for at in range(3)],
        [f"{store}/*/*.gz", f"{store}/*/*.p*t"],
    ):
        source = open_source(given)
        corpus = source.read()
        assert corpus.texts.equals(ROWS["text"])
        assert corpus.labels.equals(ROWS["label"])
        assert str(corpus.place(41)) == "memory:///bucket/day=2/part.parquet, row 1"
    assert open_source(f"{store}/day=1/part.parquet").read().texts.equals(ROWS["text"][20:40])


def test_what_is_not_there(store):
    with pytest.raises(DataError, match="nothing matches it"):
        open_source(f"{store}/*.csv")
    with pytest.raises(DataError, match=r"memory://bucket/day=1/no.csv: there is no such file"):
        open_source(f"{store}/day=1/no.csv")


@pytest.mark.parametrize(
    ("address", "says"), [("nothing://x/y.csv", "cannot be read"), ("sftp2://x/*", "cannot be read")]
)
def test_other_kinds_are_a_line(address, says):
    with pytest.raises(DataError, match=says):
        open_source(address)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(known_implementations, "far", {"class": "farfs.Far", "err": "no"})
    with pytest.raises(DataError, match=r"far:// needs a package that is not installed\n.*pip install farfs"):
        open_source("far://bucket/*.csv")


def test_a_full_disk_is_a_line(store, monkeypatch):
    monkeypatch.setattr("sadari.data.formats.remote._BLOCK_BYTES", 10)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", lambda **_: Path("/dev/full").open("wb"))  # noqa: SIM115
    with pytest.raises(OutputError, match=r"a copy cannot be kept while it is read: No space left"):
        open_source(f"{store}/day=1/part.parquet")


@pytest.fixture
def server(tmp_path):
    ROWS[:30].write_csv(tmp_path / "a.csv")
    ROWS[30:].write_ndjson(tmp_path / "b.jsonl")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_address[1]}"
    served.shutdown()
    served.server_close()


def test_over_http(server, tmp_path):
    pytest.importorskip("aiohttp")
    assert open_source([f"{server}/a.csv", f"{server}/b.jsonl"]).read().texts.equals(ROWS["text"])
    said = run_well("predict", model_folder(), f"{server}/a.csv", f"{server}/b.jsonl").stdout
    assert len(said.splitlines()) == 61
    assert "there is no such file" in run_badly("predict", model_folder(), f"{server}/c.csv")
