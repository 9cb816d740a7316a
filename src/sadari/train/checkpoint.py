"""A training run on disk: written whole, read back to the same bits."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from sadari.artifact import read_model, write_model
from sadari.errors import ModelError
from sadari.train.loop import Loop, Progress, random_state, set_random_state


def save_checkpoint(loop: Loop, folder: str | Path, extra: dict[str, Any] | None = None) -> None:
    """Write all that `load_checkpoint` needs: weights, optimisers, random generators, place in the data, history.

    Args:
        extra: what else the run must know to go on (settings, fingerprint of the data), as JSON.
    """
    tensors: dict[str, Any] = {f"net.{name}": value.cpu() for name, value in loop.net.state_dict().items()}
    for name, value in (loop.best_state or {}).items():
        tensors[f"best.{name}"] = value.cpu()
    scalars: dict[str, float] = {}
    for place, optimizer in enumerate(loop.optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if torch.is_tensor(value):
                    tensors[f"optimizer.{place}.{index}.{key}"] = value.cpu()
                elif value is not None:
                    scalars[f"{place}.{index}.{key}"] = value
    for name, value in random_state().items():
        tensors[f"random.{name}"] = value
    progress = asdict(loop.progress)
    progress["best"] = None if loop.progress.best == float("-inf") else loop.progress.best
    manifest = {
        "kind": "checkpoint",
        "progress": progress,
        "optimizer_scalars": scalars,
        "threads": torch.get_num_threads(),
        "extra": extra or {},
    }
    write_model(folder, manifest=manifest, tensors=tensors, texts={})


def read_extra(folder: str | Path) -> dict[str, Any]:
    """What `save_checkpoint` was given as ``extra``."""
    files = read_model(folder)
    if files.manifest.get("kind") != "checkpoint":
        raise ModelError("this is no checkpoint of a training run", where=str(folder))
    return dict(files.manifest["extra"])


def load_checkpoint(loop: Loop, folder: str | Path) -> int:
    """Put a loop where a checkpoint left it: the next `run` goes on to the same bits.

    Returns:
        with how many threads it ran: a Transformer gives other bits with another number.

    Raises:
        ModelError: no checkpoint, or one of another net.
    """
    files = read_model(folder, as_torch=True)
    where = str(folder)
    if files.manifest.get("kind") != "checkpoint":
        raise ModelError("this is no checkpoint of a training run", where=where)
    try:
        loop.net.load_state_dict(_part(files.tensors, "net."))
        best = _part(files.tensors, "best.")
        loop.best_state = {name: value.to(loop.device) for name, value in best.items()} or None
        for place, optimizer in enumerate(loop.optimizers):
            states: dict[int, dict[str, Any]] = {}
            for name, value in _part(files.tensors, f"optimizer.{place}.").items():
                index, key = name.split(".", 1)
                states.setdefault(int(index), {})[key] = value
            for name, number in files.manifest["optimizer_scalars"].items():
                owner, index, key = name.split(".", 2)
                if int(owner) == place:
                    states.setdefault(int(index), {})[key] = number
            optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
        progress = dict(files.manifest["progress"])
        progress["best"] = float("-inf") if progress["best"] is None else progress["best"]
        loop.progress = Progress(**progress)
        set_random_state({name: value.numpy() for name, value in _part(files.tensors, "random.").items()})
        return int(files.manifest["threads"])
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ModelError(f"the checkpoint does not fit this run: {error}", where=where) from error


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
