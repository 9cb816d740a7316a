"""A save that is killed, or fails, at any one system call leaves the old model or the new one, whole.

The kills are placed, not left to chance: ``strace`` holds a process that has all its imports behind it, lets
it save, and kills it at the K-th call of one kind, for each call with which a save changes the disk.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sadari.artifact import atomic_write, read_model, write_model

WRITING = "write,?pwrite64,?writev,?sendfile,?fallocate,?truncate,?ftruncate,fsync,?fdatasync,?fchmod,?flock"
NAMING = "?rename,?renameat,?renameat2,?mkdir,?mkdirat,?rmdir,?unlink,?unlinkat,?link,?linkat,?symlink,?symlinkat"
READING = "read,openat,?open,?fstat,?newfstatat,?statx,?getdents64"
NO_EXCHANGE = "renameat2:error=ENOSYS"
NEW = "new" * 1000

# Forks a process for each save or reading. That one waits until strace has hold of it, which it knows by a call whose
# answer strace falsifies; so neither imports nor the attaching itself are among the calls that are counted.
SERVER = """
import ctypes, json, os, sys, time
import numpy as np
from sadari.artifact import atomic_write, read_model, write_model
from sadari.errors import ModelError, OutputError

def work(folder, kind, new):
    if kind == "read":
        read_model(folder)
    elif kind == "file":
        atomic_write(folder, new)
    else:
        write_model(folder, manifest={"kind": "classifier"}, texts={"age.txt": "new", "more.txt": "more"},
                    tensors={"age": np.full(5, 2.0), "bias": np.ones(3, np.float32)})

for line in sys.stdin:
    task = json.loads(line)
    worker = os.fork()
    if not worker:
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # whoever may trace us
        while os.getppid() != 77777:
            time.sleep(0.001)
        code = 0
        try:
            work(*task)
        except (ModelError, OutputError) as error:
            print(json.dumps(str(error)), flush=True)
            code = 2
        os._exit(code)
    print(worker, flush=True)
    print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])), flush=True)
"""


class Strace:
    """Saves with faults put into their system calls."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        self._tell, self._hear = server.stdin, server.stdout

    def save(self, folder: Path, kind: str, *faults: str, log: Path | None = None) -> tuple[int, str]:
        """Save a new result: how the saver ended, and the error that it told of."""
        self._tell.write(json.dumps([str(folder), kind, NEW]) + "\n")
        self._tell.flush()
        saver = int(self._hear.readline())
        command = ["strace", "-qq", "-y", "-o", str(log or os.devnull), "-p", str(saver), "-e"]
        command.append("trace=getppid," + (READING if kind == "read" else f"{WRITING},{NAMING}"))
        for fault in ("getppid:retval=77777", *faults):
            command += ["-e", f"inject={fault}"]
        traced = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if str(saver) in traced.stderr:  # "attach: ptrace(PTRACE_SEIZE, 123): Operation not permitted"
            os.kill(saver, signal.SIGKILL)
        message = ""
        while isinstance(told := json.loads(self._hear.readline()), str):
            message = told
        return told, message or traced.stderr


@pytest.fixture(scope="module")
def strace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strace]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, and the faults are placed with it")
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        env={**os.environ, **quiet},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        strace = Strace(server)
        code, message = strace.save(tmp_path_factory.mktemp("strace") / "model", "model")
        if "not permitted" in message:
            pytest.skip(f"strace may not trace here: {message.strip()}")
        assert code == 0, message
        yield strace


def save_old(folder: Path, kind: str) -> None:
    """What is there before: a smaller model."""
    if kind == "file":
        folder.write_text("old")
    else:
        content = {"kind": "classifier"}
        write_model(folder, manifest=content, tensors={"age": np.full(5, 1.0)}, texts={"age.txt": "old"})


def save_next(folder: Path, kind: str) -> None:
    """The save that comes after the one that was disturbed."""
    if kind == "file":
        atomic_write(folder, "next")
    else:
        content = {"kind": "classifier"}
        write_model(folder, manifest=content, tensors={"age": np.full(5, 3.0)}, texts={"age.txt": "next"})


def age(folder: Path, kind: str) -> str:
    """Which result is there, all of it: old, new, next or none."""
    if kind == "file":
        return {"old": "old", NEW: "new", "next": "next"}[folder.read_text()] if folder.exists() else "none"
    if not folder.exists() and not list(folder.parent.glob(".*.sadari-old")):
        return "none"
    model = read_model(folder)
    found = model.texts["age.txt"]
    assert (model.tensors["age"] == {"old": 1.0, "new": 2.0, "next": 3.0}[found]).all()
    assert set(model.texts) == ({"age.txt", "more.txt"} if found == "new" else {"age.txt"})
    assert set(model.tensors) == ({"age", "bias"} if found == "new" else {"age"})
    return found


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every name below a folder, and what the files hold."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def calls_of_a_save(
    strace: Strace, tmp_path: Path, kind: str, old: bool, faults: tuple[str, ...]
) -> list[tuple[str, int]]:
    """Each call of an undisturbed save: its kind, and its number among those of its kind (from 1)."""
    folder = tmp_path / "undisturbed"
    if old:
        save_old(folder, kind)
    assert strace.save(folder, kind, *faults, log=tmp_path / "calls.log") == (0, "")
    assert age(folder, kind) == "new"
    counts = Counter[str]()
    calls = []
    for call in re.findall(r"^(\w+)\(", (tmp_path / "calls.log").read_text(), re.MULTILINE):
        counts[call] += 1
        if call != "getppid" and not any(fault.startswith(f"{call}:") for fault in faults):
            calls.append((call, counts[call]))
    assert {"write", "fsync", "flock"} < set(counts)
    assert any(call.startswith("rename") for call in counts)
    return calls


