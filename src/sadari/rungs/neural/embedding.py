"""Rung `embedding`: embeddings of padded ids, their masked mean, and a linear layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from sadari.rungs.neural.base import NeuralRung
from sadari.settings.search import LogNumber, OneOf, Tried
from sadari.settings.shared import LearningRate, Positive, Share, Width

if TYPE_CHECKING:
    from torch import nn


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingMean(NeuralRung):
    """The mean of a text's word embeddings, and a linear layer; the other settings are `NeuralRung`'s.

    Args:
        embed_dim: width of the embeddings.
    """

    name: ClassVar[str] = "embedding"
    least_epochs: ClassVar[int] = 8
    small_batches: ClassVar[bool] = False

    embed_dim: Annotated[Width, Tried(OneOf((32, 64, 128)))] = 64
    token_dropout: Share = 0.5
    learning_rate: Annotated[LearningRate, Tried(LogNumber(0.003, 0.03))] = 0.01
    sparse: bool | None = True
    clip: Positive | None = None

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        from sadari.nets.embedding import EmbeddingClassifier

        return EmbeddingClassifier(
            vocab_size,
            labels,
            width=self.embed_dim,
            dropout=self.dropout,
            token_dropout=self.token_dropout,
            sparse=self._takes_sparse(vocab_size),
        )
