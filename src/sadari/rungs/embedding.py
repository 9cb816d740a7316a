"""Rung `embedding`: embeddings of padded ids, their masked mean, and a linear layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sadari.rungs.neural import NeuralRung
from sadari.settings.search import LogNumber, OneOf, SearchSpace

if TYPE_CHECKING:
    from torch import nn


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingMean(NeuralRung):
    """The mean of a text's word embeddings, and a linear layer; the other settings are `NeuralRung`'s.

    Args:
        embed_dim: width of the embeddings.
    """

    name: ClassVar[str] = "embedding"
    search_space: ClassVar[SearchSpace] = {
        **NeuralRung.search_space,
        "learning_rate": LogNumber(0.003, 0.03),
        "embed_dim": OneOf((32, 64, 128)),
    }
    least_epochs: ClassVar[int] = 8
    small_batches: ClassVar[bool] = False

    embed_dim: int = 64
    token_dropout: float = 0.5
    learning_rate: float = 0.01
    sparse: bool | None = True
    clip: float | None = None

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
