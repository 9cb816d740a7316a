"""What word vectors buy: test accuracy on AG News with few training rows and with all, with vectors and without.

The vectors are trained on the texts of train.csv, without their labels, in the same run; every rung sees the same rows.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from corpora import ag_news
from sadari.data.read import open_source
from sadari.rungs import LSTM, EmbeddingBag, FromVectors, Rung, TfIdf
from timing import table

SIZES = (200, 1_000, 5_000, None)
SAMPLES = 3
WAYS: dict[str, tuple[type[Rung], dict[str, Any]]] = {
    "tfidf": (TfIdf, {}),
    "embedding-bag": (EmbeddingBag, {}),
    "lstm": (LSTM, {}),
    "vectors: bag, tuned": (FromVectors, {}),
    "vectors: bag, frozen": (FromVectors, {"tune": False}),
    "vectors: bag, tuned, the corpus's words alone": (FromVectors, {"vocabulary": "corpus"}),
    "vectors: lstm, tuned": (FromVectors, {"net": "lstm"}),
    "vectors: lstm, frozen": (FromVectors, {"net": "lstm", "tune": False}),
}


def balanced(labels: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """So many rows of each label, drawn by a seed."""
    random, names = np.random.default_rng(seed), np.unique(labels)
    parts = [random.choice(np.flatnonzero(labels == name), rows // len(names), replace=False) for name in names]
    return np.sort(np.concatenate(parts))


def run(runs: int = SAMPLES) -> str:
    """Each small size on ``runs`` samples of rows; all rows once, by one seed."""
    from sadari.vectors.word2vec.trainer import train_vectors

    train, test = (open_source(ag_news() / f"{part}.csv").read() for part in ("train", "test"))
    assert train.labels is not None
    assert test.labels is not None
    start = time.perf_counter()
    vectors = train_vectors(train.texts, width=100, window=5, epochs=5, seed=0)
    seconds = time.perf_counter() - start
    labels, truth = train.labels.to_numpy(), test.labels.to_numpy()
    cells: dict[str, list[str]] = {name: [] for name in WAYS}
    for size in SIZES:
        samples = [np.arange(len(labels))] if size is None else [balanced(labels, size, seed) for seed in range(runs)]
        for name, (rung, settings) in WAYS.items():
            given = {"vectors": vectors, **settings} if rung is FromVectors else settings
            scores, times = [], []
            for seed, rows in enumerate(samples):
                model = rung(**given, seed=seed).fit(train.texts.gather(rows), train.labels.gather(rows))
                scores.append(float(np.mean(model.predict(test.texts) == truth)))
                times.append(model.train_seconds_)
            cells[name].append(f"{statistics.mean(scores):.4f} ({statistics.median(times):.1f} s)")
    header = ["rung", *("all rows" if size is None else f"{size:,} rows" for size in SIZES)]
    said = (
        f"Skip-gram, 100 wide, 5 passes over the {len(train.texts):,} texts of train.csv: {len(vectors):,} words in "
        f"{seconds:.1f} s. Test accuracy (seconds to train); means of {runs} samples, all rows once."
    )
    return f"{said}\n\n{table(header, [[name, *found] for name, found in cells.items()])}"
