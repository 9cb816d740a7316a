"""The cache of embeddings among real processes: several at once, killed, without disk, without rights, damaged."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from sadari.pretrained.embedders import cache

WIDTH = 40
# Forks for each task, with all imports behind it: the child embeds texts, into numbers that their hashes give.
SERVER = """
import ctypes, hashlib, json, os, resource, sqlite3, sys
import numpy as np, platformdirs, polars as pl
from sadari.pretrained.embedders import cache

shim, asked = ctypes.CDLL(None), []
cache.PORTION, cache.WAIT = 50, 60

def embed(column):
    asked.extend(column)
    made = [np.frombuffer(hashlib.shake_256(text.encode()).digest(40), np.uint8) for text in column]
    return np.array(made, np.float32).reshape(-1, 40), np.array([len(text) % 2 == 0 for text in column])

def work(task):
    os.environ["XDG_CACHE_HOME"] = task["folder"]
    if task["limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit"], task["limit"]))
    if task["other"] and os.getuid() == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    if task["at"] is not None:
        shim.faults_counted.restype = ctypes.c_long
        shim.faults_begin(task["folder"].encode(), ctypes.c_long(task["at"]), task["error"], 0)
    texts = pl.Series([f"text {number}" for number in range(task["first"], task["last"])])
    vectors, known = cache.through("f" * 64, 40, texts, embed)
    struck = shim.faults_counted() if task["at"] is not None else 0
    return len(asked), hashlib.sha256(vectors.tobytes() + known.tobytes()).hexdigest(), struck

for line in sys.stdin:
    workers = []
    for task in json.loads(line):
        reading, writing = os.pipe()
        worker = os.fork()
        if not worker:
            os.write(writing, json.dumps(work(task)).encode())
            os._exit(0)
        os.close(writing)
        workers.append((worker, reading))
    codes = [os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) for worker, _ in workers]
    said = [json.loads(os.read(reading, 1000).decode() or "null") for _, reading in workers]
    print(json.dumps(list(zip(codes, said))), flush=True)
"""


class Processes:
    """Processes that embed texts."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self.server = server

    def together(self, folder: Path, tasks: list[dict[str, Any]]) -> list[tuple[int, Any]]:
        """The exit code of each, and what it says: how many texts it embedded, a hash of what it has, and its calls."""
        usual = {"folder": str(folder), "limit": 0, "other": False, "at": None, "error": 0, "first": 0, "last": 300}
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps([usual | task for task in tasks]) + "\n")
        self.server.stdin.flush()
        return [(code, said) for code, said in json.loads(self.server.stdout.readline())]

    def __call__(self, folder: Path, **task: Any) -> tuple[int, str]:
        """How many texts one embedded, and a hash of what it has."""
        ((code, said),) = self.together(folder, [task])
        assert code == 0
        return said[0], said[1]


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that counts and strikes; "" where none can be made."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return ""
    library = tmp_path_factory.mktemp("shim") / "faults.so"
    source = Path(__file__).parents[1] / "faults.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return str(library)


@pytest.fixture(scope="module")
def embedded(shim: str) -> Iterator[Processes]:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "LD_PRELOAD": shim}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as server:
        yield Processes(server)
        server.kill()


def right(first: int = 0, last: int = 300) -> str:
    """What there is without any cache."""
    texts = [f"text {number}" for number in range(first, last)]
    vectors = [np.frombuffer(hashlib.shake_256(text.encode()).digest(WIDTH), np.uint8) for text in texts]
    known = np.array([len(text) % 2 == 0 for text in texts])
    return hashlib.sha256(np.array(vectors, np.float32).tobytes() + known.tobytes()).hexdigest()


def file_of(folder: Path) -> Path:
    (found,) = (*folder.glob("sadari/embeddings/*.sqlite"), *folder.glob("*.sqlite"))
    return found


def rows_of(path: Path) -> int:
    with sqlite3.connect(path) as base:
        return int(base.execute("SELECT count(*) FROM vectors").fetchone()[0])


def test_several_processes_at_once_share_it(embedded: Processes, tmp_path: Path) -> None:
    starts = [0, 100, 200, 0, 150]  # of 300 each: they meet
    found = embedded.together(tmp_path, [{"first": start, "last": start + 300} for start in starts])
    assert [(code, said[1]) for code, said in found] == [(0, right(start, start + 300)) for start in starts]
    assert rows_of(file_of(tmp_path)) == 500
    assert embedded(tmp_path, last=500)[0] == 0


def test_one_that_is_stopped_keeps_what_it_had_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(cache, "PORTION", 50)
    seen = list[str]()

    def embed(column: pl.Series) -> cache.Embedded:
        if len(seen) == 100:
            raise KeyboardInterrupt
        seen.extend(column)
        return np.zeros((len(column), WIDTH), np.float32), np.ones(len(column), np.bool_)

    texts = pl.Series([f"text {number}" for number in range(300)])
    with pytest.raises(KeyboardInterrupt):
        cache.through("f" * 64, WIDTH, texts, embed)
    seen = []
    with pytest.raises(KeyboardInterrupt):
        cache.through("f" * 64, WIDTH, texts, embed)
    assert seen == texts[100:200].to_list()


