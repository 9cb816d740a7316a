"""Pre-training BERT, as the training loop sees it: masked tokens and sentences that follow, new in each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sadari.nets.bert.encoder import BertForPreTraining
from sadari.train.batches import Batches
from sadari.train.machine import distributed as processes
from sadari.train.objectives.bert_masking import Masking
from sadari.train.objectives.bert_segments import LEAST_SCORED_PAIRS, UNASKED, Documents, Segments

Cut = Callable[[Documents, int, np.random.Generator], Segments]
SCORED_TOKENS = 8_192  # at a time
# Tokens that are scored for each that was learned: one takes a third of the time to score, so scoring stays at a tenth
SCORED_SHARE = 0.3
LEAST_SCORED = 4_096  # tokens: fewer would say nothing


@dataclass(frozen=True)
class Example:
    """A batch as the net takes it.

    Attributes:
        ids: int64 [n, length].
        segments: int64 [n, length].
        mask: bool [n, length], or None where nothing is padding.
        places: int64 [m], where the masked tokens are.
        targets: int64 [m], what stood there.
        follows: int64 [n], `UNASKED` where there is no second segment.
        masked: masked tokens in the batches of all processes together.
        pairs: pairs of segments in the batches of all processes together.
    """

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    mask: NDArray[np.bool_] | None
    places: NDArray[np.int64]
    targets: NDArray[np.int64]
    follows: NDArray[np.int64]
    masked: int
    pairs: int

    def tensors(self, device: torch.device) -> tuple[torch.Tensor | None, ...]:
        """Ids, segments, mask, places and targets, as the net takes them."""
        parts = (self.ids, self.segments, self.mask, self.places, self.targets)
        return tuple(None if part is None else torch.from_numpy(part).to(device) for part in parts)

    def share(self, rank: int, world: int) -> Example:
        """The rows of one of several processes; the masks are those of the whole batch, however many they are."""
        if world == 1:
            return self
        width = self.ids.shape[1]
        mine = self.places // width % world == rank
        places = self.places[mine]
        return Example(
            self.ids[rank::world],
            self.segments[rank::world],
            None if self.mask is None else self.mask[rank::world],
            places // width // world * width + places % width,
            self.targets[mine],
            self.follows[rank::world],
            self.masked,
            self.pairs,
        )


@dataclass(frozen=True)
class Reading:
    """How documents are read: what their ids mean, how long sequences are and how many make a batch.

    Attributes:
        documents: what is read.
        masking: what is hidden.
        class_id: the id that stands before a sequence.
        separator_id: the id that ends a segment.
        pad_id: the id that fills up shorter sequences.
        length: tokens of a sequence, at most.
        batch: sequences of a batch.
        cut: makes sequences of documents: `pair_segments`, `stretches` or `windows` of
            `sadari.train.objectives.bert_segments`.
        seed: seed of every random choice.
    """

    documents: Documents
    masking: Masking
    class_id: int
    separator_id: int
    pad_id: int
    length: int
    batch: int
    cut: Cut
    seed: int

    def example(self, segments: Segments, random: np.random.Generator) -> Example:
        """Some sequences as a batch, masked."""
        ids, which, lengths = segments.padded(self.documents.values, self.class_id, self.separator_id, self.pad_id)
        hidden, places, targets = self.masking.hide(ids, random)
        mask = np.arange(ids.shape[1]) < lengths[:, None]
        asked = int((segments.follows != UNASKED).sum())
        return Example(
            hidden, which, None if mask.all() else mask, places, targets, segments.follows, len(places), asked
        )


class Epoch(Sequence[Example]):
    """The batches of one epoch, made as they are asked for; each depends on the seed, the epoch and its number alone.

    Args:
        reading: how.
        segments: all that is read.
        number: of the epoch.
        rank: which of several processes this is.
        world: how many processes there are.
    """

    def __init__(self, reading: Reading, segments: Segments, number: int, rank: int = 0, world: int = 1) -> None:
        self.reading, self.segments, self.number = reading, segments, number
        self.rank, self.world = rank, world
        tokens = reading.batch * reading.length
        self._batches = Batches(segments.lengths, reading.batch, tokens, reading.seed).epoch(number)

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]
        index = range(len(self))[index]
        random = np.random.default_rng([self.reading.seed, self.number, index])
        example = self.reading.example(self.segments.take(self._batches[index]), random)
        return example.share(self.rank, self.world)


@dataclass(frozen=True)
class HeldOutText:
    """Documents to score on, paired and masked once for all.

    Attributes:
        reading: what is read, and how.
        counts: int64 [ids], how often each id stands in the training texts: what the unigram guess knows.
        most: tokens that are scored, at most (by less than a sequence more): of sequences drawn by the seed. None: all.
    """

    reading: Reading
    counts: NDArray[np.int64]
    most: int | None = None

    @cached_property
    def segments(self) -> Segments:
        """What is scored."""
        every = read_segments(self.reading, 0)
        if self.most is None or self.most >= every.tokens.sum():
            return every
        order = np.random.default_rng([self.reading.seed, 1]).permutation(len(every))
        count = int(np.searchsorted(np.cumsum(every.tokens[order]), self.most)) + 1
        return every.take(np.sort(order[:count]))

    @property
    def tokens(self) -> int:
        """How many tokens of texts are scored; of these, the masked ones are to be found."""
        return int(self.segments.tokens.sum())

    def affordable(self, learned: float) -> HeldOutText:
        """As much of it as may be scored after so many tokens were learned, so that scoring takes a small share."""
        return replace(self, most=max(LEAST_SCORED, int(SCORED_SHARE * learned)))

    @cached_property
    def examples(self) -> list[Example]:
        segments = self.segments
        random = np.random.default_rng([self.reading.seed, 0])
        batches = Batches(segments.lengths, SCORED_TOKENS, SCORED_TOKENS).in_order()
        return [self.reading.example(segments.take(rows), random) for rows in batches]

    @cached_property
    def guess(self) -> dict[str, float]:
        """What comes of guessing by frequency alone: always the most frequent token, and how surprised it is."""
        counts = np.where(self.reading.masking.special, 0, self.counts)
        targets = np.concatenate([example.targets for example in self.examples])
        # one is added to each, so that what was never seen is not impossible
        logs = np.log((counts[targets] + 1) / (counts.sum() + len(counts)))
        return {
            "guess_accuracy": float((targets == counts.argmax()).mean()),
            "guess_perplexity": math.exp(-float(logs.mean())),
        }

    def score(self, net: BertForPreTraining) -> dict[str, float]:
        """Scores by a net in evaluation; the first is the better the higher.

        Returns:
            ``validation_log_likelihood`` (nats, of a masked token and a pair together, less than 0; of a masked token
            alone where there are fewer than `LEAST_SCORED_PAIRS`), ``masked_loss``, ``perplexity``,
            ``masked_accuracy``, ``scored_tokens`` that these rest on, and with pairs ``next_loss``, ``next_accuracy``
            and ``next_pairs``, how many there are.
        """
        device = next(net.parameters()).device
        loss = right = next_loss = next_right = 0.0
        with torch.inference_mode():
            for example in self.examples:
                ids, segments, mask, places, targets = example.tensors(device)
                logits, following = net.logits(ids, segments, mask, places)  # type: ignore[arg-type]
                loss += float(functional.cross_entropy(logits.float(), targets, reduction="sum"))  # type: ignore[arg-type]
                right += float(logits.argmax(dim=1).eq(targets).sum())  # type: ignore[arg-type]
                follows = torch.from_numpy(example.follows).to(device)
                next_loss += float(next_loss_of(following, follows))
                next_right += float(following.argmax(dim=1).eq(follows).sum())
        masked = max(1, sum(example.masked for example in self.examples))
        pairs = sum(example.pairs for example in self.examples)
        scores = {"masked_loss": loss / masked, "perplexity": math.exp(min(loss / masked, 700.0))}
        scores |= {"masked_accuracy": right / masked, "scored_tokens": float(self.tokens)}
        if pairs:
            scores |= {"next_loss": next_loss / pairs, "next_accuracy": next_right / pairs, "next_pairs": float(pairs)}
        # a handful of pairs says nothing of which weights are better, and would say it the loudest
        likelihood = -scores["masked_loss"] - (scores["next_loss"] if pairs >= LEAST_SCORED_PAIRS else 0.0)
        return {"validation_log_likelihood": likelihood, **scores}


def next_loss_of(logits: torch.Tensor, follows: torch.Tensor) -> torch.Tensor:
    """The summed cross-entropy (nats) of logits float [n, 2] and follows int64 [n], those that are asked."""
    return functional.cross_entropy(logits.float(), follows, ignore_index=UNASKED, reduction="sum")


@dataclass
class PreTrainingTask:
    """What a BERT learns from documents; a `sadari.train.loop.Task`.

    In a short run, a part of the held-out texts is scored: as much as suits what was learned until the first time, and
    the same part from then on, so that scores can be compared. A clock has no say in it.

    Attributes:
        net: what learns.
        reading: what it reads, and how.
        held_out: what it is scored on, or None.
        part: of it that is scored while it learns; None before the first time.
        masked: tokens that were to be found so far, in all processes.
    """

    scored_as_trained: ClassVar[bool] = True

    net: BertForPreTraining
    reading: Reading
    held_out: HeldOutText | None = None
    part: HeldOutText | None = None
    masked: int = 0

    def epoch(self, number: int) -> Sequence[Example]:
        """The batches of an epoch: pairs, splits, windows, masks and order are new in each, by the seed."""
        reading = self.reading
        return Epoch(reading, read_segments(reading, number), number, *processes.place())

    def loss(self, net: nn.Module, batch: Example) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The loss summed over masked tokens (nats), those of the pairs weighed so that their mean counts as much."""
        device = next(self.net.parameters()).device
        read = net(*batch.tensors(device))
        follows = torch.from_numpy(batch.follows).to(device)
        # by the counts of all processes, so that the model does not depend on how many there are
        following = next_loss_of(read.next_logits, follows) * (batch.masked / max(1, batch.pairs))
        self.masked += batch.masked
        return read.masked_loss + following, float(len(batch.places)), {}

    def validate(self) -> dict[str, float] | None:
        """Scores on the held-out documents, or a part of them."""
        if self.held_out is None:
            return None
        if self.part is None:
            self.part = self.held_out.affordable(self._learned)
        return self.part.score(self.net)

    def final(self) -> dict[str, float] | None:
        """Scores on as much as suits the whole run; None where that is no more than was scored all along."""
        if self.held_out is None:
            return None
        every = self.held_out.affordable(self._learned)
        if self.part is not None and every.tokens <= self.part.tokens:
            return None
        return every.score(self.net)

    @property
    def _learned(self) -> float:
        """About how many tokens were read: of all processes, and therefore by those that were masked."""
        return self.masked / self.reading.masking.share

    def carried(self) -> dict[str, torch.Tensor]:
        """For a checkpoint: what was learned, and which part is scored."""
        most = None if self.part is None else self.part.most
        return {"masked": torch.tensor(self.masked), "most": torch.tensor(most or 0)}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up what `carried` gave; runs from before there were parts gave nothing, and score everything."""
        if self.held_out is None:
            return
        self.masked = int(tensors["masked"]) if tensors else 0
        most = int(tensors["most"]) if tensors else self.held_out.tokens
        self.part = replace(self.held_out, most=most) if most else None


def read_segments(reading: Reading, number: int) -> Segments:
    """What an epoch reads, by its number."""
    random = np.random.default_rng([reading.seed, number, 2**32 - 1])
    return reading.cut(reading.documents, reading.length, random)


def count_ids(documents: Documents, size: int) -> NDArray[np.int64]:
    """int64 [size]: how often each id stands in documents."""
    counts = np.zeros(size, np.int64)
    for start in range(0, len(documents.values), 2**24):
        counts += np.bincount(documents.values[start : start + 2**24], minlength=size)
    return counts
