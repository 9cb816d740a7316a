"""File to trained model: every rung against scikit-learn and fastText, warm, in turn, on the same cores."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import polars as pl
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from corpora import ag_news, fasttext_lines, read_plain, write_fasttext
from sadari.data.read import open_source
from sadari.rungs import BagOfWords, Char, EmbeddingBag, Ngrams, TfIdf, WordChar
from timing import in_turn, ratio, table


def sadari_way(rung: type, **settings: Any) -> Callable[[], Any]:
    def train() -> Any:
        corpus = open_source(ag_news() / "train.csv").read()
        return rung(**settings).fit(corpus.texts, corpus.labels)

    return train


def sklearn_way(vectorizer: Any, classifier: Any) -> Callable[[], Any]:
    def train() -> Any:
        texts, labels = read_plain(ag_news() / "train.csv")
        return make_pipeline(vectorizer(), classifier()).fit(texts, labels)

    return train


def fasttext_way(path: Path, **settings: Any) -> Callable[[], Any]:
    return lambda: fasttext.train_supervised(str(path), thread=2, verbose=0, **settings)


def accuracy(model: Any) -> float:
    """On the 7,600 test texts."""
    texts, labels = read_plain(ag_news() / "test.csv")
    if hasattr(model, "classes_") and hasattr(model, "explain"):
        corpus = open_source(ag_news() / "test.csv").read()
        return float(np.mean(model.predict(corpus.texts) == corpus.labels.to_numpy()))
    if hasattr(model, "f"):
        found = model.f.multilinePredict([line + "\n" for line in fasttext_lines(texts)], 1, 0.0, "strict")[0]
        return float(
            np.mean([row[0].removeprefix("__label__") == label for row, label in zip(found, labels, strict=True)])
        )
    return float(np.mean(model.predict(texts) == np.array(labels)))


def run(runs: int = 5) -> str:
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "train.txt"
        write_fasttext(prepared, *read_plain(ag_news() / "train.csv"))
        peers = {
            "fastText words, 5 passes": fasttext_way(prepared, dim=10, epoch=5),
            "fastText bigrams, 5 passes, lr 0.25": fasttext_way(prepared, dim=10, epoch=5, lr=0.25, wordNgrams=2),
            "fastText bigrams, 10 passes, lr 0.5": fasttext_way(prepared, dim=10, epoch=10, lr=0.5, wordNgrams=2),
            "scikit-learn counts + LinearSVC": sklearn_way(CountVectorizer, LinearSVC),
            "scikit-learn TF-IDF words + LinearSVC(C=0.5)": sklearn_way(TfidfVectorizer, lambda: LinearSVC(C=0.5)),
            "scikit-learn TF-IDF bigrams + LinearSVC(C=0.5)": sklearn_way(
                lambda: TfidfVectorizer(ngram_range=(1, 2)), lambda: LinearSVC(C=0.5)
            ),
        }
        ours = {
            "Sadari bow": sadari_way(BagOfWords),
            "Sadari ngram": sadari_way(Ngrams),
            "Sadari tfidf": sadari_way(TfIdf),
            "Sadari embedding-bag": sadari_way(EmbeddingBag),
        }
        timed = in_turn({**ours, **peers}, runs=runs)
        slow = {
            "scikit-learn counts + LogisticRegression": sklearn_way(
                CountVectorizer, lambda: LogisticRegression(max_iter=200)
            )
        }
        timed |= in_turn({**{name: ours[name] for name in ours}, **slow}, runs=1, warmups=0) | timed
        scores = {name: accuracy(timed[name].result) for name in timed}
        seeds = [sadari_way(EmbeddingBag, seed=seed)() for seed in range(3)]
        scores["Sadari embedding-bag"] = float(np.mean([accuracy(model) for model in seeds]))
    return f"{report(timed, scores, list(ours), [*peers, *slow])}\n\n{characters(runs)}"


def characters(runs: int) -> str:
    """`char` and `word-char` beside scikit-learn with the same settings: processor time, and accuracy on the test file.

    Of AG News, and of the set of products where ``SADARI_SUITE`` names a folder that has it.
    """
    sets = {"AG News": (ag_news() / "train.csv", ag_news() / "test.csv")}
    products = Path(os.environ.get("SADARI_SUITE", "")) / "products"
    if (products / "train.csv.gz").is_file():
        sets["products"] = products / "train.csv.gz", products / "test.csv.gz"
    rows = []
    for name, (train, test) in sets.items():
        for rung, vectorizer in ((Char, character_vectorizer), (WordChar, both_vectorizers)):
            ways = {"ours": lambda: fitted(rung(), train), "peer": lambda: peer_fitted(vectorizer(), train)}  # noqa: B023
            timed = in_turn(ways, runs=runs, clock=time.process_time)
            low, middle, high = ratio(timed["ours"], timed["peer"])
            truth = open_source(test).read()
            scores = [
                float(np.mean(way.result.predict(truth.texts.to_list()) == truth.labels.to_numpy()))
                for way in timed.values()
            ]
            rows.append(
                [
                    f"{name}, {rung.name}",
                    *(f"{score:.4f}" for score in scores),
                    f"{middle:.2f}",
                    f"{low:.2f} to {high:.2f}",
                    "0.15",
                ]
            )
    return table(
        ["file → trained model", "accuracy", "scikit-learn's", "our processor time / its", "range", "asked: at most"],
        rows,
    )


def character_vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, max_features=500_000)


def both_vectorizers() -> Any:
    return make_union(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), character_vectorizer())


def fitted(rung: Any, train: Path) -> Any:
    corpus = open_source(train).read()
    return rung.fit(corpus.texts, corpus.labels)


def peer_fitted(vectorizer: Any, train: Path) -> Any:
    if train.name.endswith(".csv"):
        texts, labels = read_plain(train)
    else:
        frame = pl.read_csv(train, infer_schema=False)
        texts, labels = frame["text"].to_list(), frame["label"].to_list()
    return make_pipeline(vectorizer, LinearSVC(C=0.5)).fit(texts, labels)


def report(timed: dict, scores: dict[str, float], ours: list[str], peers: list[str]) -> str:
    rows = [[name, f"{scores[name]:.4f}", f"{timed[name].median:.2f}"] for name in [*ours, *peers]]
    lines = [table(["AG News, file → trained model", "accuracy", "seconds (median)"], rows), ""]
    pairs = []
    for peer in peers:
        enough = [name for name in ours if scores[name] >= scores[peer]]
        if not enough:
            pairs.append([peer, "none is as accurate", "", ""])
            continue
        best = min(enough, key=lambda name: timed[name].median)
        if len(timed[best].seconds) == len(timed[peer].seconds):
            low, middle, high = ratio(timed[best], timed[peer])
            pairs.append([peer, best, f"{middle:.2f}", f"{low:.2f} to {high:.2f}"])
        else:
            pairs.append([peer, best, f"{timed[best].median / timed[peer].median:.2f}", "one run"])
    lines.append(table(["peer", "quickest rung at least as accurate", "our time / its time", "range"], pairs))
    named = [
        ("Sadari tfidf", "scikit-learn TF-IDF bigrams + LinearSVC(C=0.5)", 0.35),
        ("Sadari embedding-bag", "fastText bigrams, 5 passes, lr 0.25", 0.6),
        ("Sadari embedding-bag", "fastText bigrams, 10 passes, lr 0.5", 0.6),
    ]
    rows = [[a, b, f"{ratio(timed[a], timed[b])[1]:.2f}", f"{asked:.2f}"] for a, b, asked in named]
    lines += ["", table(["ours", "peer", "our time / its time", "asked: at most"], rows)]
    return "\n".join(lines)
