"""The one training loop: small named steps that serve classifiers now, and language models, translation and pre-training.

An epoch is a list of batches. For each: forward and backward (`_gradients`), and after every ``accumulate`` of them a step of the
optimisers (`_step`). Between batches the loop reports, validates, keeps the best weights and writes checkpoints; any of these
falls exactly where it was asked for. What a batch is, and what its loss is, only the `Task` knows.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from sadari.train.optimise import Recipe, make_optimizers, rate_at, resolve_device
from sadari.train.processes import place
from sadari.train.processes import total as total_over_processes

Record = dict[str, float]


class Task(Protocol):
    """What is learned."""

    net: nn.Module

    def epoch(self, number: int) -> Sequence[Any]:
        """The batches of an epoch, from 1; the same whenever asked."""

    def loss(self, net: nn.Module, batch: Any) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The summed loss of a batch, by how much to divide it for a mean (texts or tokens), and other sums to report."""

    def validate(self) -> Record | None:
        """Scores on validation rows, of which the first is the better the higher; None without such rows."""


@dataclass
class Progress:
    """Where a run stands: all that a checkpoint needs beside weights, optimisers and random generators."""

    epoch: int = 1
    batch: int = 0  # batches done in this epoch
    step: int = 0  # steps of the optimisers done
    sums: dict[str, float] = field(default_factory=dict)  # since the last report
    history: list[Record] = field(default_factory=list)
    best: float = float("-inf")
    since_best: int = 0
    seconds: float = 0.0
    finished: bool = False


class Interrupted(Exception):
    """Training was asked to stop (Ctrl-C or SIGTERM); a checkpoint is written."""


