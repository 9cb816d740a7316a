"""How far two people agree: against scikit-learn, and against what chance gives."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from sadari.errors import SettingError
from sadari.metrics.agreement import cohen_kappa


def drawn(n, seed, same=0.6):
    rng = np.random.default_rng(seed)
    first = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    second = np.where(rng.random(n) < same, first, rng.choice(["a", "b", "d"], n))
    return first.tolist(), second.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_as_scikit_learn(seed):
    first, second = drawn(200, seed)
    found = cohen_kappa(first, second)
    assert found.kappa.value == pytest.approx(cohen_kappa_score(first, second))
    assert found.share == pytest.approx(np.mean(np.array(first) == np.array(second)))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    truth = cohen_kappa(*drawn(200_000, 99)).kappa.value
    inside = [cohen_kappa(*drawn(150, seed)).kappa for seed in range(400)]
    assert 0.92 <= np.mean([each.low <= truth <= each.high for each in inside]) <= 0.98


def test_ends():
    assert cohen_kappa([], []).kappa is None
    assert cohen_kappa(["a"], ["a"]).kappa is None
    assert cohen_kappa(["a", "b"], ["a", "b"]).kappa.value == 1
    assert cohen_kappa(["a", "b"], ["b", "a"]).kappa.value == -1
    with pytest.raises(SettingError):
        cohen_kappa(["a"], [])
