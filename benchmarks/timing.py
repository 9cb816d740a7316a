"""Time several ways of doing one thing in turn, so that a machine that speeds up or slows down favours none."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Timed:
    """Seconds of every counted run, and what the last one returned."""

    seconds: list[float]
    result: Any

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def in_turn(
    ways: Mapping[str, Callable[[], Any]],
    *,
    runs: int = 5,
    warmups: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timed]:
    """Run A, B, C, A, B, C, … and time each; the warm-up rounds (imports, compiled code, file cache) do not count.

    Args:
        ways: what to run, by name.
        runs: so many counted rounds.
        warmups: so many before.
        clock: seconds; `time.process_time` where others use the machine, too.
    """
    timed = {name: Timed([], None) for name in ways}
    for round_number in range(warmups + runs):
        for name, way in ways.items():
            gc.collect()
            start = clock()
            result = way()
            seconds = clock() - start
            if round_number >= warmups:
                timed[name].seconds.append(seconds)
                timed[name].result = result
    return timed


def ratio(ours: Timed, peer: Timed) -> tuple[float, float, float]:
    """Our time over the peer's, pair by pair: smallest, median, largest."""
    ratios = sorted(a / b for a, b in zip(ours.seconds, peer.seconds, strict=True))
    return ratios[0], statistics.median(ratios), ratios[-1]


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose source is readable too."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |" for line in lines
    )
