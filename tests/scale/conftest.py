"""One Ray cluster of three nodes on this machine for all tests of a session, which this process is connected to."""

from collections.abc import Iterator
from typing import Any

import pytest

from ray_nodes import three_nodes
from sadari.scale.cluster import connected


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Three nodes; this process is connected, so that commands that are run in it use the same connection."""
    with three_nodes() as started, connected(started.address):
        yield started


@pytest.fixture
def address(cluster: Any) -> str:
    """What to give to ``--ray``."""
    return str(cluster.address)
