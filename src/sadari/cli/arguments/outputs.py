"""Where results will lie: found out before the work is done whether they may lie there, and not after."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from sadari.artifact import MANIFEST, check_is_model, open_plain, parse_json
from sadari.artifact.atomic import check_in_place, output_errors
from sadari.artifact.manifest import MAX_MANIFEST
from sadari.cli.arguments.inputs import Given
from sadari.errors import OutputError, SettingError
from sadari.messages import message

_ANOTHER = message("choose another with -o")


def check_run_folder(folder: Path) -> None:
    """Check that a climb may be written here: there is nothing, an empty folder, or an earlier climb.

    Raises:
        OutputError: something else is there, or it cannot be written; it was not touched.
    """
    from sadari.climb.folder import check_is_climb

    check_folder(folder, check_is_climb)


def check_model_folder(folder: Path) -> None:
    """Check that a model may be saved here: there is nothing, an empty folder, or a model.

    Raises:
        OutputError: something else is there, such as a training run, or it cannot be written; it was not touched.
    """
    check_folder(folder, _check_old_model)


def check_file(path: Path) -> Path:
    """Where a file will lie, links followed.

    Raises:
        OutputError: it is a folder, or cannot be written.
    """
    with output_errors(path):
        target = _real(path)
        if target.is_dir():
            raise OutputError(message("there is a folder of this name"), where=str(path), hint=_ANOTHER)
        if not (target.exists() and not target.is_file()):  # a device is written to as it is
            _check_parent(path, target)
    return target


def check_not_read(output: Path, *read: Given | None, option: str = "-o", format: str | None = None) -> None:
    """Check that a file to write is none of those that are read: it would replace the user's data.

    Args:
        output: the file.
        read: what is read: files, folders and patterns; None and "-" are none.
        option: what the user names it with.
        format: of the files that are read, where the user says it.

    Raises:
        SettingError: it is one of them.
    """
    from sadari.data.files.find import data_files

    target = _real(output)
    if not target.exists():
        return
    files = [file for given in read if given not in (None, "-") for file in data_files(given, format=format).paths]
    if any(Path(file).exists() and target.samefile(file) for file in files):
        raise SettingError(
            message("{option} {output} is the file that is read", option=option, output=output),
            hint=message("choose another name"),
        )


def check_folder(folder: Path, check_old: Callable[[Path], None]) -> None:
    """Check that a folder may be written here: there is nothing, an empty folder, or one that may be replaced.

    Args:
        folder: where to.
        check_old: raises an `OutputError` for a folder that must stay.

    Raises:
        OutputError: it cannot be written; it was not touched.
    """
    with output_errors(folder):
        target = _real(folder)
        if target.exists() and not target.is_dir():
            raise OutputError(message("there is a file of this name"), where=str(folder), hint=_ANOTHER)
        check_in_place(target)
        _check_parent(folder, target)
        if target.exists() and any(target.iterdir()):
            check_old(folder)


def _check_old_model(folder: Path) -> None:
    check_is_model(folder)
    with open_plain(folder / MANIFEST) as opened:
        head = opened.read(MAX_MANIFEST)
    try:
        kind = parse_json(head).get("kind")
    except (ValueError, AttributeError):
        return  # a torn model, which may be replaced
    if kind == "checkpoint":
        raise OutputError(
            message("holds a training run that is not finished"),
            where=str(folder),
            hint=message(
                "go on with it: sadari train --resume {quote}; or {another}",
                quote=shlex.quote(str(folder)),
                another=_ANOTHER,
            ),
        )


def _real(path: Path) -> Path:
    if "\0" in os.fspath(path):
        raise OutputError(message("a name cannot hold NUL"), where=repr(str(path)))
    return Path(os.path.realpath(path))


def _check_parent(path: Path, target: Path) -> None:
    """A result is made beside its place, so the folder above must be one, and writable."""
    parent = next(place for place in target.parents if place.exists())
    if not parent.is_dir():
        raise OutputError(message("{parent} is a file, not a folder", parent=parent), where=str(path), hint=_ANOTHER)
    if not os.access(parent, os.W_OK | os.X_OK):
        what = message("cannot be written: {reason}", reason=message("Permission denied"))
        raise OutputError(what, where=str(path), hint=_ANOTHER)
