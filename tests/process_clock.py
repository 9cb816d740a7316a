"""How long a process has been at work or asleep, however busy the machine is: by this a hang is judged."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import NamedTuple


class Clock(NamedTuple):
    """Seconds of the wall, those that a process has run on processors, and those that it has waited for one."""

    wall: float
    ran: float
    waited: float


def clock(pid: int) -> Clock:
    """The clock of the process now; only the wall's where the system tells no more."""
    ran = waited = 0
    with contextlib.suppress(OSError, ValueError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it has just ended
                of_thread = (thread / "schedstat").read_text().split()
                ran, waited = ran + int(of_thread[0]), waited + int(of_thread[1])
    return Clock(time.monotonic(), ran / 1e9, waited / 1e9)


def time_used(since: Clock, now: Clock) -> float:
    """Seconds that a case has been at work or asleep. On a busy machine most of the wall's are neither."""
    return max(now.ran - since.ran, now.wall - since.wall - (now.waited - since.waited))
