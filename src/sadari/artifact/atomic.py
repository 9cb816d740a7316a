"""A file or a folder that is whole or absent, whatever moment the process dies at.

The result is made under a temporary name in the folder that will hold it, every file is flushed to the disk
(fsync), and one rename puts it in its place; then the folder that holds it is flushed, so that the rename
outlives a power cut. What a killed run leaves under its temporary name goes before the next save, for it may need the
room.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sadari.artifact.plain_file import as_path
from sadari.artifact.swap import put_in_place, restore
from sadari.artifact.temporary import BINARY, beside, claim_file, claim_folder, clean, new_name, open_for_sync
from sadari.errors import OutputError, SadariError, reason_of
from sadari.messages import Message, message

_HINTS = {
    errno.ENOSPC: message("free some space, or choose another disk"),
    errno.EDQUOT: message("your share of the disk is used up: free some space, or choose another disk"),
    errno.EACCES: message("choose a place that you may write to"),
    errno.EPERM: message("choose a place that you may write to"),
    errno.EROFS: message("choose a place that you may write to"),
    errno.EISDIR: message("choose another name"),
    errno.ENOTDIR: message("choose another name"),
    errno.ENAMETOOLONG: message("choose a shorter name"),
}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # of the two slashes a Path keeps one
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


def atomic_write(path: str | Path, data: bytes | str) -> None:
    """Write one file so that readers find the old content or the new, whole.

    A link is followed, and what it leads to is replaced; a pipe or a device is written to as it is. Missing
    parent folders are made.

    Args:
        path: where to.
        data: its whole content; text is written as UTF-8, newlines as they stand.

    Raises:
        OutputError: it could not be written; nothing of ours is left, and what was there before is untouched
            (only a disk that fails after the rename leaves the new file in its place, whole).
    """
    with atomic_file(path) as stream:
        stream.write(data.encode("utf-8") if isinstance(data, str) else data)


@contextmanager
def atomic_file(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to piece by piece, which appears whole when the block ends, or not at all when it raises.

    Links, pipes, devices and missing folders are treated as `atomic_write` does.

    Raises:
        OutputError: as `atomic_write`; of what the block raises only what a disk says becomes one.
    """
    path = as_path(path)
    with output_errors(path):
        target, mode = _real(path), _mode(path)
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        device = None if mode is None or stat.S_ISREG(mode) else Path(path).open("wb")  # noqa: SIM115
    if device is not None:
        with output_errors(path, only=_DISK_ERRORS), device:
            yield device
        return
    with ExitStack() as stack:
        with output_errors(path):
            stack.enter_context(_parents(target))
            clean(target)
            temporary, stream = stack.enter_context(_new_file(target, mode))
        with output_errors(path, only=_DISK_ERRORS):
            yield stream
            stream.flush()
        with output_errors(path):
            os.fsync(stream.fileno())
            if os.name == "nt":  # which renames no open file, and has no lock to keep meanwhile
                stream.close()
            temporary.replace(target)
            sync_folder(target.parent)


@contextmanager
def _new_file(target: Path, mode: int | None) -> Iterator[tuple[Path, BinaryIO]]:
    """A new empty file beside `target`, locked while it is open; removed if the block raises."""
    temporary, descriptor = claim_file(target)
    stream = os.fdopen(descriptor, "wb")
    try:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, stat.S_IMODE(mode))
        yield temporary, stream
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        with suppress(OSError):  # what is lost of a file that is removed anyway
            stream.close()


