"""Wrong labels by the vote: on data drawn from the very model that is assumed, and where voters are missing."""

import numpy as np
import pytest

from sadari.metrics.label_quality import ballots as ballots_module
from sadari.metrics.label_quality.ballots import Ballots
from sadari.metrics.label_quality.noise import fit_noise
from sadari.metrics.label_quality.quality import label_quality

RATE = 0.08


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def drawn():
    """Texts with clean probabilities, labels of which 8 % are replaced by another, and three noisy voters."""
    generator = np.random.default_rng(0)
    rows, labels = 6_000, 5
    logits = 2.5 * generator.normal(size=(rows, labels)) + [0.5, 0, 0, 0, -1]
    clean = softmax(logits)
    true = (generator.random((rows, 1)) > clean.cumsum(axis=1)).sum(axis=1).clip(max=labels - 1)
    given = true.copy()
    wrong = generator.random(rows) < RATE
    given[wrong] = (true[wrong] + generator.integers(1, labels, wrong.sum())) % labels
    voters = [softmax(logits + generator.normal(scale=1.5, size=logits.shape)) for _ in range(3)]
    return clean, given, wrong, voters


def hits(score, wrong, count=300):
    return wrong[np.argsort(score, kind="stable")[:count]].mean()


def test_the_rate_of_noise_and_the_probabilities_are_found(drawn):
    clean, given, wrong, _ = drawn
    noise = fit_noise(clean, given)
    assert noise.rate == pytest.approx(RATE, abs=0.01)
    assert noise.power == pytest.approx(1, abs=0.1)
    right = noise.right(noise.clean(clean)[np.arange(len(given)), given])
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.9), (0.9, 1)):
        some = (right >= low) & (right < high)
        assert (~wrong)[some].mean() == pytest.approx(right[some].mean(), abs=0.07)


def test_without_noise_none_is_found():
    generator = np.random.default_rng(1)
    clean = softmax(3 * generator.normal(size=(5_000, 4)))
    given = (generator.random((5_000, 1)) > clean.cumsum(axis=1)).sum(axis=1).clip(max=3)
    assert fit_noise(clean, given).rate < 0.006


def test_the_vote_finds_more_than_any_voter(drawn):
    _, given, wrong, voters = drawn
    quality = label_quality(given, voters)
    own = np.arange(len(given))
    alone = max(hits(table[own, given], wrong) for table in voters)
    assert hits(quality.score, wrong) > alone + 0.05
    assert quality.noise == pytest.approx(RATE, abs=0.02)
    assert wrong[quality.suspect].mean() > 0.65
    assert quality.joint.sum() == pytest.approx(1)
    assert quality.joint.sum() - np.trace(quality.joint) == pytest.approx(quality.noise, abs=1e-4)
    assert (quality.ranked()[:10] == np.argsort(quality.score, kind="stable")[:10]).all()


def test_suspects_are_outvoted(drawn):
    _, given, _, voters = drawn
    quality = label_quality(given, voters)
    outvoted = sum(table.argmax(axis=1) != given for table in voters)
    assert (quality.against == outvoted).all()
    assert (outvoted[quality.suspect] >= 2).all()
    assert (quality.likelier[quality.suspect] != given[quality.suspect]).all()
    assert (quality.right[quality.suspect] < 0.5).all()


def test_a_row_without_voters_is_neither_right_nor_wrong(drawn):
    _, given, wrong, voters = drawn
    votes = Ballots(given, 5)
    half = np.arange(3_000)
    for number, table in enumerate(voters):  # the last rows have one voter, the last of all none
        rows = np.arange(len(given) - 1) if number == 0 else half
        votes.add(str(number), rows, table[rows])
    quality = label_quality(given, votes)
    assert np.isnan(quality.right[-1])
    assert not quality.suspect[-1]
    assert len(given) - 1 not in quality.ranked()
    assert len(quality.ranked()) == len(given) - 1
    assert quality.voters.tolist()[:2] + quality.voters.tolist()[-2:] == [3, 3, 1, 0]
    alone = label_quality(given[:3_000], [table[:3_000] for table in voters])
    assert np.allclose(quality.right[:3_000], alone.right, atol=1e-3)
    assert hits(quality.score, wrong, 200) > 0.6


def test_nobody_votes_twice(drawn):
    _, given, _, voters = drawn
    votes = Ballots(given, 5)
    votes.add("a", np.arange(2_000), voters[0][:2_000])
    votes.add("a", np.arange(len(given)), voters[1])
    assert np.allclose(votes.mean(slice(0, 2_000)), voters[0][:2_000])
    assert np.allclose(votes.mean(slice(2_000, None)), voters[1][2_000:])
    said = np.concatenate([voters[0][:2_000], voters[1][2_000:]]).argmax(axis=1)
    assert (votes.against == (said != given)).all()
    assert (votes.count(slice(None)) == 1).all()


def test_on_disk_it_is_the_same(drawn, monkeypatch):
    _, given, _, voters = drawn
    held = label_quality(given, voters)
    monkeypatch.setattr(ballots_module, "IN_MEMORY", 1_000)
    monkeypatch.setattr(ballots_module, "ROWS", 700)
    mapped = label_quality(given, voters)
    assert np.array_equal(held.score, mapped.score)
    assert np.array_equal(held.suspect, mapped.suspect)
    assert np.allclose(held.joint, mapped.joint)


def test_of_several_labels_the_wrong_and_the_missing_one_are_found():
    generator = np.random.default_rng(2)
    rows, labels = 4_000, 6
    logits = 9 * generator.normal(size=(rows, labels)) - 3
    true = generator.random((rows, labels)) < 1 / (1 + np.exp(-logits))
    given = true.copy()
    places = generator.choice(rows, 200, replace=False), generator.integers(0, labels, 200)
    given[places] = ~given[places]
    voters = [1 / (1 + np.exp(-logits - generator.normal(size=logits.shape))) for _ in range(3)]
    quality = label_quality(given, voters)
    wrong = (given != true).any(axis=1)
    assert hits(quality.score, wrong, 80) > 0.75
    assert quality.noise == pytest.approx(200 / (rows * labels), abs=0.01)
    found = quality.flips & (given != true)
    assert found.sum() > 0.75 * quality.flips.sum()
    assert (quality.flips.any(axis=1) == quality.suspect).all()
    assert quality.joint.shape == (labels, 2)


def test_two_labels_and_few_rows():
    table = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]], np.float32)
    quality = label_quality(np.array([0, 0, 1, 1]), [table])
    assert not quality.suspect.any()
    assert ((quality.right > 0.5) & (quality.right <= 1)).all()
