"""Recurrent encoder-decoders: the source read into states, and the target written from them, with attention or not."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from sadari.nets.attention import AdditiveAttention
from sadari.nets.dropout import Dropout
from sadari.nets.pooling import reverse
from sadari.nets.recurrent import CELLS, Recurrent
from sadari.nets.seq2seq.base import Seq2Seq
from sadari.nets.seq2seq.search_rows import SearchRows
from sadari.nets.seq2seq.vocabularies import Vocabularies

State = list[torch.Tensor]  # one layer's: float [1, n, hidden]; of an LSTM two, the hidden and the cell state


class RecurrentSeq2Seq(Seq2Seq):
    """Embeddings → recurrent encoder; embeddings → recurrent decoder that starts from the encoder's end → logits.

    Without attention the encoder's last state is all that the decoder learns of the source: it starts from it, and sees
    it in each step (Cho et al. 2014). With it, each step's first-layer state asks all of the encoder's states. What is
    seen goes into the layers above and into the logits. What a step writes does not go into the next one's attention,
    so the whole target is learned at once and not token by token.

    Args:
        source_size: number of source ids.
        target_size: number of target ids.
        cell: "lstm" or "gru".
        attention: "additive" (Bahdanau et al. 2015) or "none".
        reverse_source: read the source from its last token to its first; its beginning then stands close to the
            target's.
        bidirectional: read it in both directions.
        width: of the embeddings.
        hidden: of each direction's and of the decoder's states.
        layers: of the encoder and of the decoder.
        dropout: on embeddings, between layers and before the logits.
        shared: as in `Vocabularies`.
        tied: as in `Vocabularies`.
        pad_id: as in `Vocabularies`.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        cell: str = "lstm",
        attention: str = "additive",
        reverse_source: bool = False,
        bidirectional: bool = True,
        width: int = 128,
        hidden: int = 256,
        layers: int = 1,
        dropout: float = 0.2,
        shared: bool = False,
        tied: bool = True,
        pad_id: int = 0,
    ) -> None:
        super().__init__()
        self.cell, self.reverse_source = cell, reverse_source
        self.words = Vocabularies(source_size, target_size, width, shared=shared, tied=tied, pad_id=pad_id)
        self.encoder = Recurrent(cell, width, hidden, layers=layers, bidirectional=bidirectional, dropout=dropout)
        memory = self.encoder.out_width
        # one direction's or both directions' last state → the decoder's first states, all layers side by side
        self.bridge = nn.Linear(memory, layers * hidden * (2 if cell == "lstm" else 1))
        self.attention = AdditiveAttention(hidden, memory, hidden) if attention == "additive" else None
        self.decoder = nn.ModuleList(
            CELLS[cell](width if layer == 0 else hidden + memory, hidden, batch_first=True) for layer in range(layers)
        )
        self.readout = nn.Linear(hidden + memory, width)
        self.dropout = Dropout(dropout)

    def states(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        memory, state = self.encode(source, mask)
        return self.decode(inputs, memory, mask, state)[0]

    def encode(self, source: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, list[State]]:
        """What a decoder knows of sources: what it looks at, and the states that it starts from.

        It looks at the source's states float [n, source, encoder's width], in the source's own order; without attention
        at the last one, [n, 1, encoder's width].
        """
        lengths = mask.sum(dim=1)
        embedded = self.words.embed_source(reverse(source, lengths) if self.reverse_source else source)
        states, last = self.encoder(self.dropout(embedded), lengths)
        if self.reverse_source:
            states = reverse(states, lengths)
        memory = last.unsqueeze(1) if self.attention is None else states
        each = 2 if self.cell == "lstm" else 1
        parts = torch.tanh(self.bridge(last)).unsqueeze(0).chunk(len(self.decoder) * each, dim=-1)
        return memory, [[part.contiguous() for part in parts[i : i + each]] for i in range(0, len(parts), each)]

    def stepper(self, source: torch.Tensor, mask: torch.Tensor) -> RecurrentStepper:
        """What writes the targets of these sources step by step."""
        return RecurrentStepper(self, source, mask)

    def alignment(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor | None:
        """How much each step looks at each source token, float [n, target, source]; None without attention."""
        memory, state = self.encode(source, mask)
        return self.decode(inputs, memory, mask, state)[2]

    def decode(
        self,
        inputs: torch.Tensor,
        memory: torch.Tensor,
        mask: torch.Tensor,
        state: list[State],
        compared: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, list[State], torch.Tensor | None]:
        """Run the decoder over some inputs, from a state.

        Args:
            inputs: int64 [rows, target]; rows is n, or a multiple of it: then so many go with each source.
            memory: of n sources.
            mask: of n sources.
            state: of the decoder before these inputs.
            compared: the attention's view of ``memory``, if it is there already.

        Returns:
            the last layer's states beside what was seen [rows, target, hidden + encoder's width], the state after the
            last input, and the attention's weights [rows, target, source] if there is attention.
        """
        states = self.dropout(self.words.embed_target(inputs))
        after: list[State] = []
        rows, length = inputs.shape
        weights = None
        # without attention all rows of a source see the same in all steps;
        context = memory[:, -1:].repeat_interleave(rows // len(memory), dim=0).expand(-1, length, -1)
        for depth, cell in enumerate(self.decoder):
            if depth:
                states = self.dropout(torch.cat([states, context], dim=-1))
            first = tuple(state[depth]) if self.cell == "lstm" else state[depth][0]
            states, end = cast(nn.RNNBase, cell)(states, first)
            after.append(list(end) if self.cell == "lstm" else [end])
            if depth == 0 and self.attention is not None:
                queries = states.reshape(len(memory), -1, states.shape[-1])
                context, weights = self.attention(queries, memory, mask, compared)
                context, weights = context.view(rows, length, -1), weights.view(rows, length, -1)
        return torch.cat([states, context], dim=-1), after, weights

    def unprojected(self, states: torch.Tensor) -> torch.Tensor:
        return self.dropout(torch.tanh(self.readout(self.dropout(states))))


class RecurrentStepper:
    """Writes the targets of some sources, a token a step; the state is carried along.

    Args:
        net: the net.
        source: as in the net's `forward`.
        mask: as in the net's `forward`.
    """

    def __init__(self, net: RecurrentSeq2Seq, source: torch.Tensor, mask: torch.Tensor) -> None:
        self.net, self.mask = net, mask
        self.memory, self.state = net.encode(source, mask)
        self.compared = None if net.attention is None else net.attention.key(self.memory)
        self.rows = SearchRows(len(source), source.device)

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits float [rows, target_size] of what follows on the ids int64 [rows]."""
        states, self.state, _ = self.net.decode(ids.unsqueeze(1), self.memory, self.mask, self.state, self.compared)
        return self.net.words.logits(self.net.unprojected(states[:, 0]))

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows int64 [m], in this order; one may be taken several times."""
        self.state = [[part[:, rows] for part in layer] for layer in self.state]
        sources = self.rows.select(rows)
        if sources is not None:
            self.memory, self.mask = self.memory[sources], self.mask[sources]
            self.compared = None if self.compared is None else self.compared[sources]
