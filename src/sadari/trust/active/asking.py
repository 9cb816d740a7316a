"""What is asked in which order: a tenth in random order, to estimate by, and the rest as is learned most."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sadari.trust.active.learner import Codes, Learned, learn
from sadari.trust.active.selection import doubt, likely, typical, unclear
from sadari.trust.active.spaces import Placed, Vectors

Way = Literal["most", "unclear", "random"]
FIRST, SHARE, LARGEST = 20, 0.1, 200  # answers before the first learner; of a batch, by the answers so far; and texts
EVERY = 10  # one in so many texts is asked in random order


class Asking:
    """The answers so far, and what to ask next.

    Args:
        placed: all candidates [n], which are in random order.
        reserved: bool [n], which are asked in this order only.
        labels: how many labels there are.
        strength: of the learner's fit.
        seed: of all draws.
        way: "most": what is learned most from; to compare with: "unclear", of which a learner is least sure, from a
            random beginning; "random".

    Attributes:
        placed: as given.
        labels: as given; more may come.
        done: int64 [m], the candidates that are answered, in order.
        codes: int64 [m], their labels.
        prior: float64 [n, k], probabilities by which to choose the first texts; None: there are none.
        named: float32 [labels, width], vectors of what the labels are called, by which to choose the first; None.
    """

    prior: NDArray[np.float64] | None = None
    named: Vectors | None = None

    def __init__(
        self,
        placed: Placed,
        reserved: NDArray[np.bool_],
        labels: int,
        *,
        strength: float,
        seed: int = 0,
        way: Way = "most",
    ) -> None:
        self.placed, self.reserved, self.labels, self.strength = placed, reserved, labels, strength
        self.done, self.codes = np.empty(0, np.int64), np.empty(0, np.int64)
        self._left = np.ones(len(placed), np.bool_)
        self._rng, self._way = np.random.default_rng(seed), way

    def answered(self, places: Codes, codes: Codes) -> None:
        """Some answers more.

        Args:
            places: int64 [b], of which candidates.
            codes: int64 [b], their labels.
        """
        self.done, self.codes = np.concatenate([self.done, places]), np.concatenate([self.codes, codes])
        self.without(places)

    def without(self, places: Codes) -> None:
        """Ask these no more."""
        self._left[places] = False

    def only(self, allowed: NDArray[np.bool_], seen: Codes) -> None:
        """Ask what is allowed, bool [n], and none of what was seen, int64 [m], and nothing else."""
        self._left = allowed.copy()
        self._left[seen] = False

    def learned(self) -> Learned | None:
        """What the answers so far teach; None where they are of fewer than two labels."""
        return learn(self.placed.features[self.done], self.codes, self.labels, self.strength)

    @property
    def size(self) -> int:
        """How many texts to ask before learning again."""
        return int(np.clip(SHARE * len(self.done), FIRST, LARGEST))

    def batch(self) -> Codes:
        """int64 [b], what to ask next: one in ten in random order, among the others; fewer at the end, or none."""
        size = self.size
        if self._way == "random":
            return np.flatnonzero(self._left)[:size]
        by_chance = np.flatnonzero(self._left & self.reserved)[: max(1, size // EVERY)]
        chosen = self.choose(size - len(by_chance), self.learned())
        return np.concatenate([chosen, by_chance])

    def choose(self, count: int, learned: Learned | None) -> Codes:
        """int64 [b], texts from which most is learned.

        Args:
            count: so many, or fewer where there are no more.
            learned: from the answers so far; None: nothing yet.
        """
        free = np.flatnonzero(self._left & ~self.reserved)
        if not len(free):
            free = np.flatnonzero(self._left)
        count = min(count, len(free))
        if not count:
            return free[:0]
        if self._way == "unclear":
            if learned is None:
                return free[:count]
            return free[np.argsort(-doubt(learned.probabilities(self.placed.features[free])), kind="stable")[:count]]
        if learned is not None:
            return unclear(
                self.placed.vectors, learned.probabilities(self.placed.features[free]), free, count, self._rng
            )
        if self.prior is not None:
            return unclear(self.placed.vectors, self.prior[free], free, count, self._rng)
        if self.named is not None:
            free = free[likely(self.placed.vectors[free], self.named, count)]
        return typical(self.placed.vectors, self.done, free, count, self._rng)
