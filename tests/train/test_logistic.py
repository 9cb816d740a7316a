"""Logistic regression on dense vectors: what scikit-learn finds, at any scale of the vectors."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sadari.train.solvers.logistic import fit_logistic


def rows(labels=3):
    random = np.random.default_rng(labels)
    vectors = (random.normal(size=(80, 12)) + 2).astype(np.float32)
    codes = (vectors[:, :labels] + random.normal(size=(80, labels))).argmax(axis=1)
    return vectors, codes, random.uniform(0.5, 2, 80).astype(np.float32)


def unit(vectors):
    """Of a mean square length of 1 about their mean."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    return centred / np.sqrt(np.square(centred).sum(axis=1).mean())


@pytest.mark.parametrize("labels", [3, 5])
def test_it_finds_what_scikit_learn_finds(labels):
    vectors, codes, costs = rows(labels)
    strengths = [0.1, 1.0, 30.0]
    for strength, ours in zip(
        strengths, fit_logistic(vectors, np.eye(labels)[codes] > 0, costs, strengths), strict=True
    ):
        theirs = LogisticRegression(C=strength, tol=1e-8, max_iter=5_000).fit(unit(vectors), codes, sample_weight=costs)
        expected = theirs.decision_function(unit(vectors))
        found = ours.logits(vectors)
        assert np.allclose(found - found.mean(axis=1, keepdims=True), expected, atol=2e-3)


def test_of_several_labels_each_is_fitted_by_itself():
    vectors, codes, costs = rows()
    targets = np.column_stack([codes == 0, codes <= 1, vectors[:, 4] > 2])
    (ours,) = fit_logistic(vectors, targets, costs, [1.0], several=True)
    for label in range(3):
        theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=5_000).fit(
            unit(vectors), targets[:, label], sample_weight=costs
        )
        assert np.allclose(ours.logits(vectors)[:, label], theirs.decision_function(unit(vectors)), atol=2e-3)


def test_the_scale_of_the_vectors_does_not_count():
    vectors, codes, costs = rows()
    targets = np.eye(3)[codes] > 0
    (one,), (other,) = (fit_logistic(scale * vectors, targets, costs, [1.0]) for scale in (1, 64))
    assert np.allclose(one.logits(vectors), other.logits(64 * vectors), atol=1e-3)