class Loop:
    """Train a task by a recipe.

    Args:
        task: what is learned.
        recipe: how.
        on_record: told of every record, as it is made: (progress, batches of an epoch).
        checkpoint: called with this loop to write a checkpoint; None: none are written.
        checkpoint_every: seconds between checkpoints.

    Attributes:
        progress: where it stands. best_state: the weights of the best validation.
    """

    def __init__(
        self,
        task: Task,
        recipe: Recipe,
        *,
        on_record: Callable[[Record, int], None] | None = None,
        checkpoint: Callable[[Loop], None] | None = None,
        checkpoint_every: float = 60.0,
    ) -> None:
        self.task, self.recipe = task, recipe
        self.on_record, self.checkpoint, self.checkpoint_every = on_record, checkpoint, checkpoint_every
        self.device = resolve_device(recipe.device)
        self.net = task.net.to(self.device)
        self.run_net = wrapped(self.net, recipe)
        self.optimizers = make_optimizers(self.net, recipe)
        self.progress = Progress()
        self.best_state: dict[str, torch.Tensor] | None = None
        self._asked_to_stop = False

    def run(self) -> list[Record]:
        """Train to the end (or go on to it, after `restore`); the net then has its best weights. Returns the history.

        Raises:
            Interrupted: it was asked to stop, and has written a checkpoint.
        """
        per_epoch = len(self.task.epoch(1))
        steps = self.recipe.epochs * max(1, -(-per_epoch // self.recipe.accumulate))
        last_saved = time.perf_counter()
        with stop_signals(self), threads(self.recipe.threads):
            while self.progress.epoch <= self.recipe.epochs and not self.progress.finished:
                batches = self.task.epoch(self.progress.epoch)
                started = time.perf_counter()
                while self.progress.batch < len(batches):
                    self._batch(batches, steps)
                    now = time.perf_counter()
                    self.progress.seconds, started = self.progress.seconds + now - started, now
                    due = self.checkpoint is not None and now - last_saved > self.checkpoint_every
                    if due or self._asked_to_stop:
                        self._save()
                        last_saved = time.perf_counter()
                if not self.progress.finished:
                    self.progress.epoch, self.progress.batch = self.progress.epoch + 1, 0
        self.progress.finished = True
        if self.best_state is not None:
            self.net.load_state_dict(self.best_state)
        self.net.eval()
        return self.progress.history

    def _batch(self, batches: Sequence[Any], steps: int) -> None:
        """One batch, and whatever falls due after it."""
        progress, recipe = self.progress, self.recipe
        self._gradients(batches, progress.batch)
        progress.batch += 1
        last = progress.batch == len(batches)
        if progress.batch % recipe.accumulate == 0 or last:
            self._step(steps)
        report = last or (recipe.report_every and progress.batch % recipe.report_every == 0)
        check = last or (recipe.validate_every and progress.batch % recipe.validate_every == 0)
        if report or check:
            self._report(len(batches), validate=bool(check))

    def _gradients(self, batches: Sequence[Any], number: int) -> None:
        """Add the gradient of one batch, as a share of the mean over all batches of its step."""
        self.net.train()
        first = number - number % self.recipe.accumulate
        group = batches[first : first + self.recipe.accumulate]
        bf16 = self.recipe.precision == "bf16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bf16):
            total, weight, sums = self.task.loss(self.run_net, batches[number])
        _, world = place()
        # several processes average their gradients, so each gives its share of the mean over all of them, times their number
        everywhere = total_over_processes(weight)[0] if world > 1 else weight
        (total * world / max(everywhere, 1e-12) / len(group)).backward()  # type: ignore[no-untyped-call]
        kept = self.progress.sums
        for key, value in {"loss": float(total.detach()), "weight": weight, **sums}.items():
            kept[key] = kept.get(key, 0.0) + value

    def _step(self, steps: int) -> None:
        """Clip, set the rate, and move the weights."""
        if self.recipe.clip is not None:
            dense = [p for p in self.net.parameters() if p.grad is not None and not p.grad.is_sparse]
            nn.utils.clip_grad_norm_(dense, self.recipe.clip)
        share = rate_at(self.recipe, self.progress.step, steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1

    def _report(self, batches: int, *, validate: bool) -> None:
        """Write a record: true means since the last one, and validation scores where they are due."""
        progress = self.progress
        sums = dict(zip(progress.sums, total_over_processes(*progress.sums.values()), strict=True))
        weight = max(sums.pop("weight", 0.0), 1e-12)
        record: Record = {"epoch": float(progress.epoch), "batch": float(progress.batch), "step": float(progress.step)}
        record |= {key: value / weight for key, value in sums.items()}
        record["seconds"] = progress.seconds
        progress.sums = {}
        if validate:
            self.net.eval()
            scores = self.task.validate()
            if scores:
                record |= scores
                self._keep_best(next(iter(scores.values())))
        progress.history.append(record)
        if self.on_record is not None:
            self.on_record(record, batches)

    def _keep_best(self, score: float) -> None:
        progress = self.progress
        progress.since_best += 1
        if score > progress.best:
            progress.best, progress.since_best = score, 0
            self.best_state = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        if self.recipe.patience is not None and progress.since_best >= self.recipe.patience:
            progress.finished = True
            progress.batch = len(self.task.epoch(progress.epoch))

    def _save(self) -> None:
        if self.checkpoint is not None:
            self.checkpoint(self)
        if self._asked_to_stop:
            raise Interrupted

    def ask_to_stop(self) -> None:
        """Stop after the batch under way."""
        self._asked_to_stop = True


def wrapped(net: nn.Module, recipe: Recipe) -> nn.Module:
    """The net as it is run: compiled if asked for, and shared between processes under torchrun."""
    run: nn.Module = torch.compile(net) if recipe.compile else net  # type: ignore[assignment]
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        run = nn.parallel.DistributedDataParallel(run)
    return run


def seed_everything(seed: int) -> None:
    """Seed torch's generators (on all devices). NumPy's are made where they are used."""
    torch.manual_seed(seed)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Run with so many of torch's CPU threads, and set the number back after."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def stop_signals(loop: Loop) -> Iterator[None]:
    """While training, Ctrl-C and SIGTERM ask the loop to stop after its batch; a second Ctrl-C stops at once."""
    if loop.checkpoint is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {}

    def handle(number: int, frame: Any) -> None:
        if loop._asked_to_stop and number == signal.SIGINT:
            raise KeyboardInterrupt
        loop.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def random_state() -> dict[str, np.ndarray]:
    """torch's generators as arrays, for a checkpoint."""
    states = {"cpu": torch.get_rng_state().numpy()}
    if torch.cuda.is_available():
        for place, state in enumerate(torch.cuda.get_rng_state_all()):
            states[f"cuda{place}"] = state.numpy()
    return states


def set_random_state(states: dict[str, np.ndarray]) -> None:
    """Take up what `random_state` gave."""
    torch.set_rng_state(torch.from_numpy(states["cpu"]))
    if torch.cuda.is_available():
        found = [torch.from_numpy(states[f"cuda{i}"]) for i in range(torch.cuda.device_count()) if f"cuda{i}" in states]
        if found:
            torch.cuda.set_rng_state_all(found)
