"""Encoder-decoders: what must hold of them, and what they can learn."""

import pytest
import torch
from torch.nn import functional

from precisions import needs
from sadari.nets.attention import AdditiveAttention, attend, mix
from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
from sadari.nets.seq2seq.search_rows import SearchRows
from sadari.nets.seq2seq.transformer import TransformerSeq2Seq
from sadari.nets.seq2seq.vocabularies import Vocabularies
from sadari.nets.token_loss import token_loss

SMALL = {"width": 16, "dropout": 0.0}
NETS = {
    "transformer": lambda **more: TransformerSeq2Seq(20, 23, layers=2, heads=2, **SMALL, **more),
    "lstm": lambda **more: RecurrentSeq2Seq(20, 23, hidden=12, layers=2, **SMALL, **more),
    "gru": lambda **more: RecurrentSeq2Seq(20, 23, cell="gru", hidden=12, **SMALL, **more),
    "lstm, reversed": lambda **more: RecurrentSeq2Seq(
        20, 23, hidden=12, reverse_source=True, bidirectional=False, **SMALL, **more
    ),
    "lstm, no attention": lambda **more: RecurrentSeq2Seq(
        20, 23, hidden=12, attention="none", bidirectional=False, **SMALL, **more
    ),
}
EVERY = pytest.mark.parametrize("name", list(NETS))
LENGTHS = [5, 1, 7, 3]


def made(name, **more):
    torch.manual_seed(3)
    return NETS[name](**more).eval()


def batch():
    """Sources int64 [4, 7] with padding, their mask, and inputs int64 [4, 6]."""
    generator = torch.Generator().manual_seed(1)
    mask = torch.arange(7) < torch.tensor(LENGTHS)[:, None]
    sources = torch.randint(4, 20, (4, 7), generator=generator).masked_fill(~mask, 0)
    return sources, mask, torch.randint(4, 23, (4, 6), generator=generator)


@EVERY
@torch.no_grad()
def test_the_decoder_is_causal(name):
    net = made(name)
    sources, mask, inputs = batch()
    changed = inputs.clone()
    changed[:, 3:] = 4 + (changed[:, 3:] - 3) % 19
    before, after = net.logits(sources, mask, inputs), net.logits(sources, mask, changed)
    assert torch.allclose(before[:, :3], after[:, :3], atol=1e-6)
    assert not torch.allclose(before[:, 3:], after[:, 3:], atol=1e-3)


@EVERY
@torch.no_grad()
def test_a_text_alone_or_among_longer_ones(name):
    net = made(name)
    sources, mask, inputs = batch()
    together = net.logits(sources, mask, inputs)
    for row, length in enumerate(LENGTHS):
        alone = net.logits(sources[row : row + 1, :length], mask[row : row + 1, :length], inputs[row : row + 1])
        assert torch.allclose(together[row], alone[0], atol=1e-5)


@EVERY
@torch.no_grad()
def test_step_by_step_is_all_at_once(name):
    """With keys and values kept, rows taken several times, put in another order, and left out."""
    net = made(name)
    sources, mask, inputs = batch()
    wanted = net.logits(sources, mask, inputs)
    stepper = net.stepper(sources, mask)
    rows = torch.arange(4)
    selections = [[0, 0, 1, 1, 2, 2, 3, 3], [1, 0, 2, 3, 5, 4, 6, 6], [0, 1, 4, 5, 6, 7], [5, 4, 0], [0, 2, 2]]
    for step in range(6):
        assert torch.allclose(stepper.step(inputs[rows, step]), wanted[rows, step], atol=1e-5)
        if step < len(selections):
            chosen = torch.tensor(selections[step])
            stepper.select(chosen)
            rows = rows[chosen]


