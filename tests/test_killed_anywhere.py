"""A command that is killed, or whose disk fails, at any one call with which it changes what lies on the disk.

The calls are counted, and struck, by a preloaded library (`faults.c`). One process has all imports behind it and
forks for each point; it has used no threads. Some points of each command are tried, and by the slow tests all of them:
what was there before is whole or the new is, the same command again comes to its end, and nothing is left.
"""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sadari.artifact import WEIGHTS, read_model

SERVER = """
import contextlib, ctypes, importlib, json, os, signal, sys
import torch, polars, sadari.cli

shim = ctypes.CDLL(None)
shim.faults_counted.restype = ctypes.c_long
for line in sys.stdin:
    task = json.loads(line)
    worker = os.fork()
    if not worker:
        signal.alarm(300)
        os.chdir(task["here"])
        out = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(out, 1)
        os.dup2(out, 2)
        shim.faults_begin(task["place"].encode(), ctypes.c_long(task["at"]), task["error"], task["writes"])
        code = sadari.cli.main(task["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"\\ncounted {shim.faults_counted()}\\nimported {json.dumps(list(sys.modules))}\\n".encode())
        os._exit(code)
    ended = os.waitpid(worker, 0)[1]
    if not task["at"]:  # what this one imported, those behind it find there
        with open(task["log"]) as log:
            for name in json.loads(log.read().rsplit("imported ", 1)[-1]):
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
    print(os.waitstatus_to_exitcode(ended), flush=True)
"""


class Commands:
    """Runs ``sadari`` with a fault at one call."""

    def __init__(self, server: subprocess.Popen[str], here: Path) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        self._tell, self._hear, self.here = server.stdin, server.stdout, here
        self.log = here / "log.txt"

    def __call__(self, arguments: list[str], place: Path, *, at: int = 0, error: int = 0, writes: bool = False) -> int:
        task = {
            "arguments": arguments,
            "place": str(place),
            "at": at,
            "error": error,
            "writes": writes,
            "here": str(self.here),
            "log": str(self.log),
        }
        self._tell.write(json.dumps(task) + "\n")
        self._tell.flush()
        return int(self._hear.readline())

    def count(self, arguments: list[str], place: Path, *, writes: bool = False) -> int:
        """How many calls it makes; it must succeed."""
        assert self(arguments, place, writes=writes) == 0, self.said()
        return int(re.findall(r"^counted (\d+)$", self.said(), re.MULTILINE)[-1])

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Command:
    """A command that is disturbed.

    Attributes:
        result: the name of what it makes. arguments: after ``sadari``, with {place} for where it does so.
        older: the arguments by which something else was put there before.
    """

    result: str
    arguments: str
    older: str


TRAIN = "train data.csv --rung bow -o {place}/model --json"
SMALL = "--width 4 --epochs 1 --min-count 1 --deterministic"
GRU = "--set embed_dim=4 --set hidden=3 --set epochs=2"
COMMANDS = {
    "train": Command("model", TRAIN, "train old.csv --rung bow -o {place}/model --json"),
    "climb": Command(
        "climb",
        "climb data.csv --rungs bow,tfidf --no-curves -o {place}/climb --json",
        "climb old.csv --rungs bow,tfidf --no-curves -o {place}/climb --json",
    ),
    "vectors train": Command(
        "vectors",
        f"vectors train data.txt -o {{place}}/vectors {SMALL} --json",
        f"vectors train old.txt -o {{place}}/vectors {SMALL} --json",
    ),
    "predict -o": Command(
        "answers.csv",
        "predict given/model data.csv -o {place}/answers.csv",
        "predict given/model old.csv -o {place}/answers.csv",
    ),
    "train --run": Command(
        "model",
        f"train data.csv --rung gru {GRU} --run {{place}}/run -o {{place}}/model --json",
        f"train old.csv --rung gru {GRU} -o {{place}}/model --json",
    ),
}


def words(command: str, place: Path) -> list[str]:
    return command.format(place=place).split()


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("the library that places the faults needs Linux and a C compiler")
    here = tmp_path_factory.mktemp("killed")
    library = here / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", library, source, "-ldl"], check=True, timeout=60)
    write_data(here)
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "80", "LD_PRELOAD": str(library)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        env={**os.environ, **quiet},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        commands = Commands(server, here)
        assert commands(words(TRAIN, here / "given"), here / "given") == 0, commands.said()
        yield commands


def write_data(here: Path) -> None:
    """Two tables, and their texts alone: what is made of one is not what is made of the other."""
    for name, good, bad in (("data", "good fine", "bad awful"), ("old", "warm sunny", "cold rainy")):
        texts = [f"{good if i % 2 else bad} thing {i % 7}" for i in range(40)]
        rows = [f"{text},{'yes' if i % 2 else 'no'}\n" for i, text in enumerate(texts)]
        (here / f"{name}.csv").write_text("text,label\n" + "".join(rows))
        (here / f"{name}.txt").write_text("\n".join(texts * 5))


