"""Who is told of what is being compiled, which may take seconds."""

from __future__ import annotations

import time
from typing import Protocol, Self


class Watcher(Protocol):
    """Who is told of every function that is being compiled."""

    def begin(self) -> None: ...
    def end(self) -> None: ...


watchers: list[Watcher] = []


class Stopwatch:
    """Seconds in which something was compiled, within a ``with``."""

    def __init__(self) -> None:
        self._depth, self._began, self._done = 0, 0.0, 0.0

    def __enter__(self) -> Self:
        watchers.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        watchers.remove(self)

    @property
    def seconds(self) -> float:
        """So far; what is being compiled at the moment counts when it is done."""
        return self._done

    def begin(self) -> None:
        if self._depth == 0:
            self._began = time.perf_counter()
        self._depth += 1

    def end(self) -> None:
        self._depth = max(0, self._depth - 1)
        if self._depth == 0 and self._began:
            self._done += time.perf_counter() - self._began
            self._began = 0.0
