"""Learning which token comes next, as the training loop sees it: windows of one long text, and their mean loss.

A recurrent net reads the text in parallel streams, a window of each at a time, and its state goes on from window to
window: back-propagation is cut there, the state is not. A Transformer looks back on no more than its window, so its
windows come in any order, from another first token in each epoch. Either way every token is predicted exactly once an
epoch, and windows are views of the one array of ids.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sadari.errors import DataError
from sadari.messages import message
from sadari.nets.generator import RecurrentGenerator
from sadari.train.machine import distributed as processes

NOTHING = -1  # a target that is not learned
WARM = 256  # tokens that a stream of held-out text reads before those that count
SCORED_TOKENS = 16_384  # at a time


@dataclass(frozen=True)
class Window:
    """What a net reads at once.

    Attributes:
        ids: int32 [n, length].
        targets: int32 [n, length], the token after each, or `NOTHING`.
        first: whether nothing was before it.
    """

    ids: NDArray[np.int32]
    targets: NDArray[np.int32]
    first: bool = True

    def of_process(self, rank: int, world: int) -> Window:
        """The rows of one of several processes; where none is left for it, one row of which nothing counts."""
        if world == 1:
            return self
        if rank < len(self.ids):
            return Window(self.ids[rank::world], self.targets[rank::world], self.first)
        return Window(self.ids[:1], np.full_like(self.targets[:1], NOTHING), self.first)

    def tensors(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and targets as int64."""
        ids, targets = (torch.from_numpy(part.astype(np.int64)) for part in (self.ids, self.targets))
        return ids.to(device), targets.to(device)


