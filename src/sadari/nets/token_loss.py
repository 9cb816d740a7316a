"""Cross-entropy of many tokens over a large vocabulary, without ever holding all their logits."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

CHUNK_BYTES = 2**22  # of logits at a time: what a core keeps close to it


def token_loss(
    states: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    targets: torch.Tensor,
    smoothing: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed cross-entropy of ``states @ weight.T + bias``, as torch's ``cross_entropy`` would have it.

    Logits of 4,000 tokens over 8,000 subwords take 128 MB, which go to memory and back four times in a training step.
    Here some rows at a time are multiplied, scored and turned into gradients while they are in the cache.

    Args:
        states: float [tokens, width].
        weight: float [vocabulary, width].
        bias: float [vocabulary].
        targets: int64 [tokens].
        smoothing: the share of each target that goes to all of the vocabulary alike.

    Returns:
        the loss with smoothing, which has a gradient, and without it, which has none: sums over the tokens, in nats.
    """
    autocast = torch.is_autocast_enabled(states.device.type)
    dtype = torch.get_autocast_dtype(states.device.type) if autocast else states.dtype
    # the gradients of the logits are computed where the logits are, so without gradients nothing of them is
    return _TokenLoss.apply(states, weight, bias, targets, smoothing, dtype, torch.is_grad_enabled())


class _TokenLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        states: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        smoothing: float,
        dtype: torch.dtype,
        learning: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        device = states.device.type
        with torch.autocast(device, enabled=False):
            read, table = states.to(dtype), weight.to(dtype)
            d_states = torch.empty_like(read) if learning else None
            d_weight = torch.zeros_like(table, dtype=torch.float32) if learning else None
            d_bias = torch.zeros_like(bias, dtype=torch.float32) if learning and bias is not None else None
            total, plain = (torch.zeros((), device=states.device) for _ in range(2))
            rows = max(16, CHUNK_BYTES // (4 * len(table)))
            for start in range(0, len(read), rows):
                part, wanted = read[start : start + rows], targets[start : start + rows, None]
                logits = (part @ table.T).float()
                if bias is not None:
                    logits += bias
                highest = logits.amax(dim=1, keepdim=True)
                right = logits.gather(1, wanted)
                if smoothing:
                    total -= smoothing * logits.sum() / logits.shape[1]
                grads = logits.sub_(highest).exp_()
                sums = grads.sum(dim=1, keepdim=True)
                log_sums = sums.log() + highest
                misses = (log_sums - right).sum()
                plain += misses
                total += (1 - smoothing) * misses
                if smoothing:
                    total += smoothing * log_sums.sum()
                if d_states is None or d_weight is None:
                    continue
                grads = grads.div_(sums)
                if smoothing:
                    grads -= smoothing / logits.shape[1]
                grads.scatter_add_(1, wanted, torch.full_like(right, smoothing - 1))
                if d_bias is not None:
                    d_bias += grads.sum(dim=0)
                grads = grads.to(dtype)
                d_states[start : start + rows] = grads @ table
                d_weight += (grads.T @ part).float()
        ctx.save_for_backward(d_states, d_weight, d_bias)
        ctx.dtypes = states.dtype, weight.dtype
        ctx.mark_non_differentiable(plain)
        return total, plain

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        d_states, d_weight, d_bias = ctx.saved_tensors
        of_states, of_weight = ctx.dtypes
        d_bias = None if d_bias is None else (d_bias * scale).to(of_weight)
        return (d_states * scale).to(of_states), (d_weight * scale).to(of_weight), d_bias, None, None, None, None
