"""Recurrent classifiers: RNN, GRU, LSTM; one direction or both; padded or packed, with the same logits either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sadari.nets.dropout import Dropout
from sadari.nets.embedded_text import EmbeddedText, drop_tokens, new_embedding
from sadari.nets.pooling import at_last, masked_max, masked_mean, reverse

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
POOLINGS = ("mean", "max", "last")


class Recurrent(nn.Module):
    """Layers of recurrent cells, each in one direction or both.

    A layer of both directions is two layers of one: the second reads every text from its own last token back, so that
    padding is never read before the text. (torch's ``bidirectional=True`` does so only for packed input, which is slow
    on a CPU.)

    Args:
        cell: "rnn", "gru" or "lstm".
        width: of the input.
        hidden: of each direction's state.
        layers: how many, one upon the other.
        bidirectional: both directions.
        dropout: between layers.
        packed: run on packed sequences and not on padded ones.
    """

    def __init__(
        self,
        cell: str,
        width: int,
        hidden: int,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        packed: bool = False,
    ) -> None:
        super().__init__()
        self.packed = packed
        self.directions = 2 if bidirectional else 1
        self.out_width = hidden * self.directions
        self.dropout = Dropout(dropout)
        make = CELLS[cell]
        self.layers = nn.ModuleList(
            nn.ModuleList(
                make(width if layer == 0 else self.out_width, hidden, batch_first=True) for _ in range(self.directions)
            )
            for layer in range(layers)
        )

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run over a padded batch.

        Args:
            inputs: float [n, length, width].
            lengths: int64 [n], on the device of ``inputs``.

        Returns:
            the top layer's states [n, length, out_width], and its last state [n, out_width]: after the last token
            forwards, after the first token backwards.
        """
        states, last = inputs, inputs
        for depth, directions in enumerate(self.layers):
            if depth:
                states = self.dropout(states)
            parts, ends = [], []
            for direction, cell in enumerate(cast(nn.ModuleList, directions)):
                read = reverse(states, lengths) if direction else states
                out = self._run(cast(nn.RNNBase, cell), read, lengths)
                ends.append(at_last(out, lengths))
                parts.append(reverse(out, lengths) if direction else out)
            states, last = torch.cat(parts, dim=-1), torch.cat(ends, dim=-1)
        return states, last

    def _run(self, cell: nn.RNNBase, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if not self.packed:
            return cell(inputs)[0]
        # packing refuses empty texts; the one step read for such a text is masked by whoever pools the states
        packed = pack_padded_sequence(inputs, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(cell(packed)[0], batch_first=True, total_length=inputs.shape[1])[0]


class RecurrentClassifier(EmbeddedText):
    """Embedding → recurrent layers → one vector a text → linear layer (unit 4 of the course).

    Args:
        vocab_size: number of ids.
        labels: number of labels.
        cell: "rnn", "gru" or "lstm".
        embed_dim: width of the embeddings.
        hidden: width of each direction's state.
        layers: as in `Recurrent`.
        bidirectional: as in `Recurrent`.
        packed: as in `Recurrent`.
        pooling: "mean" or "max" over the tokens' states, or the "last" state.
        dropout: on embeddings, between layers and before the linear layer.
        token_dropout: the share of tokens whose embedding is zeroed in training.
        pad_id: the id of padding; its embedding stays zero.
        sparse: sparse gradients for the embedding.
    """

    def __init__(
        self,
        vocab_size: int,
        labels: int,
        *,
        cell: str = "lstm",
        embed_dim: int = 64,
        hidden: int = 32,
        layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "mean",
        dropout: float = 0.0,
        token_dropout: float = 0.0,
        packed: bool = False,
        pad_id: int = 1,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        self.pooling, self.token_dropout = pooling, token_dropout
        # torch's spread of 1 lets words seen once or twice shout
        self.embedding = new_embedding(vocab_size, embed_dim, pad_id, std=0.1, sparse=sparse)
        self.recurrent = Recurrent(
            cell, embed_dim, hidden, layers=layers, bidirectional=bidirectional, dropout=dropout, packed=packed
        )
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(self.recurrent.out_width, labels)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        lengths = mask.sum(dim=1)
        if embedded.shape[1] == 0:
            return self.output(embedded.new_zeros(len(embedded), self.recurrent.out_width))
        embedded = self.dropout(drop_tokens(embedded, self.token_dropout, self.training))
        states, last = self.recurrent(embedded, lengths)
        if self.pooling == "last":
            pooled = last
        else:
            pooled = masked_mean(states, mask) if self.pooling == "mean" else masked_max(states, mask)
        return self.output(self.dropout(pooled))
