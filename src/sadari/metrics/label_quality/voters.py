"""Who may vote on labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.metrics.answers import Table

BEHIND = 0.1  # accuracy by which a voter may trail the best one


def near_the_best(tables: Mapping[str, Table], given: NDArray[Any]) -> list[str]:
    """Those that agree with the labels about as often as the best one does; the others would only add noise.

    Args:
        tables: each one's probabilities float [n, k].
        given: int [n], the labels; bool [n, k], which ones, where a row may have several.
    """

    def agrees(table: Table) -> float:
        said = (table >= 0.5) == given if given.ndim == 2 else table.argmax(axis=1) == given
        return float(np.mean(said))

    shares = {name: agrees(table) for name, table in tables.items() if len(table)}
    return [name for name, share in shares.items() if share >= max(shares.values()) - BEHIND]
