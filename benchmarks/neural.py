"""The neural rungs on all rows of AG News: test accuracy over three seeds, and seconds to train on one thread."""

from __future__ import annotations

import statistics

import numpy as np

from corpora import ag_news
from sadari.data.read import open_source
from sadari.rungs import GRU, LSTM, RNN, BiLSTM, EmbeddingMean, Transformer
from timing import table

ASKED = {"embedding": 0.900, "lstm": 0.905, "bilstm": 0.905, "transformer": 0.900}


def run(runs: int = 3) -> str:
    corpus = open_source(ag_news() / "train.csv").read()
    test = open_source(ag_news() / "test.csv").read()
    assert test.labels is not None
    truth = test.labels.to_numpy()
    rows = []
    for rung in (EmbeddingMean, RNN, GRU, LSTM, BiLSTM, Transformer):
        models = [rung(seed=seed).fit(corpus.texts, corpus.labels) for seed in range(runs)]
        scores = [float(np.mean(model.predict(test.texts) == truth)) for model in models]
        seconds = statistics.median(model.train_seconds_ for model in models)
        each = ", ".join(f"{score:.4f}" for score in scores)
        rows.append(
            [
                rung.name,
                f"{statistics.mean(scores):.4f}",
                each,
                f"{ASKED[rung.name]:.3f}" if rung.name in ASKED else "",
                f"{seconds:.0f}",
            ]
        )
    header = ["rung", "test accuracy, mean", "seeds", "asked: at least", "seconds (median)"]
    return table(header, rows)
