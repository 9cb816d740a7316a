"""Wrong labels: AG News with labels flipped, at random and by confusion, against cleanlab on the same probabilities.

``python benchmarks/trust/suspects.py [find drop memory …]``; ``SADARI_SEEDS`` (3) says how many seeds.
With ``SADARI_SUITE``, a folder of other sets (NAME/train.csv.gz), ``sets`` does the same on some of these.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parent.parent))

import sadari
from corpora import ag_news
from sadari.data.corpus import Corpus
from sadari.metrics.label_quality.ballots import Ballots
from sadari.metrics.label_quality.quality import LabelQuality, label_quality
from sadari.metrics.predictions import predict_in_order
from sadari.trust.suspects.folds import usual_voters, vote_in_folds

SHARE, FIRST, FOLDS = 0.05, 1_000, 5
SEEDS = range(int(os.environ.get("SADARI_SEEDS", "3")))
SETS = ("ko_3i4k", "products", "trec6", "tweet_emotion")
ROWS, LABELS, VOTERS = 1_000_000, 50, 3


class Kept(Ballots):
    """Ballots that also keep each voter's own table, as cleanlab wants them."""

    def __init__(self, given: np.ndarray, labels: int) -> None:
        super().__init__(given, labels)
        self.tables: dict[str, np.ndarray] = {}

    def add(self, voter: str, rows: np.ndarray, table: np.ndarray) -> None:
        super().add(voter, rows, table)
        self.tables.setdefault(voter, np.zeros((len(self), self.labels), np.float32))[rows] = table


