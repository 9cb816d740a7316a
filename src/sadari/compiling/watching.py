"""Who is told of what is being compiled, which may take seconds."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Who is told of every function that is being compiled."""

    def begin(self) -> None: ...
    def end(self) -> None: ...


watchers: list[Watcher] = []
