"""A process that hangs is told from one that waits for a processor."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from process_clock import clock, time_used

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells how long a process waits")


def _watched(code: str, ends: Callable[[float, float], bool]) -> tuple[float, float]:
    """Seconds of the wall, and seconds that count, of Python code in a process, until `ends` says so of them."""
    process = subprocess.Popen([sys.executable, "-c", code])
    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    since = clock(process.pid)
    try:
        while True:
            time.sleep(0.1)
            now = clock(process.pid)
            wall, counted = now.wall - since.wall, time_used(since, now)
            if ends(wall, counted):
                return wall, counted
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(60)"], ids=["busy", "asleep"])
def test_a_hang_is_seen_whether_busy_or_asleep(code):
    _, counted = _watched(code, lambda wall, counted: counted > 2 or wall > 30)
    assert counted > 2


def test_a_process_that_waits_for_a_processor_does_not_hang():
    """Four others have the only processor that it may use, and it is the last in the queue."""
    one = {min(os.sched_getaffinity(0))}
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        for other in others:
            os.sched_setaffinity(other.pid, one)
        code = "import os; os.nice(19)\nwhile True: pass"
        wall, counted = _watched(code, lambda wall, counted: wall > 4)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert counted < wall / 2
