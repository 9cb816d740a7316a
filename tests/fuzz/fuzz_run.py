"""Run the targets for some minutes, or for some cases each, in processes of their own, and keep what fails.

    python tests/fuzz/fuzz_run.py --minutes 10
    python tests/fuzz/fuzz_run.py --cases data=1000000 folders=100000 --jobs 2
    python tests/fuzz/fuzz_run.py --cases data=400000:1000000 --seed 1
    python tests/fuzz/fuzz_run.py --case data-1-17
    python tests/fuzz/fuzz_run.py --again found/data-1-17

A case is drawn from its target, the seed and its number alone. One that raises what it must not, takes over 10 seconds
(those in which it waits for a processor do not count), needs over 3 GB or ends its process is kept as a folder of files
below `--found`, with what was raised, and can be run again. The exit status is 1 where one was found. Every ten minutes
it says how far it is, and what to ask for to go on from there.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from process_use import clock, time_used  # noqa: E402

SECONDS, MEMORY = 10.0, 3 << 30  # a case's limits
SHARES = {"data": 50, "exact": 15, "folders": 12, "vectors": 8, "calls": 8, "nets": 4, "weights": 2, "parquet": 1}
SEED_PLACE = "SADARI_FUZZ_SEEDS"
_STATE = struct.Struct("<qqq")  # the case's number, cases done, cases failed


@dataclass(frozen=True)
class Target:
    """How a case is made from a generator, how it is checked, and cases of which nothing is spoilt."""

    make: Callable[[Random], dict[str, bytes]]
    check: Callable[[Path], None]
    whole: Callable[[], list[dict[str, bytes]]] = list


def target(name: str) -> Target:
    """The target of that name."""
    if name in ("data", "exact", "parquet"):
        import fuzz_data_files as files

        if name == "exact":
            return Target(files.make_exact, files.check_exact)
        return Target(
            files.make_spoilt if name == "data" else files.make_parquet, files.check_spoilt, files.whole_files
        )
    if name == "vectors":
        import fuzz_vector_files as vectors

        return Target(vectors.make_vectors, vectors.check_vectors, vectors.whole_vectors)
    if name == "calls":
        import fuzz_library_calls as calls

        return Target(calls.make_call, calls.check_call, calls.whole_calls)
    import fuzz_model_folders as folders

    kinds = {
        "folders": folders.QUICK,
        "nets": tuple(kind for kind in folders.MAKERS if kind not in (*folders.QUICK, "weights")),
        "weights": ("weights",),
    }[name]
    given = {"place": Path(os.environ[SEED_PLACE]), "names": kinds}
    return Target(partial(folders.make_folder, **given), folders.check_folder, partial(folders.whole_folders, **given))


def make_seeds(names: Iterable[str]) -> None:
    """The folders from which cases of these targets are made."""
    if {"folders", "nets", "weights"} & set(names):
        import fuzz_model_folders

        fuzz_model_folders.make_seeds(Path(os.environ[SEED_PLACE]))


def put(case: dict[str, bytes], folder: Path) -> None:
    """The case's files, and nothing else, in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in case.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def work(name: str, seed: int, first: int, step: int, last: int, board: str, found: str) -> None:
    """Cases `first`, `first + step`, … below `last`, told to the parent on the board, a mapped file."""
    faulthandler.register(signal.SIGUSR1)
    import torch

    torch.set_num_threads(1)
    aim = target(name)
    with Path(board).open("r+b") as file, tempfile.TemporaryDirectory(dir=Path(board).parent) as scratch:
        state, folder = mmap.mmap(file.fileno(), _STATE.size), Path(scratch) / "case"
        done = failed = 0
        for case in aim.whole():  # also compiles what is compiled at its first use
            put(case, folder)
            aim.check(folder)
        for number in range(first, last, step):
            state[:] = _STATE.pack(number, done, failed)
            case = aim.make(Random(f"{name}-{seed}-{number}"))
            put(case, folder)
            try:
                aim.check(folder)
            except BaseException as error:  # also a panic of a Rust library, which is no Exception
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                failed += 1
                keep(case, Path(found) / f"{name}-{seed}-{number}", traceback.format_exc())
            done += 1
        state[:] = _STATE.pack(-1, done, failed)


def keep(case: dict[str, bytes], folder: Path, why: str) -> None:
    """Keep a case and what was raised."""
    put(case, folder)
    (folder / "raised.txt").write_text(why, encoding="utf-8", errors="backslashreplace")


