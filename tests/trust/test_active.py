"""What is asked next, what the labels are worth, and which texts may be asked at all."""

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from label_served import texts_file
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.errors import DataError
from sadari.trust.active.asking import FIRST, Asking
from sadari.trust.active.candidates import read_candidates
from sadari.trust.active.clusters import cluster, middles
from sadari.trust.active.curve import learning_curve
from sadari.trust.active.learner import learn
from sadari.trust.active.selection import doubt, likely, typical, unclear
from sadari.trust.active.simulate import simulate
from sadari.trust.active.spaces import Placed, WordSpace, unit

LABELS = 4


def opened(path):
    source = open_source(path, need_label=False, missing="empty")
    source.use_columns(source.text_columns, None)
    return source


def groups(n=400, width=8, apart=3.0, seed=0):
    """Vectors of some groups of unlike size, and the group of each."""
    centres = np.random.default_rng(seed).standard_normal((LABELS, width)) * apart
    rng = np.random.default_rng([seed, n])
    truth = rng.choice(LABELS, n, p=[0.55, 0.3, 0.1, 0.05])
    vectors = unit((centres[truth] + rng.standard_normal((n, width))).astype(np.float32))
    return Placed(vectors, csr_matrix(vectors)), truth


def asking(placed, seed=0, way="most"):
    reserved = np.arange(len(placed)) < len(placed) // 10
    return Asking(placed, reserved, LABELS, strength=10.0, seed=seed, way=way)


@pytest.mark.parametrize("way", ["most", "unclear", "random"])
def test_all_are_asked_once_and_the_reserved_in_their_order(way):
    placed, truth = groups(230)
    ask = asking(placed, way=way)
    while len(batch := ask.batch()):
        assert not set(batch) & set(ask.done)
        assert len(set(batch)) == len(batch) <= ask.size
        ask.answered(batch, truth[batch])
        own = [place for place in ask.done if ask.reserved[place]]
        assert own == sorted(own)
        if way != "random" and len(ask.done) < 180:
            assert len(own) == pytest.approx(len(ask.done) / 10, abs=1)
    assert sorted(ask.done) == list(range(230))


def test_the_first_are_of_all_groups_where_chance_misses_some():
    missed = 0
    for seed in range(10):
        placed, truth = groups(seed=seed)
        found = typical(
            placed.vectors, np.empty(0, np.int64), np.arange(len(truth)), FIRST, np.random.default_rng(seed)
        )
        assert len(set(truth[found])) >= LABELS - 1
        missed += LABELS - len(set(truth[found]))
    assert missed <= 1


def test_what_is_unclear_lies_between_and_apart():
    placed, truth = groups()
    rows = np.arange(200)
    learned = learn(placed.features[rows], truth[rows], LABELS, 10.0)
    free = np.arange(200, 400)
    probabilities = learned.probabilities(placed.features[free])
    found = unclear(placed.vectors, probabilities, free, 10, np.random.default_rng(0))
    assert len(set(found)) == 10
    assert set(found) <= set(free)
    doubts = doubt(probabilities)
    assert doubts[found - 200].mean() > 2 * doubts.mean()
    surest = free[np.argsort(-doubts)[:10]]

    def nearness(places):
        likeness = placed.vectors[places] @ placed.vectors[places].T
        return likeness[~np.eye(len(places), dtype=bool)].mean()

    assert nearness(found) < nearness(surest)


def test_labels_with_names_are_found_by_them():
    placed, truth = groups()
    named = unit(np.stack([placed.vectors[truth == label].mean(axis=0) for label in range(LABELS)]))
    found = likely(placed.vectors, named, 1)
    assert set(truth[found]) == set(range(LABELS))


def test_clusters_as_lloyd_has_them():
    placed, _ = groups()
    weights = np.random.default_rng(1).random(400)
    nearest, centres = cluster(placed.vectors, weights, 5, np.random.default_rng(0))
    assert set(nearest) <= set(range(5))
    found = middles(placed.vectors, nearest, centres)
    for row in found:
        own = np.flatnonzero(nearest == nearest[row])
        distance = np.square(placed.vectors[own] - centres[nearest[row]]).sum(axis=1)
        assert row == own[distance.argmin()]
    assert sorted(nearest[found]) == sorted(set(nearest))


def test_learned_as_scikit_learn_learns():
    placed, truth = groups(150)
    found = learn(placed.features, truth, LABELS, 3.0)
    oracle = LogisticRegression(C=3.0, tol=1e-8, max_iter=1000).fit(placed.vectors, truth)
    np.testing.assert_allclose(found.probabilities(placed.features), oracle.predict_proba(placed.vectors), atol=2e-3)
    some = learn(placed.features[truth < 2], truth[truth < 2], LABELS, 3.0)
    assert np.all(some.probabilities(placed.features)[:, 2:] == 0)
    assert learn(placed.features[truth == 0], truth[truth == 0], LABELS, 3.0) is None


