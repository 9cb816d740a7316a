"""Which texts make a batch: every text once, little padding, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import SettingError
from sadari.train.batches import Batches

LENGTHS = st.lists(st.integers(0, 60), max_size=200).map(lambda lengths: np.array(lengths, np.int64))


@settings(deadline=None, max_examples=100)
@given(LENGTHS, st.integers(1, 20), st.integers(1, 100), st.integers(0, 2**40), st.integers(1, 5))
def test_every_text_stands_in_one_batch_and_no_batch_is_too_large(lengths, texts, tokens, seed, epoch):
    batches = Batches(lengths, texts, tokens, seed)
    for made in (batches.epoch(epoch), batches.in_order()):
        assert sorted(np.concatenate([np.empty(0, np.int64), *made]).tolist()) == list(range(len(lengths)))
        for batch in made:
            assert 1 <= len(batch) <= texts
            assert len(batch) == 1 or len(batch) * lengths[batch].max() <= tokens


@settings(deadline=None, max_examples=30)
@given(LENGTHS, st.integers(1, 20), st.integers(0, 2**40), st.integers(2, 5))
def test_processes_share_out_the_batches_of_one(lengths, texts, seed, world):
    whole = Batches(lengths, texts, 500, seed).epoch(3)
    shares = [Batches(lengths, texts, 500, seed).epoch(3, rank=rank, world=world) for rank in range(world)]
    assert all(len(share) == len(whole) for share in shares)
    for batch, parts in zip(whole, zip(*shares, strict=True), strict=True):
        assert sorted(np.concatenate(parts).tolist()) == sorted(batch.tolist())
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1


def test_an_epoch_is_the_same_whenever_asked_and_each_is_another():
    lengths = np.random.default_rng(0).integers(1, 50, 1000)
    batches = Batches(lengths, 16, 10_000, seed=4)

    def listed(made):
        return [batch.tolist() for batch in made]

    second = listed(batches.epoch(2))
    batches.epoch(7)
    assert listed(Batches(lengths, 16, 10_000, seed=4).epoch(2)) == second
    assert listed(batches.epoch(3)) != second
    assert listed(Batches(lengths, 16, 10_000, seed=5).epoch(2)) != second


def test_an_epoch_of_so_many_texts_has_as_many_and_another_has_others():
    batches = Batches(np.arange(1, 101, dtype=np.int64), 7, 10_000, seed=1, epoch_size=30)
    first, second = (np.concatenate(batches.epoch(number)) for number in (1, 2))
    assert len(set(first.tolist())) == len(first) == len(second) == 30
    assert set(first.tolist()) != set(second.tolist())
    shared = [np.concatenate(batches.epoch(1, rank=rank, world=3)) for rank in range(3)]
    assert sorted(np.concatenate(shared)) == sorted(first)
    assert len(np.concatenate(batches.in_order())) == 100
    assert len(np.concatenate(Batches(np.ones(5, np.int64), epoch_size=9).epoch(1))) == 5


def test_little_is_padding():
    lengths = np.random.default_rng(0).geometric(0.03, 20_000)
    batches = Batches(lengths, 64, 16_384, seed=0)
    padded = sum(len(batch) * lengths[batch].max() for batch in batches.epoch(1))
    assert lengths.sum() / padded > 0.9
    in_file_order = [np.arange(i, min(i + 64, 20_000)) for i in range(0, 20_000, 64)]
    assert lengths.sum() / sum(len(batch) * lengths[batch].max() for batch in in_file_order) < 0.3


def test_the_order_of_an_epoch_says_nothing_of_length():
    lengths = np.random.default_rng(0).integers(1, 100, 20_000)
    means = [lengths[batch].mean() for batch in Batches(lengths, 50, 10_000, seed=0).epoch(1)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.15


def test_a_batch_that_holds_nothing_is_refused():
    for texts, tokens in ((0, 10), (10, 0)):
        with pytest.raises(SettingError, match="holds nothing"):
            Batches(np.ones(3, np.int64), texts, tokens)
