"""Windows of a text, the state that is carried between them, and scores on held-out text."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from sadari.errors import DataError
from sadari.nets.generator import RecurrentGenerator, TransformerGenerator
from sadari.train.loop import CarriesState, Loop
from sadari.train.machine.environment import threads
from sadari.train.objectives.language_modelling import NOTHING, HeldOut, LanguageScore, LanguageTask, Shuffled, Streams
from sadari.train.optimizer import OptimizerSettings


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threads(1):
        yield


def text(length, size=11, seed=0):
    return np.random.default_rng(seed).integers(0, size, length).astype(np.int32)


def distinct(length):
    """A text in which no token stands twice, so that a place can be told by its token."""
    return np.arange(length, dtype=np.int32)


def lstm(**more):
    torch.manual_seed(0)
    return RecurrentGenerator(11, **{"hidden": 8, "layers": 2, **more})


def transformer(window=8, **more):
    torch.manual_seed(0)
    return TransformerGenerator(11, **{"width": 8, "heads": 2, "layers": 2, "context": window, **more})


SIZES = st.tuples(st.integers(2, 400), st.integers(1, 20), st.integers(1, 30)).filter(lambda s: s[0] > s[2])
LAYOUTS = [Streams, lambda ids, rows, length: Shuffled(ids, rows, length, [3, 1])]


# -- every token once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS, ids=["streams", "shuffled"])
@settings(max_examples=200, deadline=None)
@given(size=SIZES)
def test_every_token_is_learned_exactly_once_an_epoch(layout, size):
    """The course fed every character about 58 times."""
    length, rows, window = size
    seen = np.zeros(length, int)
    for part in layout(distinct(length), rows, window):
        assert part.ids.shape == part.targets.shape
        assert part.ids.shape[0] <= rows
        assert part.ids.shape[1] <= window
        learned = part.targets != NOTHING
        assert (part.targets[learned] == part.ids[learned] + 1).all()  # each after the one before it
        np.add.at(seen, part.targets[learned], 1)
    assert seen.tolist() == [0] + [1] * (length - 1)


@settings(max_examples=100, deadline=None)
@given(size=SIZES)
def test_streams_are_fed_every_token_once_and_in_order(size):
    length, rows, window = size
    streams = Streams(distinct(length), rows, window)
    read = np.concatenate([part.ids for part in streams], axis=1)
    flat = read.flatten()
    assert (flat[: length - 1] == distinct(length)[:-1]).all()
    assert [part.first for part in streams] == [True] + [False] * (len(streams) - 1)


def test_windows_are_views_of_one_array_and_not_copies():
    ids = text(10_000)
    streams = Streams(ids, 16, 50)
    parts = list(streams)
    for part in parts:
        assert np.shares_memory(part.ids, streams._ids)
        assert np.shares_memory(part.targets, streams._ids)
    assert np.shares_memory(Shuffled(ids, 4, 50, [0])._views, ids)


def test_windows_come_in_another_order_and_place_each_epoch_and_the_same_when_asked_again():
    ids = distinct(1000)
    first, again, other = (list(Shuffled(ids, 4, 32, [0, number])) for number in (1, 1, 2))
    assert all((a.ids == b.ids).all() for a, b in zip(first, again, strict=True))
    places = [{int(row[0]) % 32 for part in epoch for row in part.ids} for epoch in (first, other)]
    assert places[0] != places[1]
    assert [int(part.ids[0, 0]) for part in first] != sorted(int(part.ids[0, 0]) for part in first)


def test_batches_of_an_epoch_are_as_equal_as_can_be():
    sizes = {len(part.ids) for part in Shuffled(distinct(1000), 12, 32, [0])}
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("layout", LAYOUTS, ids=["streams", "shuffled"])
def test_a_text_shorter_than_a_window_is_refused(layout):
    assert len(layout(text(31), 4, 30)) == 1
    with pytest.raises(DataError, match=r"30 tokens .* window of 30 needs 31"):
        layout(text(30), 4, 30)


# -- losses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_the_carried_state_makes_windows_one_long_unroll(rows):
    """Truncated back-propagation cuts the gradient, and nothing else."""
    ids, net = text(100), lstm()
    task = LanguageTask(net, ids, rows, 7)
    total, weight = 0.0, 0.0
    for part in task.epoch(1):
        loss, count, _ = task.loss(net, part)
        total, weight = total + loss.item(), weight + count
    steps = -(-99 // rows)
    wanted = 0.0
    for row in range(rows):
        part = torch.from_numpy(ids[row * steps : (row + 1) * steps + 1].astype(np.int64))[None]
        wanted += functional.cross_entropy(net(part[:, :-1])[0][0], part[0, 1:], reduction="sum").item()
    assert weight == 99
    assert total == pytest.approx(wanted, rel=1e-5)


def test_an_epoch_begins_without_a_state():
    task = LanguageTask(lstm(), text(100), 2, 7)
    losses = [[task.loss(task.net, part)[0].item() for part in task.epoch(number)] for number in (1, 2)]
    assert losses[0] == losses[1]


def test_no_graph_is_kept_between_windows():
    """The course's `total_loss += loss` kept every one."""
    task = LanguageTask(lstm(), text(200), 2, 7)
    for part in task.epoch(1):
        loss, _, _ = task.loss(task.net, part)
        loss.backward()  # would fail if it reached back into the window before, whose graph is freed
    assert not task.carried()["state"].requires_grad
    record = Loop(task, OptimizerSettings(epochs=2)).run()[-1]
    assert all(isinstance(value, float) for value in record.values())


