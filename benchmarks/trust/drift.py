"""Drift: how often halves of one file raise an alarm, and how often a shift of a tenth of the rows does (AG News).

``python benchmarks/trust/drift.py``; ``SADARI_DRAWS`` (1,000) says how many equal halves are drawn; of each kind of
shift a fifth as many are. 1,000 texts are compared with 1,000 others:

- ``alike``: all drawn from the training rows;
- ``swapped``: of those after, 100 rows of one topic were replaced by as many of another;
- ``joined``: of those after, 100 rows, drawn at random, were replaced by rows of one topic;
- ``new``: 100 rows of those after are of a topic that there was not before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

import sadari
from corpora import ag_news
from sadari.data.corpus import Corpus
from sadari.trust.drifting.drift import drift

ROWS, MOVED = 1_000, 100
DRAWS = int(os.environ.get("SADARI_DRAWS", "1000"))
KINDS = ("alike", "swapped", "joined", "new")


def drawn(corpus: Corpus, kind: str, rng: np.random.Generator) -> tuple[Corpus, Corpus]:
    """Texts before and after, of one kind of change."""
    order, codes = rng.permutation(len(corpus)), corpus.codes
    one, other = rng.permutation(len(corpus.label_names))[:2]
    some = order if kind != "new" else order[codes[order] != one]
    before, after, rest = (
        some[:ROWS],
        some[ROWS : 2 * ROWS].copy(),
        order[np.isin(order, some[: 2 * ROWS], invert=True)],
    )
    if kind == "swapped":
        moved = np.flatnonzero(codes[after] == one)[:MOVED]
        after[moved] = rest[codes[rest] == other][: len(moved)]
    elif kind != "alike":
        after[:MOVED] = rest[codes[rest] == one][:MOVED]
    return corpus.take(before), corpus.take(after)


def run() -> str:
    """The share of draws in which the texts are said to have changed."""
    corpus = sadari.open_source(ag_news() / "train.csv").read()
    lines = ["| 1,000 texts against 1,000 | draws | alarms, % | p < 0.05, % |", "|---|---|---|---|"]
    for kind in KINDS:
        rng = np.random.default_rng(1)
        draws = DRAWS if kind == "alike" else max(1, DRAWS // 5)
        found = [drift(*drawn(corpus, kind, rng), words=0, seed=seed) for seed in range(draws)]
        alarms, low = (100 * np.mean(x) for x in ([f.changed for f in found], [f.test.p_value < 0.05 for f in found]))
        lines.append(f"| {kind} | {draws:,} | {alarms:.1f} | {low:.1f} |")
        print(lines[-1], flush=True)
    return "### Drift\n\n" + "\n".join(lines)


if __name__ == "__main__":
    print(run())
