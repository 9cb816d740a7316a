"""What recurrent cells do at each token, for those who want to see it; torch's own, in the fast path, do the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import linear


@dataclass
class GateTrace:
    """What an LSTM does at each of ``length`` tokens; every tensor is float [length, hidden].

    Attributes:
        input: the input gate (Hochreiter & Schmidhuber 1997).
        forget: the forget gate (Gers et al. 2000).
        candidate: the candidate for the long-term state.
        output: the output gate.
        cell: the long-term state c.
        hidden: the short-term state h.
    """

    input: torch.Tensor
    forget: torch.Tensor
    candidate: torch.Tensor
    output: torch.Tensor
    cell: torch.Tensor
    hidden: torch.Tensor


class LSTMCell(nn.Module):
    """One LSTM step: four gates, two states.

    Args:
        width: of the input.
        hidden: of both states.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.from_input = nn.Linear(width, 4 * hidden)
        self.from_hidden = nn.Linear(hidden, 4 * hidden)

    @classmethod
    def of(cls, lstm: nn.LSTM) -> LSTMCell:
        """The cell with the weights of a one-layer, one-direction ``nn.LSTM``."""
        cell = cls(lstm.input_size, lstm.hidden_size)
        given = lstm.state_dict()
        cell.from_input.load_state_dict({"weight": given["weight_ih_l0"], "bias": given["bias_ih_l0"]})
        cell.from_hidden.load_state_dict({"weight": given["weight_hh_l0"], "bias": given["bias_hh_l0"]})
        return cell

    def forward(
        self, token: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, ...]]:
        """One step: token [n, width], hidden and cell [n, hidden] → new hidden, new cell, and the four gates."""
        sums = self.from_input(token) + self.from_hidden(hidden)
        admit, forget, candidate, show = sums.chunk(4, dim=-1)
        admit, forget, show = torch.sigmoid(admit), torch.sigmoid(forget), torch.sigmoid(show)
        candidate = torch.tanh(candidate)
        cell = forget * cell + admit * candidate  # what is kept of the old, and what is taken of the new
        hidden = show * torch.tanh(cell)  # what of it is shown
        return hidden, cell, (admit, forget, candidate, show)

    def trace(self, tokens: torch.Tensor) -> GateTrace:
        """Every gate and state over one text: tokens float [length, width]."""
        hidden = tokens.new_zeros(1, self.from_hidden.in_features)
        cell = torch.zeros_like(hidden)
        steps = []
        for token in tokens:
            hidden, cell, gates = self(token.unsqueeze(0), hidden, cell)
            steps.append(torch.stack([*(gate[0] for gate in gates), cell[0], hidden[0]]))
        if not steps:
            empty = tokens.new_zeros(0, self.from_hidden.in_features)
            return GateTrace(empty, empty, empty, empty, empty, empty)
        return GateTrace(*torch.stack(steps, dim=1))


def panels_of(layer: nn.RNNBase, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
    """The gates and states of a layer in one direction over one text, each float [length, hidden].

    Args:
        layer: an ``nn.RNN``, which has its hidden state alone; an ``nn.GRU`` (reset and update gate, candidate and
            hidden state; Cho et al. 2014); or an ``nn.LSTM``, whose panels are `GateTrace`'s.
        tokens: float [length, width].
    """
    if isinstance(layer, nn.LSTM):
        return dict(vars(LSTMCell.of(layer).trace(tokens)))
    hidden = layer(tokens[None])[0][0] if len(tokens) else tokens.new_zeros(0, layer.hidden_size)
    if not isinstance(layer, nn.GRU):
        return {"hidden": hidden}
    before = torch.cat([tokens.new_zeros(1, layer.hidden_size), hidden])[:-1]
    given = layer.state_dict()
    new = linear(tokens, given["weight_ih_l0"], given["bias_ih_l0"]).chunk(3, dim=-1)
    old = linear(before, given["weight_hh_l0"], given["bias_hh_l0"]).chunk(3, dim=-1)
    reset, update = torch.sigmoid(new[0] + old[0]), torch.sigmoid(new[1] + old[1])
    return {"reset": reset, "update": update, "candidate": torch.tanh(new[2] + reset * old[2]), "hidden": hidden}
