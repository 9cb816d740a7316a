"""Several labels a text, from the file to a model with thresholds: Sadari's linear rungs and scikit-learn's OneVsRest.

``SADARI_SUITE=FOLDER python benchmarks/run.py several`` reads ``FOLDER/goemotions``. All train on the same rows, choose
thresholds by the same search on the same validation rows, and are scored once on the test file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

import sadari
from sadari.rungs import RUNGS
from sadari.train.solvers.temperature import sigmoid
from sadari.train.thresholds import choose_thresholds
from suite import default_folder, read_set
from suite_peers import SEPARATOR
from timing import in_turn, ratio, table

OURS = ("bow", "tfidf", "char", "word-char")
PEERS = {
    "LinearSVC(C=0.5)": lambda: LinearSVC(C=0.5),
    "LogisticRegression(C=10)": lambda: LogisticRegression(C=10, max_iter=300),
}
RUNS = 3


@dataclass(frozen=True)
class Model:
    """A trained model: probabilities, float [n, k], of texts, and thresholds float [k]."""

    probabilities: Callable[[list[str]], np.ndarray]
    thresholds: np.ndarray


def ours(folder: Path, rung: str) -> Model:
    corpus = sadari.open_source(folder / "train.csv.gz", label_sep=SEPARATOR).read()
    fit, held_out = corpus.split(validation=0.1, seed=0)
    model = RUNGS[rung]().fit(fit.texts, fit.labels, validation=(held_out.texts, held_out.labels))
    return Model(model.predict_proba, model.thresholds_)


def scikit_learn(folder: Path, classifier: Any, rows: tuple[np.ndarray, np.ndarray]) -> Model:
    texts, labels = read_set(folder)["train"]
    targets = MultiLabelBinarizer().fit_transform([label.split(SEPARATOR) for label in labels])
    fit, held_out = rows
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = OneVsRestClassifier(classifier).fit(vectors.fit_transform([texts[row] for row in fit]), targets[fit])

    def probabilities(new: list[str]) -> np.ndarray:
        found = vectors.transform(new)
        if hasattr(classifier, "predict_proba"):
            return np.asarray(model.predict_proba(found))
        return sigmoid(model.decision_function(found))

    told = probabilities([texts[row] for row in held_out])
    return Model(probabilities, choose_thresholds(told, targets[held_out] > 0))


def run() -> str:
    folder = default_folder() / "goemotions"
    data = read_set(folder)
    corpus = sadari.open_source(folder / "train.csv.gz", label_sep=SEPARATOR).read()
    parts = [part.rows - 1 for part in corpus.split(validation=0.1, seed=0)]
    ways: dict[str, Callable[[], Model]] = {f"Sadari {name}": lambda name=name: ours(folder, name) for name in OURS}
    peers = {f"OneVsRest({name})": make for name, make in PEERS.items()}
    ways |= {name: lambda make=make: scikit_learn(folder, make(), (parts[0], parts[1])) for name, make in peers.items()}
    timed = in_turn(ways, runs=RUNS)
    codes = MultiLabelBinarizer().fit([label.split(SEPARATOR) for label in data["train"][1]])
    truth = codes.transform([label.split(SEPARATOR) for label in data["test"][1]])
    lines = []
    for name, found in timed.items():
        model: Model = found.result
        given = model.probabilities(data["test"][0]) >= model.thresholds
        micro, macro = (100 * f1_score(truth, given, average=how, zero_division=0) for how in ("micro", "macro"))
        beside = [f"{ratio(found, timed[peer])[0]:.2f}" for peer in peers]
        lines.append([name, f"{micro:.1f}", f"{macro:.1f}", f"{found.median:.2f}", *beside])
    return table(["model", "micro-F1", "macro-F1", "seconds", *(f"of {peer}'s time" for peer in PEERS)], lines)


if __name__ == "__main__":
    print(run())
