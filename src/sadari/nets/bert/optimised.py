"""A pre-trained encoder made ready for prediction: the same modules, with linear layers that are faster on a CPU.

In float32 the weights are laid out once as the processor wants them, and GELU is worked out on the way out of the
product. In bfloat16 the products take half the time. In int8 they do too, where the processor sums them whole (VNNI);
what is rounded is rounded by each piece's own largest number, and so is as far off alone as in a batch.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
from torch import nn

from sadari.device import why_not
from sadari.nets.bert.pretrained import PretrainedEncoder

_LEVELS = 127
Net = TypeVar("Net", bound=PretrainedEncoder)


class PackedLinear(nn.Module):
    """A linear layer whose weights oneDNN has laid out, in float32 or bfloat16; for prediction alone.

    Args:
        linear: whose numbers it has.
        dtype: of the product.
        gelu: whether GELU follows at once.
    """

    def __init__(self, linear: nn.Linear, dtype: torch.dtype, *, gelu: bool) -> None:
        super().__init__()
        weight = linear.weight.detach().to(dtype)
        self.packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        self.bias = None if linear.bias is None else linear.bias.detach().to(dtype)
        self.after: tuple[str, list[Any], str] = ("gelu", [], "none") if gelu else ("none", [], "")

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """[…, in] → […, out], both of the layer's type."""
        found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(states, self.packed, self.bias, *self.after)
        return found


class Int8Linear(nn.Module):
    """A linear layer of whole numbers: weights by the largest of each output, states by the largest of each piece."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(dim=1).clamp_min(1e-12) / _LEVELS
        self.weight = torch.round(weight / scale[:, None]).to(torch.int8).t().contiguous()
        self.scale = scale
        self.bias = None if linear.bias is None else linear.bias.detach().float()

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """float32 […, in] → […, out]."""
        flat = states.flatten(0, -2)
        scale = flat.abs().amax(dim=1, keepdim=True).clamp_min(1e-12).div_(_LEVELS)
        whole = flat.div(scale).round_().to(torch.int8)
        found = torch._int_mm(whole, self.weight).float().mul_(scale).mul_(self.scale)
        if self.bias is not None:
            found += self.bias
        return found.view(*states.shape[:-1], -1)


def optimised(net: Net, precision: str) -> Net:
    """A net on the CPU with the same answers, ready for prediction; its embeddings and norms are shared.

    Args:
        net: as it was trained; where its layers are not run here (not ``net.own``), it stays as it is in "fp32" and
            "bf16", which it takes under autocast.
        precision: "fp32", "bf16" or "int8"; the latter two must be possible on this CPU.
    """
    # parameters stand for themselves: only modules are copied
    quick: Net = copy.deepcopy(net, {id(value): value for value in [*net.parameters(), *net.buffers()]})
    quick.eval()
    if precision != "int8" and not quick.own:
        return quick
    if precision == "fp32" and why_not("fp32", "cpu", "packed layers") is not None:
        return quick
    if precision == "bf16":
        quick.state_type = torch.bfloat16
    fused = _fuse_gelu(quick) if precision != "int8" else set()
    inside = quick.base  # the head is small, and what it says is the answer
    for name, module in list(inside.named_modules()):
        if not isinstance(module, nn.Linear) or name.startswith("pooler") or "lora_" in name:
            continue
        parent, _, last = name.rpartition(".")
        made: nn.Module
        if precision == "int8":
            made = Int8Linear(module)
        else:
            dtype = torch.bfloat16 if precision == "bf16" and "embeddings" not in name else torch.float32
            made = PackedLinear(module, dtype, gelu=id(module) in fused)
        setattr(inside.get_submodule(parent), last, made)
    return quick


def _fuse_gelu(net: PretrainedEncoder) -> set[int]:
    """Take GELU out of every layer that has the exact one, and say after which linear layers it is due."""
    due = set()
    for module in net.base.modules():
        for activation, linear in (("intermediate_act_fn", "dense"), ("activation", "lin1")):
            if (
                hasattr(module, activation)
                and isinstance(getattr(module, linear, None), nn.Linear)
                and _is_gelu(getattr(module, activation))
            ):
                due.add(id(getattr(module, linear)))
                setattr(module, activation, nn.Identity())
    return due


def _is_gelu(activation: Any) -> bool:
    """Whether this is the exact GELU, and none of those that come near it."""
    points = torch.linspace(-4, 4, 33)
    return bool(torch.equal(activation(points), nn.functional.gelu(points)))
