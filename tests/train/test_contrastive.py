"""Pairs of texts, what is drawn and in how much memory, and their loss against torch's own on one text at a time."""

import tracemalloc

import numpy as np
import pytest
import torch
from torch.nn import functional

from sadari.ragged import Ragged
from sadari.train.objectives.contrastive import ContrastiveTask, PairBatch, Pairs


def one_label(counts, seed=0):
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    return np.eye(len(counts), dtype=np.int8)[codes]


def several(rows, labels, seed=0):
    return (np.random.default_rng(seed).random((rows, labels)) < 0.3).astype(np.int8)


TARGETS = {
    "one label": one_label([7, 5, 9]),
    "one of a kind": one_label([6, 1, 1]),
    "a rare label": one_label([40, 2]),
    "several labels": several(23, 4),
    "labels that all have": np.hstack([one_label([5, 4]), np.ones((9, 1), np.int8)]),
}
EVERY = pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)


def whole(batches):
    return PairBatch(*(np.concatenate([getattr(b, name) for b in batches]) for name in ("first", "second", "alike")))


@EVERY
@pytest.mark.parametrize("size", [2, 5, 16])
def test_each_text_has_one_pair_of_either_kind_where_it_has_a_partner(targets, size):
    batches = Pairs(targets, size, seed=3).epoch(1)
    assert max(map(len, batches)) <= size
    found = whole(batches)
    shared = (targets.astype(int) @ targets.T) > 0
    assert np.array_equal(shared[found.first, found.second], found.alike)
    assert (found.first != found.second).all()
    others = ~np.eye(len(targets), dtype=bool)
    for alike, partners in ((True, shared & others), (False, ~shared & others)):
        assert sorted(found.first[found.alike == alike]) == np.flatnonzero(partners.any(axis=1)).tolist()


def test_a_pass_is_the_same_whenever_asked_and_another_one_differs():
    first, again, second, seeded = (
        whole(Pairs(TARGETS["one label"], seed=seed).epoch(number)) for number, seed in ((1, 0), (1, 0), (2, 0), (1, 1))
    )
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in ("first", "second", "alike"))
    assert not np.array_equal(first.second, second.second)
    assert not np.array_equal(first.second, seeded.second)


def test_partners_have_equal_chances():
    targets = one_label([4, 6])
    times = np.zeros((10, 10))
    for number in range(3_000):
        found = whole(Pairs(targets, 4).epoch(number))
        np.add.at(times, (found.first, found.second), 1)
    alike = (targets.astype(int) @ targets.T) > 0
    for row in range(10):
        for partners in (alike[row] & (np.arange(10) != row), ~alike[row]):
            expected = 3_000 / partners.sum()
            assert np.allclose(times[row][partners], expected, atol=5 * np.sqrt(expected)), row


def test_a_partner_that_the_batch_brings_is_taken_before_others():
    batches = Pairs(one_label([300, 300]), 16).epoch(1)
    texts = [len(set(batch.first) | set(batch.second)) for batch in batches]
    assert np.mean(texts) <= 16.5  # and not 24


def test_memory_grows_with_the_texts_and_not_with_their_pairs():
    peaks = []
    for rows in (2_000, 8_000):
        targets = one_label([rows // 4] * 4)
        tracemalloc.start()
        Pairs(targets).epoch(1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 5 * peaks[0]  # 16 times, of all pairs
    assert peaks[1] < 8_000 * 400


class Bag(torch.nn.Module):
    """The mean of a text's embeddings, bent; what is masked must count for nothing."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.layer = torch.nn.Embedding(30, 8), torch.nn.Linear(8, 6)
        self.texts = 0

    def forward(self, ids, mask):
        self.texts += len(ids)
        kept = mask[:, :, None].float()
        return torch.tanh(self.layer((self.table(ids) * kept).sum(1) / kept.sum(1)))


def small_task(targets, costs=None):
    random = np.random.default_rng(1)
    ids = Ragged.from_lists([random.integers(1, 30, random.integers(1, 40)).tolist() for _ in targets])
    costs = np.ones(len(targets), np.float32) if costs is None else costs
    return ContrastiveTask(Bag(), ids, costs, Pairs(targets, 16), 0)


@pytest.mark.parametrize("weighted", [False, True])
@EVERY
def test_loss_and_gradients_are_those_of_sentence_transformers_formula(targets, weighted):
    """CosineSimilarityLoss: ``MSELoss(cosine_similarity(u, v), label)``, each text by itself through the net."""
    costs = np.random.default_rng(2).uniform(0.5, 2, len(targets)).astype(np.float32) if weighted else None
    task = small_task(targets, costs)
    batch = task.epoch(1)[0]
    total, weight, more = task.loss(task.net, batch)
    assert (weight, more) == (len(batch), {})
    ours = torch.autograd.grad(total / weight, list(task.net.parameters()))

    def vector(row):
        ids = torch.from_numpy(task.ids.take(np.array([row])).values.astype(np.int64))[None]
        return task.net(ids, torch.ones_like(ids, dtype=torch.bool))

    u, v = (torch.cat([vector(row) for row in rows]) for rows in (batch.first, batch.second))
    misfits = functional.mse_loss(torch.cosine_similarity(u, v), torch.tensor(batch.alike).float(), reduction="none")
    wanted = (misfits * torch.tensor(task.costs[batch.first])).mean()
    torch.testing.assert_close(total / weight, wanted)
    for found, expected in zip(ours, torch.autograd.grad(wanted, list(task.net.parameters())), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-4)


def test_a_text_goes_through_the_net_once_a_batch():
    task = small_task(TARGETS["one label"])
    batch = task.epoch(1)[0]
    task.loss(task.net, batch)
    assert task.net.texts == len(set(batch.first) | set(batch.second)) < 2 * len(batch)


def test_processes_share_a_batch_and_one_without_a_share_has_a_gradient_of_nothing():
    task = small_task(TARGETS["one label"])
    batch = task.epoch(1)[0]
    parts = [batch.share(rank, 3) for rank in range(3)]
    losses = [task.loss(task.net, part) for part in parts]
    torch.testing.assert_close(sum(total for total, _, _ in losses), task.loss(task.net, batch)[0])
    assert sum(weight for _, weight, _ in losses) == len(batch)
    total, weight, _ = task.loss(task.net, batch.share(99, 100))
    total.backward()
    assert (float(total.detach()), weight) == (0.0, 0.0)
    assert not any(parameter.grad.any() for parameter in task.net.parameters())
