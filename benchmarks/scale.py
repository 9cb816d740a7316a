"""`sadari predict … --ray` beside as many processes of `sadari predict`; time and memory by rows; and kills.

`SADARI_PARTS` names some parts, "predict,linear,kills,climb"; the last is `scale_climb`.
`SADARI_ROWS` (1000000) rows lie in `SADARI_SHARDS` (40) files;
`SADARI_LINEAR` ("100000,1000000,10000000") are the rows of the second part, of which each file holds 25,000; of
`SADARI_KILLS` (50) runs each has a worker, a node or the command itself killed at a random moment, drawn from
`SADARI_SEED` (0); `SADARI_WORKERS` (the cores) label at a time. A quick look:
`SADARI_ROWS=40000 SADARI_SHARDS=8 SADARI_LINEAR=20000,40000 SADARI_KILLS=3`.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl

import scale_climb
from corpora import ag_news, read_plain
from timing import table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from ray_nodes import add_node, kill, three_nodes, workers_of

PARTS = os.environ.get("SADARI_PARTS", "predict,linear,kills,climb").split(",")
ROWS = int(os.environ.get("SADARI_ROWS", "1000000"))
SHARDS = int(os.environ.get("SADARI_SHARDS", "40"))
LINEAR = [int(rows) for rows in os.environ.get("SADARI_LINEAR", "100000,1000000,10000000").split(",")]
KILLS = int(os.environ.get("SADARI_KILLS", "50"))
WORKERS = int(os.environ.get("SADARI_WORKERS", str(os.cpu_count() or 1)))
SEED = int(os.environ.get("SADARI_SEED", "0"))
ROWS_A_FILE = 25_000  # in the part on time and memory by rows
EVERY = 0.2  # seconds between two looks at the memory
TIMES = 2  # that each is timed, of which the shortest counts
SADARI = [sys.executable, "-m", "sadari"]


def env() -> dict[str, str]:
    """In which commands run; beside a cluster as its nodes, which is without Jupyter."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def run() -> str:
    parts: dict[str, Callable[[Path, Path], str]] = {
        "predict": predict,
        "linear": linear,
        "kills": kills,
        "climb": climb,
    }
    found = []
    with tempfile.TemporaryDirectory(prefix="sadari-scale-") as folder:
        model = Path(folder, "model")
        command = ["train", str(ag_news() / "train.csv"), "--rung", "tfidf", "-o", str(model)]
        subprocess.run([*SADARI, *command], check=True, capture_output=True, env=env())
        for part in PARTS:
            found.append(parts[part](Path(folder), model))
            print(found[-1], flush=True)
    return "\n\n".join(found)


def climb(folder: Path, model: Path) -> str:
    """The climb's own figures, which need nothing of what is here."""
    return scale_climb.run()


def write_shards(folder: Path, rows: int, shards: int) -> Path:
    """Texts of AG News over and over, with the number of each row, in Parquet files of like length."""
    texts = pl.Series(read_plain(ag_news() / "train.csv")[0])
    folder.mkdir()
    for shard in range(shards):
        ids = pl.arange(rows * shard // shards, rows * (shard + 1) // shards, eager=True)
        frame = pl.DataFrame({"id": ids, "text": texts.gather(ids % len(texts))})
        frame.write_parquet(folder / f"{shard:05}.parquet")
    return folder


@contextmanager
def memory_of(children: Callable[[], list[int]]) -> Iterator[list[int]]:
    """The most memory, bytes, that these processes have had together while the block runs; shared pages by share."""
    most, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            most[0] = max(most[0], sum(map(_own_memory, children())))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def _own_memory(process: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def label_with_ray(model: Path, files: Path, out: Path, cluster: Any) -> tuple[float, float, int]:
    """Seconds of the whole command; seconds of labelling alone; the most memory of its workers."""
    where = ["--ray", cluster.address, "--concurrency", str(WORKERS), "--json"]
    command = [*SADARI, "predict", str(model), str(files), "-o", f"{out}/", *where]
    start = time.perf_counter()
    with memory_of(lambda: workers_of(cluster)) as most:
        told = json.loads(subprocess.run(command, check=True, capture_output=True, env=env()).stdout)
    return time.perf_counter() - start, told["seconds"], most[0]


def label_with_processes(model: Path, files: Path, out: Path) -> tuple[float, int]:
    """The same files by as many processes, of which each has its share of them: seconds, and the most memory."""
    paths = sorted(map(str, files.iterdir()))
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            [*SADARI, "predict", str(model), *paths[worker::WORKERS], "-o", f"{out}-{worker}/"],
            env=env(),
            stderr=subprocess.DEVNULL,
        )
        for worker in range(WORKERS)
    ]
    with memory_of(lambda: [process.pid for process in running]) as most:
        codes = [process.wait() for process in running]
    assert not any(codes)
    return time.perf_counter() - start, most[0]


