"""Nets over bags of features: a weighted sum and a linear layer, or a mean of embeddings and a linear layer."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class LinearBag(nn.Module):
    """Logits as a weighted sum of one weight row a feature, plus a bias: a linear layer over count vectors.

    The course's ``nn.Linear(vocab_size, num_classes)`` without ever building the vectors, which are nearly all zeros.

    Args:
        features: number of features.
        labels: number of labels.
    """

    def __init__(self, features: int, labels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(features, labels))
        self.bias = nn.Parameter(torch.zeros(labels))

    def forward(self, ids: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Logits float32 [n, labels].

        Args:
            ids: int64 [stored], features of all texts one after another.
            offsets: int64 [n + 1].
            weights: float32 [stored], how much each counts.
        """
        summed = functional.embedding_bag(
            ids, self.weight, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True
        )
        return summed + self.bias


class MeanBag(nn.Module):
    """fastText's classifier (Joulin et al. 2016): the mean of the features' embeddings, then a linear layer without bias.

    Args:
        features: number of features (words, then buckets of hashed n-grams).
        width: embedding width.
        labels: number of labels.
    """

    def __init__(self, features: int, width: int, labels: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(features, width, mode="mean", include_last_offset=True)
        self.output = nn.Linear(width, labels, bias=False)

    def forward(self, ids: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Logits float32 [n, labels] of ids int64 [stored] (none negative) with offsets int64 [n + 1]."""
        return self.output(self.embedding(ids, offsets))
