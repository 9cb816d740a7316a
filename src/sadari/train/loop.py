"""The one training loop: small named steps for classifiers, language models, translation and pre-training.

An epoch is a list of batches. For each: forward and backward (`_gradients`), and after every ``accumulate`` of them a
step of the optimisers (`_step`). Between batches the loop reports, validates, keeps the best weights and writes
checkpoints; any of these falls exactly where it was asked for. What a batch is, and what its loss is, only the `Task`
knows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import nn

from sadari.device import precision_here, resolve_device
from sadari.display.standing import Unit
from sadari.errors import SadariError, SettingError
from sadari.messages import counted, message
from sadari.train.machine import distributed as processes
from sadari.train.machine.environment import compiling, operations, shared, stop_signals, threads
from sadari.train.optimizer import OptimizerSettings, make_optimizers, rate_at
from sadari.train.time_limit import AS_PLANNED, Course, RateByTime, TimeLimit, place_of

Record = dict[str, float]


class Task(Protocol):
    """What is learned."""

    @property
    def net(self) -> nn.Module:
        """What learns."""

    def epoch(self, number: int) -> Sequence[Any]:
        """The batches of an epoch, from 1; the same whenever asked."""

    def loss(self, net: nn.Module, batch: Any) -> tuple[torch.Tensor, float, dict[str, float]]:
        """The summed loss of a batch, what to divide it by for a mean (texts or tokens), and other sums to report."""

    def validate(self) -> Record | None:
        """Scores on validation rows, of which the first is the better the higher; None without such rows."""


@runtime_checkable
class CarriesState(Protocol):
    """A task that carries tensors from batch to batch, which a checkpoint has to hold, such as a recurrent state."""

    def carried(self) -> dict[str, torch.Tensor]:
        """What is carried now."""

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up what `carried` gave."""


@runtime_checkable
class ScoredAsTrained(Protocol):
    """A task whose scores are worked out in the precision in which its net is trained, and not in float32."""

    scored_as_trained: ClassVar[bool]


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
    course: Course = AS_PLANNED


class Interrupted(SadariError):
    """Training was asked to stop (Ctrl-C or SIGTERM); a checkpoint is written."""

    exit_code = 130


