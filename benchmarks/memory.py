"""A 1 GB file: peak memory of training and of predicting, through the command line."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpora import ag_news
from timing import table

SIZE = 1_000_000_000


def big_file(path: Path, *, distinct: bool) -> int:
    """AG News repeated up to 1 GB, as the rows are or each made distinct by its number; how many rows."""
    rows = (ag_news() / "train.csv").read_bytes().splitlines(keepends=True)
    written, count = 0, 0
    with path.open("wb") as file:
        while written < SIZE:
            batch = rows
            if distinct:
                batch = [row.rstrip()[:-1] + b' %d"\n' % (count + i) for i, row in enumerate(rows)]
            written += file.write(b"".join(batch))
            count += len(batch)
    return count


# Between this process and the command, for a process may begin at the peak of its parent.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def peak(arguments: list[str]) -> tuple[float, float]:
    """Peak resident memory (GB, 1e9 bytes) and seconds of one command."""
    start = time.perf_counter()
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "sadari", *arguments]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{process.stderr[-2000:]}")
    return int(process.stdout) * 1024 / 1e9, time.perf_counter() - start


def run(runs: int = 1) -> str:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for distinct in (False, True):
            data = folder / "big.csv"
            count = big_file(data, distinct=distinct)
            kind = "every row distinct" if distinct else "rows repeated"
            for rung, asked in (("tfidf", "3.00"), ("embedding-bag", "3.00"), ("char", "4.00"), ("word-char", "4.00")):
                model = folder / f"{rung}-{distinct}"
                memory, seconds = peak(["train", str(data), "--rung", rung, "-o", str(model)])
                rows.append([f"train {rung}, {count:,} rows, {kind}", f"{memory:.2f}", asked, f"{seconds:.0f}"])
                if distinct:
                    continue
                memory, seconds = peak(["predict", str(model), str(data), "-o", str(folder / "out.csv")])
                rows.append([f"predict {rung}, {count:,} rows", f"{memory:.2f}", "1.00", f"{seconds:.0f}"])
                (folder / "out.csv").unlink()
    return table(["1 GB of CSV", "peak memory, GB", "asked: under", "seconds"], rows)
