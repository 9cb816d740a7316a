"""Rules on the logits of the next token, of what is written and of what is translated: some tokens are never chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Rule = Callable[[torch.Tensor], torch.Tensor]


def forbid(ids: Collection[int]) -> Rule:
    """These ids are never chosen."""
    banned = sorted(ids)

    def rule(logits: torch.Tensor) -> torch.Tensor:
        if not banned:
            return logits
        logits = logits.clone()
        logits[:, banned] = -math.inf
        return logits

    return rule
