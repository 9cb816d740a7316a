"""Files that are none, that unpack to anything, or that are wide: refused at once, or read in linear time."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from process_use import path_to_tests
from sadari.artifact import read_tensors
from sadari.data.label_values import CLASSES_FILE
from sadari.data.read import open_source
from sadari.errors import DataError, ModelError
from sadari.pretrained.folder import check_plain, json_of


def error_of(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_source(path).read()
    return str(caught.value)


# --- no plain files; a test that waits for a pipe would hang


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, a_socket])
def test_what_is_no_file_in_a_folder_of_texts_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.txt").write_text("some text")
    make(tmp_path / "a" / "2.txt")
    assert "file a/2.txt: " in error_of(tmp_path)
    source = open_source(tmp_path, on_bad_row="skip")
    assert (len(source.read()), source.skipped) == (2, 1)


def test_pipe_as_names_of_classes(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("text,label\none,1\ntwo,2\n")
    (tmp_path / "words.csv").write_text("text,label\none,a\ntwo,b\n")
    os.mkfifo(tmp_path / CLASSES_FILE)
    message = error_of(tmp_path / "numbers.csv")
    assert CLASSES_FILE in message
    assert "is a pipe, not a plain file" in message
    assert open_source(tmp_path / "words.csv").read().label_names == ["a", "b"]


def test_pipes_among_weights(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    for read in (json_of, read_tensors):
        with pytest.raises(ModelError, match="is a pipe, not a plain file"):
            read(tmp_path / "config.json")
    with pytest.raises(ModelError, match="is a pipe, not a plain file"):
        check_plain(tmp_path)


def test_devices_without_end() -> None:
    assert "is a device" in error_of(Path("/dev/zero"))


# --- gzip that unpacks to anything


def bomb(path: Path, filling: bytes) -> Path:
    """A gigabyte in a megabyte."""
    block = gzip.compress(filling * (8 << 20), 9)
    path.write_bytes(gzip.compress(b"text,label\na,b\n") + block * 128)
    return path


@pytest.mark.parametrize("name", ["data.csv.gz", "data.jsonl.gz", "data.ft.gz", "data.parquet.gz"])
def test_gzip_bomb(tmp_path: Path, name: str) -> None:
    assert "200 times its size" in error_of(bomb(tmp_path / name, b"\n"))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process takes")
@pytest.mark.slow
@pytest.mark.parametrize("filling", [b"\n", b" ", b"\0", b","])
def test_gzip_bomb_takes_no_memory(tmp_path: Path, filling: bytes) -> None:
    (tmp_path / "a").mkdir()
    code = (
        "import sys; from process_use import peak_megabytes; from sadari.data.read import open_source\n"
        "try: open_source(sys.argv[1]).read(); print('read')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "print(peak_megabytes())\n"
    )
    for path, place in ((tmp_path / "data.csv.gz", tmp_path / "data.csv.gz"), (tmp_path / "a" / "1.txt.gz", tmp_path)):
        bomb(path, filling)
        command = [sys.executable, "-c", code, str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=path_to_tests())
        said, memory = done.stdout.rsplit("\n", 2)[:2]
        assert said.startswith("DataError")
        assert float(memory) < 150  # of which imports are 60


def test_gzip_of_repeated_texts_is_read(tmp_path: Path) -> None:
    rows = "".join(f"the same words again and again {i},{'ab'[i % 2]}\n" for i in range(20_000))
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(b"text,label\n" + rows.encode()))
    assert len(open_source(tmp_path / "data.csv.gz").read()) == 20_000


# --- wide files: four times the columns may take eight times as long, and not sixteen


def seconds(path: Path) -> float:
    least = float("inf")
    for _ in range(3):
        begin = time.process_time()
        open_source(path).read()
        least = min(least, time.process_time() - begin)
    return least


def wide(path: Path, columns: int) -> Path:
    names = [f"n{i}" for i in range(columns - 2)]
    rows = [{**dict.fromkeys(names, str(i)), "text": f"words {i}", "label": "ab"[i % 2]} for i in range(4)]
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text("".join(",".join(row) + "\n" for row in [list(rows[0]), *(list(r.values()) for r in rows)]))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wide.csv", "wide.jsonl"])
def test_time_grows_with_the_columns(tmp_path: Path, name: str) -> None:
    few, many = (seconds(wide(tmp_path / f"{columns}{name}", columns)) for columns in (1_000, 4_000))
    assert many < 8 * few + 0.5


@pytest.mark.parametrize("name", ["wide.csv", "wide.jsonl"])
def test_too_many_columns(tmp_path: Path, name: str) -> None:
    assert len(open_source(wide(tmp_path / name, 10_000)).read()) == 4
    assert "10,000" in error_of(wide(tmp_path / name, 10_001))


def test_key_that_comes_twice_among_many(tmp_path: Path) -> None:
    keys = ",".join(f'"{i}":0' for i in range(300_000))
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "a", "label": "b"}\n{' + keys + ',"7":1}\n')
    begin = time.process_time()
    assert "the key '7' comes twice" in error_of(path)
    assert time.process_time() - begin < 20  # it was a minute and more


def test_many_bad_rows_are_named_in_time(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("text,label\na,x\n" + ",x\n" * 300_000 + "b,y\n")
    begin = time.process_time()
    source = open_source(path, on_bad_row="skip")
    assert (len(source.read()), source.skipped) == (2, 300_000)
    assert str(source.skipped_rows[-1]).startswith("row 21 (line 22)")
    assert time.process_time() - begin < 20


def test_names_of_megabytes_are_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"text,label,{'x' * 5_000_000}\na,b,c\nd,e,f\n")
    source = open_source(path)
    assert max(len(str(note)) for note in source.notes) < 200
    with pytest.raises(DataError) as caught:
        open_source(path, text="xx", label="label")
    assert len(str(caught.value)) < 500
