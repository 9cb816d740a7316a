"""How often the verdict's rule picks a rung that is truly more than a point worse, beside always the best validated.

Rungs on real sets, how accurate they are on test rows and on how many two of them disagree, are taken for the truth.
Validation rows are drawn from it: a rung is right on a row where its normal variable, which goes along with those of
the others as much as their disagreement asks, is under a bar. ``python benchmarks/verdict.py FOLDER`` measures the sets
of a folder anew (``FOLDER/NAME/train.csv.gz`` and ``test.csv.gz``) and prints what `SETS` holds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from sadari.artifact import megabytes
from sadari.climb.verdict.choice import MARGIN, Compared, Cost, choose
from sadari.data.read import open_source
from sadari.metrics.significance import mcnemar, paired_difference
from sadari.rungs import RUNGS as FOUND
from sadari.rungs import Rung
from timing import table

ROWS = (500, 2_000, 10_000)
DRAWS = 1_000
PATTERNS = 200_000  # rows of which the frequency of each pattern of right and wrong is taken
WORSE = 0.01
CHAR_MEGABYTES = 20.0  # scikit-learn has no folder of its own
BUSY = 1.5  # times as long as on a quiet machine

# Set → per cent right of each rung, and per cent of the rows on which just one of two is right (1-2, 1-3, …, 2-3, …).
RUNGS = ("bow", "ngram", "tfidf", "char", "embedding-bag", "embedding", "lstm")
SETS: dict[str, tuple[str, str]] = {
    "webapps": (
        "74.6 72.9 74.6 79.7 71.2 57.6 35.6",
        "1.7 0.0 11.9 10.2 16.9 42.4 1.7 13.6 11.9 15.3 40.7 11.9 10.2 16.9 42.4 15.3 28.8 50.8 20.3 45.8 25.4",
    ),
    "trec6": (
        "87.0 88.6 90.8 85.6 88.4 84.8 85.0",
        "6.4 7.4 6.6 9.4 11.0 7.6 3.4 9.8 10.2 13.0 9.2 10.0 6.8 12.0 10.2 10.4 13.2 11.0 9.2 11.4 13.0",
    ),
    "log_bgl_alert": (
        "99.8 99.8 99.2 99.8 99.8 99.8 99.8",
        "0.0 0.5 0.0 0.0 0.0 0.0 0.5 0.0 0.0 0.0 0.0 0.5 0.5 0.5 0.5 0.0 0.0 0.0 0.0 0.0 0.0",
    ),
    "sms_spam": (
        "98.4 98.4 98.7 98.8 98.5 98.2 98.2",
        "0.5 0.4 0.8 1.2 1.1 0.7 0.3 0.8 1.0 1.3 0.7 0.7 0.7 1.0 0.6 1.1 1.3 1.0 0.8 1.0 1.3",
    ),
    "fr_series": (
        "91.0 90.8 91.3 90.9 91.7 90.8 88.6",
        "4.6 5.4 8.1 7.5 8.7 8.8 1.8 8.8 5.5 10.2 10.6 9.1 4.5 9.7 10.9 9.5 9.3 9.7 8.1 9.7 8.3",
    ),
    "langid_scripts": (
        "84.5 84.7 85.5 99.3 84.3 81.0 73.8",
        "0.5 1.0 15.8 2.2 5.5 12.7 0.8 15.7 2.0 5.7 12.2 14.8 1.5 5.5 12.7 16.0 19.0 26.2 4.7 11.5 8.5",
    ),
    "tweet_emotion": (
        "67.1 63.8 64.5 72.3 63.9 67.1 62.9",
        "10.9 11.9 18.9 16.9 16.1 19.1 4.5 20.7 14.7 21.4 20.1 19.4 13.0 20.0 21.3 21.7 22.2 25.1 19.5 23.4 22.7",
    ),
    "medical_abstracts": (
        "54.2 55.9 57.4 59.3 55.5 54.7 33.2",
        "7.3 9.2 15.2 13.1 13.0 58.0 6.7 16.3 13.5 15.7 60.4 13.3 10.6 13.8 60.2 16.6 18.2 59.7 13.3 54.2 59.2",
    ),
    "bugs_security": (
        "96.2 96.2 96.4 96.4 96.2 96.2 96.4",
        "0.0 0.2 0.2 0.2 0.6 0.4 0.1 0.2 0.2 0.5 0.4 0.3 0.2 0.5 0.3 0.4 0.5 0.4 0.5 0.5 0.6",
    ),
    "ko_3i4k": (
        "85.6 85.7 84.2 85.5 82.7 78.1 51.6",
        "2.8 5.4 3.9 8.6 11.6 39.0 3.3 3.6 7.7 11.4 38.8 4.3 6.9 10.0 38.5 7.8 11.6 39.0 8.9 39.6 38.2",
    ),
    "products": (
        "94.4 94.4 94.8 97.8 95.1 94.2 93.7",
        "0.8 1.0 3.7 2.1 2.8 2.9 0.7 3.8 2.1 3.0 3.2 3.4 1.6 2.9 3.2 3.5 4.2 4.7 2.5 3.2 2.5",
    ),
}
# Seconds a training row, and a text when many are labelled; the model's megabytes: the median over the sets.
COSTS: dict[str, tuple[float, float, float]] = {
    "bow": (0.00013, 1.7e-05, 0.63),
    "ngram": (8.4e-05, 1.4e-05, 2.3),
    "tfidf": (8.4e-05, 1.4e-05, 2.3),
    "char": (0.0019, 0.00095, 20.0),
    "embedding-bag": (0.0002, 2.2e-05, 3.7),
    "embedding": (0.0054, 2.9e-05, 1.1),
    "lstm": (0.006, 0.00021, 1.2),
}


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


def truth(accuracy: np.ndarray, disagree: Mapping[tuple[int, int], float], costs: Sequence[Cost]) -> Truth:
    """Rungs that are so accurate, and disagree so often."""
    right = np.clip(accuracy, 0.001, 0.999)
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
    found = [[np.array(values.split(), float) / 100 for values in both] for both in SETS.values()]
    return [truth(right, dict(zip(pairs, apart.tolist(), strict=True)), costs) for right, apart in found]


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
    """Our rule and the best validated on so many validation rows, drawn so often.

    Returns:
        what each of them picked; and by how much what our rule picks where every rung takes half as long again is
        better or worse, float [draws].
    """
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(rows, found.shares, size=draws)
    right = found.patterns.astype(np.int64)
    score = counts @ right
    both = np.einsum("dp,pi,pj->dij", counts, right, right, optimize=True)
    names = [str(place) for place in range(len(found.costs))]
    costs = dict(zip(names, found.costs, strict=True))
    slower = {name: Cost(BUSY * cost.training, BUSY * cost.labelling, cost.megabytes) for name, cost in costs.items()}
    ours, busy = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    for number in range(draws):
        scores = {name: float(score[number, place]) / rows for place, name in enumerate(names)}

        def compare(one: str, other: str, number: int = number) -> Compared:
            i, j = int(one), int(other)
            won, lost = (int(score[number, k] - both[number, i, j]) for k in (i, j))
            return Compared(paired_difference(lost, won, rows), mcnemar(lost, won))

        ours[number] = int(choose(scores, costs, compare, margin=margin))
        busy[number] = int(choose(scores, slower, compare, margin=margin))
    every = np.arange(draws)
    best = score.argmax(axis=1)
    regret = found.accuracy.max() - found.accuracy
    said = (score.max(axis=1)[:, None] - score) / rows
    return Picked(regret[ours], said[every, ours]), Picked(regret[best], said[every, best]), regret[busy] - regret[ours]


def _line(name: str, truths: Sequence[Truth], rows: int, draws: int) -> list[str]:
    found = [draw(each, rows, draws, seed) for seed, each in enumerate(truths)]
    ours, best = (
        Picked(*(np.concatenate([getattr(each[k], part) for each in found]) for part in ("regret", "said")))
        for k in (0, 1)
    )
    busy = np.concatenate([each[2] for each in found])
    cells = [*ours.cells(), *best.cells(), f"{100 * ours.said.mean():.2f}", f"{100 * (busy > WORSE).mean():.1f}"]
    return [name, f"{rows:,}", *cells]


def run(draws: int = DRAWS) -> str:
    """The table of `docs/verdict.md`."""
    header = ["rungs and costs", "rows", "rule: > 1 point worse, %", "its regret, points"]
    header += ["best validated: > 1 point worse, %", "its regret", "what the rule says it loses"]
    header += ["on a busy machine > 1 point worse than on a quiet one, %"]
    plain = suite(1)
    worlds = [("as measured", plain), ("30 times the rows and texts", suite(30))]
    gains = (-0.01, 0.0, 0.004, 0.008, 0.015, 0.03)
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
        shown = [" ".join(f"{value:.1f}" for value in values) for values in (100 * right.mean(axis=1), apart)]
        print(f"    {place.name!r}: {tuple(shown)},", flush=True)
    for name, values in costs.items():
        print(f"    {name!r}: {tuple(float(f'{value:.2g}') for value in np.median(values, axis=0))},")


def _measured(place: Path) -> tuple[np.ndarray, dict[str, tuple[float, float, float]]]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    train, test = (open_source(place / f"{part}.csv.gz").read() for part in ("train", "test"))
    assert train.labels is not None
    assert test.labels is not None
    right, spent = [], {}
    for name in RUNGS:
        model: Any
        if name == "char":
            vectorizer = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, max_features=500_000
            )
            model = make_pipeline(vectorizer, LinearSVC(C=0.5))
        else:
            model = FOUND[name](seed=0)
        start = time.perf_counter()
        model.fit(train.texts.to_list(), train.labels.to_list())
        trained = time.perf_counter()
        predicted = model.predict(test.texts.to_list())
        took = (trained - start) / len(train), (time.perf_counter() - trained) / len(test)
        spent[name] = (*took, _megabytes(model) if name != "char" else CHAR_MEGABYTES)
        right.append(np.asarray(predicted) == test.labels.to_numpy())
    return np.array(right), spent


def _megabytes(model: Rung) -> float:
    with TemporaryDirectory() as place:
        model.save(Path(place) / "model")
        return megabytes(Path(place) / "model")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
    else:
        print(run())
