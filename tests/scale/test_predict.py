"""Prediction on a cluster: the bytes of one machine, whoever is killed; and what no cluster can do is one line."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli_runs import SADARI, model_folder, run, run_badly, run_well
from ray_nodes import add_node, kill, workers_of
from sadari.artifact.temporary import lock
from sadari.labelled.label_file import Labelling
from sadari.labelled.shards.label import Outcome
from sadari.labelled.shards.manifest import MANIFEST
from sadari.labelled.shards.plan import Shard
from sadari.labelled.shards.presence import nobody_writing, writing
from sadari.labelled.shards.run import Standing, label_files
from sadari.rungs import load
from sadari.scale import labeller
from sadari.scale.cluster import import_ray
from sadari.scale.labeller import Labeller
from sadari.scale.model_files import as_folder, fits, read_files
from sadari.scale.predict import on_cluster

FILES, ROWS = 12, 400
WORKERS = 2  # each is a process that has to start


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve files of unlike lengths."""
    folder = tmp_path_factory.mktemp("in")
    texts = ["stocks fell on friday", "a late goal won the match", "", "new phones are out", "the minister resigned"]
    for number in range(FILES):
        rows = ROWS * (1 + number % 3)
        text = [f"{texts[row % len(texts)]} {row}" if row % len(texts) != 2 else "" for row in range(rows)]
        frame = pl.DataFrame({"id": range(rows), "text": text})
        frame.write_parquet(folder / f"{number:02}.parquet") if number % 2 else frame.write_csv(
            folder / f"{number:02}.csv"
        )
    return folder


