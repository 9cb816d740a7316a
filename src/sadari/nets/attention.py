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

    def forward(
        self, states: torch.Tensor, mask: torch.Tensor | None, causal: bool = False, cache: KeyValues | None = None
    ) -> torch.Tensor:
        """States float [n, length, width] → the same shape.

        Args:
            states: float [n, length, width].
            mask: bool [n, length], True for tokens that may be attended to; None for all.
            causal: a token attends to itself and those before it only.
            cache: keys and values of the tokens before these, which are attended to as well; it takes up these tokens'
                own. Then there must be no mask, and attention is causal.
        """
        queries, keys, values = self._heads(states)
        if cache is not None:
            before = cache.length
            keys, values = cache.extend(keys, values)
            # one new token may attend to all there is; of several, each to those before it
            mask, causal = None, False
            allowed = None if len(states[0]) == 1 else _causal(before, keys.shape[2], states.device)
        else:
            allowed = None if mask is None else mask[:, None, None, :]
            if causal and allowed is not None:
                allowed = allowed & _causal(0, states.shape[1], states.device)
        mixed = mix(
            queries,
            keys,
            values,
            allowed,
            causal=causal and allowed is None,
            dropout=self.dropout if self.training else 0.0,
        )
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


def _causal(before: int, length: int, device: torch.device) -> torch.Tensor:
    """bool [length − before, length]: whether the token of a row may attend to that of a column."""
    return torch.ones(length - before, length, dtype=torch.bool, device=device).tril(before)


class KeyValues:
    """The keys and values of the tokens that a layer has read, so that none is computed twice.

    Memory doubles as it fills: a text of n tokens is copied less than n times in all. What is selected goes into the
    memory that the selection before left free: fresh memory costs ten times the copying.
    """

    def __init__(self) -> None:
        self.length = 0
        self._keys: torch.Tensor | None = None
        self._values: torch.Tensor | None = None
        self._free: list[torch.Tensor] = []

    def extend(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Add those of new tokens, float [n, heads, new, width]: all there are now, [n, heads, length, width]."""
        end = self.length + keys.shape[2]
        if self._keys is None or self._values is None or end > self._keys.shape[2]:
            self._keys, self._values = self._grown(self._keys, keys, end), self._grown(self._values, values, end)
        self._keys[:, :, self.length : end] = keys
        self._values[:, :, self.length : end] = values
        self.length = end
        return self._keys[:, :, :end], self._values[:, :, :end]

    def select(self, rows: torch.Tensor) -> None:
        """Keep the texts at ``rows`` int64 [m], in that order; one may be taken several times, as beam search does."""
        if self._keys is not None and self._values is not None:
            self._keys, self._values = self._selected(self._keys, rows), self._selected(self._values, rows)

    def _selected(self, kept: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled():  # what may have a gradient cannot be written over
            return kept.index_select(0, rows)
        shape = (len(rows), *kept.shape[1:])
        fits = [place for place, free in enumerate(self._free) if free.shape[1:] == shape[1:] and len(free) >= shape[0]]
        into = self._free.pop(fits[0])[: shape[0]] if fits else kept.new_empty(shape)
        self._free = [*self._free[-1:], kept]
        return torch.index_select(kept, 0, rows, out=into)

    def _grown(self, old: torch.Tensor | None, like: torch.Tensor, least: int) -> torch.Tensor:
        n, heads, _, width = like.shape
        room = like.new_empty(n, heads, max(least, 2 * self.length, 16), width)
        if old is not None:
            room[:, :, : self.length] = old[:, :, : self.length]
        return room


def mix(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    allowed: torch.Tensor | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> torch.Tensor:
    """What `attend` gives, without the weights, by the fastest way there is.

    Args:
        queries: as in `attend`.
        keys: as in `attend`.
        values: as in `attend`.
        allowed: as in `attend`.
        causal: instead of ``allowed``: a query may see no key that stands after its own place.
        dropout: on the weights.
    """
    if queries.dtype == torch.bfloat16 and queries.device.type == "cpu" and torch.is_grad_enabled() and not dropout:
        # the fused kernel's backward pass in bf16 takes five times as long as this (40 tokens) or six (14)
        if causal:
            allowed = _causal(0, queries.shape[-2], queries.device)
        return attend(queries, keys, values, allowed)[0]
    return functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=allowed, dropout_p=dropout, is_causal=causal
    )


def attend(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, allowed: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scaled dot-product attention, written out: score, softmax, weighted sum.

    Args:
        queries: float [..., q, width].
        keys: float [..., k, width].
        values: float [..., k, width].
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
        query_width: width of what attends.
        key_width: width of what is attended to.
        width: of the layer in which they are compared.
    """

    def __init__(self, query_width: int, key_width: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, width, bias=False)
        self.key = nn.Linear(key_width, width, bias=True)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        mask: torch.Tensor | None = None,
        compared: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mix the keys by how well each answers a query.

        Args:
            queries: float [n, q, query_width].
            keys: float [n, k, key_width].
            mask: bool [n, k].
            compared: ``key(keys)``, float [n, k, width], where the same keys are asked again and again.

        Returns:
            the mixed keys [n, q, key_width], and the weights [n, q, k].
        """
        compared = self.key(keys) if compared is None else compared
        scores = self.score(torch.tanh(self.query(queries).unsqueeze(2) + compared.unsqueeze(1))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask.unsqueeze(1), torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        return weights @ keys, weights
