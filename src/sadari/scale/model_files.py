"""A model folder as one object of the cluster's store, for machines that do not see it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sadari.artifact import MANIFEST, megabytes, open_plain, parse_json
from sadari.artifact.manifest import MAX_MANIFEST

MOST_SHIPPED = 2 * 2**30  # bytes; a larger model is read where it lies
SHARE_OF_STORE = 0.5  # of the smallest node's object store


def fits(folder: Path, nodes: list[dict[str, Any]]) -> bool:
    """Whether a model may travel through the object store of each of these nodes."""
    stores = [node["Resources"].get("object_store_memory", 0.0) for node in nodes if node["Alive"]]
    return megabytes(folder) * 1e6 <= min(MOST_SHIPPED, SHARE_OF_STORE * min(stores, default=0.0))


def read_files(folder: Path) -> dict[str, np.ndarray]:
    """The manifest and the files that it names: name → bytes (uint8), which the store hands on without a copy."""
    with open_plain(folder / MANIFEST) as opened:
        names = parse_json(opened.read(MAX_MANIFEST))["files"]
    return {name: np.fromfile(folder / name, np.uint8) for name in (MANIFEST, *names)}


@contextmanager
def as_folder(files: Mapping[str, np.ndarray]) -> Iterator[Path]:
    """The files as a folder, while the block runs: what is loaded from it is checked as any other model is."""
    with tempfile.TemporaryDirectory(prefix="sadari-model-") as name:
        for file, content in files.items():
            content.tofile(Path(name, file))
        yield Path(name)
