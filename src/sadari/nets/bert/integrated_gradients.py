"""Integrated gradients: what each token of a text adds to each logit of a net."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

PIECES, POINTS = 16, 4
MOST_PIECES = 512  # of the path, however crooked it is
MOST_TOKENS = 2048  # worked on together: their gradients take memory
TOLERANCE = 5e-5  # of a piece's sum, as a share of the largest logit


class FromEmbeddings(Protocol):
    """A net that can be entered behind its embedding."""

    def embed(self, ids: torch.Tensor) -> torch.Tensor: ...

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor: ...


def integrated_gradients(
    net: FromEmbeddings, ids: torch.Tensor, *, pieces: int = PIECES, tolerance: float = TOLERANCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each token adds to each logit (Sundararajan, Taly & Yan 2017).

    The path leads from embeddings of zero to the text's own in a straight line. It is cut into pieces, each sampled at
    Gauss-Legendre points. What the tokens add on a piece must sum to what the logits rise on it: where it does not
    (max pooling has kinks), the piece is halved, and again. So contributions and the logits at zero sum to the text's
    logits (completeness) to a thousandth, which no fixed number of steps gives: 64 of them left a third.

    Weights near the largest that a model may have make a path of nothing but kinks. So no more than `MOST_PIECES` are
    looked at; then the rest is taken as it was found, and the sum is off. What is no number counts as nothing.

    Args:
        net: in evaluation mode.
        ids: int64 [length], on the net's device.
        pieces: of the path, at first.
        tolerance: by how much what a piece's tokens add may be off, as a share of the largest logit.

    Returns:
        the contributions float64 [length, k], and the logits float64 [k] where every embedding is zero.
    """
    with torch.no_grad():
        embedded = net.embed(ids.unsqueeze(0))
    ends = _along(net, embedded, np.array([0.0, 1.0]))
    total = np.zeros((len(ids), ends.shape[1]))
    if len(ids) == 0 or not np.isfinite(ends).all():
        return total, np.nan_to_num(ends[0], posinf=0.0, neginf=0.0)
    edges = np.linspace(0, 1, pieces + 1)
    starts, widths, looked_at = edges[:-1], np.diff(edges), 0
    allowed = tolerance * max(1.0, float(np.abs(ends).max()))
    while len(starts):
        looked_at += len(starts)
        last = looked_at + 2 * len(starts) > MOST_PIECES
        wrong = np.zeros(len(starts), np.bool_)
        together = max(1, MOST_TOKENS // (POINTS * len(ids)))
        for first in range(0, len(starts), together):
            some = slice(first, first + together)
            adds, off = _piece_sums(net, embedded, starts[some], widths[some])
            wrong[some] = False if last else ~(off <= allowed)  # written so that NaN is wrong
            total += np.nan_to_num(adds[~wrong[some]], posinf=0.0, neginf=0.0).sum(axis=0)
        starts, widths = starts[wrong], widths[wrong] / 2
        starts, widths = np.concatenate([starts, starts + widths]), np.concatenate([widths, widths])
    return total, ends[0]


def _piece_sums(
    net: FromEmbeddings, embedded: torch.Tensor, starts: NDArray[np.float64], widths: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each token adds on each of some pieces [pieces, length, k], and by how much the sum is off [pieces]."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    places = starts[:, None] + widths[:, None] * (points + 1) / 2
    slopes = _slopes(net, embedded, places.ravel()).reshape(len(starts), POINTS, embedded.shape[1], -1)
    adds = np.einsum("ipmk,p->imk", slopes, weights / 2) * widths[:, None, None]
    rises = _along(net, embedded, starts + widths) - _along(net, embedded, starts)
    return adds, np.abs(adds.sum(axis=1) - rises).max(axis=1)


def _path(embedded: torch.Tensor, places: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings [places, length, width] at these shares of the way, and their mask."""
    along = torch.tensor(places, dtype=embedded.dtype, device=embedded.device).view(-1, 1, 1)
    mask = torch.ones(len(places), embedded.shape[1], dtype=torch.bool, device=embedded.device)
    return along * embedded, mask


def _along(net: FromEmbeddings, embedded: torch.Tensor, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits float64 [places, k]."""
    with torch.no_grad():
        return net.from_embeddings(*_path(embedded, places)).double().cpu().numpy()


def _slopes(net: FromEmbeddings, embedded: torch.Tensor, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """How fast each logit rises along the way by each token: float64 [places, length, k]."""
    path, mask = _path(embedded, places)
    path.requires_grad_(True)
    columns = []
    # cuDNN's recurrent kernels have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        logits = net.from_embeddings(path, mask)
        for label in range(logits.shape[1]):
            last = label + 1 == logits.shape[1]
            (gradient,) = torch.autograd.grad(logits[:, label].sum(), path, retain_graph=not last)
            columns.append((gradient.double() * embedded.double()).sum(dim=2).cpu().numpy())
    return np.stack(columns, axis=2)
