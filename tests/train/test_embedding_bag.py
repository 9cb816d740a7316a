"""fastText's loop against the same steps by torch's EmbeddingBag and SGD."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rungs_headlines import some
from sadari.nets.bag import MeanBag
from sadari.ragged import Ragged
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.tokens.tokenize import tokenizer
from sadari.train.labels import LabelCodec
from sadari.train.solvers.embedding_bag import BagSettings, train_bag

ROWS, WIDTH = 40, 8
PLAIN = {"epochs": 3, "learning_rate": 0.3, "dropout": 0.0, "label_smoothing": 0.0, "multilabel": False, "seed": 4}


def problem(labels=None, rows=ROWS):
    """Features, targets, and weights to start from."""
    texts, own = some(rows)
    vectors = HashedVectors(tokenizer("basic_english"), longest=2, buckets=2**10)
    features = vectors.fit(texts)
    _, targets = LabelCodec.learn(own if labels is None else labels)
    random = np.random.default_rng(0)
    embedding = random.normal(0, 0.1, (vectors.size, WIDTH)).astype(np.float32)
    output = random.normal(0, 0.1, (targets.shape[1], WIDTH)).astype(np.float32)
    return features, targets, embedding, output


def with_torch(features, targets, costs, embedding, output, optimizer_settings):
    """The same training, step by step; the mean loss of each epoch, and how many steps were shortened."""
    net = MeanBag.sharing(embedding, output)
    order = np.random.default_rng(optimizer_settings.seed)
    steps, step, short, history = optimizer_settings.epochs * len(features), 0, 0, []
    labels = targets.shape[1]
    for _ in range(optimizer_settings.epochs):
        total = 0.0
        rows = order.permutation(len(features))
        order.integers(1, 2**63)  # the loop draws its dropout's seed from the same stream
        for row in rows:
            ids = torch.from_numpy(features[int(row)]).long()
            logits = net(ids, torch.tensor([0]))[0]
            target = torch.from_numpy(targets[row]).float()
            if optimizer_settings.multilabel:
                wanted = (1 - optimizer_settings.label_smoothing) * target + optimizer_settings.label_smoothing / 2
                loss = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="sum")
                plain = functional.binary_cross_entropy_with_logits(logits, target, reduction="sum")
            else:
                wanted = (1 - optimizer_settings.label_smoothing) * target + optimizer_settings.label_smoothing / labels
                loss = -(wanted * logits.log_softmax(0)).sum()
                plain = -(target * logits.log_softmax(0)).sum()
            rate = optimizer_settings.learning_rate * float(costs[row])
            with torch.no_grad():
                hidden = net.embedding(ids, torch.tensor([0]))
                most = float(hidden.square().sum() + net.output.weight.square().sum(1).max() / len(ids))
            short += rate > 3 / most
            rate = min(rate, 3 / most) * (1 - step / steps)
            net.zero_grad()
            loss.backward()
            with torch.no_grad():
                for weight in net.parameters():
                    weight -= rate * weight.grad
            total, step = total + float(costs[row]) * float(plain.detach()), step + 1
        history.append(total / len(features))
    return history, short


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({}, "one"),
        ({"label_smoothing": 0.2}, "one"),
        ({"learning_rate": 30.0}, "one"),
        ({"multilabel": True}, "several"),
        ({"multilabel": True, "label_smoothing": 0.1}, "several"),
    ],
)
def test_same_steps_as_torch(changes, labels):
    own = some(ROWS)[1]
    given = None if labels == "one" else [(label, "odd") if row % 2 else (label,) for row, label in enumerate(own)]
    features, targets, embedding, output = problem(given)
    costs = np.random.default_rng(1).uniform(0.5, 2, ROWS).astype(np.float32)
    optimizer_settings = BagSettings(**{**PLAIN, **changes})
    theirs = embedding.copy(), output.copy()
    wanted, short = with_torch(features, targets, costs, *theirs, optimizer_settings)
    assert (short > 0) == (optimizer_settings.learning_rate > 1)
    history = train_bag(features, targets, costs, embedding, output, optimizer_settings)
    np.testing.assert_allclose(embedding, theirs[0], atol=1e-4)
    np.testing.assert_allclose(output, theirs[1], atol=1e-4)
    np.testing.assert_allclose([record["loss"] for record in history], wanted, rtol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=5), min_size=2, max_size=8),
    st.sampled_from([0.1, 1.0, 30.0, 1000.0]),
    st.sampled_from([1e-6, 1.0, 100.0, 1e6]),
    st.booleans(),
)
def test_no_rate_and_no_cost_makes_it_diverge(bags, rate, cost, multilabel):
    random = np.random.default_rng(0)
    features, targets = Ragged.from_lists(bags), np.eye(2, dtype=np.int8)[np.arange(len(bags)) % 2]
    embedding, output = random.normal(0, 1, (5, WIDTH)).astype(np.float32), np.zeros((2, WIDTH), np.float32)
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 200, "learning_rate": rate, "multilabel": multilabel})
    train_bag(features, targets, np.full(len(bags), cost, np.float32), embedding, output, optimizer_settings)
    assert np.abs(embedding).max() < 1e6
    assert np.abs(output).max() < 1e6


def test_unknown_ids_are_skipped():
    features, targets, embedding, output = problem()
    holes = [[-1, *ids.tolist(), -1] for ids in features]
    again = embedding.copy(), output.copy()
    costs = np.ones(ROWS, np.float32)
    train_bag(features, targets, costs, embedding, output, BagSettings(**PLAIN))
    train_bag(Ragged.from_lists(holes), targets, costs, *again, BagSettings(**PLAIN))
    assert np.array_equal(embedding, again[0])


def test_one_batch_can_be_overfitted():
    features, targets, embedding, output = problem(rows=16)
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 100, "learning_rate": 1.0})
    history = train_bag(features, targets, np.ones(16, np.float32), embedding, output, optimizer_settings)
    assert history[-1]["loss"] < 0.01


def test_the_first_loss_is_that_of_knowing_nothing():
    features, targets, embedding, output = problem()
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 1, "learning_rate": 1e-9})
    history = train_bag(features, targets, np.ones(ROWS, np.float32), embedding, 0 * output, optimizer_settings)
    assert history[0]["loss"] == pytest.approx(np.log(4), abs=1e-5)


def test_loss_is_a_mean_over_the_texts_that_dropout_left():
    """One feature a text, and nine in ten are dropped: the loss of the others is still the loss of one text."""
    rows = 4000
    features = Ragged(np.zeros(rows, np.int32), np.arange(rows + 1))
    targets = np.tile(np.eye(2, dtype=np.int8), (rows // 2, 1))
    embedding, output = np.zeros((1, WIDTH), np.float32), np.zeros((2, WIDTH), np.float32)
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 1, "dropout": 0.9})
    history = train_bag(features, targets, np.ones(rows, np.float32), embedding, output, optimizer_settings)
    assert history[0]["loss"] == pytest.approx(np.log(2), abs=1e-5)


def test_dropout_leaves_out_its_share_of_features():
    """Each step moves the rows of the features that it saw: with as many features as steps need, half of them stay."""
    rows, each = 200, 50
    features = Ragged(np.arange(rows * each, dtype=np.int32), np.arange(rows + 1) * each)
    targets = np.tile(np.eye(2, dtype=np.int8), (rows // 2, 1))
    output = np.ones((2, WIDTH), np.float32) * np.array([[1], [-1]], np.float32)
    embedding = np.zeros((rows * each, WIDTH), np.float32)
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 1, "dropout": 0.3})
    train_bag(features, targets, np.ones(rows, np.float32), embedding, output, optimizer_settings)
    assert embedding.any(axis=1).mean() == pytest.approx(0.7, abs=0.02)


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def trained(seed):
        features, targets, embedding, output = problem()
        optimizer_settings = BagSettings(**{**PLAIN, "dropout": 0.5, "seed": seed})
        train_bag(features, targets, np.ones(ROWS, np.float32), embedding, output, optimizer_settings)
        return embedding, output

    first, again, other = trained(0), trained(0), trained(1)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_an_epoch_that_is_stopped_is_the_last():
    features, targets, embedding, output = problem()
    history = train_bag(
        features,
        targets,
        np.ones(ROWS, np.float32),
        embedding,
        output,
        BagSettings(**PLAIN),
        monitor=lambda epoch, epochs, record: epoch == 2,
    )
    assert [record["epoch"] for record in history] == [1, 2]


def test_a_heavier_label_has_to_win_against_a_handicap():
    """Trained with weights, the likeliest answer is that of a population in which labels are so much more frequent."""
    random = np.random.default_rng(0)
    features = Ragged(np.zeros(6000, np.int32), np.arange(6001))
    targets = np.eye(2, dtype=np.int8)[(random.random(6000) < 0.2).astype(int)]  # one label in five, whatever the text
    weights = np.array([1.0, 4.0])
    embedding, output = np.full((1, WIDTH), 0.5, np.float32), np.zeros((2, WIDTH), np.float32)
    optimizer_settings = BagSettings(**{**PLAIN, "epochs": 5, "learning_rate": 0.05})
    train_bag(
        features, targets, np.ones(6000, np.float32), embedding, output, optimizer_settings, label_weights=weights
    )
    odds = np.exp((output[1] - output[0]) @ embedding[0])
    share = targets[:, 1].mean()
    assert odds == pytest.approx(4 * share / (1 - share), rel=0.05)
