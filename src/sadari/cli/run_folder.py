"""The folder of a climb: made, or taken over from an earlier climb; never from anything else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sadari.artifact import MANIFEST
from sadari.artifact.atomic import output_errors
from sadari.errors import OutputError

MARKER = ".sadari-climb"  # in every climb's folder from its beginning
RUN_FILES = frozenset({MARKER, "climb.json", "predictions.csv", "history.json", "settings.json", "report.html"})
_CLUTTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@contextmanager
def run_folder(folder: Path) -> Iterator[None]:
    """Make sure, before anything is trained, that a climb may write here; take a folder that stays empty away again.

    An absent or empty folder will do, and so will that of an earlier climb, with nothing else in it.

    Raises:
        OutputError: it holds something else, is a file, or cannot be written; it was not touched.
    """
    with output_errors(folder):
        made = [] if _check_run_folder(folder) else [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
    try:
        yield
    except BaseException:
        if [entry.name for entry in folder.iterdir()] == [MARKER]:
            with suppress(OSError):
                (folder / MARKER).unlink()
                for place in made:
                    place.rmdir()
        raise


def _check_run_folder(folder: Path) -> bool:
    """Whether it is there already; `OutputError` where it must not be written to."""
    if "\0" in os.fspath(folder):
        raise OutputError("a name cannot hold NUL", where=repr(str(folder)))
    if not os.path.lexists(folder):
        _check_writable(folder)
        return False
    if not folder.is_dir():
        raise OutputError("there is a file of this name", where=str(folder), hint="choose another with -o")
    entries = sorted(folder.iterdir())
    if entries and not any((folder / name).is_file() for name in (MARKER, "climb.json")):
        what = f"is in the way: it holds {entries[0].name!r}, and is no folder of a climb"
        raise OutputError(what, where=str(folder), hint="choose another folder with -o")
    for entry in entries:
        if not _is_ours(entry):
            what = f"is in the way: it holds {entry.name!r}, which is not of a climb"
            raise OutputError(what, where=str(folder), hint="choose another folder with -o, or move that away")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError("cannot be written: Permission denied", where=str(folder), hint="choose another with -o")
    return True


def _is_ours(entry: Path) -> bool:
    temporary = entry.name.startswith(".") and ".sadari-" in entry.name
    if temporary or entry.name in _CLUTTER:
        return True
    return entry.name in RUN_FILES if entry.is_file() else (entry / MANIFEST).is_file()


def _check_writable(folder: Path) -> None:
    parent = next(place for place in folder.absolute().parents if place.exists())
    if not parent.is_dir():
        raise OutputError(f"{parent} is a file, not a folder", where=str(folder), hint="choose another with -o")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError("cannot be written: Permission denied", where=str(folder), hint="choose another with -o")


def check_model_folder(folder: Path) -> None:
    """Check, before anything is trained, that a model may be saved here: nothing, an empty folder, or a model.

    Raises:
        OutputError: it holds something else, is a file, or cannot be written; it was not touched.
    """
    with output_errors(folder):
        if "\0" in os.fspath(folder):
            raise OutputError("a name cannot hold NUL", where=repr(str(folder)))
        if not os.path.lexists(folder):
            _check_writable(folder)
        elif not folder.is_dir():
            raise OutputError("there is a file of this name", where=str(folder), hint="choose another with -o")
        elif any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise OutputError(
                "is in the way, and not a Sadari model to replace", where=str(folder), hint="choose another with -o"
            )
