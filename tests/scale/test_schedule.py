"""What time jobs take side by side."""

import itertools

import numpy as np
import pytest

from sadari.scale.schedule import makespan


def best_of_all(seconds, workers):
    """The shortest time of any assignment."""
    return min(
        max(sum(s for s, w in zip(seconds, assigned, strict=True) if w == worker) for worker in range(workers))
        for assigned in itertools.product(range(workers), repeat=len(seconds))
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_it_is_within_the_bound_of_the_best(seed, workers):
    seconds = np.random.default_rng(seed).exponential(size=7).tolist()
    best = best_of_all(seconds, workers)
    assert best - 1e-9 <= makespan(seconds, workers) <= best * (4 / 3 - 1 / (3 * workers)) + 1e-9


def test_with_many_workers_it_is_the_longest_job():
    assert makespan([3.0, 1.0, 2.0], 10) == 3.0
    assert makespan([], 4) == 0.0
    assert makespan([1.0] * 8, 4) == 2.0
