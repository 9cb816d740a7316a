"""Classifying texts as the training loop sees it: batches of ids, cross-entropy, validation accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sadari.ragged import Ragged
from sadari.train.batches import Batches
from sadari.train.machine import distributed as processes
from sadari.train.objectives.soft_targets import SoftTargets


@dataclass(frozen=True)
class ClassifierTask:
    """What a net learns from labelled texts; a `sadari.train.loop.Task`.

    Attributes:
        net: called with ids int64 [n, length] and mask bool [n, length], gives logits [n, k].
        ids: of the texts.
        targets: int8 [n, k], 1 where a text has a label.
        costs: float32 [n], by which each text's loss is multiplied.
        batches: which texts make a batch.
        pad_id: what stands after shorter texts.
        multilabel: each label a yes or no of its own (sigmoid), else exactly one a text (softmax).
        label_smoothing: the share of each target that goes to all labels alike.
        score: scores of the net as it stands on validation texts.
        soft_targets: what a teacher says of the texts.
    """

    net: nn.Module
    ids: Ragged
    targets: NDArray[np.int8]
    costs: NDArray[np.float32]
    batches: Batches
    pad_id: int
    multilabel: bool = False
    label_smoothing: float = 0.0
    score: Callable[[], dict[str, float]] | None = None
    soft_targets: SoftTargets | None = None

    def epoch(self, number: int) -> Sequence[NDArray[np.int64]]:
        """The batches of an epoch; of several processes, each has its share of every batch, which may be empty."""
        rank, world = processes.place()
        return self.batches.epoch(number, rank=rank, world=world)

    def loss(self, net: nn.Module, batch: NDArray[np.int64]) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The sum of the texts' losses (nats), how many texts, and how many of them are right."""
        device = next(self.net.parameters()).device
        if len(batch):
            rows, share = batch, 1.0
            ids, mask = self.ids.take(rows).padded(self.pad_id)
        else:  # a process without a share of this batch runs the net on padding, for a gradient of nothing
            rows, share = np.zeros(1, np.int64), 0.0
            ids, mask = torch.full((1, 1), self.pad_id), torch.zeros(1, 1, dtype=torch.bool)
        logits = net(ids.to(device), mask.to(device)).float()
        targets = torch.from_numpy(self.targets[rows]).to(device)
        costs = torch.from_numpy(self.costs[rows]).to(device) * share
        if self.multilabel:
            wanted = targets.float()
            soft = wanted * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
            losses = functional.binary_cross_entropy_with_logits(logits, soft, reduction="none").sum(dim=1)
            right = ((logits > 0) == (wanted > 0)).all(dim=1)
        else:
            codes = targets.argmax(dim=1)
            losses = functional.cross_entropy(logits, codes, reduction="none", label_smoothing=self.label_smoothing)
            right = logits.argmax(dim=1) == codes
        if self.soft_targets is not None:
            soft = torch.from_numpy(self.soft_targets.soft[rows]).to(device)
            trust = torch.from_numpy(self.soft_targets.trust[rows]).to(device)
            apart = divergence(logits, soft, self.soft_targets.temperature, multilabel=self.multilabel)
            losses = (1 - trust) * losses + trust * self.soft_targets.temperature**2 * apart
        return (losses * costs).sum(), float(len(batch)), {"accuracy": float(right.sum()) * share}

    def validate(self) -> dict[str, float] | None:
        return None if self.score is None else self.score()


def start_at_shares(bias: torch.Tensor, targets: NDArray[np.int8]) -> None:
    """Begin with the answer of a model that reads nothing: the bias of each label is the log-odds of its share.

    From a half for every label a net spends its first passes on learning that most labels are rare (Lin et al. 2017,
    "Focal Loss for Dense Object Detection", section 4.1). It is for labels that each are a yes or no of their own.

    Args:
        bias: float32 [k], that of the layer which gives the logits.
        targets: int8 [n, k], 1 where a text has a label.
    """
    rows = len(targets)
    shares = np.clip(targets.mean(axis=0, dtype=np.float64), 1 / (rows + 1), rows / (rows + 1))
    with torch.no_grad():
        bias.copy_(torch.from_numpy(np.log(shares / (1 - shares))))


def divergence(logits: torch.Tensor, soft: torch.Tensor, temperature: float, *, multilabel: bool) -> torch.Tensor:
    """How far a student is from its teacher: the Kullback-Leibler divergence (nats) of each text, float32 [n].

    Args:
        logits: float32 [n, k], the student's.
        soft: float32 [n, k], the teacher's probabilities at the temperature.
        temperature: by which the logits are divided.
        multilabel: each label by itself, the divergences added up; else one distribution a text.
    """
    if multilabel:
        own = functional.binary_cross_entropy_with_logits(logits / temperature, soft, reduction="none")
        least = torch.special.entr(soft) + torch.special.entr(1 - soft)
        return (own - least).sum(dim=1)
    return functional.kl_div(functional.log_softmax(logits / temperature, dim=1), soft, reduction="none").sum(dim=1)