class Streams(Sequence[Window]):
    """A text as ``rows`` streams of like length, cut into windows: those of one epoch, for a recurrent net.

    Args:
        ids: int32 [n], the text.
        rows: streams, at most: each has a window at least.
        length: tokens of a window.

    Raises:
        DataError: the text is shorter than a window.
    """

    def __init__(self, ids: NDArray[np.int32], rows: int, length: int) -> None:
        check_length(len(ids), length)
        self.length = length
        self.rows = max(1, min(rows, (len(ids) - 1) // length))
        self.steps = -(-(len(ids) - 1) // self.rows)
        # the last stream may be short of some tokens, and no text has to be left out for that
        missing = self.rows * self.steps - (len(ids) - 1)
        ids = np.concatenate([ids, np.full(missing, NOTHING, np.int32)])
        shape = (self.rows, self.steps)
        self._targets = ids[1:].reshape(shape)
        self._ids = ids[:-1].reshape(shape)

    def __len__(self) -> int:
        return -(-self.steps // self.length)

    def __getitem__(self, index: int) -> Window:  # type: ignore[override]
        index = range(len(self))[index]
        place = slice(index * self.length, (index + 1) * self.length)
        return Window(self._ids[:, place], self._targets[:, place], first=index == 0)


class Shuffled(Sequence[Window]):
    """A text as windows in random order: those of one epoch, for a Transformer.

    The first window begins at a place that is drawn, so no epoch cuts the text where another did. What is left over at
    either end is read in a full window of which only that part counts.

    Args:
        ids: int32 [n], the text.
        rows: windows in a batch, at most; an epoch's batches are as equal as can be.
        length: tokens of a window.
        seed: of the order.

    Raises:
        DataError: the text is shorter than a window.
    """

    def __init__(self, ids: NDArray[np.int32], rows: int, length: int, seed: Sequence[int]) -> None:
        check_length(len(ids), length)
        random = np.random.default_rng(seed)
        self.length = length
        self._views = sliding_window_view(ids, length + 1)
        targets = len(ids) - 1
        # bounds of what counts: each target stands between two of them
        begin = int(random.integers(1, length + 1))
        inner = np.arange(begin, targets, length)
        bounds = np.concatenate([[0], inner, [targets]])
        starts = np.clip(bounds[:-1], 0, targets - length)
        starts[0] = 0
        order = random.permutation(len(starts))
        self._starts, self._from, self._to = starts[order], bounds[:-1][order], bounds[1:][order]
        self._batches = -(-len(starts) // rows)

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, index: int) -> Window:  # type: ignore[override]
        index = range(len(self))[index]
        first, last = (len(self._starts) * i // self._batches for i in (index, index + 1))
        starts = self._starts[first:last]
        views = self._views[starts]
        targets = views[:, 1:]
        places = starts[:, None] + np.arange(self.length)
        counted = (places >= self._from[first:last, None]) & (places < self._to[first:last, None])
        if not counted.all():
            targets = np.where(counted, targets, np.int32(NOTHING))
        return Window(views[:, :-1], targets)


def check_length(tokens: int, window: int) -> None:
    """Refuse a text that no window fits into.

    Raises:
        DataError: how long it is, and how long it has to be.
    """
    if tokens < window + 1:
        raise DataError(
            message(
                "the text has {tokens:,} tokens to learn from, and a window of {window:,} needs {window_2:,}",
                tokens=tokens,
                window=window,
                window_2=window + 1,
            ),
            hint=message("give more text, or a smaller window (--set window=…)"),
        )


@dataclass
class LanguageTask:
    """What a net learns from a text; a `sadari.train.loop.Task` that carries a recurrent net's state.

    Attributes:
        net: a `RecurrentGenerator`, or a Transformer that gives logits for windows.
        ids: int32 [n], the text.
        rows: streams, or windows in a batch.
        window: tokens of each.
        seed: of the windows' order.
        held_out: a text to score on; None or empty: none.
        characters: that the held-out text is written in, where bits a character are wanted.
    """

    scored_as_trained: ClassVar[bool] = True

    net: nn.Module
    ids: NDArray[np.int32]
    rows: int
    window: int
    seed: int = 0
    held_out: HeldOut | None = None
    _state: torch.Tensor | None = field(default=None, init=False)
    _streams: Streams | None = field(default=None, init=False)

    @property
    def recurrent(self) -> bool:
        return isinstance(self.net, RecurrentGenerator)

    def epoch(self, number: int) -> Sequence[Window]:
        """The windows of an epoch: of a recurrent net always the same, of others by the seed and its number."""
        if not self.recurrent:
            return Shuffled(self.ids, self.rows, self.window, [self.seed, number])
        if self._streams is None:
            self._streams = Streams(self.ids, self.rows, self.window)
        return self._streams

    def loss(self, net: nn.Module, batch: Window) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The sum of the losses of a window's tokens (nats), and how many tokens; of several processes, of its rows."""
        batch = batch.of_process(*processes.place())
        ids, targets = batch.tensors(next(self.net.parameters()).device)
        if self.recurrent:
            # a stream that has come to its end reads on in what is no token
            logits, state = net(ids.clamp(min=0), None if batch.first else self._state)
            self._state = state.detach()
        else:
            logits = net(ids)
        losses = functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=NOTHING, reduction="sum"
        )
        return losses, float(np.count_nonzero(batch.targets != NOTHING)), {}

    def validate(self) -> dict[str, float] | None:
        """The mean log-likelihood of a held-out token, the same as loss, and as bits a character or perplexity."""
        if self.held_out is None:
            return None
        return self.held_out.score(self.net, self.window).record()

    def carried(self) -> dict[str, torch.Tensor]:
        """The recurrent state between two windows, of the streams of all processes; each of them must ask."""
        if self._state is None or self._streams is None:
            return {}
        world, rows = processes.place()[1], self._streams.rows
        missing = -(-rows // world) - self._state.shape[1]  # all that is gathered has one shape
        parts = processes.gather(functional.pad(self._state, (0, 0, 0, missing)))
        state = parts[0].new_empty(self._state.shape[0], rows, self._state.shape[2])
        for rank, part in enumerate(parts):
            own = state[:, rank::world]
            own.copy_(part[:, : own.shape[1]])
        return {"state": state}

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up what `carried` gave."""
        rank, world = processes.place()
        state = tensors.get("state")
        if state is None:
            self._state = None
            return
        own = state[:, rank::world] if rank < state.shape[1] else torch.zeros_like(state[:, :1])
        # a copy: what is read lies where it lies in the file, and not as torch aligns its own
        self._state = own.clone().to(next(self.net.parameters()).device)


@dataclass(frozen=True)
class LanguageScore:
    """How well a net foresees a text.

    Attributes:
        loss: the mean over tokens of −ln p (nats).
        tokens: how many.
        characters: that they are written in; None where some cannot be written (``<unk>``).
    """

    loss: float
    tokens: int
    characters: int | None

    @property
    def perplexity(self) -> float:
        """As many tokens, all alike, would be as hard to choose from."""
        return math.exp(min(self.loss, 700.0))

    @property
    def bits_per_character(self) -> float | None:
        """What the text would be packed into, by character: comparable whatever the tokens are."""
        return None if not self.characters else self.loss * self.tokens / self.characters / math.log(2)

    def record(self) -> dict[str, float]:
        """For the training loop: the higher the first, the better."""
        bits = self.bits_per_character
        own = {"perplexity": self.perplexity} if bits is None else {"bits_per_character": bits}
        return {"validation_log_likelihood": -self.loss, "validation_loss": self.loss, **own}


@dataclass(frozen=True)
class HeldOut:
    """A text to be scored on.

    Attributes:
        ids: int32 [n].
        known: so many of the first are given and not scored, at least one.
        characters: that the others are written in, or None.
        hidden: ids that are not scored where they stand, such as labels.
    """

    ids: NDArray[np.int32]
    known: int = 1
    characters: int | None = None
    hidden: range = range(0)

    def score(self, net: nn.Module, window: int) -> LanguageScore:
        """Every token but the known ones foreseen once, by a net in evaluation.

        A recurrent net reads up to 64 streams, each warm from the tokens before it; a Transformer reads windows one
        after another, the first token of each without a look back, as it learned.
        """
        device = next(net.parameters()).device
        windows = _carried(self.ids, self.known) if isinstance(net, RecurrentGenerator) else None
        total, tokens = 0.0, 0
        state: torch.Tensor | None = None
        with torch.inference_mode():
            for part in windows or _windows(self.ids, self.known, window):
                ids, targets = part.tensors(device)
                if windows is None:
                    logits = net(ids)
                else:
                    logits, state = net(ids, None if part.first else state)
                targets[(targets >= self.hidden.start) & (targets < self.hidden.stop)] = NOTHING
                losses = functional.cross_entropy(
                    logits.float().flatten(0, 1), targets.flatten(), ignore_index=NOTHING, reduction="sum"
                )
                total, tokens = total + float(losses), tokens + int((targets != NOTHING).sum())
        return LanguageScore(total / max(1, tokens), tokens, self.characters)


def _carried(ids: NDArray[np.int32], known: int) -> list[Window]:
    """A text as streams that overlap: what a stream reads first was the end of the one before, and does not count."""
    targets = len(ids) - known
    rows = max(1, min(64, targets // (2 * WARM)))
    steps = -(-targets // rows)
    warm = min(WARM, known - 1) if rows == 1 else WARM
    ends = np.minimum(known + steps * np.arange(1, rows + 1), len(ids))
    starts = np.maximum(ends - steps - warm - 1, 0)
    length = int((ends - starts).max()) - 1
    starts = np.maximum(ends - length - 1, 0)
    views = sliding_window_view(ids, length + 1)[starts]
    places = starts[:, None] + np.arange(1, length + 1)
    counted = (places >= known + steps * np.arange(rows)[:, None]) & (places < ends[:, None])
    wanted = np.where(counted, views[:, 1:], np.int32(NOTHING))
    read, size = views[:, :-1], max(1, SCORED_TOKENS // rows)
    return [Window(read[:, at : at + size], wanted[:, at : at + size], first=at == 0) for at in range(0, length, size)]


def _windows(ids: NDArray[np.int32], known: int, window: int) -> Iterator[Window]:
    """A text as windows side by side; the last one reaches back so that it is full."""
    window = min(window, len(ids) - 1)
    bounds = np.append(np.arange(known - 1, len(ids) - 1, window), len(ids) - 1)
    starts = np.minimum(bounds[:-1], len(ids) - 1 - window)
    views = sliding_window_view(ids, window + 1)
    size = max(1, SCORED_TOKENS // window)
    for at in range(0, len(starts), size):
        part = views[starts[at : at + size]]
        places = starts[at : at + size, None] + np.arange(window)
        counted = places >= bounds[at : at + size][: len(part), None]
        yield Window(part[:, :-1], np.where(counted, part[:, 1:], np.int32(NOTHING)))