class Worker:
    """A process for a share of a target's cases, started again after each case that it did not survive."""

    def __init__(self, name: str, seed: int, first: int, step: int, last: int, scratch: str, found: Path) -> None:
        self.name, self.seed, self.next, self.step, self.last, self.found = name, seed, first, step, last, found
        self.board = f"{scratch}/{name}-{first}"
        self.done = self.failed = 0
        self.start()

    def start(self) -> None:
        self.base_done, self.base_failed = self.done, self.failed
        with Path(self.board).open("wb") as file:
            file.write(_STATE.pack(-2, 0, 0))
        share = [self.name, self.seed, self.next, self.step, self.last, self.board, self.found]
        self.number, self.since = -2, clock(os.getpid())
        self.log = Path(self.board + ".log").open("w+b")  # noqa: SIM115 (the process writes to it)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", *map(str, share)], stderr=self.log, stdout=subprocess.DEVNULL
        )

    def look(self) -> bool:
        """Whether it is still at work; what takes too long or too much is ended and kept."""
        with Path(self.board).open("rb") as file:
            number, done, failed = _STATE.unpack(file.read())
        self.done, self.failed = self.base_done + done, self.base_failed + failed
        code, why, now = self.process.poll(), "", clock(self.process.pid)
        if number != self.number:
            self.number, self.since = number, now
        if code == 0:
            return False
        if code is not None:
            why = f"the process ended with {code}"
        elif number >= 0 and time_used(self.since, now) > SECONDS:
            why = f"takes over {SECONDS:g} seconds"
        elif number >= 0 and memory_of(self.process.pid) > MEMORY:
            why = f"takes over {MEMORY >> 30} GB"
        if not why:
            return True
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        self.process.kill()
        self.process.wait()
        self.log.seek(0)
        said = self.log.read().decode(errors="replace")[-8000:]
        if number < 0:
            raise SystemExit(f"{self.name}: {why} before its first case\n{said}")
        case = f"{self.name}-{self.seed}-{number}"
        keep(target(self.name).make(Random(case)), self.found / case, f"{why}\n{said}")
        self.done, self.failed, self.next = self.done + 1, self.failed + 1, number + self.step
        if self.next < self.last:
            self.start()
            return True
        return False


def memory_of(pid: int) -> int:
    """Bytes of the process in memory, 0 where it cannot be known."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def run(
    name: str, *, seed: int, jobs: int, first: int, last: int, seconds: float, found: Path, scratch: str
) -> tuple[int, int, float]:
    """Cases run, cases failed and seconds taken of one target."""
    began = said = time.monotonic()
    workers = [Worker(name, seed, first + job, jobs, last, scratch, found) for job in range(jobs)]
    try:
        busy = list(workers)
        while busy and time.monotonic() - began < seconds:
            time.sleep(0.3)
            busy = [worker for worker in busy if worker.look()]
            if busy and time.monotonic() - said > 600:
                said = time.monotonic()
                ahead = min(max(worker.number, worker.next) for worker in busy)
                failed = sum(worker.failed for worker in workers)
                print(f"{failed} failed; the rest: --cases {name}={ahead}:{last} --seed {seed}", flush=True)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
    return sum(w.done for w in workers), sum(w.failed for w in workers), time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, help="for all targets together")
    parser.add_argument("--cases", nargs="*", default=[], metavar="TARGET=[FIRST:]END", help="of these targets alone")
    parser.add_argument("--jobs", type=int, default=max(1, os.cpu_count() or 1))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--found", type=Path, default=Path("found"))
    parser.add_argument("--again", type=Path, help="run one kept case, and show what it raises")
    parser.add_argument("--case", metavar="TARGET-SEED-N", help="draw one case again, and show what it raises")
    parser.add_argument("--work", nargs=7, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        name, seed, first, step, last, board, found = asked.work
        work(name, int(seed), int(first), int(step), int(last), board, found)
        return 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as scratch:
        os.environ.setdefault(SEED_PLACE, str(Path(scratch) / "seeds"))
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        if asked.again:
            again(asked.again, Path(scratch) / "case")
            return 0
        if asked.case:
            name = asked.case.split("-")[0]
            make_seeds([name])
            put(target(name).make(Random(asked.case)), Path(scratch) / "case")
            target(name).check(Path(scratch) / "case")
            return 0
        plan = {}
        for name, _, cases in (each.partition("=") for each in asked.cases):
            first, _, last = cases.rpartition(":")
            plan[name] = {"first": int(first or 0), "last": int(last), "seconds": 1e9}
        if not plan:
            share = 60 * (asked.minutes or 1) / sum(SHARES.values())
            plan = {name: {"first": 0, "last": 10**9, "seconds": share * part} for name, part in SHARES.items()}
        print(f"seed {asked.seed}", flush=True)
        make_seeds(plan)
        failures = 0
        for name, part in plan.items():
            done, failed, took = run(name, seed=asked.seed, jobs=asked.jobs, found=asked.found, scratch=scratch, **part)
            failures += failed
            print(f"{name:8} {done:>9,} cases  {failed:>4} failed  {took:7.0f} s  {done / took:7.1f}/s", flush=True)
    print(json.dumps({"seed": asked.seed, "failed": failures, "found": str(asked.found) if failures else None}))
    return 1 if failures else 0


def again(kept: Path, folder: Path) -> None:
    """Run a kept case once more; what it raises is shown."""
    name = kept.name.split("-")[0]
    make_seeds([name])
    shutil.copytree(kept, folder, ignore=shutil.ignore_patterns("raised.txt"))
    target(name).check(folder)


if __name__ == "__main__":
    sys.exit(main())
