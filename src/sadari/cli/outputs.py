"""Where results will lie: found out before the work is done whether they may lie there, and not after."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sadari.artifact import check_is_model
from sadari.artifact.atomic import check_in_place, output_errors
from sadari.errors import OutputError

_ANOTHER = "choose another with -o"


def check_run_folder(folder: Path) -> None:
    """Check that a climb may be written here: there is nothing, an empty folder, or an earlier climb.

    Raises:
        OutputError: something else is there, or it cannot be written; it was not touched.
    """
    from sadari.measure.folder import check_is_climb

    _check_folder(folder, check_is_climb)


def check_model_folder(folder: Path) -> None:
    """Check that a model may be saved here: there is nothing, an empty folder, or a model.

    Raises:
        OutputError: something else is there, or it cannot be written; it was not touched.
    """
    _check_folder(folder, check_is_model)


def check_file(path: Path) -> Path:
    """Where a file will lie, links followed.

    Raises:
        OutputError: it is a folder, or cannot be written.
    """
    with output_errors(path):
        target = _real(path)
        if target.is_dir():
            raise OutputError("there is a folder of this name", where=str(path), hint=_ANOTHER)
        if not (target.exists() and not target.is_file()):  # a device is written to as it is
            _check_parent(path, target)
    return target


def _check_folder(folder: Path, check_old: Callable[[Path], None]) -> None:
    with output_errors(folder):
        target = _real(folder)
        if target.exists() and not target.is_dir():
            raise OutputError("there is a file of this name", where=str(folder), hint=_ANOTHER)
        check_in_place(target)
        _check_parent(folder, target)
        if target.exists() and any(target.iterdir()):
            check_old(folder)


def _real(path: Path) -> Path:
    if "\0" in os.fspath(path):
        raise OutputError("a name cannot hold NUL", where=repr(str(path)))
    return Path(os.path.realpath(path))


def _check_parent(path: Path, target: Path) -> None:
    """A result is made beside its place, so the folder above must be one, and writable."""
    parent = next(place for place in target.parents if place.exists())
    if not parent.is_dir():
        raise OutputError(f"{parent} is a file, not a folder", where=str(path), hint=_ANOTHER)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError("cannot be written: Permission denied", where=str(path), hint=_ANOTHER)
