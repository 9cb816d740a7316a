"""The cheap classifiers that a user would otherwise take, trained on one set of a suite: what `suite` compares with."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

from corpora import fasttext_lines

FOLDS, FEW = 5, 5_000  # below so many rows all of them are validated once, in folds; else a tenth is
SEPARATOR = "|"  # between the labels of a text that has several

Predict = Callable[[Sequence[str]], list[str]]
Train = Callable[[Sequence[str], Sequence[str]], Predict]


def words() -> Any:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def chars() -> Any:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), max_features=500_000, sublinear_tf=True)


def sklearn_peer(vectorizer: Callable[[], Any], *, several: bool) -> Train:
    def train(texts: Sequence[str], labels: Sequence[str]) -> Predict:
        if not several:
            model = make_pipeline(vectorizer(), LinearSVC(C=0.5)).fit(texts, labels)
            return lambda new: model.predict(new).tolist()
        codes = MultiLabelBinarizer()
        targets = codes.fit_transform([label.split(SEPARATOR) for label in labels])
        model = make_pipeline(vectorizer(), OneVsRestClassifier(LinearSVC(C=0.5))).fit(texts, targets)
        return lambda new: [SEPARATOR.join(found) for found in codes.inverse_transform(model.predict(new))]

    return train


def fasttext_peer(**settings: Any) -> Train:
    import fasttext

    def train(texts: Sequence[str], labels: Sequence[str]) -> Predict:
        names = sorted(set(labels))
        number = {label: f"__label__{place}" for place, label in enumerate(names)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            lines = zip(labels, fasttext_lines(list(texts)), strict=True)
            path.write_text("".join(f"{number[label]} {line}\n" for label, line in lines), encoding="utf-8")
            model = fasttext.train_supervised(
                str(path), wordNgrams=2, epoch=25, lr=0.5, thread=1, verbose=0, **settings
            )

        def predict(new: Sequence[str]) -> list[str]:
            lines = [line + "\n" for line in fasttext_lines(list(new))]
            found = model.f.multilinePredict(lines, 1, 0.0, "strict")[0]
            return [names[int(row[0].removeprefix("__label__"))] if row else "" for row in found]

        return predict

    return train


def peers(*, several: bool) -> dict[str, Train]:
    """Name → how it is trained: scikit-learn's, and fastText's where it is installed and a text has one label."""
    found = {
        "words": sklearn_peer(words, several=several),
        "chars": sklearn_peer(chars, several=several),
        "union": sklearn_peer(lambda: make_union(words(), chars()), several=several),
    }
    if several:
        return found
    try:
        return {**found, "ft": fasttext_peer(), "ft_chars": fasttext_peer(minn=2, maxn=5)}
    except ImportError:
        return found


def held_out(train: Train, texts: Sequence[str], labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Truth and predictions of training rows that a model did not see: all in folds, or a tenth of many."""
    folds = list(KFold(FOLDS if len(texts) < FEW else 10, shuffle=True, random_state=0).split(np.arange(len(texts))))
    truth, found = [], []
    for kept, out in folds if len(texts) < FEW else folds[:1]:
        predict = train([texts[i] for i in kept], [labels[i] for i in kept])
        truth += [labels[i] for i in out]
        found += predict([texts[i] for i in out])
    return truth, found


def run_peer(train: Train, known: tuple[list[str], list[str]], new: list[str]) -> dict[str, Any]:
    """One peer on one set: what it says of new texts and of held-out training rows, and the seconds it took."""
    began = time.perf_counter()
    predictions = train(*known)(new)
    seconds = time.perf_counter() - began
    truth, validated = held_out(train, *known)
    return {"predictions": predictions, "seconds": seconds, "validation": {"truth": truth, "predictions": validated}}
