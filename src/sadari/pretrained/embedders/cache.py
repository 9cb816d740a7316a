"""Vectors of texts that were embedded before, on the user's disk: by what the weights are, and by the text.

One file of SQLite for each embedder, so that several processes may read and write, and a process that is killed leaves
it whole. Whatever goes wrong with it (a full disk, a damaged file, a folder that may not be written) only costs the
time of embedding again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import platformdirs
import polars as pl
from numpy.typing import NDArray

Embedded = tuple[NDArray[np.float32], NDArray[np.bool_]]

FORMAT = 1
MOST_BYTES = 2 * 2**30  # of all files; the embedders that were not used for longest go first
FEWEST = 32  # texts: of fewer, asking costs as much as embedding
TOGETHER = 512  # texts that are asked for in one go
WAIT = 5.0  # seconds for another process that writes

_used: ContextVar[bool] = ContextVar("embedding cache", default=True)


def cache_folder() -> Path:
    """``sadari/embeddings`` in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("sadari")) / "embeddings"


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
    found = _look_up(path, keys, vectors, known)
    missing = np.flatnonzero(~found)
    if len(missing):
        vectors[missing], known[missing] = embed(column.gather(first[missing]))
        _keep(path, [keys[place] for place in missing], vectors[missing], known[missing])
    return vectors[places], known[places]


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _look_up(
    path: Path, keys: list[bytes], vectors: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Fill in what is there: bool [n], which ones."""
    import sqlite3

    found, size = np.zeros(len(keys), np.bool_), vectors.shape[1] * 4 + 1
    if not path.is_file():
        return found
    place_of = {key: place for place, key in enumerate(keys)}
    try:
        with closing(sqlite3.connect(path, timeout=WAIT)) as base:
            for start in range(0, len(keys), TOGETHER):
                some = keys[start : start + TOGETHER]
                marks = ",".join("?" * len(some))
                for key, content in base.execute(f"SELECT key, content FROM vectors WHERE key IN ({marks})", some):
                    if not isinstance(content, bytes) or len(content) != size or key not in place_of:
                        continue
                    vector = np.frombuffer(content, np.float32, count=vectors.shape[1])
                    place = place_of[key]
                    if np.isfinite(vector).all():
                        vectors[place], known[place], found[place] = vector, content[-1] == 1, True
        with suppress(OSError):
            os.utime(path)  # it was used
    except sqlite3.OperationalError:
        pass  # another process holds it
    except sqlite3.DatabaseError:
        with suppress(OSError):
            path.unlink()  # damaged
    return found


def _keep(path: Path, keys: list[bytes], vectors: NDArray[np.float32], known: NDArray[np.bool_]) -> None:
    import sqlite3

    rows = (
        (key, np.ascontiguousarray(vector, "<f4").tobytes() + (b"\1" if mark else b"\0"))
        for key, vector, mark in zip(keys, vectors, known, strict=True)
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _make_room(path, len(keys) * (vectors.shape[1] * 4 + 64)):
            with closing(sqlite3.connect(path, timeout=WAIT)) as base, base:
                base.execute("PRAGMA synchronous = OFF")  # after a power cut it may be damaged, and then is thrown away
                base.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID")
                base.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
    except (sqlite3.Error, OSError):
        return  # nothing is kept, and nothing is lost


def _make_room(path: Path, needed: int) -> bool:
    """Take away the files that were not used for longest, until so many bytes more may be written; whether they may."""
    if needed > MOST_BYTES:
        return False
    files = []
    for other in path.parent.glob("*.sqlite"):
        with suppress(OSError):
            files.append((other.stat().st_mtime, other.stat().st_size, other))
    total = sum(size for _, size, _ in files) + needed
    files.sort(key=lambda entry: (entry[2] == path, entry[0]))  # its own is the last to go
    for _, size, other in files:
        if total <= MOST_BYTES:
            break
        with suppress(OSError):
            other.unlink()
            total -= size
    return total <= MOST_BYTES