@pytest.mark.slow
@pytest.mark.parametrize("error", [0, errno.ENOSPC, errno.EIO], ids=["killed", "disk full", "disk broken"])
def test_a_process_that_is_struck_at_some_call_leaves_a_cache_that_serves(
    error: int, shim: str, embedded: Processes, tmp_path: Path
) -> None:
    if not shim:
        pytest.skip("needs a C compiler and Linux")
    ((_, counted),) = embedded.together(tmp_path / "counted", [{"at": 0}])
    assert counted[2] > 20  # writes, of the journal too, and removals
    for at in range(1, counted[2] + 1, 4):
        folder = tmp_path / str(at)
        ((code, said),) = embedded.together(folder, [{"at": at, "error": error}])
        assert (code, said and said[1]) == ((0, right()) if error else (-9, None))
        assert embedded(folder)[1] == right()
        assert embedded(folder) == (0, right())


def test_a_full_disk(embedded: Processes, tmp_path: Path) -> None:
    assert embedded(tmp_path, limit=30_000) == (300, right())
    assert embedded(tmp_path)[1] == right()
    assert embedded(tmp_path) == (0, right())


@pytest.mark.parametrize("mode", [0o555, 0o000])
@pytest.mark.parametrize("filled", [False, True])
def test_a_folder_that_may_not_be_written_or_read(mode: int, filled: bool, embedded: Processes, tmp_path: Path) -> None:
    inner = tmp_path / "c" / "sadari" / "embeddings"
    inner.mkdir(parents=True)
    if filled:
        embedded(tmp_path / "c")
    for above in (tmp_path, *tmp_path.parents):  # what is in the way is this folder alone
        if above.stat().st_mode & 0o111 != 0o111:
            above.chmod(above.stat().st_mode | 0o111)
    inner.chmod(mode)
    try:
        readable = filled and mode == 0o555
        assert embedded(tmp_path / "c", other=True) == (0 if readable else 300, right())
    finally:
        inner.chmod(0o755)


DAMAGES = {
    "emptied": lambda content: b"",
    "no database": lambda content: b"no database at all" * 1000,
    "half": lambda content: content[: len(content) // 2],
    "less than a page": lambda content: content[:700],
    "no tables": lambda content: content[:100] + bytes(len(content) - 100),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_file_is_made_anew(damage: str, embedded: Processes, tmp_path: Path) -> None:
    wanted = embedded(tmp_path)[1]
    path = file_of(tmp_path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert embedded(tmp_path)[1] == wanted
    assert embedded(tmp_path)[1] == wanted
    assert embedded(tmp_path) == (0, wanted)


def test_a_byte_that_has_changed_is_never_believed(embedded: Processes, tmp_path: Path) -> None:
    wanted = embedded(tmp_path)[1]
    path = file_of(tmp_path)
    content, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(6):
        wrong = bytearray(content)
        for place in random.integers(0, len(content), 40):
            wrong[place] ^= int(random.integers(1, 256))
        path.write_bytes(wrong)
        assert embedded(tmp_path)[1] == wanted
        embedded(tmp_path)  # where a part that was not looked at is damaged, it is seen when something is written
        assert embedded(tmp_path)[1] == wanted


def test_a_database_of_somebody_else_is_made_anew(embedded: Processes, tmp_path: Path) -> None:
    wanted = embedded(tmp_path)[1]
    path = file_of(tmp_path)
    path.unlink()
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE vectors (something TEXT)")
    assert embedded(tmp_path) == (300, wanted)
    assert embedded(tmp_path) == (0, wanted)


def test_what_is_locked_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(cache, "WAIT", 0.05)

    def embed(column: pl.Series) -> cache.Embedded:
        return np.array([[len(text)] * WIDTH for text in column], np.float32), np.ones(len(column), np.bool_)

    texts = pl.Series([f"text {number}" for number in range(200)])
    wanted = cache.through("f" * 64, WIDTH, texts[:100], embed)[0]
    other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert np.array_equal(cache.through("f" * 64, WIDTH, texts, embed)[0][:100], wanted)
    other.execute("COMMIT")
    assert rows_of(file_of(tmp_path)) == 100


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))


def test_its_size_is_bounded_and_what_was_not_used_for_longest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(cache, "PORTION", 50)

    def embed(column: pl.Series) -> cache.Embedded:
        return np.ones((len(column), 400), np.float32), np.ones(len(column), np.bool_)

    def keep(name: str, count: int) -> None:
        cache.through(name * 64, 400, pl.Series([f"{name} {number}" for number in range(count)]), embed)

    for name in "abc":
        keep(name, 200)
        os.utime(file_of_name(tmp_path, name), (1_000_000 + ord(name),) * 2)
    monkeypatch.setattr(cache, "MOST_BYTES", _size_of(tmp_path) + 100_000)
    cache.through("a" * 64, 400, pl.Series([f"a {number}" for number in range(200)]), embed)  # now b is the oldest
    keep("d", 150)
    assert sorted(path.name[0] for path in tmp_path.glob("*.sqlite")) == ["a", "c", "d"]
    assert _size_of(tmp_path) <= cache.MOST_BYTES
    keep("e", 5_000)  # more than it holds: as much as it holds
    assert _size_of(tmp_path) <= cache.MOST_BYTES * 1.1
    assert rows_of(file_of_name(tmp_path, "e")) > 300


def file_of_name(folder: Path, name: str) -> Path:
    (found,) = folder.glob(f"{name}*.sqlite")
    return found


def test_the_texts_themselves_are_not_in_it(embedded: Processes, tmp_path: Path) -> None:
    embedded(tmp_path)
    assert b"text 17" not in file_of(tmp_path).read_bytes()
    assert hashlib.blake2b(b"text 17", digest_size=16).digest() in file_of(tmp_path).read_bytes()