SCENES = [
    pytest.param("model", False, (), id="fresh"),
    pytest.param("model", True, (), id="replace-by-exchange"),
    pytest.param("model", True, (NO_EXCHANGE,), id="replace-by-two-renames"),
    pytest.param("file", False, (), id="fresh-file"),
    pytest.param("file", True, (), id="replace-file"),
]


@pytest.mark.parametrize(("kind", "old", "faults"), SCENES)
def test_killed_at_any_call(strace: Strace, tmp_path: Path, kind: str, old: bool, faults: tuple[str, ...]) -> None:
    ages = Counter[str]()
    for call, k in calls_of_a_save(strace, tmp_path, kind, old, faults):
        place = tmp_path / f"{call}-{k}"
        place.mkdir()
        folder = place / "result"
        if old:
            save_old(folder, kind)
        assert strace.save(folder, kind, *faults, f"{call}:signal=KILL:when={k}")[0] == -signal.SIGKILL
        found = age(folder, kind)
        assert found in ("new", "old" if old else "none"), (call, k)
        ages[found] += 1
        save_next(folder, kind)
        assert age(folder, kind) == "next"
        assert [each.name for each in place.iterdir()] == ["result"], (call, k, "a stale name is left")
    assert len(ages) == 2, "some kills came before the swap and some after"


@pytest.mark.parametrize(("kind", "old", "faults"), SCENES)
def test_failing_at_any_call(strace: Strace, tmp_path: Path, kind: str, old: bool, faults: tuple[str, ...]) -> None:
    ages = Counter[str]()
    for call, k in calls_of_a_save(strace, tmp_path, kind, old, faults):
        place = tmp_path / f"{call}-{k}"
        place.mkdir()
        folder = place / "result"
        if old:
            save_old(folder, kind)
        before = snapshot(place)
        code, message = strace.save(folder, kind, *faults, f"{call}:error=ENOSPC:when={k}")
        found = age(folder, kind)
        ages[found] += 1
        if code == 0:  # it can do without: a lock, or the removal of what was replaced
            assert found == "new", (call, k)
        else:
            assert code == 2, (call, k, message)
            assert re.fullmatch(r".*: cannot be written: No space left on device\n  → free some space.*", message)
            # What a single file replaced is gone; the disk fails after that only where the new one is whole.
            assert snapshot(place) == before or (kind == "file" and found == "new"), (call, k)
        save_next(folder, kind)
        assert [each.name for each in place.iterdir()] == ["result"], (call, k, "a stale name is left")
    assert len(ages) == 2


def test_all_is_on_the_disk_before_its_name_is(strace: Strace, tmp_path: Path) -> None:
    save_old(tmp_path / "model", "model")
    assert strace.save(tmp_path / "model", "model", log=tmp_path / "log")[0] == 0
    lines = (tmp_path / "log").read_text().splitlines()
    writes = [place for place, line in enumerate(lines) if line.startswith("write(")]
    manifest = next(place for place in writes if "/sadari.json>" in lines[place])
    for name in ("weights.safetensors", "age.txt", "more.txt"):
        about = [line for line in lines[:manifest] if f"/{name}>" in line]
        assert about[0].startswith("write("), name
        assert about[-1].startswith("fsync("), f"{name} is flushed before the manifest vouches for it"
    new = r"fsync\(\d+<.*/\.model\.sadari-new-\w{8}"
    swap = next(place for place, line in enumerate(lines) if "RENAME_EXCHANGE" in line)
    flushed = next(place for place, line in enumerate(lines) if re.match(rf"{new}/sadari\.json>\)", line))
    folder = next(place for place, line in enumerate(lines) if re.match(rf"{new}>\)", line))
    assert manifest <= writes[-1] < flushed < folder < swap, "the manifest, then the folder, then its name"
    assert re.match(rf"fsync\(\d+<{re.escape(str(tmp_path))}>\)", lines[swap + 1]), "then the one above"


def test_a_file_is_on_the_disk_before_its_name_is(strace: Strace, tmp_path: Path) -> None:
    save_old(tmp_path / "report", "file")
    assert strace.save(tmp_path / "report", "file", log=tmp_path / "log")[0] == 0
    log = (tmp_path / "log").read_text()
    new, above = r"<\S*/\.report\.sadari-new-\w{8}>", f"<{re.escape(str(tmp_path))}>"
    assert re.search(rf"write\(\d+{new}.*\nfsync\(\d+{new}.*\nrename\w*\(.*\nfsync\(\d+{above}", log), log


def test_reading_that_fails_at_any_call_is_one_line(strace: Strace, tmp_path: Path) -> None:
    save_old(tmp_path / "model", "model")
    assert strace.save(tmp_path / "model", "read", log=tmp_path / "log") == (0, "")
    counts = Counter(re.findall(r"^(\w+)\(", (tmp_path / "log").read_text(), re.MULTILINE))
    assert counts["openat"] > 3
    assert counts["read"] > 3
    for call, k in [(call, k) for call, count in counts.items() if call != "getppid" for k in range(1, count + 1)]:
        code, message = strace.save(tmp_path / "model", "read", f"{call}:error=EIO:when={k}")
        if code != 0:  # some calls only ask how large a buffer should be
            assert code == 2, (call, k, message)
            assert re.fullmatch(rf"{re.escape(str(tmp_path))}/model\S*: [^\n]*Input/output error", message)