@pytest.fixture(scope="module")
def alone(files: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes of them."""
    out = tmp_path_factory.mktemp("alone")
    run_well("predict", model_folder("tfidf"), files, "-o", f"{out}/")
    return content(out)


def content(folder: Path) -> dict[str, bytes]:
    """All that has a name: what is being written has a hidden one."""
    return {path.name: path.read_bytes() for path in folder.glob("[0-9]*")}


def on(address: str) -> list[str]:
    """What asks a command to work on a cluster."""
    return ["--ray", address, "--concurrency", str(WORKERS)]


def test_a_cluster_gives_the_bytes_of_one_machine(address, files, alone, tmp_path):
    out = tmp_path / "out"
    result = run_well("predict", model_folder("tfidf"), files, "-o", f"{out}/", *on(address), "--json")
    told = json.loads(result.stdout)
    assert (told["files"], told["done"], told["rows"]) == (FILES, FILES, 2 * FILES * ROWS)
    assert content(out) == alone
    (out / "03.parquet").unlink()
    result = run_well("predict", model_folder("tfidf"), files, "-o", out, *on(address))
    assert f"{FILES - 1} files were there already" in result.stderr
    assert content(out) == alone


def test_a_net_answers_as_on_one_machine(address, files, tmp_path):
    model = model_folder("embedding")
    run_well("predict", model, files / "01.parquet", "-o", f"{tmp_path}/one/")
    run_well("predict", model, files / "01.parquet", "-o", f"{tmp_path}/ray/", *on(address))
    one, ray = (pl.read_parquet(tmp_path / name / "01.parquet") for name in ("one", "ray"))
    assert one.drop("probability").equals(ray.drop("probability"))
    assert (one["probability"] - ray["probability"]).abs().max() <= 1e-5


def test_a_cluster_reads_and_writes_elsewhere(address, files, alone, tmp_path):
    """Addresses of this machine's disk, since each process has its own memory."""
    run_well("predict", model_folder("tfidf"), f"file://{files}/*", "-o", f"file://{tmp_path}/out/", *on(address))
    assert content(tmp_path / "out") == alone


def once(done: int, kill_something: Callable[[], None]) -> Callable[[Standing], None]:
    """What kills something as soon as so many files are done."""
    waiting = [kill_something]

    def look(standing: Standing) -> None:
        if standing.done >= done and waiting:
            waiting.pop()()

    return look


def label(files: Path, out: Path, address: str, workers: int = WORKERS, **more: Any) -> Standing:
    """On the cluster, from this process."""
    folder = model_folder("tfidf")
    paths = [str(path) for path in sorted(files.iterdir())]
    with on_cluster(address, workers, files=len(paths)) as worker:
        return label_files(load(folder), folder, paths, out, Labelling(), worker=worker, **more)


def test_a_worker_is_killed(cluster, address, files, alone, tmp_path):
    killed = []

    def kill_one() -> None:
        killed.extend(workers_of(cluster)[:1])
        kill(killed[0])

    standing = label(files, tmp_path, address, on_standing=once(2, kill_one))
    assert killed
    assert (standing.done, standing.failed) == (FILES, ())
    assert content(tmp_path) == alone


def test_who_stops_it_finds_no_worker_that_still_writes(cluster, address, files, alone, tmp_path):
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(files, tmp_path, address, on_standing=once(2, stop))
    there = sorted(tmp_path.iterdir())
    assert not [path.name for path in there if path.name.startswith(".")]
    assert content(tmp_path).items() <= alone.items()
    time.sleep(0.3)
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.slow
def test_a_node_is_killed(cluster, address, files, alone, tmp_path):
    lost = sorted(cluster.worker_nodes, key=str)[0]
    try:
        standing = label(
            files, tmp_path, address, on_standing=once(1, lambda: cluster.remove_node(lost, allow_graceful=False))
        )
    finally:
        add_node(cluster)
    assert (standing.done, standing.failed) == (FILES, ())
    assert content(tmp_path) == alone


@pytest.mark.slow
def test_the_driver_is_killed(cluster, address, files, alone, tmp_path):
    command = [*SADARI, "predict", str(model_folder("tfidf")), str(files), "-o", f"{tmp_path}/out/"]
    command += on(address)
    with subprocess.Popen(command, stderr=subprocess.PIPE) as driver:
        while driver.poll() is None and len(list(tmp_path.glob("out/[0-9]*"))) < 2:
            time.sleep(0.01)
        driver.kill()
    assert driver.returncode == -signal.SIGKILL
    there = content(tmp_path / "out")
    assert there.items() <= alone.items()  # what has a name is whole
    standing = label(files, tmp_path / "out", address)
    assert standing.done == FILES
    assert content(tmp_path / "out") == alone


@pytest.mark.slow
def test_a_file_that_kills_its_workers_is_given_up(address, files, alone, tmp_path, monkeypatch):
    class Poisoned(Labeller):
        def label(self, shard: Shard) -> Outcome:
            if shard.name == "05.parquet":
                os._exit(1)
            return super().label(shard)

    monkeypatch.setattr(labeller, "Labeller", Poisoned)
    standing = label(files, tmp_path, address, workers=1)
    assert standing.done == FILES - 1
    (failed,) = standing.failed
    assert failed.shard.name == "05.parquet"
    assert "its worker died 3 times" in str(failed.problem.what)
    monkeypatch.undo()
    assert label(files, tmp_path, address, workers=1).done == FILES
    assert content(tmp_path) == alone


def test_what_one_file_lacks_does_not_keep_the_others(address, files, alone, tmp_path):
    shutil.copytree(files, tmp_path / "in")
    (tmp_path / "in/02.csv").write_bytes(b"PAR1 no csv \0\0\0\xff\xfe")
    result = run("predict", model_folder("tfidf"), tmp_path / "in", "-o", f"{tmp_path}/out/", *on(address))
    assert result.exit_code == 2
    assert "not labelled" in result.stderr
    assert "02.csv" in result.stderr
    assert content(tmp_path / "out") == {name: data for name, data in alone.items() if name != "02.csv"}


HUNGRY = """
import sys
import numpy as np
import psutil
from sadari.artifact.temporary import lock
from sadari.labelled.label_file import Labelling
from sadari.labelled.shards.run import label_files
from sadari.rungs import load
from sadari.scale import labeller
from sadari.scale.cluster import import_ray
from sadari.scale.cluster import connected
from sadari.scale.predict import on_cluster


class Hungry(labeller.Labeller):
    def label(self, shard):
        if shard.name == "05.parquet":
            np.ones(psutil.virtual_memory().total // 5, np.uint8).sum()
        return super().label(shard)


if __name__ == "__main__":
    labeller.Labeller = Hungry
    model, out, *files = sys.argv[1:]
    limits = {"memory_usage_threshold": psutil.virtual_memory().percent / 100 + 0.15, "memory_monitor_refresh_ms": 20}
    with connected(num_cpus=1, object_store_memory=80_000_000, _system_config=limits), on_cluster() as worker:
        standing = label_files(load(model), model, files, out, Labelling(), worker=worker)
    print(standing.done, *(f"{failed.shard.name}: {failed.problem.what}" for failed in standing.failed))
"""


@pytest.mark.slow
def test_a_file_for_which_the_memory_is_not_enough_is_named(files, alone, tmp_path):
    command = [sys.executable, "-c", HUNGRY, model_folder("tfidf"), tmp_path, *sorted(files.iterdir())]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=200)
    said = "05.parquet: the memory of its node was not enough, 3 times: take fewer workers or smaller files"
    assert result.stdout.splitlines() == [f"{FILES - 1} {said}"], result.stderr
    assert content(tmp_path) == {name: data for name, data in alone.items() if name != "05.parquet"}


