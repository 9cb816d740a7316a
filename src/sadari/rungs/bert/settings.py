"""What the settings of the rung `bert` may be, and what they are where they are None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.messages import Message, alternatives, message
from sadari.settings.limits import Limit, Whole

FROZEN = ("embeddings", "encoder")
LEAST_LENGTH, ROUND = 32, 8  # pieces
STEPS, FEWEST_PASSES, MOST_PASSES = 250, 2, 10
LITTLE_WIDTH = 128
MANY_TEXTS = 10_000  # two passes are enough of


@dataclass(frozen=True)
class Freeze(Limit):
    """Which layers stay as they are."""

    @property
    def said(self) -> Message:
        return message("how many of the bottom layers (from 0), or {names}", names=alternatives(FROZEN))

    def allows(self, value: Any) -> bool:
        return value in FROZEN if isinstance(value, str) else Whole(0, 1000).allows(value)


def longest_read(lengths: NDArray[np.int64], most: int) -> int:
    """Pieces after which texts are cut, so that of a hundred texts one is; what the model takes at the most.

    Args:
        lengths: int64 [n], pieces of each text, those round it included.
        most: what the model takes.
    """
    if not len(lengths):
        return most
    whole = int(np.percentile(lengths, 99, method="higher"))
    return int(min(max(-(-whole // ROUND) * ROUND, LEAST_LENGTH), most))


def passes(rows: int, batch: int) -> int:
    """Passes over so many texts: two of many, three of fewer, and of few as many as make some 250 steps, up to ten."""
    fewest = FEWEST_PASSES if rows >= MANY_TEXTS else FEWEST_PASSES + 1
    return int(np.clip(-(-STEPS * batch // max(1, rows)), fewest, MOST_PASSES))


def rate(width: int | None, *, lora: bool) -> float:
    """The learning rate by the width of the net (None: not known yet): little nets bear, and need, larger steps."""
    if lora:
        return 5e-4
    return 3e-4 if width is not None and width <= LITTLE_WIDTH else 1e-4
