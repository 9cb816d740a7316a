"""What a model says of some rows: probabilities, and the labels that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.floating]


@dataclass(frozen=True)
class Answers:
    """What a model says of n rows.

    Attributes:
        probabilities: float [n, k].
        given: int [n], the label that each row is given; bool [n, k], which ones, where it may have several.
    """

    probabilities: Table
    given: NDArray[Any]

    @classmethod
    def of(cls, found: Answers | Table) -> Answers:
        """The same; of probabilities alone, each row is given its likeliest label."""
        return found if isinstance(found, cls) else cls(np.asarray(found), np.asarray(found).argmax(axis=1))

    def take(self, rows: NDArray[Any]) -> Answers:
        """Those of some rows: positions, or bool [n]."""
        return Answers(self.probabilities[rows], self.given[rows])

    def __len__(self) -> int:
        return len(self.given)
