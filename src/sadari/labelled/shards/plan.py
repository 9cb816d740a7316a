"""Which files are labelled, under which names their answers will lie, and whether a file is still the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from sadari.data.files.find import common_folder
from sadari.data.formats.remote import is_remote, remote_path, remote_state
from sadari.errors import DataError, reason_of
from sadari.labelled.writers import SUFFIXES
from sadari.messages import message

_FILES_ALONE = message("a folder of answers is for files alone; for texts and standard input name a file with -o")


@dataclass(frozen=True)
class Shard:
    """One file of many.

    Args:
        source: its path, absolute, or its address.
        name: under which the answers lie in the output folder, with ``/`` between folders.
        size: bytes.
        changed: when it was last written to, nanoseconds since 1970; of an address, what tells its versions apart.
    """

    source: str
    name: str
    size: int
    changed: int

    def is_still(self) -> bool:
        """Whether the file is what it was when the work was planned, as far as the system says.

        Raises:
            OSError: it is gone, or this machine does not see it.
        """
        return _state(self.source) == (self.size, self.changed)


def plan(paths: Sequence[str], root: str | PurePath | None = None) -> list[Shard]:
    """The files, with the names of their answers: those of the files below a folder that holds them all.

    What Parquet, JSONL, CSV or TSV holds is written as that; anything else as CSV.

    Args:
        paths: of files; each is named once.
        root: that folder; None: the innermost one.

    Raises:
        DataError: one is no file, or cannot be reached.
    """
    absolute = [_absolute(path) for path in paths]
    if root is None and absolute:
        root = common_folder([path.parent for path in absolute])
    taken: set[str] = set()
    shards = []
    for given, path in zip(paths, absolute, strict=True):
        try:
            size, changed = _state(given)
        except DataError:
            raise
        except (OSError, ValueError) as error:
            raise DataError(
                message("cannot be read: {reason}", reason=reason_of(error)), where=given, hint=_FILES_ALONE
            ) from None
        if not is_remote(given) and not Path(given).is_file():
            raise DataError(
                message("is not a file"), where=given, hint=message("name files, or a pattern such as 'in/*.parquet'")
            )
        name = _free_name(path.relative_to(root or ""), taken)
        shards.append(Shard(given if is_remote(given) else str(path), name, size, changed))
    return shards


def _absolute(path: str) -> PurePath:
    return remote_path(path) if is_remote(path) else Path(os.path.abspath(path))  # noqa: PTH100 – links stay links


def _state(source: str) -> tuple[int, int]:
    """Size, and what tells versions apart."""
    if is_remote(source):
        return remote_state(source)
    found = Path(source).stat()
    return found.st_size, found.st_mtime_ns


def digest(path: str) -> str | None:
    """SHA-256 (hexadecimal) of a file's content; None of one that lies elsewhere, which would be fetched for it.

    Raises:
        OSError: it cannot be read.
    """
    if is_remote(path):
        return None
    with Path(path).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _free_name(path: PurePath, taken: set[str]) -> str:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    if plain.suffix.lower() not in SUFFIXES:
        plain = plain.with_suffix(".csv")
    name = plain
    while name.as_posix().lower() in taken:  # a.csv beside a.csv.gz; on some systems A.csv beside a.csv
        name = name.with_name((path.name if name == plain else name.name) + plain.suffix)
    taken.add(name.as_posix().lower())
    return name.as_posix()
