"""The Transformer encoder as a classifier of texts, trained from scratch."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.attention import KeyValues, SelfAttention
from sadari.nets.dropout import Dropout
from sadari.nets.embedded_text import EmbeddedText, drop_tokens, new_embedding
from sadari.nets.pooling import masked_max, masked_mean

POOLINGS = ("mean", "max", "class")


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward net, each after a layer norm and beside a residual path.

    That is the order called pre-norm, which trains without long warm-ups (Xiong et al. 2020).

    Args:
        width: of the states.
        heads: of the attention.
        inner: width inside the feed-forward net.
        dropout: on both paths.
    """

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm, self.inner_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        # no dropout on the attention weights: with it, torch's CPU kernel is not the fused one
        self.attention = SelfAttention(width, heads)
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)
        self.dropout = Dropout(dropout)

    def forward(
        self, states: torch.Tensor, mask: torch.Tensor | None, causal: bool = False, cache: KeyValues | None = None
    ) -> torch.Tensor:
        """States float [n, length, width] → the same shape; the rest as in `SelfAttention`."""
        states = states + self.dropout(self.attention(self.attention_norm(states), mask, causal, cache))
        inner = functional.gelu(self.expand(self.inner_norm(states)))
        return states + self.dropout(self.contract(inner))


def sinusoidal_positions(length: int, width: int) -> torch.Tensor:
    """float32 [length, width]: sines and cosines of falling frequency (Vaswani et al. 2017, section 3.5)."""
    steps = torch.arange(length, dtype=torch.float32).unsqueeze(1)
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(steps * rates)
    table[:, 1::2] = torch.cos(steps * rates)[:, : width // 2]
    return table


class TransformerClassifier(EmbeddedText):
    """Embeddings and positions → encoder layers → one vector a text → linear layer.

    Args:
        vocab_size: number of ids.
        labels: number of labels.
        width: of the states, a multiple of ``heads``.
        heads: attention heads of a layer.
        layers: how many.
        inner: width inside the feed-forward nets.
        max_length: the most tokens of a text.
        positions: "sinusoidal" or "learned".
        pooling: "mean" or "max" over tokens, or "class": a token of its own, read before the text.
        dropout: on embeddings and in every layer.
        token_dropout: the share of tokens zeroed in training.
        pad_id: the id of padding; its embedding stays zero.
        sparse: sparse gradients for the embedding.
    """

    def __init__(
        self,
        vocab_size: int,
        labels: int,
        *,
        width: int = 128,
        heads: int = 4,
        layers: int = 2,
        inner: int | None = None,
        max_length: int = 512,
        positions: str = "sinusoidal",
        pooling: str = "mean",
        dropout: float = 0.1,
        token_dropout: float = 0.0,
        pad_id: int = 1,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        self.pooling, self.token_dropout, self.max_length = pooling, token_dropout, max_length
        self.embedding = new_embedding(vocab_size, width, pad_id, std=width**-0.5, sparse=sparse)
        self.class_token = nn.Parameter(torch.zeros(width)) if pooling == "class" else None
        places = max_length + (pooling == "class")
        if positions == "learned":
            self.positions = nn.Parameter(torch.randn(places, width) * 0.02)
        else:
            self.register_buffer("positions", sinusoidal_positions(places, width), persistent=False)
        self.layers = nn.ModuleList(EncoderLayer(width, heads, inner or 4 * width, dropout) for _ in range(layers))
        self.norm, self.dropout = nn.LayerNorm(width), Dropout(dropout)
        self.output = nn.Linear(width, labels)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states, mask = self.encode(embedded, mask)
        if states.shape[1] == 0:
            return self.output(states.new_zeros(len(states), states.shape[2]))
        if self.pooling == "class":
            pooled = states[:, 0]
        else:
            pooled = masked_mean(states, mask) if self.pooling == "mean" else masked_max(states, mask)
        return self.output(self.dropout(pooled))

    def encode(self, embedded: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The top layer's states [n, length, width] and their mask; a class token stands first in both."""
        states, mask, readable = self._start(embedded, mask)
        for layer in self.layers:
            states = layer(states, readable)
        return self.norm(states), mask

    def attention_weights(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What each token attends to: float [layers, n, heads, length, length]."""
        states, _, readable = self._start(self.embed(ids), mask)
        weights = []
        for layer in self.layers:
            weights.append(layer.attention.weights(layer.attention_norm(states), readable))  # type: ignore[union-attr, operator]
            states = layer(states, readable)
        return torch.stack(weights)

    def _start(self, embedded: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The states before the first layer, which of them are real, and which may be attended to."""
        # sqrt(width) brings embeddings to the size of the positions
        states = drop_tokens(embedded * math.sqrt(embedded.shape[-1]), self.token_dropout, self.training)
        if self.class_token is not None:
            first = self.class_token.expand(len(states), 1, -1)
            states = torch.cat([first, states], dim=1)
            mask = torch.cat([mask.new_ones(len(mask), 1), mask], dim=1)
        states = states + self.positions[: states.shape[1]].to(states.dtype)
        # a text without tokens attends to its first place, so that no softmax runs over nothing
        readable = mask.clone()
        if readable.shape[1]:
            readable[:, 0] |= ~mask.any(dim=1)
        return self.dropout(states), mask, readable
