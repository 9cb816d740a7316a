"""A climb with Ray and without: the same table, the time, and the time on more workers than this machine has.

``SADARI_BENCH_ROWS=5000`` takes fewer rows of AG News, for a first look.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sadari
from corpora import ag_news
from sadari.climb.result import ClimbResult
from sadari.scale.climb import climbing_on
from sadari.scale.climb_worker import Done
from sadari.scale.cluster import connected, import_ray
from sadari.scale.dispatch import Dispatcher
from sadari.scale.schedule import makespan

RUNGS = ["bow", "ngram", "tfidf", "char", "embedding-bag", "lstm"]
ROWS = int(os.environ.get("SADARI_BENCH_ROWS", "120000"))
WORKERS = (1, 2, 4, 8, 16, 32, 64)
SLEPT = 8  # workers at most that are started to sleep: each is a process
FASTER = 0.05  # of a task's seconds that is slept
ASKED: dict[str, Any] = {"rungs": RUNGS, "report": False, "verbose": False, "budget": None}


def run() -> str:
    train = sadari.open_source(ag_news() / "train.csv").read()
    train = train[:ROWS] if len(train) > ROWS else train
    cores = os.cpu_count() or 1
    lines = ["| climb of AG News | seconds | of those without Ray | the same |", "|---|---|---|---|"]
    with TemporaryDirectory() as folder:
        alone = timed(train, Path(folder) / "alone", None)
        lines.append(f"| without Ray, {cores} threads | {alone.seconds:.1f} | 1.00 | |")
        spent: list[tuple[str, str, float]] = []
        for cpus in sorted({cores, 1}, reverse=True):
            with connected(num_cpus=cores), climbing_on(cpus=cpus) as executor:
                found = timed(train, Path(folder) / f"ray{cpus}", executor)
                spent = executor.spent
            same = "yes" if figures(found) == figures(alone) else "no"
            name = f"with Ray, {cores // cpus} tasks of {cpus} threads at once"
            lines.append(f"| {name} | {found.seconds:.1f} | {found.seconds / alone.seconds:.2f} | {same} |")
    return "\n".join([*lines, "", *simulated(spent)])


def timed(train: Any, folder: Path, executor: Any) -> ClimbResult:
    """The climb, with all that it took from first to last."""
    return sadari.climb(train, folder=folder, executor=executor, **ASKED)


def figures(found: ClimbResult) -> list[Any]:
    """All of the table but times, and the verdict: its rung hangs on costs only where rungs are nearly alike."""
    table = [(each.rung, each.score, each.validation_score, each.curve) for each in found.rungs]
    return [table, found.verdict.rung, found.verdict.best, found.verdict.gain]


def simulated(spent: list[tuple[str, str, float]]) -> list[str]:
    """The time against workers: planned from the seconds that each task took, and slept for.

    What needs the one before it comes after it: first what each rung needs is measured; then all is trained; measuring
    a rung waits for its own trainings, and the model to keep for the verdict.
    """
    phases = [[s for _, kind, s in spent if kind in kinds] for kinds in (("Probe",), ("Fit", "Point"), ("Measure",))]
    last = sum(s for _, kind, s in spent if kind == "Refit")
    longest = max((each for each in spent if each[1] in ("Fit", "Point")), key=lambda each: each[2])
    one = sum(s for *_, s in spent)
    lines = [
        f"{len(spent)} tasks of together {one:.0f} s, simulated: of each task the seconds that it took above, on a "
        f"machine for each worker. The longest is {longest[0]}'s {longest[1].lower()}, {longest[2]:.0f} s.",
        "",
        f"| workers | seconds | times as fast | slept by Ray, at {1 / FASTER:.0f} times the speed: of the plan |",
        "|---|---|---|---|",
    ]
    for workers in WORKERS:
        seconds = sum(makespan(phase, workers) for phase in phases) + last
        slept = f"{asleep(phases[1], workers) / makespan(phases[1], workers):.2f}" if workers <= SLEPT else ""
        lines.append(f"| {workers} | {seconds:.0f} | {one / seconds:.1f} | {slept} |")
    return lines


def asleep(seconds: list[float], workers: int) -> float:
    """The seconds, at the tasks' own speed, that the dispatcher takes for tasks that only sleep."""

    def sleep(length: float) -> Done:
        time.sleep(length)
        return Done()

    with connected(num_cpus=workers):
        ray = import_ray()
        remote = ray.remote(num_cpus=1, max_retries=0)(sleep)
        ray.get([remote.remote(0.5) for _ in range(workers)])  # the processes stand then
        dispatcher = Dispatcher(ray, 1)
        start = time.perf_counter()
        futures = [
            dispatcher.submit(str(number), each, lambda each=each: remote.remote(each * FASTER))
            for number, each in enumerate(sorted(seconds, reverse=True))
        ]
        wait(futures)
        spent = time.perf_counter() - start
        dispatcher.close()
    return spent / FASTER


if __name__ == "__main__":
    print(run())
