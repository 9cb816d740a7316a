"""Who writes into a folder of answers: whoever stops a run knows by it that no worker that it ended still does.

A process that was killed may live on for a while after everybody has been told that it is gone. The system drops its
locks when it is, on whatever node of the cluster it ran.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sadari.artifact.temporary import lock, open_for_sync

_LOOK = 0.02  # seconds between two looks


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be known to write into a folder while the block runs; it begins once nobody sweeps it."""
    with _locked(folder, shared=True, seconds=float("inf")):
        yield


@contextmanager
def nobody_writing(folder: Path, seconds: float) -> Iterator[None]:
    """Wait until nobody writes into a folder; while the block runs nobody begins.

    Args:
        folder: of answers.
        seconds: to wait at most. Where the system has no locks there is nothing to wait for.
    """
    with _locked(folder, shared=False, seconds=seconds):
        yield


@contextmanager
def _locked(folder: Path, *, shared: bool, seconds: float) -> Iterator[None]:
    opened = open_for_sync(folder)
    if opened is None:
        yield
        return
    try:
        end = time.monotonic() + seconds
        while lock(opened, shared=shared) == "theirs" and time.monotonic() < end:
            time.sleep(_LOOK)
        yield
    finally:
        os.close(opened)
