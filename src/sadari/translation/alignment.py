"""Which source words a translation looked at while each of its words was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Alignment:
    """What attention made of a source and its translation.

    Attributes:
        sources: the S words of the source, the last one its end, ``</s>``.
        targets: the T words of the translation, the last one its end.
        weights: float64 [T, S], how much of its attention each target word gave to each source word; rows sum to 1.
    """

    sources: list[str]
    targets: list[str]
    weights: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        return {"sources": self.sources, "targets": self.targets, "weights": self.weights.tolist()}


def align_words(
    sources: Sequence[tuple[str, int]], targets: Sequence[tuple[str, int]], weights: NDArray[np.floating]
) -> Alignment:
    """The alignment of words, of that of their subwords.

    A source word gets what its subwords got together; a target word's is the mean of its subwords'.

    Args:
        sources: words of the source, and how many subwords each has.
        targets: words of the target, and how many subwords each has.
        weights: float [target subwords, source subwords].
    """
    exact = np.asarray(weights, np.float64)
    exact = exact / exact.sum(axis=1, keepdims=True)
    across = np.add.reduceat(exact, _starts(sources), axis=1)
    down = np.add.reduceat(across, _starts(targets), axis=0)
    counts = np.array([[count] for _, count in targets])
    return Alignment([word for word, _ in sources], [word for word, _ in targets], down / counts)


def _starts(words: Sequence[tuple[str, int]]) -> NDArray[np.int64]:
    return np.cumsum([0, *(count for _, count in words[:-1])])
