"""One Ray cluster of three nodes on this machine for all tests of a session, which this process is connected to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sadari.scale.cluster import connected, import_ray

NODE = {
    "num_cpus": 1,
    "object_store_memory": 100 * 2**20,
    "include_dashboard": False,
    "include_log_monitor": False,
}


@contextmanager
def three_nodes() -> Iterator[Any]:
    """A cluster of three nodes of one processor each; the first is the head, where drivers stand.

    Yields:
        a ``ray.cluster_utils.Cluster``; `add_node` and `remove_node` change it, and ``address`` is where it is.
    """
    import_ray()
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for _ in range(3):
            add_node(cluster)
        yield cluster
    finally:
        cluster.shutdown()


def add_node(cluster: Any) -> Any:
    """One more node, tried again on a machine so busy that Ray gives its own parts up: they have 15 seconds."""
    for _ in range(3):
        try:
            return cluster.add_node(**NODE)
        except Exception as error:
            failed = error
    raise failed


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Three nodes; this process is connected, so that commands that are run in it use the same connection."""
    with three_nodes() as started, connected(started.address):
        yield started


@pytest.fixture
def address(cluster: Any) -> str:
    """What to give to ``--ray``."""
    return str(cluster.address)
