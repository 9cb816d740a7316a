"""Nets that say which token comes next: recurrent ones and the Transformer, and what they keep while they write.

A net reads whole windows in training. When it writes, a stepper reads token by token and computes nothing twice: a
recurrent net carries its state, a Transformer the keys and values of what it has read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.attention import KeyValues
from sadari.nets.dropout import Dropout
from sadari.nets.transformer import EncoderLayer

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentGenerator(nn.Module):
    """One-hot or embedded ids → recurrent layers → linear layer (unit 5 of the course).

    Args:
        vocab_size: number of ids.
        cell: "lstm" or "gru".
        embed_dim: width of the embeddings; 0: ids are read one-hot, as the course does.
        hidden: width of each layer's state.
        layers: how many, one upon the other.
        dropout: on embeddings, between layers and before the linear layer.
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        cell: str = "lstm",
        embed_dim: int = 0,
        hidden: int = 256,
        layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.vocab_size, self.hidden = vocab_size, hidden
        self.states_a_layer = 2 if cell == "lstm" else 1
        self.embedding = nn.Embedding(vocab_size, embed_dim) if embed_dim else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, std=embed_dim**-0.5)
        make, width = CELLS[cell], embed_dim or vocab_size
        self.layers = nn.ModuleList(
            make(hidden if depth else width, hidden, batch_first=True) for depth in range(layers)
        )
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(hidden, vocab_size)

    def forward(self, ids: torch.Tensor, state: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Read windows that go on from a state.

        Args:
            ids: int64 [n, length].
            state: float32 [states, n, hidden], as it was after the tokens before; None: nothing was before.

        Returns:
            logits float [n, length, vocab_size] of each next token, and the state after the last one.
        """
        if self.embedding is None:
            states = functional.one_hot(ids, self.vocab_size).to(self.output.bias.dtype)
        else:
            states = self.dropout(self.embedding(ids))
        after: list[torch.Tensor] = []
        for depth, cell in enumerate(self.layers):
            if depth:
                states = self.dropout(states)
            states, last = cell(states, None if state is None else self._of_layer(state, depth))
            after += last if isinstance(last, tuple) else (last,)
        states = self.dropout(states)
        # under autocast the states are bfloat16: widened here, and cut to the same bits when they come back
        return self.output(states), torch.cat([part.float() for part in after])

    def stepper(self, *, cached: bool = True) -> RecurrentStepper:
        """What reads with this net, token by token; with ``cached=False`` everything again at each."""
        return RecurrentStepper(self, cached=cached)

    def _of_layer(self, state: torch.Tensor, depth: int) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        first = depth * self.states_a_layer
        if self.states_a_layer == 1:
            return state[first : first + 1]
        return state[first : first + 1], state[first + 1 : first + 2]


class TransformerGenerator(nn.Module):
    """Embeddings and learned positions → causal layers → norm → linear layer: GPT-2's plan (Radford et al. 2019).

    Args:
        vocab_size: number of ids.
        width: of the states, a multiple of ``heads``.
        heads: attention heads of a layer.
        layers: how many.
        inner: width inside the feed-forward nets; None: 4 times ``width``.
        context: the most tokens that it looks back on, the last one included.
        dropout: on embeddings and in every layer.
        tied: the linear layer's weights are the embeddings.
    """

    def __init__(
        self,
        vocab_size: int,
        *,
        width: int = 128,
        heads: int = 4,
        layers: int = 4,
        inner: int | None = None,
        context: int = 128,
        dropout: float = 0.0,
        tied: bool = True,
    ) -> None:
        super().__init__()
        self.vocab_size, self.context = vocab_size, context
        self.embedding = nn.Embedding(vocab_size, width)
        self.positions = nn.Embedding(context, width)
        self.layers = nn.ModuleList(EncoderLayer(width, heads, inner or 4 * width, dropout) for _ in range(layers))
        self.norm, self.dropout = nn.LayerNorm(width), Dropout(dropout)
        self.output = None if tied else nn.Linear(width, vocab_size, bias=False)
        self._begin()

    def forward(self, ids: torch.Tensor, caches: Sequence[KeyValues] | None = None) -> torch.Tensor:
        """Logits float [n, length, vocab_size] of each next token, for ids int64 [n, length].

        Args:
            ids: int64 [n, length].
            caches: keys and values of the tokens before these, one a layer; they take up these tokens' own.
        """
        return self.logits(self.states(ids, caches))

    def states(self, ids: torch.Tensor, caches: Sequence[KeyValues] | None = None) -> torch.Tensor:
        """The top layer's states float [n, length, width]; arguments as in `forward`."""
        before = caches[0].length if caches else 0
        states = self.embedding(ids) + self.positions.weight[before : before + ids.shape[1]]
        states = self.dropout(states)
        for depth, layer in enumerate(self.layers):
            states = layer(states, None, causal=True, cache=caches[depth] if caches else None)
        return cast(torch.Tensor, self.norm(states))

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Logits float [..., vocab_size] of the top layer's states [..., width]."""
        return functional.linear(states, self.embedding.weight if self.output is None else self.output.weight)

    def stepper(self, *, cached: bool = True) -> TransformerStepper:
        """What reads with this net, token by token; with ``cached=False`` everything again at each."""
        return TransformerStepper(self, cached=cached)

    def _begin(self) -> None:
        """GPT-2's weights to start from: small, and smaller where many layers add to one sum."""
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                adds = name.endswith(("attention.output.weight", "contract.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * len(self.layers)) ** 0.5 if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)


class RecurrentStepper:
    """What a recurrent net has read of ``n`` texts: its state, which is carried on.

    Args:
        net: in evaluation.
        cached: False reads everything again at each step, to compare with.
    """

    def __init__(self, net: RecurrentGenerator, *, cached: bool = True) -> None:
        self.net, self.cached = net, cached
        self._state: torch.Tensor | None = None
        self._ids: torch.Tensor | None = None

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        """Read on, int64 [n, new] with at least one new token: logits float [n, vocab_size] of the next."""
        if self.cached:
            logits, self._state = self.net(ids, self._state)
        else:
            self._ids = ids if self._ids is None else torch.cat([self._ids, ids], dim=1)
            logits, _ = self.net(self._ids)
        return cast(torch.Tensor, logits[:, -1])

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Read one token of each text, int64 [n]: logits float [n, vocab_size] of the next."""
        return self.read(ids.unsqueeze(1))

    def select(self, rows: torch.Tensor) -> None:
        """Go on with the texts at ``rows`` int64 [m], in that order; one may be taken several times."""
        self._state = None if self._state is None else self._state[:, rows]
        self._ids = None if self._ids is None else self._ids[rows]


class TransformerStepper:
    """What a Transformer has read of ``n`` texts: the keys and values of as many tokens as it looks back on.

    When its context is full, the window moves on by half: the last half is read again, from the first position on.
    Where the window begins depends on the number of tokens alone, so it makes no difference in which portions they
    come, or whether anything is kept.

    Args:
        net: in evaluation.
        cached: False reads the whole window again at each step, to compare with.
    """

    def __init__(self, net: TransformerGenerator, *, cached: bool = True) -> None:
        self.net, self.cached = net, cached
        self._count = 0  # tokens read
        self._window: torch.Tensor | None = None  # ids that may still be read again
        self._caches: list[KeyValues] = []

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        """Read on, int64 [n, new] with at least one new token: logits float [n, vocab_size] of the next."""
        begun = self._window is not None and self._count > 0
        old_start = self.first_in_window(self._count - 1) if begun else 0
        self._count += ids.shape[1]
        start = self.first_in_window(self._count - 1)
        window = ids if self._window is None else torch.cat([self._window, ids], dim=1)
        self._window = window[:, window.shape[1] - (self._count - start) :]
        if not self.cached:
            states = self.net.states(self._window)
        elif begun and start == old_start:
            states = self.net.states(ids, self._caches)
        else:
            self._caches = [KeyValues() for _ in self.net.layers]
            states = self.net.states(self._window, self._caches)
        return self.net.logits(states[:, -1])

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Read one token of each text, int64 [n]: logits float [n, vocab_size] of the next."""
        return self.read(ids.unsqueeze(1))

    def select(self, rows: torch.Tensor) -> None:
        """Go on with the texts at ``rows`` int64 [m], in that order; one may be taken several times."""
        self._window = None if self._window is None else self._window[rows]
        for cache in self._caches:
            cache.select(rows)

    def first_in_window(self, token: int) -> int:
        """The first token, counted from 0, that ``token`` looks back on."""
        context = self.net.context
        if token < context:
            return 0
        by = context - context // 2
        return (token - context) // by * by + by