class Loop:
    """Train a task by a recipe.

    Args:
        task: what is learned.
        optimizer_settings: how.
        on_record: told of every record, as it is made, and with it this loop.
        on_step: called with this loop after every step; it must leave the net's weights and torch's generators alone.
        checkpoint: called with this loop to write a checkpoint: at the start, every so often, when asked to stop, and
            at the end; only between two steps of the optimisers. None: none are written.
        checkpoint_every: seconds between checkpoints.

    Attributes:
        progress: where it stands.
        best_state: the weights of the best validation.
        threads: of torch on the CPU.
        limit: of the time that it may take; None: there is none.
        share: how much of the run is done, 0 to 1: of its steps, or of its time where that is more.
    """

    def __init__(
        self,
        task: Task,
        optimizer_settings: OptimizerSettings,
        *,
        on_record: Callable[[Record, Loop], None] | None = None,
        on_step: Callable[[Loop], None] | None = None,
        checkpoint: Callable[[Loop], None] | None = None,
        checkpoint_every: float = 60.0,
    ) -> None:
        self.task = task
        self.on_record, self.on_step = on_record, on_step
        self.checkpoint, self.checkpoint_every = checkpoint, checkpoint_every
        self.device = resolve_device(optimizer_settings.device)
        self.net = task.net.to(self.device)
        self.optimizer_settings = replace(
            optimizer_settings, precision=self.precision_for(optimizer_settings.precision)
        )
        self.run_net = shared(self.net, compiled=optimizer_settings.compile)
        self.optimizers = make_optimizers(self.net, optimizer_settings)
        self.progress = Progress()
        self.best_state: dict[str, torch.Tensor] | None = None
        self.threads = optimizer_settings.threads
        seconds = optimizer_settings.seconds
        self.limit: TimeLimit | None = None if seconds is None else RateByTime(seconds)
        self.share = 0.0
        self._asked_to_stop = False
        self._summed_weight = 0.0  # of the batches whose gradients are summed so far
        self._last_tick = self._last_saved = 0.0

    def precision_for(self, asked: str) -> str:
        """The precision that this net can be trained in here: the one that is asked for, or float32, which is said."""
        return precision_here(asked, self.device, *operations(self.net))

    def extent(self) -> tuple[float, float]:
        """(done, total): in passes, or in steps where these are limited, or the share of the time where that is."""
        settings = self.optimizer_settings
        total = 1.0 if settings.seconds is not None else float(settings.steps or settings.epochs)
        return self.share * total, total

    def unit(self) -> Unit:
        """What `extent` counts."""
        settings = self.optimizer_settings
        return "time" if settings.seconds is not None else "step" if settings.steps else "pass"

    def products(self) -> AbstractContextManager[Any]:
        """The net is run in this."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.optimizer_settings.precision == "bf16"
        )

    def run(self) -> list[Record]:
        """Train to the end, or go on to it after `load_checkpoint`; the net then has its best weights.

        Returns:
            the history: a record for every report.

        Raises:
            Interrupted: it was asked to stop, and has written a checkpoint.
            SettingError: the loss is no longer a number.
        """
        progress = self.progress
        asked = self.ask_to_stop if self.checkpoint is not None else None
        with stop_signals(asked), threads(self.threads):
            self.threads = torch.get_num_threads()  # a model says how many, also where none were asked for
            if not progress.step:
                self._save()  # a folder that cannot be written to is found out now, and not in an hour
            self._last_tick = self._last_saved = time.perf_counter()
            while progress.epoch <= self.optimizer_settings.epochs and not progress.finished:
                self._epoch()
            progress.finished = True
            if self.best_state is not None:
                self.net.load_state_dict(self.best_state)
            self.net.eval()
            self._save()
        return progress.history

    def ask_to_stop(self) -> None:
        """Stop after the step under way, with a checkpoint."""
        if self._asked_to_stop:
            raise KeyboardInterrupt  # asked twice: at once
        self._asked_to_stop = True

    def _epoch(self) -> None:
        """What is left of this epoch."""
        progress, accumulate = self.progress, self.optimizer_settings.accumulate
        batches = self.task.epoch(progress.epoch)
        self.share = self._share_done(len(batches))
        while progress.batch < len(batches) and not progress.finished:
            self._gradients(batches)
            progress.batch += 1
            last = progress.batch == len(batches)
            stepped = last or progress.batch % accumulate == 0
            before = self.share
            if stepped:
                self._step(len(batches))
                if self.limit is not None:
                    progress.course = self.limit.course(progress.course, *self._planned(len(batches)), self._seconds())
                self.share = self._share_done(len(batches))
            ended = stepped and self._at_limit()
            if stepped:
                self._look(len(batches), last, ended, before)
            progress.finished |= ended
            if stepped and self.on_step is not None:
                self.on_step(self)
            if stepped and not progress.finished:
                self._save_if_due()
        if not progress.finished:
            progress.epoch, progress.batch = progress.epoch + 1, 0

    def _gradients(self, batches: Sequence[Any]) -> None:
        """Add the gradients of one batch: of its mean loss, or, if several make one step, of its summed loss."""
        optimizer_settings, number = self.optimizer_settings, self.progress.batch
        self.net.train()
        alone = optimizer_settings.accumulate == 1
        stepping = alone or (number + 1) % optimizer_settings.accumulate == 0 or number + 1 == len(batches)
        with nullcontext() if stepping else self._unshared(), compiling(optimizer_settings.compile):
            with self.products():
                total, weight, sums = self.task.loss(self.run_net, batches[number])
            # processes average their gradients: times their number, that is the sum over all of them
            share = float(processes.place()[1])
            if alone:
                share /= _weight(processes.total(weight)[0])
            (total * share).backward()
        self._summed_weight += weight
        kept = self.progress.sums
        for key, value in {"loss": float(total.detach()), "weight": weight, **sums}.items():
            kept[key] = kept.get(key, 0.0) + value

    def _unshared(self) -> AbstractContextManager[Any]:
        """Gradients that wait for more batches need not travel between processes."""
        net = self.run_net
        return net.no_sync() if isinstance(net, nn.parallel.DistributedDataParallel) else nullcontext()

    def _step(self, batches: int) -> None:
        """Clip, set the rate, and move the weights."""
        optimizer_settings, progress = self.optimizer_settings, self.progress
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        if (
            optimizer_settings.accumulate > 1
        ):  # of sums until now: the mean is one over all texts, however unequal the batches
            torch._foreach_mul_(gradients, 1 / _weight(processes.total(self._summed_weight)[0]))
        self._summed_weight = 0.0
        if optimizer_settings.clip is not None:
            dense = [p for p in self.net.parameters() if p.grad is not None and not p.grad.is_sparse]
            nn.utils.clip_grad_norm_(dense, optimizer_settings.clip)
        done, steps = self._place(batches)
        rate = optimizer_settings.learning_rate * rate_at(optimizer_settings, done - 1, steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * group["share"]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        progress.step += 1

    def _planned(self, batches: int) -> tuple[float, float]:
        """Steps done, the one under way included, and steps in all, by the recipe."""
        optimizer_settings, progress = self.optimizer_settings, self.progress
        # epochs differ by a batch or so where batches are cut by tokens: the place in the whole is the epoch's, then
        # the place in it, so that each epoch ends at its share
        per_epoch = -(-batches // optimizer_settings.accumulate)
        done: float = (progress.epoch - 1) * per_epoch + -(-progress.batch // optimizer_settings.accumulate)
        steps = optimizer_settings.epochs * per_epoch
        if optimizer_settings.steps is not None:
            steps = min(steps, optimizer_settings.steps)
        return done, steps

    def _place(self, batches: int) -> tuple[float, float]:
        """The place among the steps in all, on the course that the limit of time leaves."""
        done, steps = self._planned(batches)
        return place_of(self.progress.course, done), steps

    def _share_done(self, batches: int) -> float:
        done, steps = self._place(batches)
        return min(1.0, done / steps) if done < steps * (1 - 1e-9) else 1.0  # sums of places are a hair off

    def _seconds(self) -> float:
        """How long the run has taken; of several processes, their mean, so that all of them end together."""
        self._tick()
        return processes.total(self.progress.seconds)[0] / processes.place()[1]

    def _at_limit(self) -> bool:
        """Whether the steps or the time are up."""
        most = self.optimizer_settings.steps
        if most is not None and self.progress.step >= most:
            return True
        return self.progress.course != AS_PLANNED and self.share >= 1

    def _look(self, batches: int, last: bool, ended: bool, before: float) -> None:
        """Report and validate after a step, where these are due.

        Args:
            batches: of an epoch.
            last: of the epoch.
            ended: whether steps or time are up.
            before: the share of the run done before the step.
        """
        progress, optimizer_settings = self.progress, self.optimizer_settings
        if optimizer_settings.validations:
            check = ended or int(self.share * optimizer_settings.validations) > int(
                before * optimizer_settings.validations
            )
        elif optimizer_settings.validate_every:
            check = (
                ended
                or (last and progress.epoch == optimizer_settings.epochs)
                or progress.step % optimizer_settings.validate_every == 0
            )
        else:
            check = last or ended
        if check or (optimizer_settings.report_every and progress.step % optimizer_settings.report_every == 0):
            self._report(validate=check)

    @property
    def loss(self) -> float:
        """The mean loss since the last record, as this process knows it; right after a record, that one's."""
        sums, history = self.progress.sums, self.progress.history
        return sums["loss"] / _weight(sums["weight"]) if sums else history[-1]["loss"]

    def _report(self, *, validate: bool) -> None:
        """Write a record: true means since the last one, and validation scores where they are due."""
        progress = self.progress
        sums = dict(zip(progress.sums, processes.total(*progress.sums.values()), strict=True))
        weight = _weight(sums.pop("weight", 0.0))
        self._tick()
        record: Record = {
            "epoch": float(progress.epoch),
            "batch": float(progress.batch),
            "step": float(progress.step),
            **{key: value / weight for key, value in sums.items()},
            "seconds": progress.seconds,
        }
        if not math.isfinite(record["loss"]):
            raise SettingError(
                message("training diverged: the loss is no longer a number"),
                hint=message("try a smaller {setting}", setting="learning_rate"),
            )
        progress.sums = {}
        if validate:
            self.net.eval()
            with self.products() if isinstance(self.task, ScoredAsTrained) else nullcontext():
                scores = self.task.validate()
            if scores:
                record |= scores
                self._keep_best(next(iter(scores.values())))
        progress.history.append(record)
        if self.on_record is not None and processes.place()[0] == 0:
            self.on_record(record, self)

    def _keep_best(self, score: float) -> None:
        progress = self.progress
        progress.since_best += 1
        if score > progress.best:
            progress.best, progress.since_best = score, 0
            self.best_state = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        if self.optimizer_settings.patience is not None and progress.since_best >= self.optimizer_settings.patience:
            progress.finished = True

    def _save_if_due(self) -> None:
        """Write a checkpoint if it is time to, or to stop; all processes do so after the same step."""
        if self.checkpoint is None:
            return
        late = time.perf_counter() - self._last_saved > self.checkpoint_every
        stop, due = processes.total(float(self._asked_to_stop), float(late))
        if stop or due:
            self._save()
            self._last_saved = time.perf_counter()
        if stop:
            progress = self.progress
            raise Interrupted(
                message(
                    "training was stopped in pass {number} after {steps}, and is kept",
                    number=progress.epoch,
                    steps=counted(progress.batch, "step"),
                ),
                hint=message("resume it to the same result: fit(…, run=RUN, resume=True) or sadari train --resume RUN"),
            )

    def _save(self) -> None:
        if self.checkpoint is not None:
            self._tick()
            self.checkpoint(self)

    def _tick(self) -> None:
        """Add the time since the last tick to the run's own."""
        now = time.perf_counter()
        if self._last_tick:
            self.progress.seconds += now - self._last_tick
        self._last_tick = now


def _weight(weight: float) -> float:
    return max(weight, 1e-12)
