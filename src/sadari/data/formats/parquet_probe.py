"""Reads a Parquet file through in a process of its own: damage that ends the process ends that one.

Polars takes the sizes in a file at their word. A single wrong byte can ask for more memory than there is, and then the
whole process is aborted: no exception can be caught. So a file is read once where that does no harm.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sadari.errors import DataError
from sadari.messages import message

_PROGRAM = "from sadari.data.formats.parquet_probe import main; main()"
_MAGIC = b"PAR1"
_TAIL = 8  # bytes: the footer's length, little-endian, and the magic
_BATCH_ROWS = 65536
_FOUND: dict[tuple[str, int, int], dict[str, Any]] = {}  # of each file that was looked at


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
    probe([path])
    return _answer(_FOUND[_key(path)], name)


def probe(paths: Sequence[Path]) -> None:
    """Read files through, in one process as long as none ends it; `count_rows` then need not.

    Args:
        paths: plain files that are there.
    """
    left = [path for path in paths if _key(path) not in _FOUND]
    if not sys.executable:  # Python is built into another program: there is nothing to start
        _FOUND.update((_key(path), _look(str(path.absolute()))) for path in left)
    while left and sys.executable:
        # -P: a module of the user's own in the current folder is none of Python's
        command = [sys.executable, "-P", "-c", _PROGRAM]
        asked = "".join(f"{json.dumps(str(path.absolute()))}\n" for path in left)
        place = os.pathsep.join(entry for entry in sys.path if entry)
        run = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": place, "RUST_BACKTRACE": "0"},
            input=asked.encode(),
            capture_output=True,
            check=False,
        )
        found = [json.loads(line) for line in run.stdout.splitlines() if line.endswith(b"}")]
        if len(found) < len(left):  # the next file ended the process
            said = run.stderr.decode("utf-8", "replace")
            reason = next((line for line in said.splitlines() if "memory" in line), f"exit code {run.returncode}")
            found.append({"ended": reason})
        _FOUND.update(zip(map(_key, left), found, strict=False))
        left = left[len(found) :]


def is_probed(path: Path) -> bool:
    """Whether a file was read through already, or is none."""
    return not path.is_file() or _key(path) in _FOUND


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
    """What runs in the other process."""
    for line in sys.stdin:
        print(json.dumps(_look(json.loads(line))), flush=True)


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