def test_a_bad_address_leaves_nothing(files, tmp_path, monkeypatch):
    monkeypatch.setattr(import_ray(), "is_initialized", lambda: False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run("predict", model_folder("tfidf"), files, "-o", f"{tmp_path}/out/", "--ray", address)
    assert result.exit_code == 2
    assert "there is no Ray cluster" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_model_is_looked_at_before_anything_is_connected(files, tmp_path, monkeypatch):
    monkeypatch.setattr(import_ray(), "is_initialized", lambda: False)
    said = run_badly("predict", tmp_path / "none", files, "-o", f"{tmp_path / 'out'}/", "--ray", "127.0.0.1:1")
    assert "none" in said
    assert "cluster" not in said
    assert not (tmp_path / "out").exists()


def test_what_a_killed_worker_had_begun_is_removed(files, alone, tmp_path):
    run_well("predict", model_folder("tfidf"), files, "-o", f"{tmp_path}/")
    begun, strange, locked = (tmp_path / f".{name}" for name in BEGUN)
    for path in (begun, strange, locked):
        path.write_bytes(b"half")
    with locked.open("rb") as opened:
        assert lock(opened.fileno()) == "ours"
        run_well("predict", model_folder("tfidf"), files, "-o", f"{tmp_path}/")
    assert [path.exists() for path in (begun, strange, locked)] == [False, True, True]
    assert content(tmp_path) == alone


def test_a_folder_is_swept_once_nobody_writes_into_it(tmp_path):
    begun, gone = threading.Event(), threading.Event()

    def write() -> None:
        with writing(tmp_path), writing(tmp_path):
            begun.set()
            time.sleep(0.3)
            gone.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    with nobody_writing(tmp_path, 0.0):
        assert not gone.is_set()  # whoever waits no longer goes on
    with nobody_writing(tmp_path, 60.0):
        assert gone.is_set()
        late = threading.Thread(target=write)
        gone.clear()
        late.start()
        assert not gone.wait(0.5)
    late.join()
    assert gone.is_set()


BEGUN = ("02.csv.sadari-new-0123abcd", "02.csv.sadari-new-notes", "03.parquet.sadari-new-89abcdef")


def test_a_node_that_does_not_see_a_large_model_is_named(tmp_path):
    (tmp_path / MANIFEST).write_bytes(b"head\n")
    worker = Labeller(f"{tmp_path}/model", str(tmp_path), b"head\n", Labelling(), None)
    problem = worker.problem()
    assert problem is not None
    assert problem.ends
    assert problem.where == f"{tmp_path}/model"
    assert "does not see this folder" in str(problem.what)


def test_a_node_that_does_not_see_the_folder_is_named(tmp_path):
    worker = Labeller({}, str(tmp_path), b"another", Labelling(), None)
    problem = worker.problem()
    assert problem is not None
    assert problem.ends
    assert "does not see this folder" in str(problem.what)


def test_a_large_model_is_read_where_it_lies(tmp_path):
    folder = model_folder("tfidf")
    node = {"Alive": True, "Resources": {"object_store_memory": 1e9}}
    assert fits(folder, [node])
    assert not fits(folder, [node, {**node, "Resources": {"object_store_memory": 1e6}}])
    assert not fits(folder, [node, {**node, "Resources": {}}])
    with as_folder(read_files(folder)) as copied:
        assert load(copied).predict(["a goal"]).tolist() == load(folder).predict(["a goal"]).tolist()
