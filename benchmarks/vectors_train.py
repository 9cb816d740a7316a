"""Training word vectors on the texts of AG News: ours, gensim's and fastText's, same corpus and settings, two threads.

Each gets its words as it likes them best, made beforehand: ours the raw texts (tokenizing and counting is in its time),
gensim lists of words, fastText a file. Words per second are of the training loops alone; seconds are of all of it.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from gensim.models import Word2Vec

from corpora import ag_news
from sadari.data.read import open_source
from sadari.vectors.evaluation import evaluate_similarity
from sadari.vectors.keyed import WordVectors
from sadari.vectors.word2vec.corpus import read_sentences
from sadari.vectors.word2vec.trainer import train_vectors
from timing import table

WIDTH, WINDOW, NEGATIVES, EPOCHS, MIN_COUNT, WORKERS = 100, 5, 5, 5, 5, 2


def run(runs: int = 3) -> str:
    texts = open_source(ag_news() / "train.csv").read().texts
    sentences = read_sentences(texts, min_count=1)
    words = [[sentences.words[i] for i in row] for row in sentences.ids]
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.txt"
        lines.write_text("\n".join(" ".join(row) for row in words), encoding="utf-8")
        ways: dict[str, Callable[[str, int], tuple[WordVectors, float, float]]] = {
            "Sadari": lambda model, seed: ours(texts, model, seed),
            "gensim": lambda model, seed: gensims(words, sentences.tokens, model, seed),
            "fastText": lambda model, _: fasttexts(lines, sentences.tokens, model),
        }
        rows = [row for model in ("skipgram", "cbow") for row in compare(ways, model, runs)]
    header = ["vectors", "words a second", "times gensim's", "range", "seconds, all of it", "WordSim-353", "seeds"]
    return table(header, rows)


def compare(ways: dict[str, Any], model: str, runs: int) -> list[list[str]]:
    """One model: every way in turn, a seed at a time, so that a machine that slows down slows all of them."""
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    scores: dict[str, list[float]] = {name: [] for name in ways}
    ours(open_source(ag_news() / "train.csv").read().texts[:500], model, 0)  # the compiled loops, from their cache
    for seed in range(runs):
        for name, way in ways.items():
            vectors, speed, whole = way(model, seed + 1)
            speeds[name].append(speed)
            seconds[name].append(whole)
            scores[name].append(similarity(vectors))
    rows = []
    for name in ways:
        ratios = sorted(a / b for a, b in zip(speeds[name], speeds["gensim"], strict=True))
        rows.append(
            [
                f"{name} {model}",
                f"{np.median(speeds[name]):,.0f}",
                f"{np.median(ratios):.1f}",
                f"{ratios[0]:.1f} to {ratios[-1]:.1f}",
                f"{np.median(seconds[name]):.1f}",
                f"{np.mean(scores[name]):.3f}",
                ", ".join(f"{score:.3f}" for score in scores[name]),
            ]
        )
    return rows


def similarity(vectors: WordVectors) -> float:
    return evaluate_similarity(vectors, ag_news().parent / "wordsim" / "wordsim353.tsv").spearman


def ours(texts: Any, model: str, seed: int) -> tuple[WordVectors, float, float]:
    start = time.perf_counter()
    vectors = train_vectors(
        texts,
        model=model,
        width=WIDTH,
        window=WINDOW,
        negatives=NEGATIVES,
        epochs=EPOCHS,
        min_count=MIN_COUNT,
        workers=WORKERS,
        seed=seed,
    )
    whole = time.perf_counter() - start
    loops = sum(record["seconds"] for record in vectors.training["history"])
    return vectors, EPOCHS * vectors.training["tokens"] / loops, whole


def gensims(words: list[list[str]], tokens: int, model: str, seed: int) -> tuple[WordVectors, float, float]:
    start = time.perf_counter()
    net = Word2Vec(
        vector_size=WIDTH,
        window=WINDOW,
        negative=NEGATIVES,
        sg=int(model == "skipgram"),
        min_count=MIN_COUNT,
        workers=WORKERS,
        seed=seed,
    )
    net.build_vocab(words)
    middle = time.perf_counter()
    net.train(words, total_examples=net.corpus_count, epochs=EPOCHS)
    end = time.perf_counter()
    vectors = WordVectors(net.wv.index_to_key, net.wv.vectors.astype(np.float32))
    return vectors, EPOCHS * tokens / (end - middle), end - start


def fasttexts(lines: Path, tokens: int, model: str) -> tuple[WordVectors, float, float]:
    """fastText without subwords is word2vec; its rate is its own default, 0.05, and its reading is in its time."""
    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        net = fasttext.train_unsupervised(
            str(lines),
            model=model,
            dim=WIDTH,
            ws=WINDOW,
            neg=NEGATIVES,
            epoch=EPOCHS,
            minCount=MIN_COUNT,
            minn=0,
            maxn=0,
            t=1e-3,
            thread=WORKERS,
            verbose=0,
        )
    whole = time.perf_counter() - start
    names = net.get_words()
    matrix = np.stack([net.get_word_vector(name) for name in names])
    return WordVectors(names, matrix), EPOCHS * tokens / whole, whole
