"""Nets over bags of features: a weighted sum and a linear layer, or a mean of embeddings and a linear layer."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
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

    @classmethod
    def sharing(cls, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Self:
        """A net on the memory of float32 [features, labels] and [labels]: what one writes, the other sees."""
        net = cls(0, len(bias))
        net.weight, net.bias = nn.Parameter(torch.from_numpy(weight)), nn.Parameter(torch.from_numpy(bias))
        return net

    def forward(self, ids: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Logits float32 [n, labels].

        Args:
            ids: int64 [stored], features of all texts one after another.
            offsets: int64 [n], where each text starts: `Ragged.bag` gives both.
            weights: float32 [stored], how much each counts.
        """
        summed = functional.embedding_bag(ids, self.weight, offsets, mode="sum", per_sample_weights=weights)
        return summed + self.bias


class MeanBag(nn.Module):
    """fastText's classifier (Joulin et al. 2016): the mean of the features' embeddings, then a linear layer, no bias.

    Args:
        features: number of features (words, then buckets of hashed n-grams).
        width: embedding width.
        labels: number of labels.
    """

    def __init__(self, features: int, width: int, labels: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(features, width, mode="mean")
        self.output = nn.Linear(width, labels, bias=False)

    @classmethod
    def sharing(cls, embedding: NDArray[np.float32], output: NDArray[np.float32]) -> Self:
        """A net on the memory of float32 [features, width] and [labels, width]: what one writes, the other sees."""
        with torch.device("meta"):  # no memory, and nothing drawn from torch's random numbers
            net = cls(1, embedding.shape[1], len(output))
        net.embedding = nn.EmbeddingBag.from_pretrained(torch.from_numpy(embedding), freeze=False, mode="mean")
        net.output.weight = nn.Parameter(torch.from_numpy(output))
        return net

    def forward(self, ids: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Logits float32 [n, labels] of ids int64 [stored] (none negative) with offsets int64 [n]."""
        return self.output(self.embedding(ids, offsets))
