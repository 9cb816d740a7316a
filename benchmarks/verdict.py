"""How often the verdict's rule picks a rung that is truly more than a point worse, beside always the best validated.

Rungs on real sets, how accurate they are on test rows and on how many two of them disagree, are taken for the truth.
Validation rows are drawn from it: a rung is right on a row where its normal variable, which goes along with those of
the others as much as their disagreement asks, is under a bar. ``python benchmarks/verdict.py FOLDER`` measures the sets
of a folder anew (``FOLDER/NAME/train.csv.gz`` and ``test.csv.gz``) and prints what `SETS` holds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from sadari.climb.choice import MARGIN, Compared, Cost, choose
from sadari.metrics.significance import mcnemar, paired_difference
from timing import table

ROWS = (500, 2_000, 10_000)
DRAWS = 1_000
PATTERNS = 200_000  # rows of which the frequency of each pattern of right and wrong is taken
WORSE = 0.01

# Set → per cent right of each rung, and per cent of the rows on which exactly one of two is right (1-2, 1-3, …, 2-3, …).
RUNGS = ("bow", "ngram", "tfidf", "char", "embedding-bag", "embedding", "lstm")
SETS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}
# Seconds a training row, and a text when many are labelled; the model's megabytes: the median over the sets.
COSTS: dict[str, tuple[float, float, float]] = {}


@dataclass(frozen=True)
class Truth:
    """Some rungs as they truly are.

    Attributes:
        accuracy: float [rungs].
        patterns: bool [patterns, rungs], which rungs are right together.
        shares: float [patterns], how often.
        costs: of each rung.
    """

    accuracy: np.ndarray
    patterns: np.ndarray
    shares: np.ndarray
    costs: tuple[Cost, ...]


def correlation(first: float, second: float, disagree: float) -> float:
    """Of the normal variables of two rungs, so that exactly one of them is right on that share of the rows."""
    both = (first + second - disagree) / 2
    bars = ndtri([first, second])

    def gap(rho: float) -> float:
        return float(multivariate_normal.cdf(bars, cov=[[1, rho], [rho, 1]])) - both

    low, high = -0.5, 0.9999
    if gap(high) <= 0:
        return high
    return low if gap(low) >= 0 else float(brentq(gap, low, high, xtol=1e-4))


def truth(accuracy: Sequence[float], disagree: Mapping[tuple[int, int], float], costs: Sequence[Cost]) -> Truth:
    """Rungs that are so accurate, and disagree so often."""
    right = np.clip(np.array(accuracy), 0.001, 0.999)
    matrix = np.eye(len(right))
    for (i, j), share in disagree.items():
        matrix[i, j] = matrix[j, i] = correlation(right[i], right[j], share)
    values, vectors = np.linalg.eigh(matrix)  # the nearest that is one: its negative eigenvalues are cut off
    root = vectors * np.sqrt(np.maximum(values, 1e-9))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    drawn = np.random.default_rng(0).standard_normal((PATTERNS, len(right))) @ root.T < ndtri(right)
    patterns, counts = np.unique(drawn, axis=0, return_counts=True)
    shares = counts / counts.sum()
    return Truth(shares @ patterns, patterns, shares, tuple(costs))


def suite(times: float) -> list[Truth]:
    """The sets as measured, for so many times the training rows and the texts a day."""
    costs = [Cost(train * 10_000 * times, text * 1e6 * times, size) for train, text, size in COSTS.values()]
    pairs = list(combinations(range(len(RUNGS)), 2))
    return [
        truth([value / 100 for value in right], dict(zip(pairs, [d / 100 for d in apart], strict=True)), costs)
        for right, apart in SETS.values()
    ]


def with_encoder(found: Truth, gain: float) -> Truth:
    """The same with a rung that costs an hour, better than the best of them by ``gain``."""
    best = int(found.accuracy.argmax())
    right = min(0.995, found.accuracy[best] + gain)
    apart = max(abs(right - found.accuracy[best]), 0.6 * (1 - found.accuracy[best]))
    # it disagrees with the others as it does with the best one, and as much as that one does
    rows = found.patterns[:, best]
    share = float(found.shares[rows].sum())
    lost = max(0.0, (apart - (right - share)) / 2)
    keep, mend = 1 - lost / share, min(1.0, (apart - lost) / max(1 - share, 1e-9))
    chance = np.where(rows, keep, mend)
    patterns = np.concatenate([np.column_stack([found.patterns, np.full(len(rows), flag)]) for flag in (True, False)])
    shares = np.concatenate([found.shares * chance, found.shares * (1 - chance)])
    dear = Cost(training=3_600.0, labelling=7_200.0, megabytes=100.0)
    return Truth(shares @ patterns, patterns, shares, (*found.costs, dear))


@dataclass
class Picked:
    """What a rule picked: float [draws] of how much worse that truly is, and of how much it seemed to be."""

    regret: np.ndarray
    said: np.ndarray

    def cells(self) -> list[str]:
        return [f"{100 * (self.regret > WORSE).mean():.1f}", f"{100 * self.regret.mean():.2f}"]


def draw(found: Truth, rows: int, draws: int, seed: int, margin: float = MARGIN) -> tuple[Picked, Picked, np.ndarray]:
    """Our rule and the best validated on so many validation rows, drawn so often; and how much a slower machine, twice
    as slow, turns the choice over: bool [draws]."""
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(rows, found.shares, size=draws)
    right = found.patterns.astype(np.int64)
    score = counts @ right
    both = np.einsum("dp,pi,pj->dij", counts, right, right, optimize=True)
    names = [str(place) for place in range(len(found.costs))]
    costs = dict(zip(names, found.costs, strict=True))
    slower = {name: Cost(2 * cost.training, 2 * cost.labelling, cost.megabytes) for name, cost in costs.items()}
    ours, turned = np.zeros(draws, np.int64), np.zeros(draws, np.bool_)
    for number in range(draws):
        scores = {name: float(score[number, place]) / rows for place, name in enumerate(names)}

        def compare(one: str, other: str, number: int = number) -> Compared:
            i, j = int(one), int(other)
            won, lost = (int(score[number, k] - both[number, i, j]) for k in (i, j))
            return Compared(paired_difference(lost, won, rows), mcnemar(lost, won))

        ours[number] = int(choose(scores, costs, compare, margin=margin))
        turned[number] = int(choose(scores, slower, compare, margin=margin)) != ours[number]
    every = np.arange(draws)
    best = score.argmax(axis=1)
    regret = found.accuracy.max() - found.accuracy
    said = (score.max(axis=1)[:, None] - score) / rows
    return Picked(regret[ours], said[every, ours]), Picked(regret[best], said[every, best]), turned


def _line(name: str, truths: Sequence[Truth], rows: int, draws: int) -> list[str]:
    found = [draw(each, rows, draws, seed) for seed, each in enumerate(truths)]
    ours, best = (
        Picked(*(np.concatenate([getattr(each[k], part) for each in found]) for part in ("regret", "said")))
        for k in (0, 1)
    )
    turned = np.concatenate([each[2] for each in found])
    same = f"{100 * (ours.regret == best.regret).mean():.0f}"
    cells = [*ours.cells(), *best.cells(), f"{100 * ours.said.mean():.2f}", same, f"{100 * turned.mean():.1f}"]
    return [name, f"{rows:,}", *cells]


def run(draws: int = DRAWS) -> str:
    """The table of `docs/verdict.md`."""
    header = ["rungs and costs", "rows", "rule: > 1 point worse, %", "regret, points", "best validated: > 1 point, %"]
    header += ["regret", "what the rule says it loses", "same pick, %", "other pick where twice as slow, %"]
    plain = suite(1)
    worlds = [("as measured", plain), ("30 times the rows and texts", suite(30))]
    gains = (-0.01, 0.0, 0.0025, 0.005, 0.01, 0.02, 0.04)
    worlds.append(("and an encoder of an hour", [with_encoder(each, gain) for each in plain for gain in gains]))
    return table(header, [_line(name, truths, rows, draws) for name, truths in worlds for rows in ROWS])


def measure(folder: Path) -> None:
    """Print what `SETS` and `COSTS` hold of the sets of a folder; ``char`` is scikit-learn's `LinearSVC`."""
    costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in RUNGS}
    for place in sorted(path.parent for path in folder.glob("*/train.csv.gz")):
        right, spent = _measured(place)
        for name, values in spent.items():
            costs[name].append(values)
        apart = [100 * float((right[i] != right[j]).mean()) for i, j in combinations(range(len(RUNGS)), 2)]
        shown = (tuple(round(100 * float(row.mean()), 1) for row in right), tuple(round(value, 1) for value in apart))
        print(f"    {place.name!r}: {shown},", flush=True)
    for name, values in costs.items():
        print(f"    {name!r}: {tuple(float(f'{value:.2g}') for value in np.median(values, axis=0))},")


def _measured(place: Path) -> tuple[np.ndarray, dict[str, tuple[float, float, float]]]:
    import time

    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    from sadari.data.read import open_source
    from sadari.rungs import RUNGS as CLASSES

    train, test = (open_source(place / f"{part}.csv.gz").read() for part in ("train", "test"))
    assert train.labels is not None
    assert test.labels is not None
    right, spent = [], {}
    for name in RUNGS:
        if name == "char":
            vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, max_features=500_000)
            model = make_pipeline(vectorizer, LinearSVC(C=0.5))
        else:
            model = CLASSES[name](seed=0)
        start = time.perf_counter()
        model.fit(train.texts.to_list(), train.labels.to_list())
        trained = time.perf_counter()
        predicted = model.predict(test.texts.to_list())
        took = (trained - start) / len(train), (time.perf_counter() - trained) / len(test), 0.0
        spent[name] = took
        right.append(np.asarray(predicted) == test.labels.to_numpy())
    return np.array(right), spent


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
    else:
        print(run())
