"""What training asks of the machine: threads, random generators, stop signals, and how a net is run on it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from sadari.errors import SettingError
from sadari.forked import is_child
from sadari.messages import message
from sadari.train.machine import distributed as processes


def shared(net: nn.Module, *, compiled: bool) -> nn.Module:
    """The net as it is run: compiled if asked for, and its gradients averaged between processes under torchrun.

    Its weights are those of ``net``, which is the one to save: wrappers put names of their own before the weights'.
    """
    run: nn.Module = torch.compile(net, dynamic=True) if compiled else net  # type: ignore[assignment]
    if processes.place()[1] > 1:
        run = nn.parallel.DistributedDataParallel(run)
    return run


@contextmanager
def compiling(asked: bool) -> Iterator[None]:
    """Run a net that torch.compile compiles when it is first called.

    Raises:
        SettingError: it cannot, for want of a compiler.
    """
    if not asked:
        yield
        return
    from torch._dynamo.exc import BackendCompilerFailed

    try:
        yield
    except BackendCompilerFailed as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise SettingError(
            message("torch.compile does not work on this machine: {reason}", reason=reason[:200]),
            hint=message("train without it; on a CPU it needs a C++ compiler"),
        ) from error


def operations(net: nn.Module) -> list[str]:
    """What a net does that its precision depends on, as `sadari.device.TRIALS` calls it."""
    found = {"layers": None}
    for module in net.modules():
        if isinstance(module, nn.RNNBase):
            found[module.mode.partition("_")[0].lower()] = None
        elif isinstance(module, nn.Conv1d):
            found["convolution"] = None
    return list(found)


def seed_everything(seed: int) -> None:
    """Seed torch's generators (on all devices). NumPy's are made where they are used."""
    torch.manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run with torch's generators seeded, and set them back after."""
    with torch.random.fork_rng():
        seed_everything(seed)
        yield


def seed_dropout(seed: int) -> None:
    """Seed torch's generators anew where processes (torchrun) share one net that is made: each has its own dropout."""
    place = processes.place()[0]
    if place:
        seed_everything((seed + place) % 2**63)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Run with so many of torch's CPU threads, and set the number back after."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(1 if is_child() else count)  # a fork has none of its parent's threads
    try:
        yield
    finally:
        torch.set_num_threads(before)


_stoppable: list[Callable[[], None]] = []  # what stops the trainings under way


def stop_trainings() -> bool:
    """Ask the trainings of this process to stop, as Ctrl-C does; from any thread. False: none is under way.

    Those that write no checkpoints are not among them.
    """
    for ask in [*_stoppable]:
        ask()
    return bool(_stoppable)


@contextmanager
def stop_signals(asked: Callable[[], None] | None) -> Iterator[None]:
    """Ctrl-C, SIGTERM and `stop_trainings` call ``asked`` meanwhile; in another thread than the main one that alone."""
    if asked is None:
        yield
        return
    _stoppable.append(asked)
    try:
        with _signals_to(asked):
            yield
    finally:
        _stoppable.remove(asked)


@contextmanager
def _signals_to(asked: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: Any) -> None:
        asked()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def random_state() -> dict[str, torch.Tensor]:
    """The states of torch's generators, for a checkpoint: name → uint8 [bytes]; each process has its own."""
    _, world = processes.place()
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    gathered = {key: processes.gather(value) for key, value in states.items()}
    return {f"{key}.{place}": parts[place] for key, parts in gathered.items() for place in range(world)}


def set_random_state(states: dict[str, torch.Tensor]) -> None:
    """Take up what `random_state` gave."""
    rank, _ = processes.place()
    torch.set_rng_state(states[f"cpu.{rank}"])
    if torch.cuda.is_available() and f"cuda.{rank}" in states:
        torch.cuda.set_rng_state(states[f"cuda.{rank}"])
