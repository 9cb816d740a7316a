"""The compiled loops give the logits of the torch modules, on the same memory."""

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rungs_headlines import headlines, some
from sadari.nets.bag import LinearBag, MeanBag
from sadari.nets.compiled import linear_logits, mean_logits
from sadari.ragged import Ragged
from sadari.rungs import BagOfWords, EmbeddingBag, TfIdf

TEXTS = headlines(part="test")[0].head(50)
BAGS = st.lists(st.lists(st.integers(-1, 19), max_size=12), min_size=1, max_size=6)


@pytest.mark.parametrize("rung", [BagOfWords(), TfIdf(), TfIdf(buckets=2**12), BagOfWords(solver="adam")])
def test_the_torch_module_of_a_linear_rung_gives_its_logits(rung):
    rung.fit(*some(200))
    texts = pl.concat([TEXTS, pl.Series(["", "zzzz qqqq"])])
    counts, values = rung.weighed(texts)
    with torch.no_grad():
        logits = rung.net_(
            torch.from_numpy(counts.ids).long(), torch.from_numpy(counts.offsets[:-1]), torch.from_numpy(values)
        )
    np.testing.assert_allclose(rung.decision_function(texts), logits.numpy(), atol=1e-5)


def test_the_torch_module_of_embedding_bag_gives_its_logits():
    rung = EmbeddingBag().fit(*some(200))
    texts = pl.concat([TEXTS, pl.Series(["", "zzzz qqqq"])])
    content, offsets = rung.features(texts).bag()
    with torch.no_grad():
        logits = rung.net_(content, offsets)
    np.testing.assert_allclose(rung.decision_function(texts), logits.numpy(), atol=1e-5)


def test_a_rung_and_its_net_share_their_memory():
    linear, bag = BagOfWords().fit(*some(60)), EmbeddingBag().fit(*some(60))
    pairs = [
        (linear.weight_, linear.net_.weight),
        (linear.bias_, linear.net_.bias),
        (bag.embedding_, bag.net_.embedding.weight),
        (bag.output_, bag.net_.output.weight),
    ]
    for array, parameter in pairs:
        assert parameter.requires_grad
        with torch.no_grad():
            parameter[:] = 0.25
        assert (array == 0.25).all()


def test_the_net_says_its_true_size_and_draws_no_random_numbers():
    rung = EmbeddingBag().fit(*some(60))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    net = rung.net_
    assert torch.equal(before, torch.get_rng_state())
    assert net.embedding.num_embeddings == len(rung.embedding_)
    assert not any(parameter.is_meta for parameter in net.parameters())


@settings(max_examples=50, deadline=None)
@given(BAGS, st.integers(2, 5), st.integers(1, 9), st.integers(0, 999))
def test_mean_logits_of_any_bags(bags, labels, width, seed):
    random = np.random.default_rng(seed)
    embedding = random.normal(size=(20, width)).astype(np.float32)
    output = random.normal(size=(labels, width)).astype(np.float32)
    found = Ragged.from_lists(bags)
    out = np.empty((len(bags), labels), np.float32)
    mean_logits(found.values, found.offsets, embedding, output, out)
    content, offsets = found.known().bag()
    with torch.no_grad():
        wanted = MeanBag.sharing(embedding, output)(content, offsets)
    np.testing.assert_allclose(out, wanted.numpy(), atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(BAGS, st.integers(2, 5), st.integers(0, 999))
def test_linear_logits_of_any_counts(bags, labels, seed):
    random = np.random.default_rng(seed)
    found = Ragged.from_lists([[i for i in bag if i >= 0] for bag in bags])
    weight = random.normal(size=(20, labels)).astype(np.float32)
    bias = random.normal(size=labels).astype(np.float32)
    feature_scale, row_scale = random.random(20).astype(np.float32), random.random((len(bags), 2)).astype(np.float32)
    tf = np.arange(10, dtype=np.float32) ** 0.5
    counts = random.integers(1, 10, len(found.values)).astype(np.uint16)
    out = np.empty((len(bags), labels), np.float32)
    linear_logits(found.values, counts, found.offsets, tf, feature_scale, row_scale, 8, weight, bias, out)
    values = (
        tf[counts]
        * feature_scale[found.values]
        * np.repeat(row_scale, found.lengths, axis=0)[np.arange(len(counts)), (found.values >= 8).astype(int)]
    )
    content, offsets = found.bag()
    with torch.no_grad():
        wanted = LinearBag.sharing(weight, bias)(content, offsets, torch.from_numpy(values))
    np.testing.assert_allclose(out, wanted.numpy(), atol=1e-5)