@pytest.mark.parametrize("make", [lstm, transformer])
def test_the_reported_loss_is_the_mean_over_all_tokens(make):
    """However unequal the windows are: with a rate of nothing, each epoch is the loss of the text as it is read."""
    ids, net = text(203), make()
    task = LanguageTask(net, ids, 4, 8)
    history = Loop(task, OptimizerSettings(epochs=2, learning_rate=1e-9, optimizer="sgd")).run()
    total = sum(task.loss(net, part)[0].item() for part in task.epoch(1))
    assert history[0]["loss"] == pytest.approx(total / 202, rel=1e-4)


@pytest.mark.parametrize("make", [lstm, transformer])
def test_gradients_are_those_of_the_mean_loss(make):
    ids, net = text(41), make()
    task = LanguageTask(net, ids, 4, 8)
    part = task.epoch(1)[0]
    total, weight, _ = task.loss(net, part)
    (total / weight).backward()
    found = [parameter.grad.clone() for parameter in net.parameters()]
    net.zero_grad()
    read, targets = (torch.from_numpy(array.astype(np.int64)) for array in (part.ids, part.targets))
    logits = net(read)
    logits = logits[0] if isinstance(logits, tuple) else logits
    functional.cross_entropy(logits[targets >= 0], targets[targets >= 0]).backward()
    for value, parameter in zip(found, net.parameters(), strict=True):
        assert torch.allclose(value, parameter.grad, atol=1e-6)


# -- scores -------------------------------------------------------------------------------------------------


class Counting(nn.Module):
    """Foresees by a table which token follows which, so a text's score can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(11, 11, generator=torch.Generator().manual_seed(0)))

    def forward(self, ids):
        return self.table[ids]


class CountingRecurrent(RecurrentGenerator):
    """The same, as one that carries a state."""

    def __init__(self):
        super().__init__(11, hidden=4)
        self.table = Counting().table

    def forward(self, ids, state=None):
        return self.table[ids], torch.zeros(2, len(ids), 4)


@pytest.mark.parametrize("net", [Counting(), CountingRecurrent()], ids=["windows", "carried"])
@settings(max_examples=60, deadline=None)
@given(length=st.integers(2, 3000), known=st.integers(1, 400), window=st.integers(2, 50))
def test_every_held_out_token_is_scored_once(net, length, known, window):
    known = min(known, length - 1)
    ids = text(length, seed=length)
    score = HeldOut(ids, known, characters=length).score(net, window)
    logs = net.table.detach().log_softmax(dim=1)
    wanted = -logs[torch.from_numpy(ids[known - 1 : -1]).long(), torch.from_numpy(ids[known:]).long()].mean().item()
    assert score.tokens == length - known
    assert score.loss == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("net", [Counting(), CountingRecurrent()], ids=["windows", "carried"])
def test_hidden_tokens_are_not_scored(net):
    ids = text(500)
    score = HeldOut(ids, hidden=range(2, 5)).score(net, 16)
    counted = (ids[1:] < 2) | (ids[1:] >= 5)
    logs = net.table.detach().log_softmax(dim=1)
    losses = -logs[torch.from_numpy(ids[:-1]).long(), torch.from_numpy(ids[1:]).long()].numpy()
    assert score.tokens == counted.sum()
    assert score.loss == pytest.approx(losses[counted].mean(), rel=1e-4)


@pytest.mark.parametrize("known", [1, 200])
def test_a_carried_score_is_that_of_one_long_unroll(known):
    """Streams read beforehand what stands before them: what a state of 256 tokens ago still says is not heard."""
    net, ids = lstm(), torch.from_numpy(text(4000).astype(np.int64))
    with torch.no_grad():
        logits, _ = net(ids[None, :-1])
        wanted = functional.cross_entropy(logits[0, known - 1 :], ids[known:]).item()
    assert HeldOut(ids.numpy().astype(np.int32), known).score(net, 8).loss == pytest.approx(wanted, abs=1e-4)


def test_scores_are_what_they_are_called():
    score = LanguageScore(loss=1.2, tokens=500, characters=2000)
    assert score.perplexity == pytest.approx(math.exp(1.2))
    assert score.bits_per_character == pytest.approx(1.2 * 500 / math.log(2) / 2000)
    assert next(iter(score.record().items())) == ("validation_log_likelihood", -1.2)
    assert "perplexity" in LanguageScore(1.2, 500, None).record()
    assert LanguageScore(1e9, 5, 5).perplexity < math.inf


# -- the run ------------------------------------------------------------------------------------------------


def task_of(make, held_out=True):
    ids = text(400)
    return LanguageTask(make(), ids[:300], 3, 8, seed=1, held_out=HeldOut(ids[250:], 50) if held_out else None)


@pytest.mark.parametrize("make", [lstm, transformer])
def test_validation_is_a_record_of_the_loop_and_disturbs_nothing(make):
    scored, alone = task_of(make), task_of(make, held_out=False)
    histories = [Loop(task, OptimizerSettings(epochs=2, validations=5)).run() for task in (scored, alone)]
    assert ["validation_loss" in record for record in histories[0]] == [True] * 5
    assert [a["loss"] for a in histories[0]] == [b["loss"] for b in histories[1]]


def test_what_is_carried_is_given_back_to_the_bit():
    task, other = task_of(lstm), task_of(lstm)
    assert isinstance(task, CarriesState)
    assert task.carried() == {}
    windows = task.epoch(1)
    for part in (windows[0], windows[1]):
        task.loss(task.net, part)
    other.restore({name: value.clone() for name, value in task.carried().items()})
    assert task.loss(task.net, windows[2])[0].item() == other.loss(other.net, windows[2])[0].item()
    other.restore({})
    assert other.carried() == {}


def test_a_transformer_carries_nothing():
    task = task_of(transformer)
    task.loss(task.net, task.epoch(1)[0])
    assert task.carried() == {}
