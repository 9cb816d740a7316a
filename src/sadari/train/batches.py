"""Batches of texts of like length, so that little of a padded batch is padding; the same whenever asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message

POOL_BATCHES = 50  # texts are sorted by length within pools of so many batches, not over all: order stays mostly random


class EpochBatches:
    """The base of what makes the batches of each epoch out of texts, or pairs of them, of known lengths."""

    lengths: Any  # int64 [n]
    seed: int
    epoch_size: int | None = None

    @property
    def pool(self) -> int:
        """How many of them, drawn at random, are sorted by length together."""
        raise NotImplementedError

    def epoch(self, number: int, *, rank: int = 0, world: int = 1) -> list[NDArray[np.int64]]:
        """The batches of one epoch, shuffled: arrays of positions; every text stands in exactly one.

        With an ``epoch_size``, so many texts, drawn anew for each epoch, stand in one, and the others in none.

        Args:
            number: of the epoch, from 1.
            rank: which of several processes this is; each takes its share of every batch, which may be empty.
            world: how many processes there are.
        """
        random = np.random.default_rng([self.seed, number])
        order = random.permutation(len(self.lengths))[: self.epoch_size]
        batches: list[NDArray[np.int64]] = []
        for first in range(0, len(order), self.pool):
            batches += self._cut(order[first : first + self.pool])
        random.shuffle(batches)
        return [batch[rank::world] for batch in batches] if world > 1 else batches

    def in_order(self) -> list[NDArray[np.int64]]:
        """All texts by length, for prediction: nothing is random, and padding is least."""
        return self._cut(np.arange(len(self.lengths)))

    def _cut(self, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Batches of these, shortest first."""
        raise NotImplementedError


@dataclass(frozen=True)
class Batches(EpochBatches):
    """Which texts make each batch of each epoch.

    Attributes:
        lengths: int64 [n], tokens of each text.
        max_texts: the most texts in a batch.
        max_tokens: the most tokens in a batch, padding included; a longer text is a batch of its own.
        seed: of the shuffling. The batches of an epoch depend on the seed and the epoch's number alone, so a resumed
            run needs to remember no more than how many it has done.
        epoch_size: texts of an epoch, exactly; None: all.
    """

    lengths: NDArray[np.int64]
    max_texts: int = 64
    max_tokens: int = 16_384
    seed: int = 0
    epoch_size: int | None = None

    def __post_init__(self) -> None:
        if self.max_texts < 1 or self.max_tokens < 1:
            raise SettingError(
                message(
                    "a batch of {max_texts} texts and {max_tokens} tokens holds nothing",
                    max_texts=self.max_texts,
                    max_tokens=self.max_tokens,
                )
            )

    @property
    def pool(self) -> int:
        return self.max_texts * POOL_BATCHES

    def _cut(self, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        members = members[np.argsort(self.lengths[members], kind="stable")]
        lengths = np.maximum(self.lengths[members], 1)
        batches, start = [], 0
        while start < len(members):
            stop = min(start + self.max_texts, len(members))
            # the longest of a batch is its last: it sets what each of the others costs
            counts = np.arange(1, stop - start + 1)
            fitting = int(np.searchsorted(counts * lengths[start:stop], self.max_tokens, side="right"))
            stop = start + max(1, fitting)
            batches.append(members[start:stop])
            start = stop
        return batches
