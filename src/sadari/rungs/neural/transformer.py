"""Rung `transformer`: a Transformer encoder, trained from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from sadari.errors import SettingError
from sadari.messages import message
from sadari.rungs.explanation import Activations
from sadari.rungs.neural.base import NeuralRung
from sadari.settings.limits import Choice, Whole
from sadari.settings.search import OneOf, Tried
from sadari.settings.shared import Heads, InnerWidth, Layers, Share, Width

if TYPE_CHECKING:
    from torch import nn


@dataclass(kw_only=True, eq=False, repr=False)
class Transformer(NeuralRung):
    """A Transformer encoder over padded ids; the other settings are `NeuralRung`'s.

    Args:
        embed_dim: width of the states, a multiple of ``heads``.
        heads: attention heads of a layer of the encoder.
        layers: layers of the encoder.
        inner: width inside its feed-forward nets; None: 4 times ``embed_dim``.
        positions: "sinusoidal" or "learned".
        pooling: "mean" or "max" over the tokens' states, or "class": that of a token of its own.
    """

    name: ClassVar[str] = "transformer"
    least_epochs: ClassVar[int] = 5

    embed_dim: Annotated[Width, Tried(OneOf((64, 128)))] = 64
    heads: Heads = 4
    layers: Annotated[Layers, Tried(Whole(1, 3))] = 1
    token_dropout: Share = 0.3
    inner: InnerWidth | None = None
    positions: Annotated[str, Choice(("sinusoidal", "learned"))] = "sinusoidal"
    pooling: Annotated[str, Choice(("mean", "max", "class"))] = "mean"

    def check_settings(self) -> None:
        super().check_settings()
        if self.embed_dim % self.heads:
            raise SettingError(
                message(
                    "embed_dim is {embed_dim}, which {heads} heads cannot share",
                    embed_dim=self.embed_dim,
                    heads=self.heads,
                ),
                hint=message("a multiple of heads"),
            )

    def activations(self, text: str) -> Activations | None:
        """What every token attends to, in every layer and head."""
        import torch

        self._check_fitted()
        tokens, ids = self._tokens_to_see(text)
        with torch.inference_mode():
            net: Any = self.net_
            weights = net.attention_weights(ids, torch.ones_like(ids, dtype=torch.bool))[:, 0].float().cpu()
        special = (0,) if self.pooling == "class" else ()
        tokens = ["<class>", *tokens] if special else tokens
        panels = {f"layer {i}": layer.numpy() for i, layer in enumerate(weights, 1)}
        return Activations("attention", tokens, panels, special)

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        from sadari.nets.transformer import TransformerClassifier

        return TransformerClassifier(
            vocab_size,
            labels,
            width=self.embed_dim,
            heads=self.heads,
            layers=self.layers,
            inner=self.inner,
            max_length=self.max_length_,
            positions=self.positions,
            pooling=self.pooling,
            dropout=self.dropout,
            token_dropout=self.token_dropout,
            sparse=self._takes_sparse(vocab_size),
        )
