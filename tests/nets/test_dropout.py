"""Dropout that draws eight numbers from 64 bits."""

import pytest
import torch

from sadari.nets.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_mean_is_kept(share):
    torch.manual_seed(0)
    out = Dropout(share)(torch.ones(1000, 333))
    assert abs(float((out == 0).float().mean()) - round(share * 256) / 256) < 0.003
    assert abs(float(out.mean()) - 1) < 0.02
    assert len(out.unique()) == 2


def test_each_number_is_dropped_by_itself():
    """Neighbours share one draw of 64 bits, but no bit of it: they are dropped together as often as chance has it."""
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(200_000, 8)) > 0).float()
    correlation = torch.corrcoef(kept.T) - torch.eye(8)
    assert float(correlation.abs().max()) < 0.01
    assert float((kept.mean(dim=0) - 0.5).abs().max()) < 0.01


def test_same_seed_same_bits_and_nothing_is_dropped_when_predicting():
    layer, inputs = Dropout(0.3), torch.randn(7, 5, 3)
    torch.manual_seed(3)
    first = layer(inputs)
    torch.manual_seed(3)
    assert torch.equal(first, layer(inputs))
    assert torch.equal(layer.eval()(inputs), inputs)
    assert torch.equal(Dropout(0.0)(inputs), inputs)


def test_gradients_flow_through_what_is_kept():
    inputs = torch.randn(50, 4, requires_grad=True)
    out = Dropout(0.5)(inputs)
    out.sum().backward()
    assert torch.equal(inputs.grad != 0, out != 0)
    assert Dropout(0.5)(torch.ones(3, 0)).shape == (3, 0)
    assert Dropout(0.5)(torch.ones(9, dtype=torch.bfloat16)).dtype == torch.bfloat16
