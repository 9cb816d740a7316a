"""Vectors of texts that were embedded before, on the user's disk: by what the weights are, and by the text.

One file of SQLite for each embedder, so that several processes may read and write, and a process that is killed leaves
it whole. Each vector stands beside a checksum of itself and of its text. Whatever goes wrong (a full disk, a damaged
file, a folder that may not be written) only costs the time of embedding again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    import sqlite3

Embedded = tuple[NDArray[np.float32], NDArray[np.bool_]]

FORMAT = 2
MOST_BYTES = 2 * 2**30  # of all files; the embedders that were not used for longest go first
FEWEST = 32  # texts: of fewer, asking costs as much as embedding
TOGETHER = 512  # texts that are asked for in one go
PORTION = 2048  # texts that are embedded before they are kept: whoever is stopped has lost no more
WAIT = 5.0  # seconds for another process that writes
PAGE = 16_384  # bytes: in SQLite's own of 4,096 a quarter and more of the file would be empty
SUM = 8  # bytes of a checksum

_used: ContextVar[bool] = ContextVar("embedding cache", default=True)


def cache_folder() -> Path:
    """``sadari/embeddings`` in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("sadari")) / "embeddings"


def in_use() -> bool:
    """Whether vectors are looked up and kept."""
    return _used.get()


@contextmanager
def without_cache(without: bool = True) -> Iterator[None]:
    """Neither look up nor keep vectors meanwhile: what is measured then is embedding.

    Args:
        without: False changes nothing.
    """
    token = _used.set(_used.get() and not without)
    try:
        yield
    finally:
        _used.reset(token)


def through(fingerprint: str, width: int, column: pl.Series, embed: Callable[[pl.Series], Embedded]) -> Embedded:
    """Vectors [n, width] and marks [n] of some texts: looked up, and the rest of them embedded and kept.

    Args:
        fingerprint: of the embedder.
        width: of a vector.
        column: the texts; one that stands twice is embedded once.
        embed: what is called for those that are not there.
    """
    if not _used.get() or len(column) < FEWEST:
        return embed(column)
    numbers: dict[bytes, int] = {}  # of different texts
    places = np.array([numbers.setdefault(_key(text), len(numbers)) for text in column], np.int64)
    keys, first = list(numbers), np.unique(places, return_index=True)[1]
    path = cache_folder() / f"{fingerprint[:40]}.{FORMAT}.sqlite"
    vectors, known = np.empty((len(keys), width), np.float32), np.zeros(len(keys), np.bool_)
    missing = np.flatnonzero(~_look_up(path, keys, vectors, known))
    room = _make_room(path, len(missing) * (width * 4 + 128) * 4 // 3) * len(missing)
    for start in range(0, len(missing), PORTION):
        some = missing[start : start + PORTION]
        vectors[some], known[some] = embed(column.gather(first[some]))
        if start < room and not _keep(path, [keys[place] for place in some], vectors[some], known[some]):
            room = 0
    return vectors[places], known[places]


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _row(key: bytes, vector: bytes) -> bytes:
    return vector + hashlib.blake2b(key + vector, digest_size=SUM).digest()


def _look_up(
    path: Path, keys: Sequence[bytes], vectors: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Fill in what is there: bool [n], which ones."""
    import sqlite3

    found, size = np.zeros(len(keys), np.bool_), vectors.shape[1] * 4 + 1
    place_of = {key: place for place, key in enumerate(keys)}
    try:
        if not path.is_file():
            return found
        with closing(sqlite3.connect(path, timeout=WAIT)) as base:
            for start in range(0, len(keys), TOGETHER):
                some = keys[start : start + TOGETHER]
                marks = ",".join("?" * len(some))
                for key, content in base.execute(f"SELECT key, content FROM vectors WHERE key IN ({marks})", some):
                    if not isinstance(content, bytes) or content != _row(key, content[:size]):
                        continue  # damaged; it is kept anew
                    place = place_of[key]
                    vectors[place] = np.frombuffer(content, "<f4", count=vectors.shape[1])
                    known[place], found[place] = content[size - 1] == 1, True
        os.utime(path)  # it was used
    except sqlite3.Error as error:
        if _is_damaged(error):
            _remove(path)
    except OSError:
        pass  # a folder that may not be read, or a file that is gone
    return found


def _keep(path: Path, keys: Sequence[bytes], vectors: NDArray[np.float32], known: NDArray[np.bool_]) -> bool:
    """Write some vectors down; whether that could be done."""
    import sqlite3

    rows = [
        (key, _row(key, np.ascontiguousarray(vector, "<f4").tobytes() + (b"\1" if mark else b"\0")))
        for key, vector, mark in zip(keys, vectors, known, strict=True)
    ]
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=WAIT)) as base, base:
                base.execute(f"PRAGMA page_size = {PAGE}")
                base.execute("PRAGMA synchronous = OFF")  # what a power cut damages is seen by its checksum
                base.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, content BLOB)")
                base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            return True
        except sqlite3.Error as error:
            if not _is_damaged(error, sqlite3.SQLITE_ERROR):  # which another table gives
                return False
            _remove(path)
        except OSError:
            return False
    return False


def _is_damaged(error: sqlite3.Error, *more: int) -> bool:
    """Whether a file is no database, or no whole one; else a lock or the disk is in the way."""
    import sqlite3

    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, *more)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal"):
        with suppress(OSError):
            path.with_name(name).unlink()


def _make_room(path: Path, needed: int) -> float:
    """Take away the files that were not used for longest, until so many bytes more may be written.

    Returns:
        the share of them that may: 1 unless they are more than a cache holds.
    """
    if not needed:
        return 0.0
    files = []
    with suppress(OSError):
        for other in path.parent.glob("*.sqlite"):
            with suppress(OSError):
                files.append((other.stat().st_mtime, other.stat().st_size, other))
    share = min(1.0, MOST_BYTES / needed)
    total = sum(size for _, size, _ in files) + needed * share
    files.sort(key=lambda entry: (entry[2] == path, entry[0]))  # its own is the last to go
    for _, size, other in files:
        if total <= MOST_BYTES:
            break
        _remove(other)
        total -= size
    return share
