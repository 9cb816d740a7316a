"""What a process has taken, whatever else the machine does and whoever started it: by this limits are judged."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from pathlib import Path
from typing import NamedTuple


class Clock(NamedTuple):
    """What a process has had of time.

    Attributes:
        wall: seconds on the clock at the wall. ran: those on processors. waited: those in which it waited for one, of
            the waits that have come to their end. ready: whether it runs, or waits for a processor, just now.
    """

    wall: float
    ran: float
    waited: float
    ready: bool


def clock(pid: int) -> Clock:
    """The clock of the process now; only the wall's where the system tells no more."""
    ran, waited, ready = 0, 0, False
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it has just ended
                of_thread = (thread / "schedstat").read_text().split()
                state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
                ran, waited = ran + int(of_thread[0]), waited + int(of_thread[1])
                ready |= state == "R" and int(thread.name) != threading.get_native_id()
    return Clock(time.monotonic(), ran / 1e9, waited / 1e9, ready)


def time_used(since: Clock, now: Clock) -> float:
    """Seconds that a process has been at work or asleep. On a busy machine most of the wall's are neither."""
    ran = now.ran - since.ran
    return ran if now.ready else max(ran, now.wall - since.wall - (now.waited - since.waited))


def peak_megabytes() -> float:
    """The most memory that this process has had. `ru_maxrss` would begin at what its parent had."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def path_to_tests() -> dict[str, str]:
    """The environment of a process that is to measure itself by this module."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}
