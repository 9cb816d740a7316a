"""The mean of the weights that a net had at its last validations: steadier than any one of them."""

from __future__ import annotations

from collections import deque

import torch
from torch import nn


class LastWeights:
    """The weights of a net at its last few validations (checkpoint averaging, Vaswani et al. 2017, section 6.1).

    Args:
        count: how many are kept.
    """

    def __init__(self, count: int) -> None:
        self._kept: deque[dict[str, torch.Tensor]] = deque(maxlen=count)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, net: nn.Module) -> None:
        """Keep a copy of the weights as they are now; of too many the oldest goes."""
        self._kept.append({name: value.detach().clone() for name, value in net.state_dict().items()})

    def mean(self) -> dict[str, torch.Tensor]:
        """The mean of each weight over those kept; a state for ``net.load_state_dict``."""
        first = self._kept[0]
        return {
            name: torch.stack([state[name].float() for state in self._kept]).mean(dim=0).to(value.dtype)
            for name, value in first.items()
        }

    def tensors(self) -> dict[str, torch.Tensor]:
        """All that is kept, for a checkpoint."""
        return {f"{place}.{name}": value for place, state in enumerate(self._kept) for name, value in state.items()}

    def restore(self, tensors: dict[str, torch.Tensor], device: torch.device) -> None:
        """Take up what `tensors` gave."""
        states: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            place, name = key.split(".", 1)
            # a copy: what is read lies where it lies in the file, and not as torch aligns its own
            states.setdefault(int(place), {})[name] = value.clone().to(device)
        self._kept.clear()
        self._kept.extend(states[place] for place in sorted(states))
