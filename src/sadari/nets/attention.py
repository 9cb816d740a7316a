"""Attention: as the fast path runs it (torch's fused kernel), and written out for those who learn."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class SelfAttention(nn.Module):
    """Multi-head scaled dot-product self-attention (Vaswani et al. 2017).

    Args:
        width: of the input and output, a multiple of ``heads``.
        heads: how many.
        dropout: on the attention weights.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.project = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, states: torch.Tensor, mask: torch.Tensor | None, causal: bool = False) -> torch.Tensor:
        """States float [n, length, width] → the same shape.

        Args:
            mask: bool [n, length], True for tokens that may be attended to; None for all.
            causal: a token attends to itself and those before it only.
        """
        queries, keys, values = self._heads(states)
        allowed = None if mask is None else mask[:, None, None, :]
        if causal and allowed is not None:
            length = states.shape[1]
            allowed = allowed & torch.ones(length, length, dtype=torch.bool, device=states.device).tril()
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=allowed, dropout_p=self.dropout if self.training else 0.0,
            is_causal=causal and allowed is None,
        )  # fmt: skip
        return self.output(mixed.transpose(1, 2).flatten(2))

    def weights(self, states: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The attention weights float [n, heads, length, length]: row = who attends, column = to whom."""
        queries, keys, values = self._heads(states)
        return attend(queries, keys, values, None if mask is None else mask[:, None, None, :])[1]

    def _heads(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        n, length, width = states.shape
        split = self.project(states).view(n, length, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        return queries, keys, values


def attend(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, allowed: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled dot-product attention, written out: score, softmax, weighted sum.

    Args:
        queries: float [..., q, width]. keys, values: float [..., k, width].
        allowed: bool, broadcast to [..., q, k]; False entries get no weight.

    Returns:
        the mixed values [..., q, width] and the weights [..., q, k], whose rows sum to 1.
    """
    scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1)
    return weights @ values, weights


class AdditiveAttention(nn.Module):
    """Additive attention (Bahdanau et al. 2015), written out: ``score = v · tanh(W q + U k)``.

    Args:
        query_width, key_width: of what attends and of what is attended to.
        width: of the layer in which they are compared.
    """

    def __init__(self, query_width: int, key_width: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, width, bias=False)
        self.key = nn.Linear(key_width, width, bias=True)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(
        self, queries: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mix the keys by how well each answers a query.

        Args:
            queries: float [n, q, query_width]. keys: float [n, k, key_width]. mask: bool [n, k].

        Returns:
            the mixed keys [n, q, key_width], and the weights [n, q, k].
        """
        compared = torch.tanh(self.query(queries).unsqueeze(2) + self.key(keys).unsqueeze(1))
        scores = self.score(compared).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask.unsqueeze(1), torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        return weights @ keys, weights
