"""The course's first neural classifier: embeddings, their mean over the real tokens, a linear layer (unit 3)."""

from __future__ import annotations

import torch
from torch import nn

from sadari.nets.dropout import Dropout
from sadari.nets.embedded_text import EmbeddedText, drop_tokens
from sadari.nets.pooling import masked_mean


class EmbeddingClassifier(EmbeddedText):
    """Embedding → mean over real tokens → linear layer.

    Args:
        vocab_size: number of ids.
        labels: number of labels.
        width: of the embeddings.
        dropout: on the mean.
        token_dropout: the share of tokens left out in training.
        pad_id: the id of padding; its embedding stays zero.
        sparse: sparse gradients for the embedding.
    """

    def __init__(
        self,
        vocab_size: int,
        labels: int,
        *,
        width: int = 64,
        dropout: float = 0.0,
        token_dropout: float = 0.0,
        pad_id: int = 1,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        self.token_dropout = token_dropout
        self.embedding = nn.Embedding(vocab_size, width, padding_idx=pad_id, sparse=sparse)
        nn.init.uniform_(self.embedding.weight, -1 / width, 1 / width)
        with torch.no_grad():
            self.embedding.weight[pad_id].zero_()
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(width, labels)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        pooled = masked_mean(drop_tokens(embedded, self.token_dropout, self.training), mask)
        return self.output(self.dropout(pooled))
