"""What a net says of texts: batch by batch, without gradients."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sadari.ragged import Ragged
from sadari.train.batches import Batches
from sadari.train.machine.environment import threads as cpu_threads


def outputs(
    net: nn.Module,
    ids: Ragged,
    batches: Batches,
    pad_id: int,
    width: int,
    *,
    threads: int | None = None,
    bf16: bool = False,
) -> NDArray[np.float32]:
    """A row float32 [width] for each of n texts, in their order.

    Args:
        net: in the mode in which it predicts; takes ids int64 [b, length] and a mask bool, and gives float [b, width].
        ids: of the n texts.
        batches: of these texts.
        pad_id: what fills the shorter texts of a batch.
        width: of a row.
        threads: CPU threads of torch; None: torch's own number.
        bf16: under autocast.
    """
    out = np.empty((len(ids), width), np.float32)
    device = next(net.parameters()).device
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=bf16)
    with torch.inference_mode(), cpu_threads(threads), autocast:
        for rows in batches.in_order():
            batch, mask = ids.take(rows).padded(pad_id)
            out[rows] = net(batch.to(device), mask.to(device)).float().cpu().numpy()
    return out
