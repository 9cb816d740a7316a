"""Which source each row of a search belongs to, so that no source is copied for every beam."""

from __future__ import annotations

import torch


class SearchRows:
    """The rows of a search: the same number of them for each source, one source after the other.

    Rows that are selected otherwise get sources of their own.

    Args:
        sources: how many there are, with one row each at the start.
        device: of the rows' numbers.
    """

    def __init__(self, sources: int, device: torch.device) -> None:
        self._owners = torch.arange(sources, device=device)  # of each row: the place of its source
        self._sources = sources

    def select(self, rows: torch.Tensor) -> torch.Tensor | None:
        """Go on with these rows, int64 [m].

        Returns:
            the places int64 of the sources to keep, in their new order; None where all stay as they are.
        """
        owners = self._owners[rows]
        kept, counts = torch.unique_consecutive(owners, return_counts=True)
        if not len(kept) or bool((counts != counts[0]).any()) or len(kept.unique()) < len(kept):
            kept, counts = owners, torch.ones_like(owners)
        same = len(kept) == self._sources and bool((kept == torch.arange(len(kept), device=kept.device)).all())
        self._owners = torch.arange(len(kept), device=kept.device).repeat_interleave(counts)
        self._sources = len(kept)
        return None if same else kept
