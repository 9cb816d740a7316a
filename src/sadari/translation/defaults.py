"""What a translator's settings are where they are None: they follow from its net and how many pairs there are.

Measured in docs/tried.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MANY_PAIRS = 10_000  # from here on a larger net learns more in the same time, and has to be kept from learning by heart
EPOCHS = 15  # where nobody says how long
LEAST_BATCHES = 100  # of an epoch: a net learns little in few steps
LEAST_TOKENS, MOST_TOKENS = 256, 2560  # of a batch

# net → setting → (of few pairs, of `MANY_PAIRS` and more)
BY_PAIRS: Mapping[str, Mapping[str, tuple[Any, Any]]] = {
    "transformer": {
        "layers": (2, 4),
        "width": (128, 128),
        "dropout": (0.1, 0.3),
        "learning_rate": (0.003, 0.004),
    },
    "lstm": {"layers": (1, 1), "width": (128, 256), "dropout": (0.1, 0.4), "learning_rate": (0.005, 0.003)},
    "gru": {"layers": (1, 1), "width": (128, 256), "dropout": (0.1, 0.4), "learning_rate": (0.005, 0.003)},
}


def settings_by_pairs(net: str, pairs: int, tokens: int) -> dict[str, Any]:
    """Name → value of the settings that follow the number of pairs.

    Args:
        net: a name.
        pairs: to learn from.
        tokens: of them in all, of each pair's longer side.
    """
    many = pairs >= MANY_PAIRS
    found = {name: values[many] for name, values in BY_PAIRS[net].items()}
    return {**found, "batch_tokens": int(np.clip(tokens // LEAST_BATCHES, LEAST_TOKENS, MOST_TOKENS))}
