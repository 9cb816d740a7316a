"""Masked language: which tokens of a batch are hidden, and behind what (Devlin et al. 2018, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HIDDEN, REPLACED = 0.8, 0.1  # shares of the chosen tokens: behind [MASK], behind a random token; the rest stays


@dataclass(frozen=True)
class Masking:
    """How tokens are chosen and hidden.

    Attributes:
        mask_id: of ``[MASK]``.
        special: bool [ids], True for ids that are never chosen, nor put in a token's place.
        goes_on: bool [ids], True for pieces that go on with the word before them.
        share: of the tokens that are chosen.
        whole_words: words are chosen with all their pieces, and not single pieces.
    """

    mask_id: int
    special: NDArray[np.bool_]
    goes_on: NDArray[np.bool_]
    share: float = 0.15
    whole_words: bool = False

    def hide(
        self, ids: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Choose and hide.

        Args:
            ids: int64 [...], a batch; padding is special.
            random: draws the places and what stands there.

        Returns:
            the ids as the net reads them, and of the chosen tokens their places int64 [m] in the flattened batch,
            rising, and what stood there, int64 [m]. At least one is chosen where there is any to choose.
        """
        flat = ids.reshape(-1)
        may_be = np.flatnonzero(~self.special[flat])
        count = min(len(may_be), max(1, round(self.share * len(may_be))))
        if self.whole_words:
            places = self._words(flat, may_be, count, random)
        else:
            places = np.sort(random.choice(may_be, count, replace=False)) if count else may_be
        targets = flat[places]
        draws = random.random(len(places))
        others = np.flatnonzero(~self.special)
        shown = np.where(draws < HIDDEN, self.mask_id, targets)
        replaced = (draws >= HIDDEN) & (draws < HIDDEN + REPLACED)
        shown[replaced] = random.choice(others, int(replaced.sum()))
        hidden = flat.copy()
        hidden[places] = shown
        return hidden.reshape(ids.shape), places, targets

    def _words(
        self, flat: NDArray[np.int64], may_be: NDArray[np.int64], count: int, random: np.random.Generator
    ) -> NDArray[np.int64]:
        """Places of whole words, in random order until about ``count`` tokens are chosen."""
        if not len(may_be):
            return may_be
        # a piece goes on with its word only where that stands right before it
        begins = ~self.goes_on[flat[may_be]] | (np.diff(may_be, prepend=-2) > 1)
        begins[0] = True
        word = np.cumsum(begins) - 1
        lengths = np.bincount(word)
        order = random.permutation(len(lengths))
        before = np.cumsum(lengths[order]) - lengths[order]
        chosen = np.zeros(len(lengths), bool)
        # a word that would overshoot by more than it would lack is left out, so the share holds on average
        chosen[order[before + lengths[order] / 2 <= count]] = True
        if not chosen.any():
            chosen[order[0]] = True
        return may_be[chosen[word]]
