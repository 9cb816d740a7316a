"""Rungs `rnn`, `gru`, `lstm` and `bilstm`: recurrent nets over padded or packed ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from sadari.rungs.explanation import Activations
from sadari.rungs.neural.base import NeuralRung
from sadari.settings.limits import Choice
from sadari.settings.search import OneOf, Tried
from sadari.settings.shared import Layers, LearningRate, Share, Width

if TYPE_CHECKING:
    from torch import nn


@dataclass(kw_only=True, eq=False, repr=False)
class RecurrentRung(NeuralRung):
    """A recurrent classifier; the other settings are `NeuralRung`'s.

    Args:
        embed_dim: width of the embeddings.
        hidden: width of each direction's state.
        layers: how many, one upon the other.
        pooling: "mean" or "max" over the tokens' states, or the "last" state.
        packed: run on packed sequences (the same logits; slower on a CPU).
    """

    cell: ClassVar[str] = "lstm"
    bidirectional: ClassVar[bool] = False

    embed_dim: Width = 64
    hidden: Annotated[Width, Tried(OneOf((32, 64, 128)))] = 64
    layers: Layers = 1
    dropout: Share = 0.5
    token_dropout: Share = 0.4
    learning_rate: LearningRate = 0.005
    pooling: Annotated[str, Choice(("mean", "max", "last")), Tried(OneOf(("mean", "max")))] = "max"
    packed: bool = False

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        from sadari.nets.recurrent import RecurrentClassifier

        return RecurrentClassifier(
            vocab_size,
            labels,
            cell=self.cell,
            embed_dim=self.embed_dim,
            hidden=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            dropout=self.dropout,
            token_dropout=self.token_dropout,
            packed=self.packed,
            sparse=self._takes_sparse(vocab_size),
        )

    def activations(self, text: str) -> Activations:
        """The gates and states of the lowest layer: of an RNN its hidden state alone."""
        self._check_fitted()
        import torch

        from sadari.nets.cells import panels_of

        tokens, ids = self._tokens_to_see(text)
        panels = {}
        with torch.inference_mode():
            net: Any = self.net_
            embedded = net.embed(ids)[0].float().cpu()
            for direction, layer in enumerate(net.recurrent.layers[0]):
                for name, values in panels_of(layer, embedded.flip(0) if direction else embedded).items():
                    values = values.flip(0) if direction else values
                    panels[f"backward {name}" if direction else name] = values.numpy()
        return Activations("gates", tokens, panels)


@dataclass(kw_only=True, eq=False, repr=False)
class RNN(RecurrentRung):
    """The plain recurrent net (Elman 1990)."""

    name = "rnn"
    cell = "rnn"

    dropout: Share = 0.3
    token_dropout: Share = 0.2
    learning_rate: LearningRate = 0.004


class GRU(RecurrentRung):
    """Gated recurrent units (Cho et al. 2014)."""

    name = "gru"
    cell = "gru"


class LSTM(RecurrentRung):
    """Long short-term memory (Hochreiter & Schmidhuber 1997)."""

    name = "lstm"
    cell = "lstm"


class BiLSTM(RecurrentRung):
    """Long short-term memory in both directions (Graves & Schmidhuber 2005)."""

    name = "bilstm"
    cell = "lstm"
    bidirectional = True
