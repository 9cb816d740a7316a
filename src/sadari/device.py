"""Which device a computation runs on, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sadari.errors import SettingError

if TYPE_CHECKING:
    import torch


def resolve_device(name: str) -> torch.device:
    """The device of that name; "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        SettingError: a device that this machine does not have.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingError(f"there is no device {name!r}", hint="auto, cpu, cuda, cuda:1 … or mps") from None
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here.get(device.type, False):
        raise SettingError(f"this machine has no {device.type}", hint="--device cpu, or auto")
    return device