def test_asked_so_it_takes_fewer_labels_than_in_random_order():
    placed, truth = groups(2_000, apart=0.9)
    test, test_truth = groups(1_000, apart=0.9)
    best = learn(placed.features, truth, LABELS, 10.0)
    target = 0.985 * (best.predictions(test.features) == test_truth).mean()

    def needed(way, seed):
        order = np.random.default_rng(seed).permutation(len(truth))
        ask = asking(Placed(placed.vectors[order], placed.features[order]), seed, way)
        found = simulate(ask, truth[order], test.features, test_truth, most=600)
        return next((each.answers for each in found if each.accuracy >= target), 600)

    most, random = (np.mean([needed(way, seed) for seed in range(6)]) for way in ("most", "random"))
    assert most < random


def test_the_curve_is_of_texts_that_were_not_learned():
    """Of labels drawn by chance nothing can be learned, and the curve says so, although a model knows its own rows."""
    chance = np.random.default_rng(3).integers(0, 2, 300)
    wide = csr_matrix(np.random.default_rng(4).standard_normal((300, 400)).astype(np.float32))
    done, drawn = np.arange(300), np.arange(300) % 3 == 0
    assert (learn(wide, chance, 2, 10.0).predictions(wide) == chance).all()
    curve = learning_curve(wide, done, chance, drawn, 2, 10.0)
    assert [point.labels for point in curve.points] == [18, 37, 75, 150, 300]
    assert all(point.accuracy.low < 0.5 < point.accuracy.high for point in curve.points)
    assert not curve.enough
    assert curve.drawn == 100
    assert learning_curve(wide, done[:5], chance[:5], drawn[:5], 2, 10.0).points == []
    assert learning_curve(wide, done[:0], chance[:0], drawn[:0], 2, 10.0).changed is None


def test_enough_is_said_where_nothing_changes():
    placed, truth = groups(600, apart=6.0)
    curve = learning_curve(placed.features, np.arange(300), truth[:300], np.arange(300) % 10 == 0, LABELS, 10.0)
    assert curve.enough
    assert curve.changed <= 0.02
    assert curve.points[-1].accuracy.value >= 0.95


def test_candidates_are_a_random_part_that_the_texts_alone_decide(tmp_path):
    texts = [f"text {number}" for number in range(3_000)]
    first = read_candidates(opened(texts_file(tmp_path / "a.csv", texts)), most=200)
    other = read_candidates(opened(texts_file(tmp_path / "b.csv", texts[::-1] + texts)), most=200)
    assert first.texts.to_list() == other.texts.to_list()
    assert [texts[row - 1] for row in first.rows] == first.texts.to_list()
    assert (first.all, first.blank, first.different, len(first)) == (3_000, 0, 3_000, 200)
    assert (other.all, other.different) == (6_000, 3_000)
    assert first.reserved.sum() == 20
    assert 1_000 < first.rows.mean() < 2_000
    whole = read_candidates(opened(tmp_path / "a.csv"))
    assert sorted(whole.rows) == list(range(1, 3_001))
    assert whole.texts.to_list()[:200] == first.texts.to_list()


def test_what_is_answered_is_among_them_in_the_file_or_not(tmp_path):
    texts = [f"text {number}" for number in range(500)]
    file = texts_file(tmp_path / "a.csv", [*texts, "", "  ", " text 7 "])
    found = read_candidates(opened(file), ["  text 7", "text 8", "gone"], most=100)
    rows = dict(zip((text.strip() for text in found.texts), found.rows.tolist(), strict=True))
    assert rows["text 7"] == 8
    assert rows["text 8"] == 9
    assert rows["gone"] == 0
    assert len(rows) in (101, 102, 103)
    said = [str(note) for note in found.notes()]
    assert any("2 without a text and 1 that stand twice" in note for note in said)
    assert any("'gone'" in note for note in said)


def test_a_file_without_a_text(tmp_path):
    with pytest.raises(DataError, match="there is no text"):
        read_candidates(opened(texts_file(tmp_path / "a.csv", [" ", "\t"])))


@pytest.mark.parametrize("texts", [["one"], ["같은 글", "다른 글"], ["a b c", "🙂", "x"]])
def test_few_texts_have_a_space(texts):
    placed = WordSpace(pl.Series(texts)).place(pl.Series(texts))
    assert len(placed) == len(texts)
    assert np.isfinite(placed.vectors).all()


def test_texts_of_one_label_are_nearer_than_others():
    corpus = open_source(find("headlines_ko").train).read()
    placed = WordSpace(corpus.texts).place(corpus.texts)
    likeness = placed.vectors @ placed.vectors.T
    np.fill_diagonal(likeness, -1)
    nearest = likeness.argmax(axis=1)
    labels = corpus.labels.to_numpy()
    assert (labels[nearest] == labels).mean() > 1.5 * (labels[:, None] == labels).mean()
