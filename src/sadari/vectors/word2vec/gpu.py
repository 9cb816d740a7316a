"""Word2vec by torch in batches: for a GPU, where a pair at a time would leave it idle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from sadari.device import resolve_device
from sadari.vectors.word2vec.cpu import windows
from sadari.vectors.word2vec.matrices import LAST_RATE, Start, runs_of

if TYPE_CHECKING:
    from sadari.display.watching import Watching
    from sadari.vectors.word2vec.corpus import Sentences
    from sadari.vectors.word2vec.settings import Word2VecSettings

RUN = 50_000  # tokens whose windows are cut at once
BATCH = 2_048  # words a step
# What all of a batch's pairs move a row by is summed at one place, as if each came first. The learning rate times the
# pairs of a row is held to this, or frequent words overshoot and diverge.
MOST_MOVE = 2.0


def train_on_device(
    settings: Word2VecSettings, sentences: Sentences, start: Start, watching: Watching
) -> list[dict[str, float]]:
    """Train the matrices of ``start`` in place, by way of the device.

    The same seed gives the same draws; with one worker, the same bits.
    """
    with _in_order(settings.workers == 1):
        return _train(settings, sentences, start, watching)


@contextmanager
def _in_order(wanted: bool) -> Iterator[None]:
    """Let torch add in a fixed order, where else threads of a GPU add as they come; then as it was before."""
    was, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    if wanted:
        torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was, warn_only=warned)


def _train(
    settings: Word2VecSettings, sentences: Sentences, start: Start, watching: Watching
) -> list[dict[str, float]]:
    device = resolve_device(settings.device)
    net = _Net(settings, start, device)
    ids, runs = sentences.ids, runs_of(sentences.ids.offsets, RUN)
    buffers = _Buffers(ids.offsets, runs, settings.window)
    total, history = settings.epochs * len(ids.values), []
    for epoch in range(settings.epochs):
        began, loss, pairs = time.perf_counter(), torch.zeros((), dtype=torch.float64, device=device), 0
        for run in range(len(runs) - 1):
            [seed] = np.random.SeedSequence([settings.seed, epoch, run]).generate_state(1, np.uint64)
            middles, around, offsets = buffers.cut(ids, runs[run], runs[run + 1], start.chance, seed | np.uint64(1))
            for first in range(0, len(middles), BATCH):
                last = min(first + BATCH, len(middles))
                done = (epoch * len(ids.values) + ids.offsets[runs[run]]) / total
                rate = settings.learning_rate * (1 - (1 - LAST_RATE) * done)
                part = offsets[first : last + 1]
                loss += net.step(middles[first:last], around[part[0] : part[-1]], part - part[0], rate)
                pairs += int(part[-1] - part[0]) if settings.model == "skipgram" else last - first
            seconds = time.perf_counter() - began
            record = {
                "epoch": float(epoch + 1),
                "loss": float(loss) / max(1, pairs),
                "pairs": float(pairs),
                "seconds": seconds,
                "words_per_second": float(ids.offsets[runs[run + 1]]) / max(seconds, 1e-9),
            }
            watching.progress(epoch + (run + 1) / (len(runs) - 1), settings.epochs, record)
        history.append(record)
        watching.report(record)
    start.inputs[:] = net.inputs.cpu().numpy()
    start.outputs[:] = net.outputs.cpu().numpy()
    return history


class _Buffers:
    """Arrays that the windows of any run fit into."""

    def __init__(self, offsets: NDArray[np.int64], runs: NDArray[np.int64], window: int) -> None:
        tokens = int(np.diff(offsets[runs]).max(initial=0))
        self.window = window
        self.middles = np.empty(tokens, np.int32)
        neighbours = min(2 * window, int(np.diff(offsets).max(initial=0)))  # no more than a text has words
        self.around = np.empty(neighbours * tokens, np.int32)
        self.offsets = np.empty(tokens + 1, np.int64)

    def cut(self, ids: Any, first: int, last: int, chance: Any, seed: Any) -> tuple[Any, Any, Any]:
        words, stored = windows(
            ids.values, ids.offsets, first, last, chance, self.window, seed, self.middles, self.around, self.offsets
        )
        return self.middles[:words], self.around[:stored], self.offsets[: words + 1]


class _Net:
    """The two matrices on a device, and one step of either model."""

    def __init__(self, settings: Word2VecSettings, start: Start, device: torch.device) -> None:
        self.device, self.settings = device, settings
        self.inputs = torch.from_numpy(start.inputs).to(device)
        self.outputs = torch.from_numpy(start.outputs).to(device)
        self.rows = torch.from_numpy(start.rows.values).to(device).long()
        self.row_offsets = torch.from_numpy(start.rows.offsets).to(device)
        self.odds = torch.from_numpy(start.odds.astype(np.float64) / 2.0**32).to(device).float()
        self.others = torch.from_numpy(start.others).to(device).long()
        self.random = torch.Generator(device).manual_seed(settings.seed)

    def step(self, middles: Any, around: Any, offsets: Any, rate: float) -> torch.Tensor:
        """Move both matrices by one batch: its summed loss."""
        word = torch.from_numpy(middles.astype(np.int64)).to(self.device)
        near = torch.from_numpy(around.astype(np.int64)).to(self.device)
        counts = torch.from_numpy(np.diff(offsets)).to(self.device)
        group = torch.repeat_interleave(counts)
        skipgram = self.settings.model == "skipgram"
        if skipgram:  # the middle one, for each neighbour
            read, owner = self._rows_of(word)
            positives, hidden_of, weight = near, group, counts.float()
        else:  # all rows of the neighbours, for the middle one
            read, owner = self._rows_of(near)
            owner = group[owner]
            positives, hidden_of, weight = (
                word,
                torch.arange(len(word), device=self.device),
                torch.ones_like(word).float(),
            )
        size = torch.zeros(len(word), device=self.device).index_add_(0, owner, torch.ones_like(owner).float())
        hidden = torch.zeros(len(word), self.inputs.shape[1], device=self.device)
        hidden.index_add_(0, owner, self.inputs[read])
        hidden /= size.unsqueeze(1)
        negatives = self._draw(len(word))
        other = self.outputs[negatives]
        positive = self.outputs[positives]
        logits = (hidden[hidden_of] * positive).sum(dim=1)
        # not by matrix products, whose order of additions CUDA fixes only for who sets its environment before all else
        false_logits = (hidden.unsqueeze(1) * other).sum(dim=2)
        real = (negatives != word.unsqueeze(1)).float() * weight.unsqueeze(1)
        softplus = torch.nn.functional.softplus
        loss = softplus(-logits).double().sum() + (softplus(false_logits) * real).double().sum()
        pull = torch.sigmoid(-logits).unsqueeze(1)
        push = -torch.sigmoid(false_logits) * real
        error = (push.unsqueeze(2) * other).sum(dim=1).index_add_(0, hidden_of, pull * positive)
        push_steps = (push.unsqueeze(2) * hidden.unsqueeze(1)).flatten(0, 1)
        rows, pairs = torch.cat([positives, negatives.flatten()]), torch.cat([torch.ones_like(logits), real.flatten()])
        self._move(self.outputs, rows, torch.cat([pull * hidden[hidden_of], push_steps]), pairs, rate)
        self._move(self.inputs, read, error[owner], (weight + real.sum(dim=1))[owner], rate)
        return loss

    def _rows_of(self, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The input rows of some words, and which of these words each row is for."""
        first, count = self.row_offsets[words], self.row_offsets[words + 1] - self.row_offsets[words]
        owner = torch.repeat_interleave(count)
        rank = torch.arange(len(owner), device=self.device) - (count.cumsum(0) - count)[owner]
        return self.rows[first[owner] + rank], owner

    def _draw(self, count: int) -> torch.Tensor:
        """Negatives int64 [count, negatives], by the alias table."""
        shape = (count, self.settings.negatives)
        word = torch.randint(len(self.odds), shape, generator=self.random, device=self.device)
        chance = torch.rand(shape, generator=self.random, device=self.device)
        return torch.where(chance < self.odds[word], word, self.others[word])

    def _move(
        self, matrix: torch.Tensor, rows: torch.Tensor, steps: torch.Tensor, pairs: torch.Tensor, rate: float
    ) -> None:
        """Add steps to some rows, each the sum of so many pairs' steps."""
        move = rate * torch.zeros(len(matrix), device=self.device).index_add_(0, rows, pairs)
        shrink = (MOST_MOVE / move.clamp(min=MOST_MOVE))[rows].unsqueeze(1)
        matrix.index_add_(0, rows, steps * shrink, alpha=rate)
