"""Nearest words among 400,000 × 300, against gensim, and against what the memory allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gensim.models import KeyedVectors

from sadari.vectors.keyed import WordVectors
from timing import in_turn, table

WORDS, WIDTH = 400_000, 300
AT_ONCE = 200


def run(runs: int = 3) -> str:
    matrix = np.random.default_rng(0).standard_normal((WORDS, WIDTH), dtype=np.float32)
    words = [f"w{row}" for row in range(WORDS)]
    ours, theirs = WordVectors(words, matrix), KeyedVectors(WIDTH)
    theirs.add_vectors(words, matrix)
    theirs.fill_norms()
    if [word for word, _ in ours.nearest("w7")] != [word for word, _ in theirs.most_similar("w7")]:
        raise RuntimeError("Sadari and gensim found different words")
    ways: dict[str, Callable[[], Any]] = {
        "Sadari, nearest": lambda: ours.nearest("w7"),
        "Sadari, nearest by distance": lambda: ours.nearest("w7", metric="euclidean"),
        "gensim, most_similar": lambda: theirs.most_similar("w7"),
        "Sadari, analogy": lambda: ours.analogy("w7 + w8 - w9"),
        "gensim, analogy": lambda: theirs.most_similar(positive=["w7", "w8"], negative=["w9"]),
        f"Sadari, nearest, {AT_ONCE} queries at once": lambda: ours.nearest_many(words[:AT_ONCE]),
        "NumPy, matrix @ vector": lambda: matrix @ matrix[7],
        "NumPy, the largest number (a bare pass)": lambda: matrix.max(),
    }
    timed = in_turn(ways, runs=3 * runs)
    rows = []
    for name, one in timed.items():
        queries = AT_ONCE if "at once" in name else 1
        bandwidth = "" if queries > 1 else f"{matrix.nbytes / one.median / 1e9:.0f}"
        low, high = (1_000 * seconds / queries for seconds in (min(one.seconds), max(one.seconds)))
        rows.append([name, f"{1_000 * one.median / queries:.1f}", f"{low:.1f} to {high:.1f}", bandwidth])
    return table([f"{WORDS:,} × {WIDTH} float32", "ms a query (median)", "range", "GB/s read"], rows)
