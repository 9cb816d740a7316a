"""Loading word vectors: a GloVe text file of 400,000 × 50, against gensim."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors

from sadari.vectors.formats.files import read_vectors, write_vectors
from sadari.vectors.keyed import WordVectors
from timing import in_turn, ratio, table

ROWS, WIDTH = 400_000, 50


def synthetic() -> WordVectors:
    """As many words and numbers as GloVe's 6B file has, of as many digits."""
    numbers = np.random.default_rng(0).normal(scale=0.5, size=(ROWS, WIDTH)).round(5)
    return WordVectors([f"word{row}" for row in range(ROWS)], numbers.astype(np.float32))


def run(runs: int = 3) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "glove.txt")
        write_vectors(synthetic(), path, format="glove")

        def ours() -> Any:
            return read_vectors(path)

        def gensims() -> Any:
            return KeyedVectors.load_word2vec_format(str(path), no_header=True)

        timed = in_turn({"Sadari": ours, "gensim": gensims}, runs=runs)
        size = path.stat().st_size / 1e6
    if not np.array_equal(timed["Sadari"].result.matrix, timed["gensim"].result.vectors):
        raise RuntimeError("the two read different vectors")
    rows = []
    for name, one in timed.items():
        low, middle, high = ratio(timed["Sadari"], one)
        rows.append([name, f"{one.median:.2f}", f"{middle:.3f}", f"{low:.3f} to {high:.3f}"])
    header = [f"{ROWS:,} × {WIDTH} as text, {size:.0f} MB", "seconds (median)", "our time / its time", "range"]
    return table(header, rows)
