"""The process on a node in which files are labelled: it says what it runs before anything else is asked of it."""

from __future__ import annotations

from typing import Any

from sadari.scale.package import of_worker


def desk() -> type:
    """A class for an actor. It starts before the work is known, and imports meanwhile what every work needs.

    It is made anew, so that it travels as code: where Sadari is absent or another one, it can still say so.
    """
    ask = of_worker()

    class Desk:
        def __init__(self) -> None:
            from contextlib import suppress

            with suppress(Exception):  # what is missing or different is told by `runs`
                import sadari.data.read
                import sadari.rungs
                import sadari.scale.labeller  # noqa: F401

        def runs(self) -> tuple[str, tuple[str, str, str | None, str | None]]:
            """The node's name, and the values of its `Package`."""
            import socket

            return socket.gethostname(), ask()

        def begin(self, labeller: type, *arguments: Any) -> Any:
            """Make the labeller; why it cannot work, or None."""
            self._labeller = labeller(*arguments)
            return self._labeller.problem()

        def label(self, shard: Any) -> Any:
            return self._labeller.label(shard)

    Desk.__name__ = Desk.__qualname__ = "Labeller"  # what Ray calls the process
    return Desk
