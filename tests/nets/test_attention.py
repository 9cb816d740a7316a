"""Attention and the Transformer against torch's own, and by what must hold of them."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from sadari.nets.attention import AdditiveAttention, KeyValues, SelfAttention, attend
from sadari.nets.transformer import EncoderLayer, TransformerClassifier, sinusoidal_positions

MASK = torch.arange(7) < torch.tensor([5, 1, 7, 3])[:, None]


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_attention_written_out_is_torchs():
    queries, keys, values = numbers(2, 3, 4, 8), numbers(2, 3, 6, 8, seed=1), numbers(2, 3, 6, 8, seed=2)
    allowed = torch.rand(2, 1, 4, 6, generator=torch.Generator().manual_seed(3)) > 0.4
    allowed[..., 0] = True
    for mask in (None, allowed):
        mixed, weights = attend(queries, keys, values, mask)
        wanted = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        assert torch.allclose(mixed, wanted, atol=1e-6)
        assert torch.allclose(weights.sum(-1), torch.ones(2, 3, 4), atol=1e-6)
    assert (weights.masked_select(~allowed.expand_as(weights)) == 0).all()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_is_torchs_multihead_attention(masked, causal):
    torch.manual_seed(0)
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.project.weight,
            "in_proj_bias": ours.project.bias,
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    states, mask = numbers(4, 7, 12), MASK if masked else None
    wanted, weights = theirs(
        states,
        states,
        states,
        average_attn_weights=False,
        key_padding_mask=None if mask is None else ~mask,
        attn_mask=torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None,
    )
    assert torch.allclose(ours(states, mask, causal), wanted, atol=1e-6)
    if not causal:
        assert torch.allclose(ours.weights(states, mask), weights, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_a_causal_token_does_not_see_later_ones(masked):
    attention, states = SelfAttention(12, 3), numbers(2, 7, 12)
    changed = states.clone()
    changed[:, 4:] += 5.0
    mask = torch.ones(2, 7, dtype=torch.bool) if masked else None
    before, after = attention(states, mask, causal=True), attention(changed, mask, causal=True)
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert not torch.allclose(before[:, 4:], after[:, 4:], atol=1e-2)


@torch.no_grad()
def test_additive_attention_is_its_formula():
    """score = v · tanh(W q + U k), word by word (Bahdanau et al. 2015)."""
    torch.manual_seed(0)
    attention = AdditiveAttention(5, 6, 4)
    queries, keys = numbers(2, 3, 5), numbers(2, 7, 6, seed=1)
    mask = torch.arange(7) < torch.tensor([[7], [4]])
    mixed, weights = attention(queries, keys, mask)
    for n in range(2):
        for q in range(3):
            scores = [
                float(
                    attention.score.weight[0]
                    @ torch.tanh(
                        attention.query.weight @ queries[n, q] + attention.key.weight @ key + attention.key.bias
                    )
                )
                for key in keys[n, : int(mask[n].sum())]
            ]
            exps = [math.exp(score) for score in scores]
            wanted = torch.tensor([value / sum(exps) for value in exps] + [0.0] * (7 - len(exps)))
            assert torch.allclose(weights[n, q], wanted, atol=1e-6)
            assert torch.allclose(mixed[n, q], wanted @ keys[n], atol=1e-6)


def test_an_encoder_layer_is_torchs_with_the_norm_first():
    torch.manual_seed(0)
    ours = EncoderLayer(12, 3, 20, dropout=0.0)
    theirs = nn.TransformerEncoderLayer(12, 3, 20, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
    attention = ours.attention
    theirs.load_state_dict(
        {
            "self_attn.in_proj_weight": attention.project.weight,
            "self_attn.in_proj_bias": attention.project.bias,
            "self_attn.out_proj.weight": attention.output.weight,
            "self_attn.out_proj.bias": attention.output.bias,
            "linear1.weight": ours.expand.weight,
            "linear1.bias": ours.expand.bias,
            "linear2.weight": ours.contract.weight,
            "linear2.bias": ours.contract.bias,
            "norm1.weight": ours.attention_norm.weight,
            "norm1.bias": ours.attention_norm.bias,
            "norm2.weight": ours.inner_norm.weight,
            "norm2.bias": ours.inner_norm.bias,
        }
    )
    states = numbers(4, 7, 12)
    wanted = theirs(states, src_key_padding_mask=~MASK)
    assert torch.allclose(ours(states, MASK)[MASK], wanted[MASK], atol=1e-5)
    causal = theirs(states, src_mask=torch.ones(7, 7, dtype=torch.bool).triu(1))
    assert torch.allclose(ours(states, None, causal=True), causal, atol=1e-5)


@pytest.mark.parametrize("width", [6, 7])
def test_sinusoidal_positions_are_their_formula(width):
    """PE(pos, 2i) = sin(pos / 10000^(2i/width)), PE(pos, 2i + 1) = cos of the same (Vaswani et al. 2017)."""
    table = sinusoidal_positions(50, width)
    for position in (0, 1, 7, 49):
        for place in range(width):
            angle = position / 10_000 ** ((place - place % 2) / width)
            wanted = math.cos(angle) if place % 2 else math.sin(angle)
            assert float(table[position, place]) == pytest.approx(wanted, abs=1e-5)


NETS = [
    {"pooling": pooling, "positions": positions}
    for pooling in ("mean", "max", "class")
    for positions in ("sinusoidal", "learned")
]


@pytest.mark.parametrize("options", NETS, ids=str)
def test_what_stands_in_the_padding_is_never_read(options):
    torch.manual_seed(1)
    net = TransformerClassifier(50, 3, width=16, **options).eval()
    embedded = numbers(4, 7, 16)
    noisy = torch.where(MASK.unsqueeze(-1), embedded, 100 * numbers(4, 7, 16, seed=1))
    logits = net.from_embeddings(embedded, MASK)
    assert torch.allclose(logits, net.from_embeddings(noisy, MASK), atol=1e-5)
    for row in range(4):
        length = int(MASK[row].sum())
        alone = net.from_embeddings(embedded[row : row + 1, :length], MASK[row : row + 1, :length])
        assert torch.allclose(logits[row], alone[0], atol=1e-5)


@pytest.mark.parametrize("options", NETS, ids=str)
def test_an_empty_text_has_a_finite_answer_the_same_in_any_batch(options):
    torch.manual_seed(1)
    net = TransformerClassifier(50, 3, width=16, **options).eval()
    ids, mask = torch.tensor([[5, 6, 7], [1, 1, 1]]), torch.tensor([[True] * 3, [False] * 3])
    logits = net(ids, mask)
    alone = net(torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, 0, dtype=torch.bool))
    assert torch.isfinite(logits).all()
    assert torch.allclose(logits[1], alone[0], atol=1e-6)


def test_the_class_token_reads_the_text_and_its_state_is_what_counts():
    torch.manual_seed(1)
    net = TransformerClassifier(50, 3, width=16, pooling="class").eval()
    ids, mask = torch.tensor([[5, 6, 7], [5, 6, 8]]), torch.ones(2, 3, dtype=torch.bool)
    states, longer = net.encode(net.embed(ids), mask)
    assert states.shape == (2, 4, 16)
    assert longer.shape == (2, 4)
    logits = net(ids, mask)
    assert torch.allclose(logits, net.output(states[:, 0]), atol=1e-6)
    assert not torch.allclose(logits[0], logits[1])


def test_order_matters_to_a_transformer():
    net = TransformerClassifier(50, 3, width=16).eval()
    ids = torch.tensor([[5, 6, 7], [7, 6, 5]])
    logits = net(ids, torch.ones(2, 3, dtype=torch.bool))
    assert not torch.allclose(logits[0], logits[1])


@pytest.mark.parametrize("pooling", ["mean", "class"])
def test_attention_weights_are_shares_of_the_real_tokens(pooling):
    torch.manual_seed(1)
    net = TransformerClassifier(50, 3, width=16, heads=2, layers=3, pooling=pooling).eval()
    ids = torch.randint(2, 50, (4, 7), generator=torch.Generator().manual_seed(0))
    weights = net.attention_weights(ids, MASK)
    extra = int(pooling == "class")
    assert weights.shape == (3, 4, 2, 7 + extra, 7 + extra)
    assert torch.allclose(weights.sum(-1), torch.ones(3, 4, 2, 7 + extra), atol=1e-6)
    padding = ~torch.cat([torch.ones(4, extra, dtype=torch.bool), MASK], dim=1)
    assert weights.permute(0, 2, 3, 1, 4)[..., padding].abs().max().item() == 0


@pytest.mark.parametrize("steps", [[1] * 7, [3, 1, 3], [7], [2, 5]])
def test_cached_causal_attention_gives_the_same_states(steps):
    """Token by token, or some at a time, with keys and values kept: what the whole text gives at once."""
    torch.manual_seed(0)
    layer = EncoderLayer(16, 4, 32, 0.1).eval()
    states = torch.randn(3, 7, 16)
    whole = layer(states, None, causal=True)
    cache, parts, place = KeyValues(), [], 0
    for step in steps:
        parts.append(layer(states[:, place : place + step], None, causal=True, cache=cache))
        place += step
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)
    assert cache.length == 7


def test_a_cache_follows_the_beams():
    torch.manual_seed(0)
    layer = EncoderLayer(8, 2, 16, 0.0).eval()
    states, last = torch.randn(2, 4, 8), torch.randn(3, 1, 8)
    cache = KeyValues()
    layer(states, None, causal=True, cache=cache)
    rows = torch.tensor([1, 1, 0])
    cache.select(rows)
    whole = layer(torch.cat([states[rows], last], dim=1), None, causal=True)[:, -1:]
    assert torch.allclose(layer(last, None, causal=True, cache=cache), whole, atol=1e-5)