def flipped(corpus: Corpus, kind: str, seed: int) -> np.ndarray:
    """int [n]: the labels, 5 % of which are others: any, or those that a model takes them for, as often as it does."""
    generator, codes, labels = np.random.default_rng(seed), corpus.codes.copy(), len(corpus.label_names)
    count = int(SHARE * len(codes))
    if kind == "random":
        rows = generator.choice(len(codes), count, replace=False)
        codes[rows] = (codes[rows] + generator.integers(1, labels, count)) % labels
        return codes
    even = np.arange(len(codes)) % 2 == 0
    half = corpus.take(even)
    model = sadari.BagOfWords().fit(half.texts, half.given_labels)
    taken_for = predict_in_order(model, corpus.texts.filter(pl.Series(~even)), corpus.label_names).argmax(axis=1)
    pairs = np.zeros((labels, labels))
    np.add.at(pairs, (corpus.codes[~even], taken_for), 1)
    np.fill_diagonal(pairs, 0)
    wanted, free = (pairs / pairs.sum() * count).astype(int), np.ones(len(codes), bool)
    for true in range(labels):
        for other in range(labels):
            members = np.flatnonzero((corpus.codes == true) & free)
            rows = generator.choice(members, min(wanted[true, other], len(members) // 2), replace=False)
            codes[rows], free[rows] = other, False
    return codes


def voted(corpus: Corpus, given: np.ndarray, folds: int = FOLDS) -> tuple[Kept, LabelQuality]:
    """The usual voters' tables and what the vote says."""
    names = pl.Series(corpus.label_names)
    noisy = Corpus(corpus.texts, names.gather(given), corpus.rows, corpus.source, label_order=corpus.label_order)
    ballots = Kept(given, len(corpus.label_names))
    vote_in_folds(noisy, ballots, usual_voters({}), {}, folds=folds, seed=0, say=lambda what, share: None)
    return ballots, label_quality(given, ballots)


def hits(score: np.ndarray, wrong: np.ndarray, count: int) -> float:
    return float(wrong[np.argsort(score, kind="stable")[:count]].mean())


def compared(corpus: Corpus, kind: str, seed: int, count: int | None) -> tuple[str, LabelQuality, np.ndarray]:
    """A line of the table: precision of the first suspects; and what was found, of which labels."""
    given = flipped(corpus, kind, seed)
    wrong, every = given != corpus.codes, np.arange(len(given))
    ballots, quality = voted(corpus, given)
    first = count or int(0.6 * wrong.sum())
    alone = {name: hits(table[every, given], wrong, first) for name, table in ballots.tables.items()}
    best = max(alone, key=lambda name: alone[name])
    ours, found = hits(quality.score, wrong, first), quality.suspect
    cells = [kind, seed, f"{first:,}", f"{ours:.3f}", peer(given, ballots, wrong, first), f"{alone[best]:.3f} ({best})"]
    cells += [f"{quality.noise:.1%} of {wrong.mean():.1%}", f"{found.sum():,}"]
    cells += [f"{wrong[found].mean() if found.any() else 0:.2f}", f"{wrong[found].sum() / wrong.sum():.2f}"]
    return "| " + " | ".join(map(str, cells)) + " |", quality, given


def peer(given: np.ndarray, ballots: Kept, wrong: np.ndarray, first: int) -> str:
    """cleanlab's precision, from its own ensemble of the same probabilities."""
    try:
        from cleanlab.rank import get_label_quality_ensemble_scores
    except ImportError:
        return "not installed"
    tables = [table.astype(np.float64) for table in ballots.tables.values()]
    return f"{hits(get_label_quality_ensemble_scores(given, tables, verbose=False), wrong, first):.3f}"


HEAD = (
    "| labels | seed | first | precision | cleanlab | best rung alone | noise said | suspects | precision | recall |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def find() -> str:
    """Precision on AG News, and accuracy on its test texts with suspects dropped."""
    train = sadari.open_source(ag_news() / "train.csv").read()
    test = sadari.open_source(ag_news() / "test.csv").read()
    lines, scores = [HEAD], ["| labels | seed | clean | flipped | suspects dropped |", "|---|---|---|---|---|"]
    clean = scored(train, train.codes, np.ones(len(train), bool), test)
    for kind in ("random", "confusion"):
        for seed in SEEDS:
            line, quality, given = compared(train, kind, seed, FIRST)
            lines.append(line)
            print(line, flush=True)
            kept = scored(train, given, ~quality.suspect, test)
            noisy = scored(train, given, np.ones(len(train), bool), test)
            scores.append(f"| {kind} | {seed} | {clean} | {noisy} | {kept} |")
            print(scores[-1], flush=True)
    return "AG News, 5 % of the training labels flipped.\n\n" + "\n".join(lines) + "\n\n" + "\n".join(scores)


def scored(train: Corpus, given: np.ndarray, kept: np.ndarray, test: Corpus) -> str:
    """Test accuracy of the voters, trained on the rows that are kept, with these labels."""
    names, some = pl.Series(train.label_names), pl.Series(kept)
    said = []
    for name in usual_voters({}):
        model = sadari.RUNGS[name]().fit(train.texts.filter(some), names.gather(given).filter(some))
        said.append(f"{name} {(model.predict(test.texts) == test.given_labels.to_numpy()).mean():.4f}")
    return ", ".join(said)


def sets() -> str:
    """The same precision on other sets; the first 60 % of as many rows as were flipped."""
    folder = Path(os.environ.get("SADARI_SUITE", ""))
    lines = [HEAD.replace("| labels |", "| set | labels |", 1).replace("|---|", "|---|---|", 1)]
    for name in SETS:
        corpus = sadari.open_source(folder / name / "train.csv.gz").read()
        for kind in ("random", "confusion"):
            for seed in SEEDS:
                lines.append(f"| {name} {compared(corpus, kind, seed, None)[0]}")
                print(lines[-1], flush=True)
    return "\n".join(lines)


def memory() -> str:
    """The most memory that a vote on 1,000,000 rows and 50 labels takes, in a process of its own."""
    run = subprocess.run([sys.executable, __file__, "measure"], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def measure() -> str:
    generator = np.random.default_rng(0)
    given = generator.integers(0, LABELS, ROWS)
    ballots, step = Ballots(given, LABELS), 20_000
    for voter in range(VOTERS):
        for first in range(0, ROWS, step):
            rows = np.arange(first, first + step)
            logits = generator.normal(size=(step, LABELS)).astype(np.float32)
            logits[np.arange(step), given[rows]] += 5
            raised = np.exp(logits)
            ballots.add(str(voter), rows, raised / raised.sum(axis=1, keepdims=True))
    quality = label_quality(given, ballots)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    most = int(status["VmHWM"].split()[0]) / 1024
    said = f"{ROWS:,} rows × {LABELS} labels × {VOTERS} voters: {most:,.0f} MB at the most, pages of its file counted"
    return f"{said}; {quality.suspect.sum():,} suspects"


def run() -> str:
    return "### Wrong labels\n\n" + "\n\n".join([find(), memory()])


if __name__ == "__main__":
    parts = {"find": find, "sets": sets, "memory": memory, "measure": measure}
    for asked in sys.argv[1:] or ["find", "memory"]:
        print(parts[asked]())
