"""Several processes that train one net together (``torchrun``): which one this is, and sums over all of them."""

from __future__ import annotations

import os


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


def total(*values: float) -> list[float]:
    """Each value summed over all processes."""
    import torch
    import torch.distributed as distributed

    if place()[1] == 1:
        return list(values)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    summed = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(summed)
    return [float(value) for value in summed.tolist()]
