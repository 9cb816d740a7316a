"""Rules and draws, against probabilities written out, and against what is drawn many times."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from sadari.errors import SettingError
from sadari.generation.sampling import Rules, choose, forbid, temperature, top_k, top_p

LOGITS = torch.tensor([[2.0, 1.0, 0.5, 0.0, -1.0, -3.0]])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def shares(rules, logits=LOGITS):
    return rules(logits).softmax(dim=1)[0].tolist()


def by_hand(logits, temperature=1.0, k=0, p=1.0, forbidden=()):
    """The rules once more, one token after the other."""
    left = {i: logit / temperature for i, logit in enumerate(logits) if i not in forbidden}
    ranked = sorted(left, key=lambda i: (-left[i], i))
    if k:
        ranked = ranked[:k]
    weights = {i: math.exp(left[i] - left[ranked[0]]) for i in ranked}
    total, kept, reached = sum(weights.values()), [], 0.0
    for i in ranked:
        if kept and reached >= p - 1e-12:
            break
        kept.append(i)
        reached += weights[i] / total
    total = sum(weights[i] for i in kept)
    return [weights[i] / total if i in kept else 0.0 for i in range(len(logits))]


NUMBERS = st.lists(st.floats(-8, 8).map(lambda x: round(x, 2)), min_size=2, max_size=12)


@settings(max_examples=300, deadline=None)
@given(NUMBERS, st.floats(0.1, 5), st.integers(0, 14), st.floats(0.01, 1), st.sets(st.integers(0, 20), max_size=3))
def test_rules_leave_the_renormalised_probabilities(logits, heat, k, p, forbidden):
    forbidden = {i for i in forbidden if i < len(logits)}
    if len(forbidden) == len(logits):
        return
    wanted = by_hand(logits, heat, k, p, forbidden)
    found = shares(Rules(heat, k, p, forbidden), torch.tensor([logits], dtype=torch.float64))
    # where the sum meets p but for a rounding, either side is right
    reached = np.cumsum(sorted(by_hand(logits, heat, k, 1.0, forbidden), reverse=True))
    if p < 1 and np.abs(reached - p).min() < 1e-9:
        return
    assert found == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    "rules",
    [Rules(), Rules(0.5), Rules(1.8), Rules(1.0, 3), Rules(1.0, 0, 0.8), Rules(0.7, 4, 0.9), Rules(forbidden=[0])],
)
def test_tokens_are_drawn_as_often_as_their_probability_says(rules):
    generator, draws = seeded(1), 20_000
    drawn = choose(LOGITS.expand(draws, -1), rules, generator)
    wanted = np.array(by_hand(LOGITS[0].tolist(), rules.temperature, rules.top_k, rules.top_p, rules.forbidden))
    counts = np.bincount(drawn.numpy(), minlength=6)
    assert counts[wanted == 0].sum() == 0
    assert chisquare(counts[wanted > 0], draws * wanted[wanted > 0]).pvalue > 0.001


def test_plain_draws_are_torchs_distribution():
    wanted = torch.distributions.Categorical(logits=LOGITS).probs[0].tolist()
    assert shares(Rules()) == pytest.approx(wanted, abs=1e-6)


def test_it_is_not_always_the_likeliest():
    """The course took the likeliest character, and wrote "the the the"."""
    drawn = choose(LOGITS.expand(100, -1), Rules(), seeded())
    assert len(drawn.unique()) > 2


@pytest.mark.parametrize("rules", [Rules(0.0), Rules(1.0, 1), Rules(1.0, 0, 0.0), Rules(1e-9), Rules(1e-320)])
def test_the_coldest_rules_take_the_likeliest(rules):
    logits = torch.randn(50, 9, generator=seeded())
    assert torch.equal(choose(logits, rules, seeded()), logits.argmax(dim=1))


def test_of_equals_the_first_are_taken():
    same = torch.zeros(1, 5)
    assert choose(same, Rules(0.0)).tolist() == [0]
    assert top_k(2)(same).isfinite().tolist() == [[True, True, False, False, False]]
    assert top_p(0.5)(same).isfinite().tolist() == [[True, True, True, False, False]]


def test_rules_are_put_together_in_order():
    rules = Rules(0.5, 4, 0.9, forbidden=[1])
    found = LOGITS
    for rule in (forbid([1]), temperature(0.5), top_k(4), top_p(0.9)):
        found = rule(found)
    assert torch.equal(rules(LOGITS), found)


def test_any_function_is_a_rule():
    def only_even(logits):
        return logits.index_fill(1, torch.tensor([1, 3, 5]), -math.inf)

    drawn = choose(LOGITS.expand(200, -1), lambda logits: Rules(2.0)(only_even(logits)), seeded())
    assert set(drawn.tolist()) == {0, 2, 4}


def test_the_seed_says_what_is_drawn():
    logits = torch.randn(20, 50, generator=seeded(5))
    first, again, other = (choose(logits, Rules(), seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    choose(logits, Rules(), seeded())
    assert torch.equal(torch.get_rng_state(), state)  # torch's own generator is not touched


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_logits_that_differ_by_a_rounding_choose_alike(seed, size):
    logits = torch.randn(1, size, generator=seeded(seed), dtype=torch.float64)
    nearly = logits + 1e-9 * torch.randn(1, size, generator=seeded(seed + 1), dtype=torch.float64)
    assert torch.equal(choose(logits, Rules(0.9, 30, 1.0), seeded(2)), choose(nearly, Rules(0.9, 30, 1.0), seeded(2)))


def test_logits_are_left_as_they_were():
    logits = LOGITS.clone()
    choose(logits, Rules(0.5, 2, 0.5, forbidden=[0]), seeded())
    assert torch.equal(logits, LOGITS)


def test_large_logits_and_low_temperatures_stay_numbers():
    logits = torch.tensor([[1e30, 1e30 - 1e25, 0.0]])
    for heat in (1e-300, 1e-3, 1.0, 1e6):
        assert int(choose(logits, Rules(heat), seeded())) in (0, 1, 2)


@pytest.mark.parametrize("value", [-1, -1e-9, math.nan, math.inf, "1", None, True])
def test_a_temperature_that_is_none(value):
    with pytest.raises(SettingError, match="temperature"):
        Rules(temperature=value)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", None])
def test_a_top_p_that_is_none(value):
    with pytest.raises(SettingError, match="top_p"):
        Rules(top_p=value)


@pytest.mark.parametrize("value", [-1, 1.5, math.nan, "3", None, True])
def test_a_top_k_that_is_none(value):
    with pytest.raises(SettingError, match="top_k"):
        Rules(top_k=value)


@pytest.mark.parametrize("rules", [Rules(), Rules(0.0)])
def test_no_token_is_left_or_no_number(rules):
    everything = Rules(rules.temperature, forbidden=range(6))
    with pytest.raises(SettingError, match="no token"):
        choose(LOGITS, everything, seeded())
    with pytest.raises(SettingError, match="no token"):
        choose(torch.full((1, 6), math.nan), rules, seeded())