@EVERY
@pytest.mark.parametrize("tied", [True, False])
def test_the_loss_is_torchs_over_real_tokens(name, tied):
    net = made(name, tied=tied)
    sources, mask, inputs = batch()
    targets = torch.randint(4, 23, (4, 6), generator=torch.Generator().manual_seed(2))
    targets[0, 4:], targets[2, 1:] = -1, -1
    loss, plain = net(sources, mask, inputs, targets, 0.1)
    logits = net.logits(sources, mask, inputs).flatten(0, 1)
    for smoothing, found in ((0.1, loss), (0.0, plain)):
        wanted = functional.cross_entropy(
            logits, targets.flatten(), ignore_index=-1, label_smoothing=smoothing, reduction="sum"
        )
        assert torch.allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("rows", [1, 50, 400])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("with_bias", [True, False])
def test_token_loss_has_torchs_gradients(rows, smoothing, with_bias, monkeypatch):
    monkeypatch.setattr("sadari.nets.token_loss.CHUNK_BYTES", 4 * 30 * 64)  # 64 rows at a time
    torch.manual_seed(0)
    states, weight = torch.randn(rows, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    bias = torch.randn(30, requires_grad=True) if with_bias else None
    targets = torch.randint(0, 30, (rows,))
    leaves = [leaf for leaf in (states, weight, bias) if leaf is not None]
    wanted = functional.cross_entropy(
        functional.linear(states, weight, bias), targets, label_smoothing=smoothing, reduction="sum"
    )
    loss, plain = token_loss(states, weight, bias, targets, smoothing)
    assert torch.allclose(loss, wanted, rtol=1e-5)
    assert not plain.requires_grad
    for found, right in zip(
        torch.autograd.grad(loss * 0.3, leaves), torch.autograd.grad(wanted * 0.3, leaves), strict=True
    ):
        assert torch.allclose(found, right, atol=1e-5)


def test_gradients_of_attention_written_out_are_what_numbers_say():
    """Against finite differences, in float64."""
    torch.manual_seed(0)
    queries, keys, values = (torch.randn(2, n, 3, dtype=torch.float64, requires_grad=True) for n in (4, 5, 5))
    allowed = torch.rand(2, 4, 5) > 0.3
    allowed[..., 0] = True
    assert torch.autograd.gradcheck(lambda q, k, v: attend(q, k, v, allowed), (queries, keys, values))
    additive = AdditiveAttention(3, 3, 4).double()
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    assert torch.autograd.gradcheck(lambda q, k: additive(q, k, mask), (queries, keys))


@needs("bf16", "layers")
@pytest.mark.parametrize("causal", [True, False])
def test_attention_in_bf16_is_that_in_fp32(causal):
    """In training on a CPU it is written out there, as the fused kernel's backward pass is slow."""
    torch.manual_seed(0)
    exact = [torch.randn(2, 3, 6, 8, requires_grad=True) for _ in range(3)]
    coarse = [part.detach().bfloat16().requires_grad_() for part in exact]
    wanted, found = mix(*exact, causal=causal), mix(*coarse, causal=causal)
    assert torch.allclose(found.float(), wanted, atol=0.03)
    gradients = torch.autograd.grad(wanted.square().sum(), exact), torch.autograd.grad(found.square().sum(), coarse)
    for right, one in zip(*gradients, strict=True):
        assert torch.allclose(one.float(), right, atol=0.15)


@EVERY
def test_one_batch_can_be_learned_by_heart(name):
    torch.manual_seed(0)
    net = NETS[name]()
    sources, mask, targets = batch()
    inputs = torch.cat([torch.full((4, 1), 2), targets[:, :-1]], dim=1)
    adam = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(120):
        loss, plain = net(sources, mask, inputs, targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert float(plain) / targets.numel() < 0.05
    assert torch.equal(net.eval().logits(sources, mask, inputs).argmax(dim=-1), targets)


@EVERY
@torch.no_grad()
def test_alignments_are_shares_of_the_real_tokens(name):
    net = made(name)
    sources, mask, inputs = batch()
    weights = net.alignment(sources, mask, inputs)
    if name == "lstm, no attention":
        assert weights is None
        return
    assert weights.shape == (4, 6, 7)
    assert torch.allclose(weights.sum(dim=-1), torch.ones(4, 6), atol=1e-6)
    assert float(weights.masked_select(~mask[:, None, :].expand_as(weights)).max()) < 1e-6
    alone = net.alignment(sources[3:, :3], mask[3:, :3], inputs[3:])
    assert torch.allclose(weights[3, :, :3], alone[0], atol=1e-5)


@torch.no_grad()
def test_a_reversed_source_is_read_from_its_end():
    """The same weights on the source written backwards: the same answer."""
    there, back = made("lstm, reversed"), made("lstm, reversed")
    back.reverse_source = False
    sources, mask, inputs = batch()
    backwards = sources.clone()
    for row, length in enumerate(LENGTHS):
        backwards[row, :length] = sources[row, :length].flip(0)
    assert torch.allclose(there.logits(sources, mask, inputs), back.logits(backwards, mask, inputs), atol=1e-6)
    straight, turned = there.alignment(sources, mask, inputs)[2], back.alignment(backwards, mask, inputs)[2]
    assert torch.allclose(straight, turned.flip(1), atol=1e-6)


def test_weights_are_shared_as_asked():
    both = Vocabularies(9, 9, 4, shared=True, tied=True, pad_id=0)
    ids = torch.arange(9)
    assert torch.equal(both.embed_source(ids), both.embed_target(ids))
    assert torch.equal(both.logits(torch.eye(4)), both.target.weight.T + both.bias)
    assert sorted(both.state_dict()) == ["bias", "target.weight"]
    apart = Vocabularies(9, 11, 4, shared=False, tied=False, pad_id=0)
    assert sorted(apart.state_dict()) == ["bias", "output.weight", "source.weight", "target.weight"]
    assert torch.equal(apart.embed_source(torch.tensor([0])), torch.zeros(1, 4))


def test_rows_of_a_search_share_their_source():
    rows = SearchRows(3, torch.device("cpu"))
    assert rows.select(torch.tensor([0, 0, 1, 1, 2, 2])) is None  # two beams each
    assert rows.select(torch.tensor([1, 1, 2, 3, 5, 4])) is None  # another order within the sources
    assert rows.select(torch.tensor([2, 3, 4, 4])).tolist() == [1, 2]  # the first source is done
    assert rows.select(torch.tensor([3, 0, 1])).tolist() == [1, 0, 0]  # nothing to share: each row a source
    assert rows.select(torch.tensor([], dtype=torch.int64)).tolist() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_a_copy_is_aligned_word_by_word(name):
    """A net that has learned to copy looks at the very word that it is about to write."""
    torch.manual_seed(0)
    if name == "transformer":
        net = TransformerSeq2Seq(14, 14, width=32, heads=1, layers=2, dropout=0.0, shared=True)
    else:
        net = RecurrentSeq2Seq(14, 14, width=32, hidden=32, dropout=0.0, shared=True)
    adam = torch.optim.Adam(net.parameters(), lr=0.005)
    generator = torch.Generator().manual_seed(1)
    for _ in range(400):
        targets = torch.randint(4, 14, (64, 7), generator=generator)
        targets[:, -1] = 3  # the end
        inputs = torch.cat([torch.full((64, 1), 2), targets[:, :-1]], dim=1)
        loss, _ = net(targets, torch.ones_like(targets, dtype=torch.bool), inputs, targets)
        adam.zero_grad()
        (loss / targets.numel()).backward()
        adam.step()
    weights = net.eval().alignment(targets, torch.ones_like(targets, dtype=torch.bool), inputs)
    looked_at = weights[:, :6, :].argmax(dim=-1)
    assert float((looked_at == torch.arange(6)).float().mean()) > 0.9
