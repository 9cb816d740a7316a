"""What a training of word vectors changes in place, and the runs of the corpus that it takes one after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.ragged import Ragged

LAST_RATE = 0.004  # of the first one


@dataclass(frozen=True)
class Start:
    """The matrices, which are trained in place, and what the loops draw from.

    Attributes:
        rows: each word's rows of ``inputs``: its own, and those of its pieces.
        inputs: float32 [words + buckets, stride].
        outputs: float32 [words, stride].
        chance: uint64 [words], of 2³², that an occurrence is kept.
        odds: the alias table of the negatives: each word's odds to stay itself.
        others: the alias table of the negatives: the word taken in its place.
    """

    rows: Ragged
    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    chance: NDArray[np.uint64]
    odds: NDArray[np.uint32]
    others: NDArray[np.int32]


def runs_of(offsets: NDArray[np.int64], tokens: int) -> NDArray[np.int64]:
    """int64 [runs + 1]: where the corpus is cut, at the end of a text, into runs of about so many tokens."""
    wanted = np.arange(0, offsets[-1], tokens)
    return np.unique(np.concatenate([np.searchsorted(offsets, wanted), [len(offsets) - 1]]))
