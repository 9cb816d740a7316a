"""Ballots: what models that did not see a row say of it, added up, in memory or on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.metrics.answers import Table

IN_MEMORY = 2**26  # bytes of a table; a larger one lies in a file without a name
ROWS = 2**15  # looked at together


class Ballots:
    """The sum of the voters' probabilities of each row, and who voted. A voter need not know every row.

    Args:
        given: int [n], the label that each row has; bool [n, k], which ones, where it may have several.
        labels: k.

    Attributes:
        voted: uint64 [n], a bit for each voter that knows the row.
        against: uint8 [n], how many would rather give another label; [n, k] of several: would rather not have it so.
        voters: the names, in the order of the bits.
    """

    def __init__(self, given: NDArray[Any], labels: int) -> None:
        self.given, self.labels, self.several = given, labels, given.ndim == 2
        self.voters: list[str] = []
        self.voted = np.zeros(len(given), np.uint64)
        self.against = _zeros(given.shape, np.uint8)
        self._sums = _zeros((len(given), labels), np.float32)

    def __len__(self) -> int:
        return len(self.given)

    def add(self, voter: str, rows: NDArray[np.integer], table: Table) -> None:
        """Add what a voter says of some rows that it did not see; where it has voted already, its first word counts.

        Args:
            voter: its name.
            rows: int [r], positions, none twice.
            table: float [r, k], probabilities.
        """
        if voter not in self.voters:
            self.voters.append(voter)
        bit = np.uint64(1 << self.voters.index(voter))
        new = (self.voted[rows] & bit) == 0
        rows, table = (rows, table) if new.all() else (rows[new], table[new])
        self.voted[rows] |= bit
        for first in range(0, len(rows), ROWS):
            part = slice(first, first + ROWS)
            places, said = rows[part], np.asarray(table[part])
            self._sums[places] += said
            given = self.given[places]
            self.against[places] += (said >= 0.5) != given if self.several else said.argmax(axis=1) != given

    def count(self, rows: slice | NDArray[np.integer]) -> NDArray[np.int64]:
        """int64 [r]: how many voted on each row."""
        return np.bitwise_count(self.voted[rows]).astype(np.int64)

    def mean(self, rows: slice | NDArray[np.integer]) -> NDArray[np.float64]:
        """float64 [r, k]: the mean of the voters' probabilities; 0 where nobody voted."""
        return self._sums[rows] / np.maximum(1.0, self.count(rows))[:, None]

    def parts(self) -> Iterator[slice]:
        """All rows, some at a time."""
        return (slice(first, min(first + ROWS, len(self))) for first in range(0, len(self), ROWS))


def _zeros(shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[np.generic]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size <= IN_MEMORY:
        return np.zeros(shape, dtype)
    return np.memmap(tempfile.TemporaryFile(prefix="sadari-"), dtype, mode="w+", shape=shape)