def predict(folder: Path, model: Path) -> str:
    """Rows a second beside local processes, which start, load the model and end as well."""
    files = write_shards(folder / "in", ROWS, SHARDS)
    with_ray, with_processes = [], []
    with nodes(WORKERS) as cluster:
        for time_ in range(TIMES):
            with_ray.append(label_with_ray(model, files, folder / f"ray-{time_}", cluster))
            with_processes.append(label_with_processes(model, files, folder / f"alone-{time_}"))
    same = digests(folder / "ray-0") == dict(
        pair for worker in range(WORKERS) for pair in digests(Path(f"{folder / 'alone-0'}-{worker}")).items()
    )
    ray, labelling, ray_memory = (min(seen) for seen in zip(*with_ray, strict=True))
    alone, memory = (min(seen) for seen in zip(*with_processes, strict=True))
    rows = [
        [f"{WORKERS} processes of sadari predict", f"{alone:.1f}", f"{ROWS / alone:,.0f}", f"{memory / 1e6:,.0f}", ""],
        [
            f"--ray, {WORKERS} workers: the whole command",
            f"{ray:.1f}",
            f"{ROWS / ray:,.0f}",
            f"{ray_memory / 1e6:,.0f}",
            f"{alone / ray:.2f}",
        ],
        [
            "--ray, once it is connected",
            f"{labelling:.1f}",
            f"{ROWS / labelling:,.0f}",
            "",
            f"{alone / labelling:.2f}",
        ],
    ]
    head = [f"{ROWS:,} rows in {SHARDS} files", "seconds", "rows a second", "MB", "times processes (0.9 asked)"]
    return table(head, rows) + f"\n\nThe same bytes: {'yes' if same else 'NO'}."


def linear(folder: Path, model: Path) -> str:
    """Time and memory by rows."""
    rows = []
    with nodes(WORKERS) as cluster:
        for count in LINEAR:
            files = write_shards(folder / f"in-{count}", count, max(1, count // ROWS_A_FILE))
            whole, seconds, memory = label_with_ray(model, files, folder / "out", cluster)
            shutil.rmtree(files)
            shutil.rmtree(folder / "out")
            a_row = f"{seconds / count * 1e6:.1f}"
            rows.append([f"{count:,}", f"{whole:.1f}", f"{seconds:.1f}", a_row, f"{memory / 1e6:,.0f}"])
    head = ["rows, 25,000 a file", "seconds", "once connected", "microseconds a row", "MB of all workers"]
    return table(head, rows)


def kills(folder: Path, model: Path) -> str:
    """Runs in which something is killed at a random moment, and the same command is given until all is done."""
    files = write_shards(folder / "killed-in", min(ROWS, 100_000), 20)
    with three_nodes() as cluster:
        label_with_ray(model, files, folder / "whole", cluster)
        wanted, draw = digests(folder / "whole"), random.Random(SEED)
        seen: Counter[str] = Counter()
        good: Counter[str] = Counter()
        moments: dict[str, list[float]] = {}
        for number in range(KILLS):
            what = ("worker", "node", "driver")[number % 3]
            out = folder / f"killed-{number}"
            hit, commands = one_kill(what, draw, cluster, model, files, out)
            rows = pl.concat([pl.read_parquet(path, columns=["id"]) for path in sorted(out.glob("*.parquet"))])["id"]
            once = rows.n_unique() == len(rows) == min(ROWS, 100_000)
            seen[what] += 1
            good[what] += once and digests(out) == wanted
            moments.setdefault(what, []).append(hit)
            print(
                f"  {number}: {what} killed after {hit:.2f} s, {commands} commands, {'good' if once else 'BAD'}",
                flush=True,
            )
    head = ["killed", "runs", "every row once, the same bytes", "seconds into the run"]
    lines = [
        [name, str(seen[name]), str(good[name]), f"{min(moments[name]):.1f} to {max(moments[name]):.1f}"]
        for name in seen
    ]
    return table(head, lines)


def one_kill(what: str, draw: random.Random, cluster: Any, model: Path, files: Path, out: Path) -> tuple[float, int]:
    """Kill once; when, in seconds since the command began, and how many commands it took until all was done."""
    command = [*SADARI, "predict", str(model), str(files), "-o", f"{out}/", "--ray", cluster.address]
    hit, commands = 0.0, 0
    while True:
        commands += 1
        start = time.perf_counter()
        with subprocess.Popen(command, env=env(), stderr=subprocess.PIPE) as driver:
            if commands == 1:
                _wait_for_moment(what, draw, driver, out)
                hit = time.perf_counter() - start
                _kill(what, draw, driver, cluster)
            _, said = driver.communicate()
        if what == "node" and commands == 1:
            add_node(cluster)
        if driver.returncode == 0:
            return hit, commands
        if what == "worker" or commands > 1:  # which the command itself should have got over
            print(f"  exit {driver.returncode}: {said.decode()[-600:]}", flush=True)
        if commands > 5:
            raise RuntimeError(said.decode())


def _wait_for_moment(what: str, draw: random.Random, driver: subprocess.Popen[bytes], out: Path) -> None:
    """Until a moment while files are labelled; every fourth time, one while all of it starts."""
    early = draw.random() < 0.25 and what != "worker"
    while not early and driver.poll() is None and not any(out.glob("*.parquet")):
        time.sleep(0.01)
    time.sleep(draw.uniform(0, 5.0 if early else 2.0))


def _kill(what: str, draw: random.Random, driver: subprocess.Popen[bytes], cluster: Any) -> None:
    if what == "driver":
        driver.send_signal(signal.SIGKILL)
    elif what == "node":
        cluster.remove_node(draw.choice(sorted(cluster.worker_nodes, key=str)), allow_graceful=False)
    else:
        found = workers_of(cluster)
        kill(draw.choice(found)) if found else None


def digests(folder: Path) -> dict[str, str]:
    """File → SHA-256 of its bytes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.parquet")}


@contextmanager
def nodes(cpus: int) -> Iterator[Any]:
    """Three nodes that have so many processors together."""
    with three_nodes([cpus - 2 * (cpus // 2), cpus // 2, cpus // 2]) as cluster:
        yield cluster
