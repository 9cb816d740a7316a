"""A process that hangs is told from one that waits for a processor, and its memory from that of its parent."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from process_use import clock, path_to_tests, time_used

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process takes")


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


def test_memory_is_that_of_the_process_and_not_of_its_parent():
    """Some kernels let a process begin at its parent's peak in `ru_maxrss`."""
    child = "from process_use import peak_megabytes\nsmall = peak_megabytes()\nheld = b'x' * (50 << 20)\n"
    child += "print(small, peak_megabytes())"
    parent = f"import subprocess, sys\nheld = b'x' * (300 << 20)\nsubprocess.run([sys.executable, '-c', {child!r}])"
    command = [sys.executable, "-c", parent]
    run = subprocess.run(command, capture_output=True, text=True, env=path_to_tests(), check=True)
    small, large = map(float, run.stdout.split())
    assert small < 40
    assert 50 <= large - small < 60
