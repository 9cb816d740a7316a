"""LoRA (Hu et al. 2021): the weights stay, and what is learned is a product of two thin matrices beside them."""

from __future__ import annotations

from typing import Any

from torch import nn

TARGETS = ("query", "key", "value", "q_lin", "k_lin", "v_lin", "dense", "lin1", "lin2", "out_lin")
SCALE = 2  # alpha, as a multiple of the rank


def add_lora(model: Any, rank: int) -> None:
    """Put thin matrices beside the linear layers of an encoder, in place; those and the head alone then learn.

    Args:
        model: of `transformers`, for sequence classification.
        rank: their width.
    """
    from peft import LoraConfig, inject_adapter_in_model

    prefix = model.base_model_prefix + "."
    names = [
        name
        for name, module in model.named_modules()
        if name.startswith(prefix)
        and isinstance(module, nn.Linear)
        and name.rsplit(".", 1)[-1] in TARGETS
        and ".pooler." not in name
    ]
    wanted = names or [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=SCALE * rank, target_modules=wanted), model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name or not name.startswith(prefix) or ".pooler." in name)


def merge_lora(model: Any) -> None:
    """Add what was learned to the weights themselves, in place; the model then is of the form that it was before."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(model.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, module.get_base_layer())
    if hasattr(model, "peft_config"):
        del model.peft_config
    for parameter in model.parameters():
        parameter.requires_grad_(True)
