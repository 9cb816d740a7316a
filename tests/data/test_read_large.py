"""Reading large files: bounded memory, and fast enough."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from process_use import path_to_tests
from sadari.data.read import open_source

MEASURE = """
import sys
from process_use import peak_megabytes
from sadari.data.text_stream import TextStream
from sadari.data.read import open_source

open_source(sys.argv[1]).read()  # loads the libraries and compiled loops
before, rows = peak_megabytes(), 0
for texts in TextStream(open_source(sys.argv[2])):
    rows += texts.len()
print(rows, peak_megabytes() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process takes")
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str) -> None:
    """300 MB are streamed in 150 MB at most: the blocks, not the file, so 1 GB stays far below 500 MB too."""
    text = "A sentence of some length, with commas, such as news have. " * 4
    row = f'"{text}",a\n' if kind == "csv" else json.dumps({"text": text, "label": "a"}) + "\n"
    header = "text,label\n" if kind == "csv" else ""
    small, large = tmp_path / f"small.{kind}", tmp_path / f"large.{kind}"
    small.write_text(header + row * 10)
    count = 300_000_000 // len(row)
    with large.open("w") as handle:
        handle.write(header)
        for _ in range(100):
            handle.write(row * (count // 100))
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=path_to_tests())
    rows, extra = done.stdout.split()
    assert int(rows) == count // 100 * 100
    assert float(extra) < 150


def fastest(path: Path, tries: int = 7) -> float:
    def once() -> float:
        start = time.perf_counter()
        open_source(path).read()
        return time.perf_counter() - start

    return min(once() for _ in range(tries))


@pytest.fixture
def ag_news() -> Path:
    folder = os.environ.get("SADARI_DATA")
    if not folder or not Path(folder, "ag_news/train.csv").exists():
        pytest.skip("SADARI_DATA is not set, or has no ag_news")
    return Path(folder, "ag_news/train.csv")


@pytest.mark.slow
@pytest.mark.data
def test_ag_news_is_read_in_an_eighth_of_a_second(ag_news: Path) -> None:
    assert fastest(ag_news) < 0.12


@pytest.mark.slow
@pytest.mark.data
def test_jsonl_of_32_000_rows_is_read_in_half_a_second(ag_news: Path, tmp_path: Path) -> None:
    corpus = open_source(ag_news).read()
    assert corpus.labels is not None
    corpus.texts.to_frame().with_columns(label=corpus.labels).write_ndjson(tmp_path / "data.jsonl")
    assert fastest(tmp_path / "data.jsonl") < 0.5
