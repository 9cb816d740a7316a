"""Which files are labelled, under which names their answers will lie, and whether a file is still the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sadari.data.formats.remote import is_remote
from sadari.errors import DataError, reason_of
from sadari.labelled.writers import SUFFIXES
from sadari.messages import message

_FILES_ALONE = message("a folder of answers is for files alone; for texts and standard input name a file with -o")


@dataclass(frozen=True)
class Shard:
    """One file of many.

    Args:
        source: its path, absolute.
        name: under which the answers lie in the output folder, with ``/`` between folders.
        size: bytes.
        changed: when it was last written to, nanoseconds since 1970.
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
        found = Path(self.source).stat()
        return (found.st_size, found.st_mtime_ns) == (self.size, self.changed)


def plan(paths: Sequence[str], root: str | Path | None = None) -> list[Shard]:
    """The files, with the names of their answers: those of the files below a folder that holds them all.

    What Parquet, JSONL, CSV or TSV holds is written as that; anything else as CSV.

    Args:
        paths: of files; each is named once.
        root: that folder; None: the innermost one.

    Raises:
        DataError: one is no file, or cannot be reached.
    """
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 – links stay links
    if root is None:
        root = os.path.commonpath([path.parent for path in absolute]) if absolute else ""
    taken: set[str] = set()
    shards = []
    for given, path in zip(paths, absolute, strict=True):
        if is_remote(given):
            raise DataError(
                message("files that lie elsewhere are not labelled into a folder"),
                where=given,
                hint=message("copy them here; or give one output file: -o labelled.csv"),
            )
        try:
            found = path.stat()
        except (OSError, ValueError) as error:
            raise DataError(
                message("cannot be read: {reason}", reason=reason_of(error)), where=given, hint=_FILES_ALONE
            ) from None
        if not path.is_file():
            raise DataError(
                message("is not a file"), where=given, hint=message("name files, or a pattern such as 'in/*.parquet'")
            )
        name = _free_name(path.relative_to(root), taken)
        shards.append(Shard(str(path), name, found.st_size, found.st_mtime_ns))
    return shards


def digest(path: str) -> str:
    """SHA-256 (hexadecimal) of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _free_name(path: Path, taken: set[str]) -> str:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    if plain.suffix.lower() not in SUFFIXES:
        plain = plain.with_suffix(".csv")
    name = plain
    while name.as_posix().lower() in taken:  # a.csv beside a.csv.gz; on some systems A.csv beside a.csv
        name = name.with_name((path.name if name == plain else name.name) + plain.suffix)
    taken.add(name.as_posix().lower())
    return name.as_posix()
