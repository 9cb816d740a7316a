"""What a student learns from a teacher: the loss and its gradient, against torch's own."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from rungs_headlines import some
from sadari.nets.bag import MeanBag
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.tokens.tokenize import tokenizer
from sadari.train.labels import LabelCodec
from sadari.train.objectives.classification import divergence
from sadari.train.objectives.soft_targets import SoftTargets, at_temperature
from sadari.train.solvers.embedding_bag import BagSettings, train_bag

ROWS, WIDTH = 30, 8
LOGITS = np.random.default_rng(3).normal(0, 2, (ROWS, 4))


def soft_of(logits, temperature, multilabel):
    tensor = torch.from_numpy(logits) / temperature
    return (tensor.sigmoid() if multilabel else tensor.softmax(1)).numpy()


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 20.0])
def test_probabilities_at_another_temperature_are_those_of_the_logits(temperature, multilabel):
    found = at_temperature(soft_of(LOGITS, 1.0, multilabel), temperature, multilabel=multilabel)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, soft_of(LOGITS, temperature, multilabel), atol=1e-6)


@pytest.mark.parametrize("multilabel", [False, True])
def test_certain_teachers_give_numbers(multilabel):
    certain = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    for temperature in (0.1, 1.0, 100.0):
        found = at_temperature(certain, temperature, multilabel=multilabel)
        assert np.isfinite(found).all()
        assert (found.argmax(axis=1) == [0, 2]).all()
    np.testing.assert_allclose(at_temperature(certain, 1.0, multilabel=multilabel), certain, atol=1e-8)


def test_the_divergence_is_torch_s_and_that_of_each_label_is_binary():
    logits = torch.from_numpy(LOGITS).float()
    soft = torch.from_numpy(soft_of(LOGITS[::-1].copy(), 2.0, False)).float()
    wanted = functional.kl_div((logits / 2).log_softmax(1), soft, reduction="none").sum(1)
    torch.testing.assert_close(divergence(logits, soft, 2.0, multilabel=False), wanted)
    cross = functional.cross_entropy(logits / 2, soft, reduction="none") + (soft * soft.log()).sum(1)
    torch.testing.assert_close(divergence(logits, soft, 2.0, multilabel=False), cross)
    each = torch.from_numpy(soft_of(LOGITS[::-1].copy(), 2.0, True)).float()
    pairs = torch.distributions.kl_divergence(
        torch.distributions.Bernoulli(each), torch.distributions.Bernoulli(logits=logits / 2)
    )
    torch.testing.assert_close(divergence(logits, each, 2.0, multilabel=True), pairs.sum(1), atol=1e-5, rtol=1e-4)
    # nothing is left to learn where the student says what the teacher says, and certainty is no NaN
    same = torch.from_numpy(soft_of(LOGITS, 2.0, False)).float()
    assert divergence(logits, same, 2.0, multilabel=False).abs().max() < 1e-5
    hard = torch.eye(4)[:3]
    assert torch.isfinite(divergence(logits[:3], hard, 1.0, multilabel=True)).all()


def problem(multilabel):
    texts, labels = some(ROWS)
    several = [[label, "News"] if row % 3 else [label] for row, label in enumerate(labels)]
    vectors = HashedVectors(tokenizer("basic_english"), longest=2, buckets=2**10)
    features = vectors.fit(texts)
    _, targets = LabelCodec.learn(several if multilabel else labels)
    random = np.random.default_rng(0)
    embedding = random.normal(0, 0.1, (vectors.size, WIDTH)).astype(np.float32)
    output = random.normal(0, 0.1, (targets.shape[1], WIDTH)).astype(np.float32)
    soft = soft_of(random.normal(0, 2, targets.shape), 1.0, multilabel).astype(np.float32)
    trust = np.array([(0.0, 0.4, 1.0)[row % 3] for row in range(ROWS)], np.float32)
    return features, targets, embedding, output, soft, trust


def losses(logits, target, soft, trust, temperature, smoothing, multilabel):
    """The mixed loss of one text: as it is learned, and as it is reported (without label smoothing)."""
    if multilabel:
        smooth = (1 - smoothing) * target + smoothing / 2
        hard = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="sum")
        plain = functional.binary_cross_entropy_with_logits(logits, target, reduction="sum")
    else:
        hard = -((1 - smoothing) * target + smoothing / len(target)) @ logits.log_softmax(0)
        plain = -target @ logits.log_softmax(0)
    apart = divergence(logits[None], soft[None], temperature, multilabel=multilabel)[0]
    mixed = trust * temperature**2 * apart
    return (1 - trust) * hard + mixed, (1 - trust) * plain + mixed


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize(("temperature", "smoothing", "rate"), [(1.0, 0.0, 0.3), (2.0, 0.1, 0.3), (4.0, 0.05, 30.0)])
def test_the_compiled_bag_takes_torch_s_steps(multilabel, temperature, smoothing, rate):
    features, targets, embedding, output, soft, trust = problem(multilabel)
    costs = np.random.default_rng(1).uniform(0.5, 2, ROWS).astype(np.float32)
    optimizer_settings = BagSettings(2, rate, 0.0, smoothing, multilabel, seed=4)
    weights = np.linspace(0.5, 2, targets.shape[1])
    mine = embedding.copy(), output.copy()
    history = train_bag(
        features,
        targets,
        costs,
        *mine,
        optimizer_settings,
        label_weights=weights,
        soft_targets=SoftTargets(soft, trust, temperature),
    )
    net, order, step, wanted = MeanBag.sharing(embedding, output), np.random.default_rng(4), 0, []
    for _ in range(2):
        total, rows = 0.0, order.permutation(ROWS)
        order.integers(1, 2**63)
        for row in rows:
            ids = torch.from_numpy(features[int(row)]).long()
            logits = net(ids, torch.tensor([0]))[0] - torch.from_numpy(np.log(weights)).float()
            loss, said = losses(
                logits,
                torch.from_numpy(targets[row]).float(),
                torch.from_numpy(soft[row]),
                float(trust[row]),
                temperature,
                smoothing,
                multilabel,
            )
            with torch.no_grad():
                hidden = net.embedding(ids, torch.tensor([0]))
                most = float(hidden.square().sum() + net.output.weight.square().sum(1).max() / len(ids))
            throughput = min(rate * float(costs[row]), 3 / most) * (1 - step / (2 * ROWS))
            net.zero_grad()
            loss.backward()
            with torch.no_grad():
                for weight in net.parameters():
                    weight -= throughput * weight.grad
            total, step = total + float(costs[row]) * float(said.detach()), step + 1
        wanted.append(total / ROWS)
    np.testing.assert_allclose(mine[0], embedding, atol=2e-4)
    np.testing.assert_allclose(mine[1], output, atol=2e-4)
    assert [record["loss"] for record in history] == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("multilabel", [False, True])
def test_a_teacher_that_is_not_trusted_changes_no_bit(multilabel):
    features, targets, embedding, output, soft, trust = problem(multilabel)
    optimizer_settings = BagSettings(3, 0.5, 0.4, 0.05, multilabel, seed=1)
    costs = np.ones(ROWS, np.float32)
    plain, taught = (embedding.copy(), output.copy()), (embedding.copy(), output.copy())
    train_bag(features, targets, costs, *plain, optimizer_settings)
    train_bag(features, targets, costs, *taught, optimizer_settings, soft_targets=SoftTargets(soft, trust * 0, 3.0))
    assert plain[0].tobytes() == taught[0].tobytes()
    assert plain[1].tobytes() == taught[1].tobytes()
    train_bag(features, targets, costs, *taught, optimizer_settings, soft_targets=SoftTargets(soft, trust, 3.0))
    assert plain[1].tobytes() != taught[1].tobytes()


def test_a_lesson_is_known_by_all_of_it():
    soft, trust = soft_of(LOGITS, 1.0, False).astype(np.float32), np.ones(ROWS, np.float32)
    soft_targets = SoftTargets(soft, trust, 2.0)
    other = soft.copy()
    other[-1, -1] += 1e-3
    prints = {
        one.fingerprint()
        for one in (
            soft_targets,
            SoftTargets(other, trust, 2.0),
            SoftTargets(soft, trust / 2, 2.0),
            SoftTargets(soft, trust, 1.0),
        )
    }
    assert len(prints) == 4
    assert SoftTargets(soft.copy(), trust.copy(), 2.0).fingerprint() == soft_targets.fingerprint()
    part = soft_targets.take(np.array([4, 4, 1]))
    assert part.soft.tolist() == soft[[4, 4, 1]].tolist()
