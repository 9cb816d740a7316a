"""Integrated gradients: what each token of a text adds to each logit of a net."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

STEPS = 64


class FromEmbeddings(Protocol):
    """A net that can be entered behind its embedding."""

    def embed(self, ids: torch.Tensor) -> torch.Tensor: ...

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor: ...


def integrated_gradients(
    net: FromEmbeddings, ids: torch.Tensor, *, steps: int = STEPS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each token adds to each logit (Sundararajan, Taly & Yan 2017).

    The path leads from embeddings of zero to the text's own in a straight line, sampled at ``steps`` Gauss-Legendre
    points. Contributions and the logits at zero sum to the text's logits (completeness), but for the sampling: the
    tests hold that to a thousandth.

    Args:
        net: in evaluation mode.
        ids: int64 [length], on the net's device.

    Returns:
        the contributions float64 [length, k], and the logits float64 [k] where every embedding is zero.
    """
    mask = torch.ones(1, len(ids), dtype=torch.bool, device=ids.device)
    with torch.no_grad():
        embedded = net.embed(ids.unsqueeze(0))
        start = net.from_embeddings(torch.zeros_like(embedded), mask)[0].double().cpu().numpy()
    if len(ids) == 0:
        return np.zeros((0, len(start))), start
    points, weights = np.polynomial.legendre.leggauss(steps)
    along = torch.tensor((points + 1) / 2, dtype=embedded.dtype, device=ids.device).view(-1, 1, 1)
    share = torch.tensor(weights / 2).view(-1, 1, 1)
    path = (along * embedded).requires_grad_(True)
    columns = []
    # cuDNN's recurrent kernels have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        logits = net.from_embeddings(path, mask.expand(steps, -1))
        for label in range(len(start)):
            (gradient,) = torch.autograd.grad(logits[:, label].sum(), path, retain_graph=label + 1 < len(start))
            mean = (gradient.double().cpu() * share).sum(dim=0)
            columns.append((mean * embedded[0].double().cpu()).sum(dim=1).numpy())
    return np.stack(columns, axis=1), start
