"""Nets that write: against torch's own, and by what must hold of them, whatever they learned."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from precisions import needs
from sadari.nets.generator import RecurrentGenerator, TransformerGenerator
from sadari.train.machine.environment import threads

IDS = torch.randint(0, 11, (3, 9), generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threads(1):
        yield


RECURRENT = {
    "lstm, one-hot": {"cell": "lstm"},
    "lstm": {"cell": "lstm", "embed_dim": 6, "layers": 2},
    "gru": {"cell": "gru", "embed_dim": 6, "layers": 2},
    "gru, one-hot": {"cell": "gru"},
}
TRANSFORMERS = {"tied": {"tied": True}, "untied": {"tied": False}}


def recurrent(name, **more):
    torch.manual_seed(0)
    return RecurrentGenerator(11, **{"hidden": 8, **RECURRENT[name], **more}).eval()


def transformer(name="tied", **more):
    torch.manual_seed(0)
    net = TransformerGenerator(11, **{"width": 8, "heads": 2, "layers": 2, "context": 16, **TRANSFORMERS[name], **more})
    with torch.no_grad():  # large enough that tokens matter
        for parameter in net.parameters():
            if parameter.dim() == 2:
                parameter.mul_(15)
    return net.eval()


def every():
    return {**{name: recurrent(name) for name in RECURRENT}, **{name: transformer(name) for name in TRANSFORMERS}}


EVERY = pytest.mark.parametrize("name", [*RECURRENT, *TRANSFORMERS])


def logits_of(net, ids):
    found = net(ids)
    return found[0] if isinstance(found, tuple) else found


# -- the course's model -------------------------------------------------------------------------------------


def test_the_courses_model_has_43860_parameters_on_84_characters():
    net = RecurrentGenerator(84, hidden=64)
    wanted = nn.LSTM(84, 64), nn.Linear(64, 84)
    count = sum(parameter.numel() for parameter in net.parameters())
    assert count == 43_860 == sum(parameter.numel() for part in wanted for parameter in part.parameters())


def test_the_courses_model_is_torchs_lstm_on_one_hot_rows():
    torch.manual_seed(3)
    lstm, linear = nn.LSTM(84, 64, batch_first=True), nn.Linear(64, 84)
    net = RecurrentGenerator(84, hidden=64)
    net.layers[0].load_state_dict(lstm.state_dict())
    net.output.load_state_dict(linear.state_dict())
    ids = torch.randint(0, 84, (4, 20))
    states, (hidden, cell) = lstm(functional.one_hot(ids, 84).float())
    logits, state = net(ids)
    assert torch.allclose(logits, linear(states), atol=1e-6)
    assert torch.allclose(state, torch.cat([hidden, cell]), atol=1e-6)


def test_one_hot_input_is_an_embedding_of_the_identity():
    one_hot = recurrent("lstm, one-hot")
    torch.manual_seed(1)
    embedded = RecurrentGenerator(11, hidden=8, embed_dim=11).eval()
    embedded.load_state_dict({**one_hot.state_dict(), "embedding.weight": torch.eye(11)})
    assert torch.allclose(one_hot(IDS)[0], embedded(IDS)[0], atol=1e-6)


@pytest.mark.parametrize("size", [84, 2000])
def test_the_first_loss_is_near_that_of_guessing(size):
    """ln 84 = 4.43."""
    ids = torch.randint(0, size, (8, 50), generator=torch.Generator().manual_seed(0))
    for net in (RecurrentGenerator(size, hidden=64), TransformerGenerator(size, width=64, context=64)):
        loss = functional.cross_entropy(logits_of(net, ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        assert loss.item() == pytest.approx(math.log(size), abs=0.05)


# -- what must hold -----------------------------------------------------------------------------------------


@EVERY
def test_a_later_token_does_not_change_what_was_said_before(name):
    net, changed = every()[name], IDS.clone()
    changed[:, 5] = (changed[:, 5] + 1) % 11
    before, after = logits_of(net, IDS), logits_of(net, changed)
    assert torch.allclose(before[:, :5], after[:, :5], atol=1e-6)
    assert (before[:, 5:] - after[:, 5:]).abs().max() > 1e-3


@EVERY
def test_a_text_is_read_the_same_alone_and_in_a_batch(name):
    net = every()[name]
    together = logits_of(net, IDS)
    for row in range(len(IDS)):
        assert torch.allclose(together[row], logits_of(net, IDS[row : row + 1])[0], atol=1e-5)


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("cuts", [[4], [1, 2, 3], [8], list(range(1, 9))])
def test_a_state_carried_on_gives_what_one_long_unroll_gives(name, cuts):
    net = recurrent(name)
    whole, end = net(IDS)
    parts, state = [], None
    for start, stop in zip([0, *cuts], [*cuts, 9], strict=True):
        logits, state = net(IDS[:, start:stop], state)
        parts.append(logits)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)
    assert torch.allclose(state, end, atol=1e-5)


@needs("bf16", "lstm")
def test_under_autocast_a_state_is_carried_to_the_bit():
    net = recurrent("lstm")
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        _, state = net(IDS)
        assert state.dtype == torch.float32
        assert torch.equal(state, state.bfloat16().float())


@EVERY
@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_what_is_kept_makes_no_difference(name, lengths):
    """Token by token or in portions, with or without a cache, within the context."""
    net, total = every()[name], sum(lengths)
    ids = torch.randint(0, 11, (2, total), generator=torch.Generator().manual_seed(total))
    if isinstance(net, TransformerGenerator):
        net = transformer(name, context=64)
    kept, anew = net.stepper(), net.stepper(cached=False)
    start = 0
    with torch.no_grad():
        whole = logits_of(net, ids)
        for length in lengths:
            part = ids[:, start : start + length]
            start += length
            logits = kept.read(part)
            assert torch.allclose(logits, anew.read(part), atol=1e-4)
            assert torch.allclose(logits, whole[:, start - 1], atol=1e-4)


@pytest.mark.parametrize("context", [2, 3, 4, 7, 8])
@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(1, 11), min_size=1, max_size=8))
def test_a_full_window_moves_on_in_the_same_way_however_it_is_read(context, lengths):
    """Portions, single tokens and no cache agree; and so does reading just the window."""
    net = transformer(context=context)
    ids = torch.randint(0, 11, (2, sum(lengths)), generator=torch.Generator().manual_seed(1))
    portions, single, anew = net.stepper(), net.stepper(), net.stepper(cached=False)
    start = 0
    with torch.no_grad():
        for length in lengths:
            part = ids[:, start : start + length]
            by_portion, by_all = portions.read(part), anew.read(part)
            for token in part.T:
                one = single.step(token)
            start += length
            first = single.first_in_window(start - 1)
            window = net(ids[:, first:start])[:, -1]
            assert 1 <= start - first <= context
            for logits in (by_portion, by_all, one):
                assert torch.allclose(logits, window, atol=1e-4)


def test_a_window_that_moves_on_keeps_half():
    stepper = transformer(context=8).stepper()
    firsts = [stepper.first_in_window(token) for token in range(21)]
    assert firsts == [0] * 8 + [4] * 4 + [8] * 4 + [12] * 4 + [16]


@EVERY
@pytest.mark.parametrize("cached", [True, False])
def test_steps_go_on_with_the_texts_that_are_selected(name, cached):
    net, rows = every()[name], torch.tensor([2, 2, 0, 1])
    stepper, last = net.stepper(cached=cached), torch.tensor([1, 2, 3, 4])
    with torch.no_grad():
        stepper.read(IDS)
        stepper.select(rows)
        found = stepper.step(last)
        wanted = logits_of(net, torch.cat([IDS[rows], last[:, None]], dim=1))[:, -1]
    assert torch.allclose(found, wanted, atol=1e-4)


def test_tied_weights_are_the_embeddings():
    tied, untied = transformer("tied"), transformer("untied")
    assert "output.weight" not in tied.state_dict()
    assert sum(p.numel() for p in untied.parameters()) - sum(p.numel() for p in tied.parameters()) == 11 * 8
    untied.load_state_dict({**tied.state_dict(), "output.weight": tied.embedding.weight})
    assert torch.equal(tied(IDS), untied(IDS))


@EVERY
def test_one_batch_can_be_learned_by_heart(name):
    torch.manual_seed(0)
    net = (
        RecurrentGenerator(11, hidden=48, **{key: value for key, value in RECURRENT[name].items() if key != "layers"})
        if name in RECURRENT
        else TransformerGenerator(11, width=32, heads=2, layers=2, context=16, **TRANSFORMERS[name])
    )
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(250):
        loss = functional.cross_entropy(logits_of(net, IDS[:, :-1]).flatten(0, 1), IDS[:, 1:].flatten())
        adam.zero_grad()
        loss.backward()
        adam.step()
    # the first tokens of two texts may be alike, and what follows not
    assert loss.item() < 0.15


def test_dropout_falls_in_training_alone():
    for net in (recurrent("lstm", dropout=0.5), transformer(dropout=0.5)):
        assert torch.equal(logits_of(net, IDS), logits_of(net, IDS))
        net.train()
        assert not torch.equal(logits_of(net, IDS), logits_of(net, IDS))
