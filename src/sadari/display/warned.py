"""Warnings of a job that trains the same again and again, in folds and on fewer rows: each is shown once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sadari.errors import SadariWarning
from sadari.messages import outline

Show = Callable[..., None]  # as `warnings.showwarning`


def each_once(show: Show) -> Show:
    """What shows a warning the first time it comes; the figures in it may be others the next time.

    Args:
        show: shows one.
    """
    shown = set[Any]()

    def first(warning: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        what = outline(warning.said) if isinstance(warning, SadariWarning) else str(warning)
        if what not in shown:
            shown.add(what)
            show(warning, category, *rest, **more)

    return first


@contextmanager
def warned_once() -> Iterator[None]:
    """Show each of our warnings, and each other one, once in this block."""
    before = warnings.showwarning
    warnings.showwarning = each_once(before)
    try:
        yield
    finally:
        warnings.showwarning = before
