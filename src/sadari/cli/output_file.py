"""A result file that is written piece by piece, and appears whole at its end or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sadari.artifact.atomic import output_errors, sync_folder
from sadari.artifact.temporary import claim_file, clean
from sadari.errors import OutputError

_DISK = (28, 122, 30, 27, 5)  # ENOSPC, EDQUOT, EROFS, EFBIG, EIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to; when the block ends without an error it takes the place of `path`.

    A link is followed; missing parent folders are made; a pipe or a device is written to as it is. The content is
    flushed to the disk before the rename, and the folder after it.

    Raises:
        OutputError: it could not be written; what was there before is untouched, and nothing of ours is left.
    """
    target = check_output(path)
    with output_errors(path):
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with target.open("wb") as device:
                yield device
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary, descriptor = claim_file(target)
    try:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, stat.S_IMODE(mode))
        with output_errors(path, only=_DISK), os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if os.name != "nt":  # while it is open, and so locked: no other save takes it for a dead one's
                temporary.replace(target)
        with output_errors(path):
            if os.name == "nt":  # which renames no open file, and has no lock to keep meanwhile
                temporary.replace(target)
            sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    clean(target)


def check_output(path: Path) -> Path:
    """Where a result will lie, links followed; found out before the work is done and not after.

    Raises:
        OutputError: it is a folder, or cannot be written.
    """
    with output_errors(path):
        if "\0" in os.fspath(path):
            raise OutputError("a name cannot hold NUL", where=repr(str(path)))
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise OutputError("there is a folder of this name", where=str(path), hint="choose another with -o")
        parent = next(place for place in target.parents if place.exists())
        if not parent.is_dir():
            raise OutputError(f"{parent} is a file, not a folder", where=str(path), hint="choose another with -o")
        if not os.access(parent, os.W_OK | os.X_OK) and not _is_device(target):
            raise OutputError("cannot be written: Permission denied", where=str(path), hint="choose another with -o")
    return target


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file()
