"""Learning to translate, as the training loop sees it: pairs of texts in batches of like lengths, teacher forcing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.train.averaging import LastWeights
from sadari.train.batches import EpochBatches
from sadari.train.machine import distributed as processes

NOTHING = -1  # a target that is not learned
LONG = 64  # tokens from which on a text's attention, which grows with their square, outweighs all else
POOL_BATCHES = 200  # pairs are sorted by length within pools of about so many batches
SCORED_TOKENS = 8_192  # at a time


@dataclass(frozen=True)
class Pairs:
    """Sources and their targets.

    Attributes:
        sources: ids of n texts, each with its end.
        targets: ids of their n translations, each with its end.
        pad_id: what fills up shorter texts.
        start_id: what a target is written after.
    """

    sources: Ragged
    targets: Ragged
    pad_id: int
    start_id: int

    def __len__(self) -> int:
        return len(self.sources)

    def tensors(self, rows: NDArray[np.int64], device: torch.device) -> tuple[torch.Tensor, ...]:
        """A batch as the nets take it.

        Returns:
            source int64 [n, source], its mask bool, the decoder's inputs int64 [n, target], and what follows on each
            of these, int64 [n, target], `NOTHING` where nothing does.
        """
        source, mask = self.sources.take(rows).padded(self.pad_id)
        target, real = self.targets.take(rows).padded(self.pad_id)
        inputs = torch.cat([torch.full((len(rows), 1), self.start_id), target[:, :-1]], dim=1)
        wanted = target.masked_fill(~real, NOTHING)
        return tuple(part.to(device) for part in (source, mask, inputs, wanted))


@dataclass(frozen=True)
class PairBatches(EpochBatches):
    """Which pairs make each batch of each epoch; the same whenever asked.

    Attributes:
        sources: int64 [n], tokens of each source.
        targets: int64 [n], tokens of each target.
        max_tokens: the most tokens of a batch, padding included, on either side, and fewer where texts are longer than
            `LONG`; a longer pair is a batch of its own.
        seed: of the shuffling.
    """

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    max_tokens: int = 4096
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise SettingError(message("a batch of {max_tokens} tokens holds nothing", max_tokens=self.max_tokens))

    @classmethod
    def of(cls, pairs: Pairs, max_tokens: int, seed: int = 0) -> PairBatches:
        """Batches of pairs, none of more than ``max_tokens``."""
        return cls(pairs.sources.lengths, pairs.targets.lengths, max_tokens, seed)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """int64 [n], of each pair's longer side."""
        return np.maximum(self.sources, self.targets)

    @property
    def pool(self) -> int:
        mean = float(self.lengths.mean()) if len(self.lengths) else 1.0
        return max(1, int(POOL_BATCHES * self.max_tokens / max(1.0, mean)))

    def _cut(self, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        # stable, so that pairs of like lengths stay in their random order
        members = members[np.lexsort((self.sources[members], self.targets[members]))]
        lengths = self.lengths[members]
        batches, start = [], 0
        while start < len(members):
            # what a batch costs rises with every pair, by its longest text so far; it is full at the first too many
            part = np.maximum.accumulate(lengths[start : start + self.max_tokens])
            costs = part * np.maximum(1.0, part / LONG) * np.arange(1, len(part) + 1)
            size = max(1, int(np.searchsorted(costs, self.max_tokens, side="right")))
            batches.append(members[start : start + size])
            start += size
        return batches


@dataclass(frozen=True)
class TranslationTask:
    """What a net learns from pairs of texts; a `sadari.train.loop.Task`.

    Attributes:
        net: called with a batch of `Pairs` and the smoothing, gives the summed losses, smoothed and not.
        pairs: to learn from.
        batches: which of them make a batch.
        label_smoothing: the share of each target that goes to the whole vocabulary alike.
        validation: pairs to score on; None: none.
        last: takes the weights at every validation.
        score: other scores of the net as it stands, at every validation.
    """

    net: nn.Module
    pairs: Pairs
    batches: PairBatches
    label_smoothing: float = 0.0
    validation: Pairs | None = None
    last: LastWeights | None = None
    score: Callable[[], dict[str, float]] | None = None

    def epoch(self, number: int) -> Sequence[NDArray[np.int64]]:
        """The batches of an epoch; of several processes, each has its share of every batch, which may be empty."""
        rank, world = processes.place()
        return self.batches.epoch(number, rank=rank, world=world)

    def loss(self, net: nn.Module, batch: NDArray[np.int64]) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The sum of the target tokens' losses (nats), how many tokens, and the sum without smoothing."""
        # a process without a share of this batch runs the net on one pair, for a gradient of nothing
        rows, share = (batch, 1.0) if len(batch) else (np.zeros(1, np.int64), 0.0)
        loss, plain = net(*self.pairs.tensors(rows, _device(self.net)), self.label_smoothing)
        tokens = float(self.pairs.targets.lengths[rows].sum()) * share
        return loss * share, tokens, {"cross_entropy": float(plain) * share}

    def validate(self) -> dict[str, float] | None:
        """The mean log-likelihood of a token of the validation targets, the same as a loss, and the perplexity."""
        if self.last is not None:
            self.last.add(self.net)
        if self.validation is None or not len(self.validation):
            return None
        loss = mean_loss(self.net, self.validation)
        return {
            "validation_log_likelihood": -loss,
            "validation_loss": loss,
            "perplexity": math.exp(min(loss, 700.0)),
            **(self.score() if self.score is not None else {}),
        }

    def carried(self) -> dict[str, torch.Tensor]:
        """The weights of the last validations."""
        return {} if self.last is None else self.last.tensors()

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up what `carried` gave."""
        if self.last is not None:
            self.last.restore(tensors, _device(self.net))


def mean_loss(net: nn.Module, pairs: Pairs) -> float:
    """The mean cross-entropy (nats) of a target token, told those before it, by a net in evaluation."""
    batches = PairBatches.of(pairs, SCORED_TOKENS)
    total = 0.0
    with torch.inference_mode():
        for rows in batches.in_order():
            total += float(net(*pairs.tensors(rows, _device(net)))[1])
    return total / max(1, int(pairs.targets.offsets[-1]))


def take_mean(net: nn.Module, last: LastWeights, held_out: Pairs | None) -> tuple[str, float | None]:
    """Put the mean of the last weights in the place of the best ones, unless these are better.

    Args:
        net: with the best weights, or the last ones where nothing was scored.
        last: weights.
        held_out: validation pairs.

    Returns:
        which are there now, and their loss on the validation pairs.
    """

    def loss() -> float | None:
        return mean_loss(net, held_out) if held_out is not None and len(held_out) else None

    best_loss = loss()
    if len(last) < 2:
        return "last" if best_loss is None else "best", best_loss
    best = {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(last.mean())
    mean = loss()
    if best_loss is not None and mean is not None and not mean < best_loss:
        net.load_state_dict(best)
        return "best", best_loss
    return f"mean of the last {len(last)}", mean


def with_end(texts: Ragged, end_id: int) -> Ragged:
    """The texts with the end after each."""
    lengths = texts.lengths
    offsets = offsets_of(lengths + 1)
    values = np.full(int(offsets[-1]), end_id, np.int32)
    values[np.arange(len(texts.values)) + np.repeat(np.arange(len(lengths)), lengths)] = texts.values
    return Ragged(values, offsets)


def _device(net: nn.Module) -> torch.device:
    return next(net.parameters()).device
