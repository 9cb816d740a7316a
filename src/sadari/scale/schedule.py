"""How long jobs take that are done side by side, the longest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable


def makespan(seconds: Iterable[float], workers: int) -> float:
    """The seconds until all jobs are done, where each worker that is free takes the longest that is left.

    That is at most 4/3 of the shortest time that any order could reach (Graham, Bounds on multiprocessing timing
    anomalies, 1969).

    Args:
        seconds: that each job takes.
        workers: how many work side by side.
    """
    free = [0.0] * max(1, workers)
    for each in sorted(seconds, reverse=True):
        heapq.heapreplace(free, free[0] + each)
    return max(free)
