"""Integrated gradients end: however crooked the path, however long the text, whatever is no number."""

import numpy as np
import pytest
import torch

from sadari.nets.bert.integrated_gradients import MOST_PIECES, MOST_TOKENS, POINTS, integrated_gradients


class Leaps:
    """A net whose logits leap at a thousand places on the way, with slopes that know nothing of it."""

    def __init__(self, size=1e30):
        self.size, self.asked, self.largest = size, 0, 0

    def embed(self, ids):
        return ids[..., None].float()

    def from_embeddings(self, embedded, mask):
        self.asked += len(embedded)
        if torch.is_grad_enabled():
            self.largest = max(self.largest, embedded[..., 0].numel())
        total = embedded.sum(dim=(1, 2))
        leaps = torch.sign(torch.sin(total.detach() * 1000)) * self.size
        return torch.stack([total + leaps, total], dim=1)


@pytest.mark.parametrize("length", [1, 7, 512])
def test_a_path_of_nothing_but_leaps_ends(length):
    net = Leaps()
    values, bias = integrated_gradients(net, torch.ones(length, dtype=torch.int64))
    assert values.shape == (length, 2)
    assert np.isfinite(values).all()
    assert np.isfinite(bias).all()
    assert net.asked <= 2 + MOST_PIECES * (POINTS + 2)  # ends, points and the two ends of every piece
    assert net.largest <= max(MOST_TOKENS, POINTS * length)


@pytest.mark.parametrize("size", [float("inf"), float("nan")])
def test_what_is_no_number_counts_as_nothing(size):
    values, bias = integrated_gradients(Leaps(size), torch.ones(3, dtype=torch.int64))
    assert np.isfinite(values).all()
    assert np.isfinite(bias).all()


def test_a_straight_path_is_looked_at_once():
    net = Leaps(0.0)
    values, _ = integrated_gradients(net, torch.ones(5, dtype=torch.int64), pieces=4)
    assert np.allclose(values, 1)
    assert net.asked == 2 + 4 * (POINTS + 2)
