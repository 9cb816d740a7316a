"""Predicting a list of texts in bulk, and one text at a time, against fastText."""

from __future__ import annotations

import tempfile
from pathlib import Path

import fasttext
import polars as pl

from corpora import ag_news, fasttext_lines, read_plain, write_fasttext
from sadari.data.read import open_source
from sadari.rungs import BagOfWords, EmbeddingBag, Ngrams, TfIdf
from timing import in_turn, table


def run(runs: int = 5) -> str:
    corpus = open_source(ag_news() / "train.csv").read()
    texts, _ = read_plain(ag_news() / "test.csv")
    lines = [line + "\n" for line in fasttext_lines(texts)]
    rungs = (BagOfWords, Ngrams, TfIdf, EmbeddingBag)
    models = {rung.name: rung().fit(corpus.texts, corpus.labels) for rung in rungs}
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "train.txt"
        write_fasttext(prepared, *read_plain(ag_news() / "train.csv"))
        peer = fasttext.train_supervised(str(prepared), dim=10, epoch=5, lr=0.25, wordNgrams=2, thread=2, verbose=0)
    # fastText gets its lines tokenized already; we get the raw texts, as a list and as a column
    ways = {"fastText bigrams (tokenized lines)": lambda: peer.f.multilinePredict(lines, 1, 0.0, "strict")}
    column = pl.Series("text", texts)
    for name, model in models.items():
        ways[f"Sadari {name} (list)"] = lambda model=model: model.predict(texts)
        ways[f"Sadari {name} (column)"] = lambda model=model: model.predict(column)
    timed = in_turn(ways, runs=runs)
    first = timed["fastText bigrams (tokenized lines)"].median
    rows = [[name, f"{len(texts) / one.median:,.0f}", f"{first / one.median:.2f}"] for name, one in timed.items()]
    bulk = table(["7,600 texts in bulk", "texts a second", "times fastText"], rows)
    single = {"fastText bigrams": lambda: [peer.f.predict(line, 1, 0.0, "strict") for line in lines[:500]]}
    for name, model in models.items():
        single[f"Sadari {name}"] = lambda model=model: [model.predict([text]) for text in texts[:500]]
    timed = in_turn(single, runs=runs)
    rows = [[name, f"{one.median / 500 * 1e6:,.0f}"] for name, one in timed.items()]
    return bulk + "\n\n" + table(["one text at a time", "microseconds a text"], rows)
