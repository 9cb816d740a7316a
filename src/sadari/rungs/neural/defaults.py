"""What a net's settings are where they are None: they follow from how many texts there are, how long, of what words.

Measured in docs/tried.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_EPOCHS = 40
FEW_TEXTS = 8_000
FEW_BATCH, BATCH = 32, 64
FEW_STEPS = 600  # that a net needs at least, however few texts it has to make them of
SHORT, LONG, ROUND = 256, 512, 32  # tokens
SPARSE_WORDS = 100_000


def batch_texts(rows: int) -> int:
    """Texts in a batch: few texts make more steps of smaller batches, and need half as many passes for it."""
    return FEW_BATCH if rows < FEW_TEXTS else BATCH


def passes(rows: int, least: int, batch: int) -> int:
    """Passes over so many texts: ``least`` of 30,000 and more, and up to 40 of few.

    Args:
        rows: how many texts there are.
        least: passes over 30,000 texts and more.
        batch: texts in a batch; with half as many, half as many passes make the same steps.
    """
    rows = max(1, rows)
    # a quarter of the texts makes half the steps
    usual = least * (30_000 / rows) ** 0.5
    if batch < BATCH and rows < FEW_TEXTS:
        usual = max(usual * batch / BATCH, FEW_STEPS * batch / rows)
    return int(np.clip(round(usual), least if batch >= BATCH else 1, MOST_EPOCHS))


def longest_read(lengths: NDArray[np.int64]) -> int:
    """Tokens after which texts are cut, so that of a hundred texts one is: but from 256 to 512 in any case.

    Args:
        lengths: int64 [n], tokens of each text.
    """
    if not len(lengths):
        return SHORT
    whole = int(np.percentile(lengths, 99, method="higher"))
    return int(np.clip(-(-whole // ROUND) * ROUND, SHORT, LONG))


def sparse_pays(words: int) -> bool:
    """Whether an embedding of so many words learns faster by the rows that a batch touches than as a whole."""
    return words >= SPARSE_WORDS
