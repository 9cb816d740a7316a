"""Temporary names beside a result: made, locked while their save is at work, cleaned away when it is dead.

They are hidden: ``.NAME.sadari-new-1f2e3d4c``. Nobody reads what lies under one. A save holds a lock (flock) on what it
makes; the system drops it when the process ends, however that happens, which tells the next save what it may remove.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal

BINARY = getattr(os, "O_BINARY", 0)  # Windows alone has it
_TEMPORARY = re.compile(r"\..+\.sadari-new-[0-9a-f]{8}", re.DOTALL)
_MAX_NAME = 255  # bytes, on every common file system


def beside(target: Path, tag: str) -> Path:
    """A hidden name of ours in the same folder as `target`, told apart by `tag`."""
    name = target.name
    if len(os.fsencode(name)) > _MAX_NAME - 40:  # too long to carry: a digest stands for it
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return target.with_name(f".{name}.sadari-{tag}")


def new_name(target: Path) -> Path:
    """A free temporary name beside `target`."""
    return beside(target, f"new-{secrets.token_hex(4)}")


def claim_file(target: Path) -> tuple[Path, int]:
    """A new file beside `target`, open for writing and locked."""
    while True:
        temporary = new_name(target)
        opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
        if _is_ours(temporary, opened):
            return temporary, opened
        os.close(opened)


def claim_folder(target: Path) -> tuple[Path, int | None]:
    """A new folder beside `target`, open and locked."""
    while True:
        temporary = new_name(target)
        temporary.mkdir()
        try:
            opened = open_for_sync(temporary)
        except FileNotFoundError:  # another save has cleaned it away before it was locked
            continue
        except BaseException:
            temporary.rmdir()
            raise
        if opened is None or _is_ours(temporary, opened):
            return temporary, opened
        os.close(opened)


def open_for_sync(folder: Path) -> int | None:
    """A descriptor of a folder; None on Windows, which opens none."""
    return None if os.name == "nt" else os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _is_ours(temporary: Path, opened: int) -> bool:
    """Lock what was just made; False if another save took it for a dead one's and is cleaning it away."""
    return lock(opened) != "theirs" and os.path.lexists(temporary)


def lock(opened: int, *, shared: bool = False) -> Literal["ours", "theirs", "none"]:
    """Lock an open file or folder until it is closed: whose the lock is, none where the system has no locks.

    Args:
        opened: a descriptor of it.
        shared: whether others may have such a lock besides.
    """
    try:
        import fcntl

        fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return "theirs"
    except (ImportError, OSError):
        return "none"
    return "ours"


def clean(target: Path) -> None:
    """Remove what killed saves of the same name have left: all temporary names that nobody has locked."""
    prefix = beside(target, "new-").name
    with suppress(OSError):
        for stale in target.parent.iterdir():
            if stale.name.startswith(prefix) and len(stale.name) == len(prefix) + 8:
                _remove_unlocked(stale)


def clean_folder(folder: Path) -> None:
    """Remove what killed saves of any name have left in a folder of ours: see `clean`."""
    with suppress(OSError):
        for stale in folder.iterdir():
            if _TEMPORARY.fullmatch(stale.name):
                _remove_unlocked(stale)


def _remove_unlocked(stale: Path) -> None:
    with suppress(OSError):
        opened = os.open(stale, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | BINARY)
        try:
            if lock(opened) != "ours":
                return
            if stat.S_ISDIR(os.fstat(opened).st_mode):
                shutil.rmtree(stale, ignore_errors=True)
            else:
                stale.unlink()
        finally:
            os.close(opened)
