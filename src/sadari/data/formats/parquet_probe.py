"""Reads a Parquet file through in a process of its own: damage that ends the process ends that one.

Polars takes the sizes in a file at their word. A single wrong byte can ask for more memory than there is, and then the
whole process is aborted: no exception can be caught. So a file is read once where that does no harm. That process
waits for a next file: to start one takes longer than to read a small file.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, Any

from sadari.errors import DataError
from sadari.messages import message

_PROGRAM = "from sadari.data.formats.parquet_probe import main; main()"
_MAGIC = b"PAR1"
_TAIL = 8  # bytes: the footer's length, little-endian, and the magic
_BATCH_ROWS = 65536
_IDLE = 10.0  # seconds
_FOUND: dict[tuple[str, int, int], dict[str, Any]] = {}  # of each file that was looked at
_waiting: list[_Other] = []  # processes that wait for a file


def check_ends(path: Path, name: str) -> None:
    """Look at the first and the last bytes: whether this is a Parquet file at all, and whole.

    Raises:
        DataError: it is not.
    """
    with path.open("rb") as file:
        begin = file.read(len(_MAGIC))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
    hint = message("write or fetch it again")
    if begin == b"PARE" or tail[4:] == b"PARE":
        raise DataError(
            message("is an encrypted Parquet file"), where=name, hint=message("write it without encryption")
        )
    if begin != _MAGIC:
        raise DataError(message("is not a readable Parquet file (it does not begin as one)"), where=name)
    if size < len(_MAGIC) + _TAIL or tail[4:] != _MAGIC:
        raise DataError(message("is not a readable Parquet file (its end is missing)"), where=name, hint=hint)
    if int.from_bytes(tail[:4], "little") > size - _TAIL - len(_MAGIC):
        raise DataError(
            message("is not a readable Parquet file (its footer is longer than the file)"), where=name, hint=hint
        )


def count_rows(path: Path, name: str) -> int:
    """How many rows the file has, all of which could be read.

    Raises:
        DataError: it is damaged, or cannot be read.
    """
    key = _key(path)
    if key not in _FOUND:
        place = str(path.absolute())
        # without an executable Python is built into another program: there is nothing to start
        _FOUND[key] = _asked(place) if sys.executable else _look(place)
    return _answer(_FOUND[key], name)


def _asked(path: str) -> dict[str, Any]:
    """What the other process finds: one that waits since the last file, or else a new one."""
    with suppress(IndexError, _EndedError):  # whatever ended it may have happened while it waited
        return _found_by(_waiting.pop(), path)
    try:
        return _found_by(_started(), path)
    except _EndedError as ended:
        return {"ended": ended.args[0]}


class _EndedError(Exception):
    """The other process has ended, and does not say what is in the file."""


@dataclass(frozen=True)
class _Other:
    process: subprocess.Popen[bytes]
    errors: IO[bytes]  # a file and no pipe, which would fill up


def _started() -> _Other:
    # -P: a module of the user's own in the current folder is none of Python's
    command = [sys.executable, "-P", "-c", _PROGRAM]
    place = os.pathsep.join(entry for entry in sys.path if entry)
    env = {**os.environ, "PYTHONPATH": place, "RUST_BACKTRACE": "0"}
    errors = TemporaryFile()  # noqa: SIM115 – open as long as the process
    pipe = subprocess.PIPE
    return _Other(subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=errors), errors)


def _found_by(other: _Other, path: str) -> dict[str, Any]:
    """What it finds; it waits for the next file then.

    Raises:
        _EndedError: the reason.
    """
    process, line = other.process, b""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(f"{json.dumps(path)}\n".encode())
        process.stdin.flush()
        line = process.stdout.readline()
    if line.endswith(b"}\n"):
        found: dict[str, Any] = json.loads(line)
        _waiting.append(other)
        return found
    process.communicate()
    other.errors.seek(0)
    said = other.errors.read().decode("utf-8", "replace")
    died = message("exit code {code}", code=process.returncode)
    raise _EndedError(next((line for line in said.splitlines() if "memory" in line), died))


def _end_all() -> None:
    while _waiting:
        process = _waiting.pop().process
        process.kill()
        process.wait()


def _forget_all() -> None:
    """They answer the process that was forked, and not this one."""
    for other in _waiting:
        other.process.returncode = 0  # so that nobody warns that it is left behind
    _waiting.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _key(path: Path) -> tuple[str, int, int]:
    """A file as it is now."""
    stat = path.stat()
    return os.path.realpath(path), stat.st_size, stat.st_mtime_ns


def _answer(found: dict[str, Any], name: str) -> int:
    if "ended" in found:
        raise DataError(
            message("is a damaged Parquet file: it ends the process that reads it ({reason})", reason=found["ended"]),
            where=name,
            hint=message("write or fetch it again"),
        )
    if "error" in found:
        raise DataError(message("is not a readable Parquet file ({error})", error=found["error"]), where=name)
    if found["read"] != found["rows"]:
        what = message(
            "is a damaged Parquet file ({found:,} of its {found_2:,} rows could be read)",
            found=found["read"],
            found_2=found["rows"],
        )
        raise DataError(what, where=name, hint=message("write or fetch it again"))
    return int(found["rows"])


def main() -> None:
    """What runs in the other process, until nothing was asked of it for a while."""
    idle = Timer(0, os._exit)
    for line in sys.stdin:
        idle.cancel()
        print(json.dumps(_look(json.loads(line))), flush=True)
        idle = Timer(_IDLE, os._exit, [0])
        idle.daemon = True
        idle.start()


def _look(path: str) -> dict[str, Any]:
    """The rows that the file says it has, and those that are there."""
    import polars as pl

    plan = pl.scan_parquet(path, glob=False)
    try:
        rows = plan.select(pl.len()).collect().item()
        batches = plan.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True)
        # A thread of Polars that crashes ends the batches without an error: so they are counted.
        return {"rows": rows, "read": sum(batch.height for batch in batches)}
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        return {"error": str(error).partition("\n")[0]}
