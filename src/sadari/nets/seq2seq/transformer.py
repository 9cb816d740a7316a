"""The Transformer encoder-decoder (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.attention import KeyValues, attend, mix
from sadari.nets.dropout import Dropout
from sadari.nets.seq2seq.base import Seq2Seq
from sadari.nets.seq2seq.search_rows import SearchRows
from sadari.nets.seq2seq.vocabularies import Vocabularies
from sadari.nets.transformer import EncoderLayer, sinusoidal_positions

Read = tuple[torch.Tensor, torch.Tensor]  # the keys and values of a source, float [n, heads, source, width / heads]


class CrossAttention(nn.Module):
    """Multi-head attention of the tokens of one text to those of another.

    Args:
        width: of both texts' states, a multiple of ``heads``.
        heads: how many.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.project = nn.Linear(width, 2 * width)

    def read(self, memory: torch.Tensor) -> Read:
        """What is attended to, of sources' states float [n, source, width]: computed once, however long the targets."""
        n, length, width = memory.shape
        keys, values = self.project(memory).view(n, length, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return keys, values

    def forward(self, states: torch.Tensor, read: Read, mask: torch.Tensor | None) -> torch.Tensor:
        """States float [rows, target, width] → the same shape.

        Args:
            states: float [rows, target, width].
            read: of n sources; ``rows`` is n, or a multiple of it: then so many rows, one after the other, go with
                each source, as the beams of a search do.
            mask: bool [n, source], True for what may be attended to; None for all.
        """
        mixed = mix(self._queries(states, len(read[0])), *read, _for(mask))
        return self.output(mixed.transpose(1, 2).reshape(states.shape))

    def weights(self, states: torch.Tensor, read: Read, mask: torch.Tensor | None) -> torch.Tensor:
        """The attention weights float [n, heads, target, source]."""
        return attend(self._queries(states, len(read[0])), *read, _for(mask))[1]

    def _queries(self, states: torch.Tensor, sources: int) -> torch.Tensor:
        width = states.shape[-1]
        return self.query(states).view(sources, -1, self.heads, width // self.heads).transpose(1, 2)


def _for(mask: torch.Tensor | None) -> torch.Tensor | None:
    return None if mask is None else mask[:, None, None, :]


class DecoderLayer(EncoderLayer):
    """An `EncoderLayer` that, between its own attention and its feed-forward net, attends to the source."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__(width, heads, inner, dropout)
        self.cross_norm, self.cross = nn.LayerNorm(width), CrossAttention(width, heads)

    def decode(
        self, states: torch.Tensor, read: Read, mask: torch.Tensor | None, cache: KeyValues | None = None
    ) -> torch.Tensor:
        """States float [rows, target, width] → the same shape; ``read`` and ``mask`` as in `CrossAttention`."""
        states = self.attended(states, cache)
        states = states + self.dropout(self.cross(self.cross_norm(states), read, mask))
        inner = functional.gelu(self.expand(self.inner_norm(states)))
        return states + self.dropout(self.contract(inner))

    def attended(self, states: torch.Tensor, cache: KeyValues | None = None) -> torch.Tensor:
        """The states after their attention to those before them, which is before that to the source."""
        return states + self.dropout(self.attention(self.attention_norm(states), None, True, cache))


class TransformerSeq2Seq(Seq2Seq):
    """Embeddings and positions → encoder; embeddings and positions → decoder, which attends to the encoder → logits.

    Args:
        source_size: number of source ids.
        target_size: number of target ids.
        width: of the states, a multiple of ``heads``.
        heads: attention heads of a layer.
        layers: layers of the encoder, and of the decoder.
        inner: width inside the feed-forward nets.
        max_length: the most tokens of a text.
        dropout: on embeddings and in every layer.
        shared: as in `Vocabularies`.
        tied: as in `Vocabularies`.
        pad_id: as in `Vocabularies`.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        width: int = 128,
        heads: int = 4,
        layers: int = 3,
        inner: int | None = None,
        max_length: int = 256,
        dropout: float = 0.1,
        shared: bool = False,
        tied: bool = True,
        pad_id: int = 0,
    ) -> None:
        super().__init__()
        self.max_length = max_length
        self.words = Vocabularies(source_size, target_size, width, shared=shared, tied=tied, pad_id=pad_id)
        self.register_buffer("positions", sinusoidal_positions(max_length, width), persistent=False)
        inner = inner or 2 * width
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, inner, dropout) for _ in range(layers))
        self.decoder = nn.ModuleList(DecoderLayer(width, heads, inner, dropout) for _ in range(layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = Dropout(dropout)

    def states(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        return self.decode(inputs, *self.encode(source, mask))

    def encode(self, source: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The source's states float [n, source, width], and the mask; None where nothing is padding."""
        seen = None if bool(mask.all()) else mask
        states = self._placed(self.words.embed_source(source), 0)
        for layer in self.encoder:
            states = layer(states, seen)
        return self.encoder_norm(states), seen

    def decode(self, inputs: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """The states float [n, target, width], of which the logits of what follows on each input are made."""
        states = self._placed(self.words.embed_target(inputs), 0)
        for layer in self._decoders():
            states = layer.decode(states, layer.cross.read(memory), mask)
        return self.decoder_norm(states)

    def stepper(self, source: torch.Tensor, mask: torch.Tensor) -> TransformerStepper:
        """What writes the targets of these sources step by step."""
        return TransformerStepper(self, *self.encode(source, mask))

    def alignment(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """How much each step looks at each source token: float [n, target, source], rows sum to 1.

        It is the mean over the heads of the last layer but one, which is closest to an alignment of words (Garg et al.
        2019).
        """
        memory, seen = self.encode(source, mask)
        states = self._placed(self.words.embed_target(inputs), 0)
        layers = list(self._decoders())
        for layer in layers[: max(0, len(layers) - 2)]:
            states = layer.decode(states, layer.cross.read(memory), seen)
        layer = layers[max(0, len(layers) - 2)]
        queries = layer.cross_norm(layer.attended(states))
        return layer.cross.weights(queries, layer.cross.read(memory), seen).mean(dim=1)

    def _placed(self, embedded: torch.Tensor, first: int) -> torch.Tensor:
        """Embeddings with the positions from ``first`` on added; sqrt(width) brings the two to like size."""
        places = cast(torch.Tensor, self.positions)[first : first + embedded.shape[1]]
        return self.dropout(embedded * math.sqrt(embedded.shape[-1]) + places)

    def _decoders(self) -> Iterable[DecoderLayer]:
        return cast(Iterable[DecoderLayer], self.decoder)


class TransformerStepper:
    """Writes the targets of some sources, a token a step; keys and values are kept.

    Args:
        net: the net.
        memory: what the net's `encode` gave of the sources.
        mask: what the net's `encode` gave of the sources.
    """

    def __init__(self, net: TransformerSeq2Seq, memory: torch.Tensor, mask: torch.Tensor | None) -> None:
        self.net, self.mask = net, mask
        self.read = [layer.cross.read(memory) for layer in net._decoders()]
        self.kept = [KeyValues() for _ in self.read]
        self.rows = SearchRows(len(memory), memory.device)

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits float [rows, target_size] of what follows on the ids int64 [rows]."""
        net = self.net
        states = net._placed(net.words.embed_target(ids.unsqueeze(1)), self.kept[0].length)
        for layer, read, kept in zip(net._decoders(), self.read, self.kept, strict=True):
            states = layer.decode(states, read, self.mask, kept)
        return net.words.logits(net.decoder_norm(states[:, 0]))

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows int64 [m], in this order; one may be taken several times."""
        for kept in self.kept:
            kept.select(rows)
        sources = self.rows.select(rows)
        if sources is not None:
            self.read = [(keys[sources], values[sources]) for keys, values in self.read]
            self.mask = None if self.mask is None else self.mask[sources]