@contextmanager
def atomic_folder(path: str | Path, *, may_replace: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """A new folder that appears whole when the block ends, or not at all when it raises.

    The block fills the (empty) folder that it is given, in any way; all it holds is flushed to the disk
    before the folder takes its place. A link is followed, and what it leads to is replaced. Missing parent
    folders are made.

    Args:
        path: where to.
        may_replace: is called with the folder that is there already, unless it is empty, and raises an
            `OutputError` if that one must stay. Without it, none is ever replaced. A replaced folder is
            there, whole, until the new one is: see `sadari.artifact.swap`.

    Yields:
        The folder to fill: a temporary name beside `path`.

    Raises:
        OutputError: it could not be written; what was there before is untouched, and nothing of ours is left.
    """
    path = as_path(path)
    with ExitStack() as stack:
        with output_errors(path):
            target = _real(path)
            old = beside(target, "old")
            stack.enter_context(_parents(target))
            restore(target, old, scrap=new_name(target))
            _check_target(target, may_replace)
            clean(target)
            temporary = stack.enter_context(_new_folder(target))
        with output_errors(path, only=_DISK_ERRORS), _named_after(path, temporary):
            yield temporary
        with output_errors(path):
            _sync_tree(temporary)
            _check_target(target, may_replace)  # again: it may have come while the block ran
            put_in_place(temporary, target, old, sync=lambda: sync_folder(target.parent))


def remove_folder(path: str | Path) -> None:
    """Remove a folder: killed meanwhile it is there, whole, or under a name that nobody reads and the next save cleans.

    One that cannot be removed stays.
    """
    target = _real(path)
    scrap = new_name(target)
    with suppress(OSError):
        target.rename(scrap)
        sync_folder(target.parent)
        shutil.rmtree(scrap, ignore_errors=True)


@contextmanager
def _named_after(path: str | Path, temporary: Path) -> Iterator[None]:
    """What could not be written in the temporary folder is told of by the name that the user knows."""
    try:
        yield
    except OutputError as error:
        inside = error.where is not None and Path(error.where).is_relative_to(temporary)
        if not inside:
            raise
        where = Path(path, Path(str(error.where)).relative_to(temporary))
        raise OutputError(error.said, where=str(where), hint=error.advice) from error


@contextmanager
def output_errors(path: str | Path, *, only: Collection[int] | None = None) -> Iterator[None]:
    """Turn the system's errors (those in `only`) into one line: what could not be written, and what to do.

    An address such as ``s3://bucket/out`` is refused: it would become a folder ``s3:`` here.
    """
    if _ADDRESS.match(os.fspath(path)):
        raise OutputError(
            message("an address: results are written to folders of this machine"),
            where=os.fspath(path),
            hint=message("choose a folder, and copy it there"),
        )
    try:
        yield
    except SadariError:
        raise
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        raise OutputError(
            message("cannot be written: {reason}", reason=reason_of(error)), where=os.fspath(path), hint=_hint(error)
        ) from error


def _hint(error: OSError) -> Message | None:
    return _HINTS.get(error.errno) if error.errno is not None else None


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can."""
    opened = open_for_sync(folder)
    if opened is None:
        return
    try:
        os.fsync(opened)
    except OSError as error:
        # Some network and user-space file systems have no such operation, and nothing better either.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(opened)


def _sync_tree(folder: Path) -> None:
    """Flush all files and folders below and including `folder`."""
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            file = Path(place, name)
            if stat.S_ISREG(file.lstat().st_mode):
                opened = os.open(file, (os.O_RDWR if os.name == "nt" else os.O_RDONLY) | BINARY)
                try:
                    os.fsync(opened)
                finally:
                    os.close(opened)
        sync_folder(Path(place))


def _check_target(target: Path, may_replace: Callable[[Path], None] | None) -> None:
    check_in_place(target)
    try:
        full = any(target.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise OutputError(
            message("there is a file of this name"), where=str(target), hint=message("choose another name")
        ) from None
    if not full:
        return
    if may_replace is None:
        raise OutputError(
            message("the folder exists and is not empty"),
            where=str(target),
            hint=message("choose another name, or remove it"),
        )
    may_replace(target)


def check_in_place(target: Path) -> None:
    """Refuse a folder that no rename can replace, or that would leave the user's shell in one that is gone.

    Args:
        target: its real path, links followed.

    Raises:
        OutputError: a disk is mounted there, or it holds the current folder.
    """
    hint = message("choose a folder inside it")
    if os.path.ismount(target):
        raise OutputError(message("is where a disk is mounted, which cannot be replaced"), where=str(target), hint=hint)
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it is gone itself
        return
    if here.is_relative_to(target):
        raise OutputError(message("holds the current folder, and would be replaced"), where=str(target), hint=hint)


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A new empty folder beside `target`, locked; removed if the block raises."""
    temporary, lock = claim_folder(target)
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _real(path: str | Path) -> Path:
    """The path with links followed, so that a rename replaces what a link leads to and not the link."""
    if "\0" in os.fspath(path):
        raise OutputError(message("a name cannot hold NUL"), where=repr(os.fspath(path)))
    target = Path(os.path.realpath(path))
    if not target.name:
        raise OutputError(message("a whole disk is not a name for a result"), where=os.fspath(path))
    return target


def _mode(path: str | Path) -> int | None:
    try:
        return Path(path).stat().st_mode
    except FileNotFoundError:
        return None


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the missing folders above `target`, and take them away again if the block raises."""
    made: list[Path] = []
    try:
        missing = [folder for folder in target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            made.append(folder)
            sync_folder(folder.parent)
        yield
    except BaseException:
        for folder in reversed(made):
            with suppress(OSError):  # someone else put something there
                folder.rmdir()
        raise
