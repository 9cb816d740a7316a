"""Which device a computation runs on, by name, and in which precision it can be done there.

What a device can do is found out by doing it once, as small as it can be: a processor's name and flags do not tell what
torch and oneDNN make of it. The torch that is installed may lack a kernel, or take one that needs more than was asked.
"""

from __future__ import annotations

import functools
import platform
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from sadari.errors import SadariError, SadariWarning, SettingError
from sadari.messages import Message, message

if TYPE_CHECKING:
    import torch

SMALL = 32  # a side of what is tried: less, and torch multiplies it in another way than what is large
MOST_REASON = 120  # characters

PRECISIONS = ("auto", "fp32", "bf16")  # of training
PREDICT_PRECISIONS = ("fp32", "bf16", "int8")


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
        raise SettingError(
            message("there is no device {name!r}", name=name), hint=message("auto, cpu, cuda, cuda:1 … or mps")
        ) from None
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here.get(device.type, False):
        raise SettingError(
            message("this machine has no {type}", type=device.type), hint=message("--device cpu, or auto")
        )
    return device


def precision_here(asked: str, device: torch.device, *operations: str) -> str:
    """The precision to work in: what is asked for, or float32 where that cannot be had. The one rule for all.

    Args:
        asked: "fp32", "bf16" or "int8".
        device: where the work is done.
        operations: what is to be done in it, names in `TRIALS`.

    Warns:
        SadariWarning: it cannot be had, and why.
    """
    if asked == "fp32":
        return asked
    for operation in operations:
        reason = why_not(asked, str(device), operation)
        if reason is not None:
            warnings.warn(
                SadariWarning(
                    message(
                        "{asked} cannot be had on this {type} ({operation}: {reason}): the work is done in float32",
                        asked=asked,
                        type=device.type,
                        operation=_CALLED.get(operation, operation),
                        reason=reason,
                    )
                ),
                stacklevel=2,
            )
            return "fp32"
    return asked


def bf16_is_fast(device: torch.device, *operations: str) -> bool:
    """Whether bfloat16 can be had there, and its products are faster than those of float32.

    A trial that goes well does not say the latter: without instructions of its own a processor multiplies bfloat16 in
    several steps, and slowly. A clock would say it, and something else on a busy machine, while "auto" has to mean the
    same each time; so torch is asked which instructions there are.
    """
    import torch

    if device.type not in ("cpu", "cuda") or any(why_not("bf16", str(device), each) for each in operations):
        return False
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # whether oneDNN takes bfloat16 at all here, which heeds the limits that were set for it
    if not (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        return False
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True  # on ARM it says so of processors that have these instructions alone
    known = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(ask() for ask in known if ask is not None)


# what operations are called; recurrent layers are called by their names
_CALLED = {
    "layers": message("layers"),
    "convolution": message("convolution"),
    "packed layers": message("packed layers"),
    "whole numbers": message("whole numbers"),
}


@functools.cache
def why_not(precision: str, device: str, operation: str) -> Message | str | None:
    """Why an operation cannot be done in a precision on a device; None where it can. Tried once a process.

    Args:
        precision: "fp32", "bf16" or "int8".
        device: its name, such as "cpu".
        operation: a name in `TRIALS`.
    """
    import torch

    kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.int8}[precision]
    try:
        # whoever asks may be in the middle of something: its random numbers and its modes stay as they are
        with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
            TRIALS[operation](torch.device(device), kind)
    except SadariError as error:
        return error.said
    except Exception as error:  # whatever it is, it would end the work
        first = str(error).strip().partition("\n")[0].partition(". ")[0]  # what follows is advice to who builds torch
        return first[:MOST_REASON] or type(error).__name__
    return None


def _autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Products in that type, as training has them."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)


def _layers(device: torch.device, dtype: torch.dtype) -> None:
    """Linear layers and attention, forward and back."""
    import torch
    from torch.nn import functional

    weight = torch.ones(SMALL, SMALL, device=device, requires_grad=True)
    with _autocast(device, dtype):
        states = functional.linear(weight, weight).view(1, 2, SMALL // 2, SMALL)
        if states.dtype != dtype:  # of a device that autocast knows nothing of, it says so and does nothing
            raise SadariError(message("autocast leaves products in {dtype}", dtype=states.dtype))
        mixed = functional.scaled_dot_product_attention(states, states, states)
        (mixed @ mixed.transpose(-2, -1)).float().sum().backward()


def _recurrent(name: str) -> Callable[[torch.device, torch.dtype], None]:
    """A recurrent layer of torch, forward and back, and for prediction, for which there are other kernels."""

    def tried(device: torch.device, dtype: torch.dtype) -> None:
        import torch

        layer = getattr(torch.nn, name)(SMALL, SMALL, batch_first=True).to(device)
        inputs = torch.ones(2, 3, SMALL, device=device)
        with _autocast(device, dtype):
            layer(inputs)[0].float().sum().backward()
            with torch.no_grad():
                layer(inputs)

    return tried


def _convolution(device: torch.device, dtype: torch.dtype) -> None:
    import torch

    layer = torch.nn.Conv1d(SMALL, SMALL, 3, padding=1).to(device)
    with _autocast(device, dtype):
        layer(torch.ones(2, SMALL, SMALL, device=device)).float().sum().backward()


def _packed(device: torch.device, dtype: torch.dtype) -> None:
    """What `sadari.nets.bert.optimised` predicts by in float32 and bfloat16."""
    import torch

    weight, oned = torch.ones(SMALL, SMALL, device=device, dtype=dtype), torch.ops.mkldnn
    packed = oned._reorder_linear_weight(weight)
    found = oned._linear_pointwise(weight, packed, weight[0], "gelu", [], "none")
    _check(found, SMALL + 1)


def _whole(device: torch.device, dtype: torch.dtype) -> None:
    """What `sadari.nets.bert.optimised` predicts by in int8."""
    import torch

    if device.type != "cpu":
        raise SadariError(message("int8 is for the CPU"))
    # the largest there are: without instructions for it (VNNI), sums of two products are cut off at 16 bits, in silence
    largest = torch.full((SMALL, SMALL), 127, dtype=dtype)
    _check(torch._int_mm(largest, largest), 127 * 127 * SMALL)


def _check(found: torch.Tensor, right: int) -> None:
    if not bool((found == right).all()):
        said = message("products come out wrong: {found:,} for {right:,}", found=found[0, 0].item(), right=right)
        raise SadariError(said)


TRIALS: dict[str, Callable[[torch.device, torch.dtype], None]] = {
    "layers": _layers,
    "lstm": _recurrent("LSTM"),
    "gru": _recurrent("GRU"),
    "rnn": _recurrent("RNN"),
    "convolution": _convolution,
    "packed layers": _packed,
    "whole numbers": _whole,
}
