"""Where progress is shown: in a notebook's kernel, on a terminal, on a bar that is there already, or nowhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SILENT = "silent"  # somebody shows progress, of which whatever begins now is a part

_bar: ContextVar[Any] = ContextVar("_bar", default=None)


def kernel() -> Any | None:
    """The shell of the notebook's kernel that this process is; None where it is none. IPython is never imported."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell if hasattr(shell, "kernel") else None


def on_terminal() -> bool:
    """Whether a person looks at standard error as it is written.

    A command that a cell of a notebook begins with ``!`` has a terminal, too, of which the notebook keeps every frame;
    its kernel is known by what it puts into the environment.
    """
    return sys.stderr is not None and sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ


def asked_by_sklearn() -> bool:
    """Whether scikit-learn is what calls, as in cross-validation."""
    frame = sys._getframe().f_back
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("sklearn."):
            return True
        frame = frame.f_back
    return False


def current_bar() -> Any:
    """The bar that progress is shown on: None where there is none, `SILENT` where it belongs to a larger job."""
    return _bar.get()


@contextmanager
def shown_on(bar: Any) -> Iterator[None]:
    """Meanwhile progress is shown on this bar; or, if it is `SILENT`, not at all."""
    before = _bar.set(bar)
    try:
        yield
    finally:
        _bar.reset(before)
