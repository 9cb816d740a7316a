"""Several processes that train one net together (``torchrun``): which one this is, and sums over all of them."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def place() -> tuple[int, int]:
    """The number of this process and how many there are: (0, 1) without ``torchrun``."""
    import torch.distributed as distributed

    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def join() -> None:
    """Take up the group that ``torchrun`` started, if it did: NCCL on GPUs, gloo elsewhere."""
    import torch
    import torch.distributed as distributed

    if "LOCAL_RANK" not in os.environ or not distributed.is_available() or distributed.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    atexit.register(leave)  # a group that is still there when Python ends takes the process down with it


def leave() -> None:
    """Leave the group, if this process is in one."""
    import torch.distributed as distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def total(*values: float) -> list[float]:
    """Each value summed over all processes."""
    import torch
    import torch.distributed as distributed

    if place()[1] == 1:
        return list(values)
    summed = torch.tensor(values, dtype=torch.float64, device=_device())
    distributed.all_reduce(summed)
    return [float(value) for value in summed.tolist()]


def gather(values: torch.Tensor) -> list[torch.Tensor]:
    """The tensor of each process, all of one shape and dtype, in their order; on the CPU."""
    import torch
    import torch.distributed as distributed

    world = place()[1]
    if world == 1:
        return [values]
    here = values.to(_device())
    parts = [torch.empty_like(here) for _ in range(world)]
    distributed.all_gather(parts, here)
    return [part.cpu() for part in parts]


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
