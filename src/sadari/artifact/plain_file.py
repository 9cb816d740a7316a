"""Plain files, opened without waiting: a pipe, a socket or a device in its place is refused, not waited for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from sadari.errors import SettingError
from sadari.messages import Message, message

FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    FLAGS |= getattr(os, _flag, 0)

FOLDER = message("a folder")
_KINDS = (
    (stat.S_ISLNK, message("a link")),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISFIFO, message("a pipe")),
    (stat.S_ISSOCK, message("a socket")),
)


def as_path(given: Any) -> Path:
    """A path that a user gives.

    Raises:
        SettingError: it is no path, or one that no file can have.
    """
    try:
        name = os.fspath(given)
        os.fsencode(name)
    except TypeError:
        name = None
    except UnicodeEncodeError as error:
        raise SettingError(
            message("no file can have such a name: {name!r}: it holds half a surrogate pair", name=name),
            hint=message("see its character {start}", start=error.start + 1),
        ) from None
    if not isinstance(name, str):
        raise SettingError(
            message("a path was expected, not one of {name}", name=type(given).__name__),
            hint=message("give a text or a pathlib.Path"),
        )
    return Path(name)


def kind_of(mode: int) -> Message | None:
    """What a thing in the file system is, if it is no plain file."""
    if stat.S_ISREG(mode):
        return None
    return next((word for is_kind, word in _KINDS if is_kind(mode)), message("a device"))


def open_plain(path: str | Path) -> BinaryIO:
    """Open a plain file for reading; a link is followed.

    Raises:
        OSError: there is none, it may not be read, or it is anything else; ``strerror``, a message, says what.
        ValueError: no file can have such a name.
    """
    opened = os.open(path, FLAGS)
    kind = kind_of(os.fstat(opened).st_mode)
    if kind is not None:
        os.close(opened)
        number = errno.EISDIR if kind == FOLDER else errno.EINVAL  # for which Python makes the class
        raise OSError(number, message("is {kind}, not a plain file", kind=kind), str(path))
    return os.fdopen(opened, "rb")


def megabytes(path: str | Path) -> float:
    """The size of a file, or of all files of a folder, in units of 1,000,000 bytes."""
    place = Path(path)
    files = place.rglob("*") if place.is_dir() else iter([place])
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
