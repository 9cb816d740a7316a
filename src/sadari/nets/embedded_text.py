"""What classifiers that read the embeddings of a text's tokens have in common."""

from __future__ import annotations

import torch
from torch import nn


class EmbeddedText(nn.Module):
    """The base of classifiers: embeddings of ids, and logits made of these."""

    embedding: nn.Embedding

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings float [n, length, width] of ids int64 [n, length]."""
        return self.embedding(ids)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits float [n, labels] of ids int64 [n, length] and mask bool [n, length], True for real tokens."""
        return self.from_embeddings(self.embed(ids), mask)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits of embeddings float [n, length, width]: where integrated gradients come in."""
        raise NotImplementedError


def new_embedding(size: int, width: int, pad_id: int, *, std: float, sparse: bool = False) -> nn.Embedding:
    """An embedding of normal numbers of this spread; padding's stays zero."""
    embedding = nn.Embedding(size, width, padding_idx=pad_id, sparse=sparse)
    nn.init.normal_(embedding.weight, std=std)
    with torch.no_grad():
        embedding.weight[pad_id].zero_()
    return embedding


def drop_tokens(embedded: torch.Tensor, share: float, training: bool) -> torch.Tensor:
    """Zero the embeddings of a random share of tokens, in training only; what is left is not scaled up."""
    if not training or share == 0:
        return embedded
    kept = torch.rand(embedded.shape[:2], device=embedded.device) >= share
    return embedded * kept.unsqueeze(-1).to(embedded.dtype)