@dataclass
class Scene:
    """One command, with what was there before it and what is there after it, both whole."""

    name: str
    commands: Commands
    folder: Path
    calls: int = 0
    writes: int = 0

    @classmethod
    def of(cls, name: str, commands: Commands) -> Scene:
        scene = cls(name, commands, commands.here / name.replace(" ", "_"))
        if not scene.folder.exists():
            before, after = scene.folder / "before", scene.folder / "after"
            before.mkdir(parents=True)
            assert commands(words(scene.command.older, before), before) == 0, commands.said()
            shutil.copytree(before, after)
        scene.calls = scene.counted(writes=False)
        scene.writes = scene.counted(writes=True)
        return scene

    @property
    def command(self) -> Command:
        return COMMANDS[self.name]

    def counted(self, *, writes: bool) -> int:
        after = self.folder / "after"
        shutil.rmtree(after)
        shutil.copytree(self.folder / "before", after)
        return self.commands.count(words(self.command.arguments, after), after, writes=writes)

    def place(self, name: str) -> Path:
        """A new folder, as it was before the command."""
        return shutil.copytree(self.folder / "before", self.folder / name)

    def state(self, place: Path) -> str:
        """Whether the old result is there or the new one; whole in any case."""
        result = place / self.command.result
        if tree(result) == tree(self.folder / "before" / self.command.result):
            return "old"
        check_same(result, self.folder / "after" / self.command.result)
        return "new"

    def again(self, place: Path) -> list[str]:
        """The arguments of the command that comes after: the run that was stopped goes on, if there is one."""
        run = place / "run"
        return ["train", "--resume", str(run), "--json"] if run.exists() else words(self.command.arguments, place)


def tree(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def check_same(result: Path, expected: Path) -> None:
    """Fail unless it is whole, and to the bit what was expected, seconds aside."""
    assert set(tree(result)) == set(tree(expected))
    if result.is_file():
        assert result.read_bytes() == expected.read_bytes()
        return
    for model in [folder for folder in (result, *result.iterdir()) if (folder / WEIGHTS).exists()]:
        read_model(model)  # which checks every byte of it
        assert (model / WEIGHTS).read_bytes() == (expected / model.relative_to(result) / WEIGHTS).read_bytes()
    if (result / "climb.json").exists():
        assert json.loads((result / "climb.json").read_text())["verdict"]["rung"] in ("bow", "tfidf")
        assert (result / "report.html").read_text().endswith("</html>")
        assert (result / "predictions.csv").read_bytes() == (expected / "predictions.csv").read_bytes()


def left_over(place: Path) -> list[str]:
    return [path.name for path in place.rglob("*") if ".sadari-" in path.name or path.name == "run"]


def points(count: int, some: int | None) -> list[int]:
    every = range(1, count + 1)
    return list(every) if some is None else sorted(random.Random(count).sample(every, min(some, count)))


def kill(scene: Scene, some: int | None) -> Counter[str]:
    found = Counter[str]()
    for at in points(scene.calls, some):
        place = scene.place(f"killed-{at}")
        ended = scene.commands(words(scene.command.arguments, place), place, at=at)
        assert ended in (-signal.SIGKILL, 0), (at, scene.commands.said())  # how many calls there are may vary by one
        found[scene.state(place)] += 1
        assert scene.commands(scene.again(place), place) == 0, (at, scene.commands.said())
        assert scene.state(place) == "new", at
        assert left_over(place) == [], at
        shutil.rmtree(place)
    return found


def fail(scene: Scene, some: int | None) -> Counter[str]:
    found = Counter[str]()
    for number in (errno.ENOSPC, errno.EIO):
        for at in points(scene.writes, some):
            place = scene.place(f"failed-{number}-{at}")
            code = scene.commands(words(scene.command.arguments, place), place, at=at, error=number, writes=True)
            said = scene.commands.said()
            assert "Traceback" not in said
            assert os.strerror(number) in said, (at, said)  # also where a climb only leaves a rung out
            if code == 0:
                assert scene.name == "climb", (at, said)
                found["left out"] += 1
            else:
                assert code == 2, (at, said)
                assert re.search(rf"^sadari: {re.escape(str(place))}\S*: .*{os.strerror(number)}", said, re.MULTILINE)
                assert scene.state(place) == "old", at
                found["old"] += 1
            assert [name for name in left_over(place) if name != "run"] == [], at
            shutil.rmtree(place)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_some_calls(name: str, commands: Commands) -> None:
    assert sum(kill(Scene.of(name, commands), 2).values()) == 2


@pytest.mark.parametrize("name", ["train", "predict -o"])
def test_failing_at_some_writes(name: str, commands: Commands) -> None:
    assert sum(fail(Scene.of(name, commands), 1).values()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_every_call(name: str, commands: Commands) -> None:
    found = kill(Scene.of(name, commands), None)
    print(f"{name}: {dict(found)}")
    assert set(found) == {"old", "new"}, "some kills came before the swap and some after"


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_failing_at_every_write(name: str, commands: Commands) -> None:
    found = fail(Scene.of(name, commands), None)
    print(f"{name}: {dict(found)}")
    assert sum(found.values()) >= 2
