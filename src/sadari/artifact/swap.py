"""A new folder takes the place of an old one, and at no moment is neither there.

On Linux one system call, ``renameat2(RENAME_EXCHANGE)``, lets the two change names. Where the system or the
file system has no such call, two renames do it: the old folder steps aside to ``.NAME.sadari-old``, the new
one takes its place. A run killed between the two leaves the old folder, whole, under that one fixed name: a
reader that finds nothing at NAME reads it there (`find_folder`), and the next save moves it back before it
does anything else (`restore`).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


def put_in_place(new: Path, target: Path, old: Path, *, sync: Callable[[], None]) -> None:
    """Give `new` the name `target`; what was there is gone afterwards.

    Args:
        new: a whole folder, flushed to the disk, in the same folder as `target`.
        target: may be absent, an empty folder, or a folder to replace.
        old: the name to which a replaced folder steps aside where two names cannot be exchanged.
        sync: flushes the folder that holds all three.

    Raises:
        OSError: `target` is what it was before, and `new` still has its name.
    """
    try:
        new.rename(target)
    except OSError as error:
        # Windows renames no folder over another, not even an empty one.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) and not (os.name == "nt" and target.is_dir()):
            raise
    else:
        _sync_or_undo(sync, lambda: target.rename(new))
        return
    if _exchange(new, target):
        _sync_or_undo(sync, lambda: _exchange(new, target))
    else:
        _rename_twice(new, target, old, sync)
    shutil.rmtree(new, ignore_errors=True)


def _rename_twice(new: Path, target: Path, old: Path, sync: Callable[[], None]) -> None:
    """Exchange `new` and `target` by way of `old`."""
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        with suppress(OSError):  # another save has already moved it back
            old.rename(target)
        raise

    def undo() -> None:
        target.rename(new)
        old.rename(target)

    _sync_or_undo(sync, undo)
    # Only a whole folder may ever be called `old`: it is taken apart under the other name, which none reads.
    with suppress(OSError):  # else the next save does it
        old.rename(new)


def _sync_or_undo(sync: Callable[[], None], undo: Callable[[], object]) -> None:
    try:
        sync()
    except BaseException:
        undo()
        raise


def restore(target: Path, old: Path, *, scrap: Path) -> None:
    """Mend what a save killed between its renames has left; `scrap` is a free name that nobody reads."""
    if not old.is_dir():
        return
    # Looked at in this order: `target` is there though `old` was, so the new folder is in its place.
    if target.exists():
        old.rename(scrap)
        shutil.rmtree(scrap, ignore_errors=True)
        return
    with suppress(FileNotFoundError):  # another save was faster
        old.rename(target)


def find_folder(target: Path, old: Path) -> Path:
    """Where to read: `target`, or `old` if a save was killed while `target` was empty for a moment."""
    return old if not os.path.lexists(target) and os.path.isdir(old) else target  # noqa: PTH112 – False without rights


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where the system cannot.

    Raises:
        OSError: it can, and failed.
    """
    import ctypes

    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number))
