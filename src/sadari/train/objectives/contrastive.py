"""Contrastive learning of a sentence encoder: texts of like label come together, those of unlike label apart.

Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts" (SetFit). A pair is drawn when its batch is asked
for, so that there is never a list of all pairs, which would grow with the square of the texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sadari.ragged import Ragged
from sadari.train.batches import Batches
from sadari.train.machine import distributed as processes

TOGETHER_TEXTS, TOGETHER_TOKENS = 8, 2048  # that go through the net at once: of like length, little is padding


@dataclass(frozen=True)
class PairBatch:
    """Pairs of texts.

    Attributes:
        first: int64 [m], a text of each pair.
        second: int64 [m], the other.
        alike: bool [m], whether they share a label.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    alike: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)

    def share(self, rank: int, world: int) -> PairBatch:
        """The pairs of one of several processes."""
        return PairBatch(self.first[rank::world], self.second[rank::world], self.alike[rank::world])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which texts are compared: in a pass each text once with one that shares a label, and once with one that does not.

    Both are drawn with equal chances: the one among all other texts; the other among those of its batch, which go
    through the net anyway, and among all where its batch has none.

    Attributes:
        targets: int8 [n, k], 1 where a text has a label.
        size: pairs of a batch, at most; a text's two stand in the same one.
        seed: of the drawing. The batches of a pass depend on it and on the pass's number alone.
    """

    targets: NDArray[np.int8]
    size: int = 16
    seed: int = 0

    @cached_property
    def _labels(self) -> NDArray[np.float32]:
        return self.targets.astype(np.float32)

    def epoch(self, number: int) -> list[PairBatch]:
        """The batches of one pass, from 1. Of each text that has a partner of the kind, there is one pair of it."""
        random = np.random.default_rng([self.seed, number])
        order = random.permutation(len(self.targets))
        texts = max(1, self.size // 2)
        batches = [self._batch(order[start : start + texts], random) for start in range(0, len(order), texts)]
        return [batch for batch in batches if len(batch)]

    def _batch(self, texts: NDArray[np.int64], random: np.random.Generator) -> PairBatch:
        """The pairs of these texts."""
        like = self._labels @ self._labels[texts].T > 0  # [n, texts]
        unlike = ~like
        own = texts, np.arange(len(texts))
        like[own] = unlike[own] = False  # a text with itself teaches nothing
        partner = _drawn(like, random)
        here = np.zeros(len(like), np.bool_)
        here[texts], here[partner[partner >= 0]] = True, True
        near = unlike & here[:, None]
        other = _drawn(np.where(near.any(axis=0), near, unlike), random)
        first, second = np.concatenate([texts, texts]), np.concatenate([partner, other])
        alike = np.arange(len(first)) < len(texts)
        found = second >= 0
        return PairBatch(first[found], second[found], alike[found])


def _drawn(candidates: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.int64]:
    """int64 [m]: of each column of bool [n, m] a row that is True, with equal chances; −1 where there is none."""
    counts = candidates.sum(axis=0)
    places = random.integers(0, np.maximum(counts, 1))
    rows = (np.cumsum(candidates, axis=0, dtype=np.int32) > places).argmax(axis=0)
    return np.where(counts > 0, rows, -1)


@dataclass(frozen=True)
class ContrastiveTask:
    """What a sentence encoder learns from pairs; a `sadari.train.loop.Task`.

    Attributes:
        net: called with ids int64 [n, length] and mask bool [n, length], gives vectors [n, width].
        ids: of the texts.
        costs: float32 [n], how much each text counts, and so the pairs of which it is the first.
        pairs: which texts are compared.
        pad_id: what stands after shorter texts.
    """

    net: nn.Module
    ids: Ragged
    costs: NDArray[np.float32]
    pairs: Pairs
    pad_id: int

    def epoch(self, number: int) -> Sequence[PairBatch]:
        """The batches of a pass; of several processes, each has its share of every batch, which may be empty."""
        rank, world = processes.place()
        batches = self.pairs.epoch(number)
        return [batch.share(rank, world) for batch in batches] if world > 1 else batches

    def loss(self, net: nn.Module, batch: PairBatch) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The sum of the squares by which the cosines differ from 1 (alike) and 0, and how many pairs there are."""
        if not len(batch):  # a process without a share of this batch runs the net for a gradient of nothing
            nothing = np.zeros(1, np.int64)
            return self._misfit(net, PairBatch(nothing, nothing, nothing > 0)) * 0.0, 0.0, {}
        return self._misfit(net, batch), float(len(batch)), {}

    def _misfit(self, net: nn.Module, batch: PairBatch) -> torch.Tensor:
        # a text that stands in several pairs goes through the net once
        texts, places = np.unique(np.concatenate([batch.first, batch.second]), return_inverse=True)
        vectors = self._vectors(net, texts)
        first, second = torch.from_numpy(places).to(vectors.device).view(2, -1)
        cosines = functional.cosine_similarity(vectors[first], vectors[second])
        wanted = torch.from_numpy(batch.alike).to(cosines)
        return ((cosines - wanted).square() * torch.from_numpy(self.costs[batch.first]).to(cosines)).sum()

    def _vectors(self, net: nn.Module, texts: NDArray[np.int64]) -> torch.Tensor:
        """float32 [m, width], of these texts."""
        device = next(self.net.parameters()).device
        parts, rows = [], Batches(self.ids.lengths[texts], TOGETHER_TEXTS, TOGETHER_TOKENS).in_order()
        for some in rows:
            ids, mask = self.ids.take(texts[some]).padded(self.pad_id)
            parts.append(net(ids.to(device), mask.to(device)).float())
        back = np.argsort(np.concatenate(rows))
        return torch.cat(parts)[torch.from_numpy(back).to(device)]

    def validate(self) -> dict[str, float] | None:
        """None: what is learned here gives no labels yet."""
        return None
