"""Files of a folder that a stranger may have made: plain files of that folder alone.

Links, pipes and devices are refused before they are opened, and again once they are (the folder may change
meanwhile). A hard link cannot be told from a file, and need not be: a file is used only if its content has
the SHA-256 that the folder's maker wrote down, so it can bring in nothing that its maker did not have.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from sadari.artifact.plain_file import FLAGS, kind_of
from sadari.errors import ModelError, reason_of
from sadari.messages import Message, message

_CHUNK = 2**22  # bytes read and hashed together: small enough to stay in a cache
_HAS_AT = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_FILE_FLAGS = FLAGS | getattr(os, "O_NOFOLLOW", 0)

_FOREIGN = {
    b"PK\x03\x04": message("a zip file (as torch.save writes them)"),
    b"\x80\x02": message("a Python pickle"),
    b"\x80\x03": message("a Python pickle"),
    b"\x80\x04": message("a Python pickle"),
    b"\x80\x05": message("a Python pickle"),
    b"\x1f\x8b": message("a gzip file"),
    b"\x89HDF": message("an HDF5 file"),
}


class UntrustedFile:
    """An open file, read once from its beginning to its end and hashed on the way."""

    def __init__(self, opened: int, size: int, where: str) -> None:
        self.size, self.where = size, where
        self._stream = io.FileIO(opened, closefd=False)
        self._sha256 = hashlib.sha256()

    def take(self, count: int) -> np.ndarray:
        """The next `count` bytes (uint8); the caller has checked them against `size`, which bounds them."""
        data = np.empty(count, np.uint8)
        view = data.data
        at = 0
        while at < count:
            with _read_errors(self.where):
                got = self._stream.readinto(view[at : at + _CHUNK])
            if not got:
                raise ModelError(message("ends after {at:,} of {count:,} bytes", at=at, count=count), where=self.where)
            self._sha256.update(view[at : at + got])
            at += got
        return data

    def check_digest(self, sha256: str) -> None:
        """Raise `ModelError` unless what has been taken has this SHA-256 (hexadecimal)."""
        if self._sha256.hexdigest() != sha256:
            raise ModelError(
                message("was changed or damaged after it was written (its SHA-256 differs)"),
                where=self.where,
                hint=message("copy the model again, or train it again"),
            )


class UntrustedFolder:
    """An open folder; it stays the same one though its name may come to mean another."""

    def __init__(self, folder: Path, opened: int | None, where: str) -> None:
        self._folder, self._opened, self.where = folder, opened, where

    @contextmanager
    def open(self, name: str) -> Iterator[UntrustedFile]:
        """Open a file by its plain name, which the caller has checked.

        Raises:
            ModelError: it is missing, cannot be read, or is anything but a regular file.
        """
        where = os.path.join(self.where, name)  # noqa: PTH118 – as the user wrote it
        path = self._path(name)
        with _read_errors(where, missing=message("is missing; copy the model again, or train it again")):
            _check_regular(os.stat(path, dir_fd=self._opened, follow_symlinks=False), where)
            opened = os.open(path, _FILE_FLAGS, dir_fd=self._opened)
        try:
            with _read_errors(where):
                found = os.fstat(opened)
                _check_regular(found, where)
                file = UntrustedFile(opened, found.st_size, where)
            yield file
        finally:
            os.close(opened)

    def holds(self, name: str) -> bool:
        """Whether anything in the folder has this name.

        Raises:
            ModelError: that cannot be found out.
        """
        with _read_errors(self.where):
            try:
                os.stat(self._path(name), dir_fd=self._opened, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return True

    def names(self) -> list[str]:
        """All names in the folder.

        Raises:
            ModelError: they cannot be read.
        """
        with _read_errors(self.where):
            return os.listdir(self._folder if self._opened is None else self._opened)  # noqa: PTH208

    def _path(self, name: str) -> str:
        return os.fspath(self._folder / name) if self._opened is None else name

    def was_replaced(self) -> bool:
        """Whether its name means another folder by now."""
        if self._opened is None:
            return False
        with suppress(OSError):
            return not os.path.samestat(os.fstat(self._opened), self._folder.stat())
        return True


@contextmanager
def open_folder(folder: Path, *, where: str) -> Iterator[UntrustedFolder]:
    """Open a model folder, which the user named and which may therefore itself be a link.

    Raises:
        ModelError: there is none, it cannot be read, or it is a file.
    """
    with _read_errors(where, missing=message("there is no such model folder")):
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise ModelError(
                message("is not a model folder but a file"),
                where=where,
                hint=message("name the folder that a run made"),
            )
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY) if _HAS_AT else None
    try:
        yield UntrustedFolder(folder, opened, where)
    finally:
        if opened is not None:
            os.close(opened)


def foreign_format(start: bytes) -> Message | None:
    """What the file really is, by its first bytes, if other tools keep models in that format."""
    return next((what for magic, what in _FOREIGN.items() if start.startswith(magic)), None)


@contextmanager
def _read_errors(where: str, *, missing: Message | None = None) -> Iterator[None]:
    """Turn the system's errors into one line: what cannot be read, or what is said of a thing that is `missing`."""
    try:
        yield
    except OSError as error:
        if missing is not None and isinstance(error, FileNotFoundError):
            raise ModelError(missing, where=where) from None
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=where) from None


def _check_regular(found: os.stat_result, where: str) -> None:
    kind = kind_of(found.st_mode)
    if kind is not None:
        raise ModelError(message("is {kind}, not a plain file", kind=kind), where=where)
