"""The two ends of an encoder-decoder: embeddings of both languages and the output layer, sharing weights or not."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.embedded_text import new_embedding
from sadari.nets.token_loss import token_loss


class Vocabularies(nn.Module):
    """Embeddings of source and target ids, and logits over the target vocabulary.

    Args:
        source_size: number of source ids.
        target_size: number of target ids.
        width: of the embeddings, and of the states that logits are made of.
        shared: one embedding for both languages, which then have one vocabulary.
        tied: the output layer is the target embedding (Press & Wolf 2017).
        pad_id: the id of padding, in both.
    """

    def __init__(
        self, source_size: int, target_size: int, width: int, *, shared: bool, tied: bool, pad_id: int
    ) -> None:
        super().__init__()
        self.target = new_embedding(target_size, width, pad_id, std=width**-0.5)
        self.source = None if shared else new_embedding(source_size, width, pad_id, std=width**-0.5)
        self.output = None if tied else nn.Linear(width, target_size, bias=False)
        self.bias = nn.Parameter(torch.zeros(target_size))

    def embed_source(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings float [n, length, width] of ids int64 [n, length]."""
        return (self.target if self.source is None else self.source)(ids)

    def embed_target(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings float [n, length, width] of ids int64 [n, length]."""
        return self.target(ids)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Logits float [..., target_size] of states float [..., width]."""
        return functional.linear(states, self._table(), self.bias)

    def loss(
        self, states: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Summed cross-entropy of states [tokens, width], smoothed and not; see `sadari.nets.token_loss.token_loss`."""
        return token_loss(states, self._table(), self.bias, targets, smoothing)

    def _table(self) -> torch.Tensor:
        return self.target.weight if self.output is None else self.output.weight
