"""What a forked process lacks: threads that libraries started in its parent. Who waits for one waits for ever.

Polars and Kiwi hold pools of threads, of which a fork has none, and no way to start others; so what needs them is
refused there, with an error that says what to do. torch gets along with a single thread. Hugging Face's tokenizers see
a fork by themselves, unless somebody sets ``TOKENIZERS_PARALLELISM``.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from sadari.errors import ForkError

_used: set[str] = set()  # libraries whose threads this process has started
_lost: set[str] = set()  # libraries whose threads stayed behind in its parent
_POLARS_THREAD = re.compile(r"polars-\d")


def uses(library: str) -> None:
    """Say that a library is about to start threads.

    Raises:
        ForkError: it has threads already, in the process that this one was forked from.
    """
    if library in _lost:
        raise ForkError(library)
    _used.add(library)


def check_threads() -> None:
    """Refuse work on whole columns in a process that has none of the threads of Polars.

    Raises:
        ForkError: Polars was used before this process was forked.
    """
    if without_polars():
        raise ForkError("Polars")


def without_polars() -> bool:
    """Whether Polars was used before this process was forked: then its expressions never end."""
    return "Polars" in _lost


def is_child() -> bool:
    """Whether this process was forked from one that had imported this."""
    return _child


def _polars_has_threads() -> bool:
    if "polars" not in sys.modules:
        return False
    try:
        names = [(task / "comm").read_text(encoding="utf-8") for task in Path("/proc/self/task").iterdir()]
    except OSError:  # not Linux, or a thread that ended: taken to have been used
        return True
    return any(_POLARS_THREAD.match(name) for name in names)


def _before() -> None:
    if _polars_has_threads():
        _used.add("Polars")


def _after() -> None:
    global _child
    _child = True
    _lost.update(_used)
    _used.clear()
    torch = sys.modules.get("torch")
    if hasattr(torch, "set_num_threads"):
        torch.set_num_threads(1)  # type: ignore[union-attr]


_child = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_child=_after)
