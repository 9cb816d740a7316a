"""Ray clusters on this machine for tests and benchmarks: nodes that come, go and are killed."""

import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sadari.scale.cluster import import_ray

NODE = {
    "num_cpus": 1,
    "object_store_memory": 100 * 2**20,
    "include_dashboard": False,
    "include_log_monitor": False,
}


@contextmanager
def as_without_jupyter() -> Iterator[None]:
    """Meanwhile processes start as where Ray is installed and Jupyter is not.

    Of what Jupyter brings, ``import ray`` takes rfc3987-syntax, which builds a grammar for a second: in each process.
    """
    before = os.environ.get("PYTHONPATH")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rfc3987_syntax.py").write_text("raise ImportError\n", "utf-8")
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *([before] if before else [])])
        try:
            yield
        finally:
            os.environ.pop("PYTHONPATH")
            if before is not None:
                os.environ["PYTHONPATH"] = before


@contextmanager
def three_nodes(cpus: Sequence[int] = (1, 1, 1)) -> Iterator[Any]:
    """A cluster of three nodes; the first is the head, where drivers stand.

    Args:
        cpus: processors of each.

    Yields:
        a ``ray.cluster_utils.Cluster``; `add_node` and `remove_node` change it, and ``address`` is where it is.
    """
    with as_without_jupyter():
        import_ray()
        from ray.cluster_utils import Cluster

        cluster = Cluster()
        try:
            for count in cpus:
                add_node(cluster, num_cpus=count)
            yield cluster
        finally:
            cluster.shutdown()


def add_node(cluster: Any, **more: Any) -> Any:
    """One more node, tried again on a machine so busy that Ray gives its own parts up: they have 15 seconds."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        for _ in range(3):
            try:
                return cluster.add_node(**{**NODE, **more})
            except Exception as error:
                failed = error
        raise failed
    finally:
        signal.signal(signal.SIGTERM, before)  # Ray sets its own, which would stay for all tests


def workers_of(cluster: Any) -> list[int]:
    """The processes that label files on the nodes of a cluster."""
    raylets = {node.all_processes["raylet"][0].process.pid for node in cluster.list_all_nodes()}
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if b"ray::Labeller" in (entry / "cmdline").read_bytes():
                parent = int((entry / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
                found += [int(entry.name)] if parent in raylets else []
    return found


def kill(process: int) -> None:
    """Kill a process, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
