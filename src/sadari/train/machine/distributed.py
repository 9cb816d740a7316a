"""Several processes that train one net together (``torchrun``): which one this is, and sums over all of them."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def _group() -> Any:
    """`torch.distributed`, if this process is in a group; else None."""
    import torch.distributed as distributed

    return distributed if distributed.is_available() and distributed.is_initialized() else None


def place() -> tuple[int, int]:
    """The number of this process and how many there are: (0, 1) without ``torchrun``."""
    group = _group()
    return (group.get_rank(), group.get_world_size()) if group else (0, 1)


def join() -> None:
    """Take up the group that ``torchrun`` started, if it did: NCCL on GPUs, gloo elsewhere."""
    import torch

    if "LOCAL_RANK" not in os.environ or not torch.distributed.is_available() or _group():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    atexit.register(leave)  # a group that is still there when Python ends takes the process down with it


def leave() -> None:
    """Leave the group, if this process is in one."""
    group = _group()
    if group:
        group.destroy_process_group()


def total(*values: float) -> list[float]:
    """Each value summed over all processes."""
    if place()[1] == 1:
        return list(values)
    import torch

    summed = torch.tensor(values, dtype=torch.float64, device=_device())
    torch.distributed.all_reduce(summed)
    return [float(value) for value in summed.tolist()]


def gather(values: torch.Tensor) -> list[torch.Tensor]:
    """The tensor of each process, all of one shape and dtype, in their order; on the CPU."""
    world = place()[1]
    if world == 1:
        return [values]
    import torch

    here = values.to(_device())
    parts = [torch.empty_like(here) for _ in range(world)]
    torch.distributed.all_gather(parts, here)
    return [part.cpu() for part in parts]


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
