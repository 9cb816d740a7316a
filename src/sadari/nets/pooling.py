"""From one vector a token to one vector a text. Padding never counts: a text has the same vector in any batch."""

from __future__ import annotations

import torch


def masked_mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over real tokens: float [n, width] of states [n, length, width] and mask bool [n, length].

    A text without tokens gives zeros.
    """
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def masked_max(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The largest value of each feature over real tokens: shapes as `masked_mean`.

    A text without tokens gives zeros.
    """
    lowest = torch.finfo(states.dtype).min
    largest = states.masked_fill(~mask.unsqueeze(-1), lowest).amax(dim=1)
    return torch.where(mask.any(dim=1, keepdim=True), largest, torch.zeros_like(largest))


def at_last(states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The state at each text's last real token: [n, width] of states [n, length, width] and lengths int64 [n].

    Not ``states[:, -1]``, which is what stands after the padding. A text without tokens gives zeros.
    """
    index = (lengths - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, states.shape[-1])
    return states.gather(1, index).squeeze(1) * (lengths > 0).unsqueeze(-1).to(states.dtype)


def reverse(states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Each text's tokens in reverse order, its padding left where it is.

    Args:
        states: [n, length, width], or [n, length].
        lengths: int64 [n].
    """
    steps = torch.arange(states.shape[1], device=states.device).unsqueeze(0)
    back = lengths.unsqueeze(1) - 1 - steps
    index = torch.where(back >= 0, back, steps)
    if states.dim() == 3:
        index = index.unsqueeze(-1).expand(-1, -1, states.shape[-1])
    return states.gather(1, index)
