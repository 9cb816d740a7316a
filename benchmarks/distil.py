"""Distillation on AG News: students of a large teacher beside the same rungs trained alone, on the 7,600 test texts.

    python benchmarks/distil.py models/bert                     a model of `sadari train ag_news --rung bert …`
    python benchmarks/distil.py models/bert --rungs embedding-bag --seeds 5
    python benchmarks/distil.py --few                           a MiniLM that saw 1,000 labels teaches all other texts
    python benchmarks/distil.py models/bert --altered 4         with altered copies of the texts, with --few too

The teacher reads the training texts once. Every student costs to predict what its rung does; how long a text takes is
processor time, the best of some runs in bulk, in the same process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bert import corpora, minilm
from sadari.data.corpus import Corpus
from sadari.rungs import RUNGS, BertClassifier, Rung
from sadari.rungs.distillation.teacher import Teacher
from timing import table

FEW = 1_000  # rows with labels, where the others have none
BULK = 2_000  # texts that are timed
HEADER = ["model", "learns from", "test accuracy, mean", "seeds", "agrees with the teacher", "µs a text", "train, s"]
MIX_HEADER = ["embedding-bag", "trust 0.5", "trust 0.9", "trust 1"]


def run(
    teacher: str | None = None,
    rungs: Sequence[str] = ("embedding-bag", "lstm"),
    seeds: int = 3,
    mixes: bool = True,
    copies: int = 0,
) -> str:
    """The table of students, and, if asked for, that of temperatures and trusts; with copies, of all labels alone."""
    folder = teacher or os.environ.get("SADARI_BENCH_TEACHER")
    if not folder:
        return "no teacher: name the folder of a model of AG News as an argument, or in SADARI_BENCH_TEACHER"
    train, test = corpora()
    few = train.take(np.arange(FEW))
    guide = Teacher(folder, say=Told())
    if copies and isinstance(guide.rung, BertClassifier):
        guide.rung.predict_precision = "bf16"  # five times as many texts, in half the time
    wanted = guide.rung.predict(test.texts)
    rows = [_teacher_row(guide.rung, test, wanted)]
    for name in rungs:
        ways: list[tuple[str, Corpus, Teacher | None]] = [
            (f"{len(train):,} labels", train, None),
            (f"{len(train):,} labels and the teacher", train, guide),
        ]
        ways += _altered(f"{len(train):,} labels", train, guide, copies) or [
            (f"{FEW:,} labels", few, None),
            (f"{FEW:,} labels and the teacher", few, guide),
            (f"the same, {len(train) - FEW:,} more texts without", few, replace(guide, unlabelled=train.texts)),
        ]
        for what, corpus, way in ways:
            rows.append(_row(name, what, corpus, way, test, wanted, seeds))
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    found = table(HEADER, rows)
    return found + "\n\n" + table(MIX_HEADER, _mixes(guide, train, test, seeds)) if mixes else found


def _altered(what: str, corpus: Corpus, guide: Teacher, copies: int) -> list[tuple[str, Corpus, Teacher | None]]:
    said = f"{what}, and the teacher, on {copies} altered copies of each too"
    return [(said, corpus, replace(guide, altered=copies))] if copies else []


def few(rungs: Sequence[str], seeds: int, threads: int = 1, copies: int = 0) -> str:
    """Where labels are dear: a MiniLM learns the few that there are, and students what it says of all other texts."""
    train, test = corpora()
    labelled, rest = train.take(np.arange(FEW)), train.texts.slice(FEW)
    # its answers in bf16 take half the time
    teacher = BertClassifier(weights=minilm(), threads=threads, predict_precision="bf16").fit(
        labelled.texts, labelled.labels
    )
    guide = Teacher(teacher, unlabelled=rest, say=Told())
    wanted = teacher.predict(test.texts)
    rows = [_teacher_row(teacher, test, wanted)]
    for name in rungs:
        ways: list[tuple[str, Corpus, Teacher | None]] = [
            (f"{FEW:,} labels", labelled, None),
            (f"{FEW:,} labels, and the teacher on {len(rest):,} texts", labelled, guide),
            *_altered(f"{FEW:,} labels, {len(rest):,} texts", labelled, guide, copies),
        ]
        for what, corpus, way in ways:
            rows.append(_row(name, what, corpus, way, test, wanted, seeds))
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    return table(HEADER, rows)


def _row(
    name: str, what: str, corpus: Corpus, way: Teacher | None, test: Corpus, wanted: np.ndarray, seeds: int
) -> list[str]:
    """One rung, trained in one way with so many seeds."""
    models: list[Any] = [RUNGS[name](seed=seed) for seed in range(seeds)]
    spent = [_processor_seconds(lambda m=model: m.fit(corpus.texts, corpus.labels, teacher=way)) for model in models]
    scores, alike = [], []
    for model in models:
        predicted = model.predict(test.texts)
        scores.append(_accuracy(predicted, test))
        alike.append(float(np.mean(predicted == wanted)))
    return [
        name,
        what,
        f"{statistics.mean(scores):.4f}",
        ", ".join(f"{score:.4f}" for score in scores),
        f"{statistics.mean(alike):.4f}",
        f"{_microseconds(models[0], test):.1f}",
        f"{statistics.median(spent):.1f}",
    ]


def _teacher_row(rung: Rung, test: Corpus, wanted: np.ndarray) -> list[str]:
    score = f"{_accuracy(wanted, test):.4f}"
    return [f"{rung.name}, the teacher", "", score, score, "1", f"{_microseconds(rung, test, runs=1):.1f}", ""]


def _mixes(guide: Teacher, train: Corpus, test: Corpus, seeds: int) -> list[list[str]]:
    """Test accuracy of the compiled bag, whose training takes a second, by temperature and trust."""
    rows = []
    for temperature in (1.0, 2.0, 4.0):
        row = [f"temperature {temperature:g}"]
        for trust in (0.5, 0.9, 1.0):
            way = replace(guide, temperature=temperature, trust=trust)
            bags = [RUNGS["embedding-bag"](seed=seed) for seed in range(seeds)]
            scores = [
                _accuracy(bag.fit(train.texts, train.labels, teacher=way).predict(test.texts), test) for bag in bags
            ]
            row.append(f"{statistics.mean(scores):.4f}")
        rows.append(row)
    return rows


def _accuracy(predicted: np.ndarray, test: Corpus) -> float:
    assert test.labels is not None
    return float(np.mean(predicted == test.labels.to_numpy()))


def _microseconds(model: Rung, test: Corpus, runs: int = 3) -> float:
    texts = test.texts.head(BULK)
    return 1e6 * min(_processor_seconds(lambda: model.predict_proba(texts)) for _ in range(runs)) / len(texts)


def _processor_seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


class Told:
    """Says how far the teacher is, every ten seconds; nothing where it answers out of its memory."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self, what: str, share: float) -> None:
        if time.monotonic() - self.last > 10 and share < 1:
            self.last = time.monotonic()
            print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teacher", nargs="?", help="the folder of a trained model of AG News")
    parser.add_argument("--few", action="store_true", help=f"train the teacher on {FEW:,} rows")
    parser.add_argument("--rungs", default="embedding-bag,lstm")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-mixes", action="store_true", help="leave out the table of temperatures and trusts")
    parser.add_argument("--altered", type=int, default=0, metavar="N", help="with N altered copies of every text too")
    asked = parser.parse_args()
    if asked.few:
        print(few(asked.rungs.split(","), asked.seeds, copies=asked.altered))
        sys.exit()
    print(run(asked.teacher, asked.rungs.split(","), asked.seeds, not asked.no_mixes, asked.altered))
