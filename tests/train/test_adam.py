"""The course's recipe against a plain torch layer over dense count vectors; exact counts of texts and reports."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from rungs_headlines import some
from sadari.rungs import BagOfWords
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh
from sadari.train.labels import LabelCodec
from sadari.train.solvers.adam import AdamSettings, train_with_adam

ROWS = 100
COURSE = {
    "epochs": 2,
    "epoch_size": None,
    "batch_size": 16,
    "learning_rate": 0.01,
    "report_every": 0,
    "multilabel": False,
    "seed": 0,
}


def problem(labels=None, rows=ROWS):
    texts, own = some(rows)
    counts = CountVectors(tokenizer("basic_english")).fit(texts)
    weights = weigh(counts)
    _, targets = LabelCodec.learn(own if labels is None else labels)
    zeros = np.zeros((counts.size, targets.shape[1]), np.float32), np.zeros(targets.shape[1], np.float32)
    return counts, weights, weights.row_scale(counts), targets, zeros


def train(counts, weights, scale, targets, zeros, costs=None, monitor=None, **changes):
    costs = np.ones(len(counts), np.float32) if costs is None else costs
    optimizer_settings = AdamSettings(**{**COURSE, **changes})
    return train_with_adam(counts, weights, scale, targets, costs, *zeros, optimizer_settings, monitor=monitor)


def with_dense_vectors(counts, weights, targets, costs, optimizer_settings):
    """As the course has it: one dense vector a text, `nn.Linear`, log-softmax, NLL, Adam."""
    dense = torch.from_numpy(weights.matrix(counts).toarray())
    net = torch.nn.Linear(counts.size, targets.shape[1])
    torch.nn.init.zeros_(net.weight)
    torch.nn.init.zeros_(net.bias)
    adam = torch.optim.Adam(net.parameters(), lr=optimizer_settings.learning_rate)
    random = np.random.default_rng(optimizer_settings.seed)
    history = []
    for _ in range(optimizer_settings.epochs):
        order = random.permutation(len(counts))[: optimizer_settings.epoch_size]
        losses, right = [], 0
        for first in range(0, len(order), optimizer_settings.batch_size):
            rows = order[first : first + optimizer_settings.batch_size]
            logits = net(dense[rows])
            wanted = torch.from_numpy(targets[rows])
            if optimizer_settings.multilabel:
                loss = functional.binary_cross_entropy_with_logits(logits, wanted.float(), reduction="none").sum(1)
                right += int(((logits > 0) == (wanted > 0)).all(1).sum())
            else:
                loss = functional.nll_loss(logits.log_softmax(1), wanted.argmax(1), reduction="none")
                right += int((logits.argmax(1) == wanted.argmax(1)).sum())
            adam.zero_grad()
            (loss * torch.from_numpy(costs[rows])).mean().backward()
            adam.step()
            losses += loss.tolist()
        history.append((np.mean(losses), right / len(order)))
    return net.weight.detach().numpy().T, net.bias.detach().numpy(), history


@pytest.mark.parametrize("changes", [{}, {"epoch_size": 50}, {"multilabel": True}])
def test_same_losses_and_weights_as_dense_vectors(changes):
    own = some(ROWS)[1]
    several = [(label, "odd") if row % 2 else (label,) for row, label in enumerate(own)]
    counts, weights, scale, targets, zeros = problem(several if "multilabel" in changes else None)
    costs = np.random.default_rng(2).uniform(0.5, 2, ROWS).astype(np.float32)
    optimizer_settings = AdamSettings(**{**COURSE, **changes})
    history = train(counts, weights, scale, targets, zeros, costs, **changes)
    weight, bias, wanted = with_dense_vectors(counts, weights, targets, costs, optimizer_settings)
    np.testing.assert_allclose(zeros[0], weight, atol=1e-5)
    np.testing.assert_allclose(zeros[1], bias, atol=1e-5)
    np.testing.assert_allclose([record["loss"] for record in history], [loss for loss, _ in wanted], rtol=1e-5)
    assert [record["accuracy"] for record in history] == [accuracy for _, accuracy in wanted]


@pytest.mark.parametrize("epoch_size", [1, 15, 16, 17, 40, 99, 100, 500])
def test_epoch_size_is_an_exact_count(epoch_size):
    """The course's ``count > epoch_size`` let one batch more pass."""
    history = train(*problem(), epoch_size=epoch_size, epochs=2)
    assert [record["texts"] for record in history] == 2 * [min(epoch_size, ROWS)]
    assert [record["step"] for record in history] == 2 * [-(-min(epoch_size, ROWS) // 16)]


def test_a_report_every_n_steps_and_at_the_end():
    history = train(*problem(), epochs=2, report_every=3)  # 100 texts by 16: 7 steps
    assert [record["step"] for record in history] == [3, 6, 7, 3, 6, 7]
    assert [record["texts"] for record in history] == [48, 96, 100, 48, 96, 100]
    assert [record["epoch"] for record in history] == [1, 1, 1, 2, 2, 2]


def test_a_report_falls_on_the_last_step_once():
    history = train(*problem(), epochs=1, report_every=7)
    assert [record["step"] for record in history] == [7]


def test_the_running_loss_is_a_true_mean():
    """A sum of batch means over a count of texts printed 15.2 as 0.95; of nothing learned the loss is ln 4 at once."""
    history = train(*problem(), learning_rate=1e-9, epochs=1, report_every=1)
    for record in history:
        assert record["loss"] == pytest.approx(np.log(4), abs=1e-4)


def test_one_batch_can_be_overfitted():
    history = train(*problem(rows=16), epochs=100, learning_rate=0.05)
    assert history[-1]["loss"] < 0.02
    assert history[-1]["accuracy"] == 1


def test_a_pass_that_is_stopped_is_the_last():
    history = train(*problem(), epochs=5, monitor=lambda epoch, epochs, record: epoch == 2)
    assert [record["epoch"] for record in history] == [1, 2]


def test_the_rung_trains_by_it():
    texts, labels = some(400)
    rung = BagOfWords(solver="adam", sublinear_tf=False, norm=None, epochs=3, learning_rate=0.01, epoch_size=200)
    rung.fit(texts, labels)
    assert [record["texts"] for record in rung.history_] == [200, 200, 200]
    assert rung.history_[2]["loss"] < rung.history_[0]["loss"] < np.log(4) + 0.1
    assert rung.score(texts, labels) > 0.8


def test_adam_gives_the_same_bits_from_the_same_seed():
    texts, labels = some(ROWS)
    weights = [BagOfWords(solver="adam", seed=seed).fit(texts, labels).weight_ for seed in (0, 0, 1)]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
