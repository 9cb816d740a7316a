"""Recurrent nets, their poolings and the written-out LSTM cell, against torch's own and by what must hold of them."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sadari.nets.cells import LSTMCell
from sadari.nets.embedded_text import drop_tokens
from sadari.nets.pooling import at_last, masked_max, masked_mean, reverse
from sadari.nets.recurrent import CELLS, Recurrent, RecurrentClassifier

LENGTHS = torch.tensor([5, 1, 7, 3])
MASK = torch.arange(7) < LENGTHS[:, None]


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def torchs_own(ours: Recurrent, cell: str, width: int, hidden: int, layers: int, bidirectional: bool) -> nn.RNNBase:
    """torch's net with the same weights."""
    theirs = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](
        width, hidden, num_layers=layers, bidirectional=bidirectional, batch_first=True
    )
    state = {}
    for layer in range(layers):
        for direction in range(1 + bidirectional):
            for name, value in ours.layers[layer][direction].state_dict().items():
                state[f"{name.removesuffix('_l0')}_l{layer}{'_reverse' * direction}"] = value
    theirs.load_state_dict(state)
    return theirs


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_states_are_those_of_torch_on_packed_input(cell, layers, bidirectional, packed):
    torch.manual_seed(1)
    ours = Recurrent(cell, 6, 4, layers=layers, bidirectional=bidirectional, packed=packed)
    theirs = torchs_own(ours, cell, 6, 4, layers, bidirectional)
    inputs = numbers(4, 7, 6)
    states, last = ours(inputs, LENGTHS)
    out, ends = theirs(pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False))
    wanted, _ = pad_packed_sequence(out, batch_first=True)
    assert torch.allclose(states[MASK], wanted[MASK], atol=1e-6)
    if packed:  # what is packed away is not run over at all
        assert float(states[~MASK].detach().abs().max()) == 0
    top = (ends[0] if cell == "lstm" else ends)[-(1 + bidirectional) :]  # h of the top layer, each direction
    assert torch.allclose(last, torch.cat(list(top), dim=-1), atol=1e-6)


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("pooling", ["mean", "max", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_packed_and_padded_give_the_same_logits(cell, pooling, bidirectional):
    torch.manual_seed(1)
    padded = RecurrentClassifier(
        50, 3, cell=cell, embed_dim=8, hidden=6, layers=2, pooling=pooling, bidirectional=bidirectional
    )
    packed = copy.deepcopy(padded)
    packed.recurrent.packed = True
    ids = torch.randint(2, 50, (4, 7), generator=torch.Generator().manual_seed(0))
    assert torch.allclose(padded(ids, MASK), packed(ids, MASK), atol=1e-6)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", ["mean", "max", "last"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_in_the_padding_is_never_read(bidirectional, pooling, packed):
    """The course averaged padding in, and read the state after it: 0.537 where 0.781 was to be had."""
    torch.manual_seed(1)
    net = RecurrentClassifier(50, 3, layers=2, pooling=pooling, bidirectional=bidirectional, packed=packed)
    embedded = numbers(4, 7, 64)
    noisy = torch.where(MASK.unsqueeze(-1), embedded, 100 * numbers(4, 7, 64, seed=1))
    assert torch.allclose(net.from_embeddings(embedded, MASK), net.from_embeddings(noisy, MASK), atol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "max", "last"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_empty_text_gives_the_output_layers_bias(pooling, packed, bidirectional):
    net = RecurrentClassifier(50, 3, pooling=pooling, packed=packed, bidirectional=bidirectional)
    ids, mask = torch.tensor([[5, 6, 7], [1, 1, 1]]), torch.tensor([[True] * 3, [False] * 3])
    logits = net(ids, mask)
    assert torch.isfinite(logits).all()
    assert torch.allclose(logits[1], net.output.bias)
    alone = net(torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, 0, dtype=torch.bool))
    assert torch.allclose(alone[0], net.output.bias)


def test_a_forward_layer_sees_no_later_token():
    net = Recurrent("lstm", 6, 4, layers=2)
    inputs = numbers(1, 7, 6)
    changed = inputs.clone()
    changed[:, 4:] = 9.0
    lengths = torch.tensor([7])
    assert torch.equal(net(inputs, lengths)[0][:, :4], net(changed, lengths)[0][:, :4])


# -- the LSTM's inner life --------------------------------------------------------------------------------


def test_the_written_out_cell_is_torchs_lstm():
    torch.manual_seed(2)
    lstm = nn.LSTM(5, 4, batch_first=True)
    tokens = numbers(9, 5)
    trace = LSTMCell.of(lstm).trace(tokens)
    states, (hidden, cell) = lstm(tokens.unsqueeze(0))
    assert torch.allclose(trace.hidden, states[0], atol=1e-6)
    assert torch.allclose(trace.hidden[-1], hidden[0, 0], atol=1e-6)
    assert torch.allclose(trace.cell[-1], cell[0, 0], atol=1e-6)


def test_gates_are_shares_and_make_the_states():
    trace = LSTMCell.of(nn.LSTM(5, 4)).trace(numbers(9, 5))
    for gate in (trace.input, trace.forget, trace.output):
        assert gate.shape == (9, 4)
        assert ((gate > 0) & (gate < 1)).all()
    assert (trace.candidate.abs() < 1).all()
    before = torch.cat([torch.zeros(1, 4), trace.cell[:-1]])
    assert torch.allclose(trace.cell, trace.forget * before + trace.input * trace.candidate, atol=1e-6)
    assert torch.allclose(trace.hidden, trace.output * torch.tanh(trace.cell), atol=1e-6)


def test_the_trace_of_no_token():
    trace = LSTMCell.of(nn.LSTM(5, 4)).trace(torch.zeros(0, 5))
    assert trace.hidden.shape == trace.input.shape == (0, 4)


# -- poolings ---------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.integers(0, 2**31))
def test_poolings_are_those_of_each_text_alone(lengths, seed):
    width = max(lengths)
    states = numbers(len(lengths), width, 3, seed=seed)
    sizes = torch.tensor(lengths)
    mask = torch.arange(width) < sizes[:, None]
    if width == 0:
        return
    mean, largest, last = masked_mean(states, mask), masked_max(states, mask), at_last(states, sizes)
    for row, length in enumerate(lengths):
        own = states[row, :length]
        wanted = [own.mean(0), own.amax(0), own[-1]] if length else [torch.zeros(3)] * 3
        for got, want in zip((mean[row], largest[row], last[row]), wanted, strict=True):
            assert torch.allclose(got, want, atol=1e-6)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_reverse_turns_each_text_and_leaves_its_padding(lengths):
    width = max(lengths)
    ids = torch.arange(len(lengths) * width).view(len(lengths), width)
    sizes = torch.tensor(lengths)
    turned = reverse(ids, sizes)
    for row, length in enumerate(lengths):
        assert turned[row].tolist() == ids[row, :length].flip(0).tolist() + ids[row, length:].tolist()
    assert torch.equal(reverse(turned, sizes), ids)
    states = numbers(len(lengths), width, 2)
    assert torch.equal(reverse(reverse(states, sizes), sizes), states)


def test_dropped_tokens_are_whole_and_as_many_as_asked():
    embedded = torch.ones(200, 50, 3)
    torch.manual_seed(0)
    kept = drop_tokens(embedded, 0.3, training=True)
    whole = kept.sum(-1)
    assert set(whole.unique().tolist()) == {0.0, 3.0}
    assert float((whole == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert drop_tokens(embedded, 0.3, training=False) is embedded


def test_the_number_of_parameters():
    """An LSTM has four gates: 4 · hidden · (width + hidden + 2)."""
    for cell, gates in (("rnn", 1), ("gru", 3), ("lstm", 4)):
        net = RecurrentClassifier(100, 4, cell=cell, embed_dim=64, hidden=32)
        count = sum(np.prod(value.shape) for value in net.state_dict().values())
        assert count == 100 * 64 + gates * 32 * (64 + 32 + 2) + 32 * 4 + 4
