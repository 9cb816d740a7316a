"""Whether a new model may take the place of an old one: both on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import Corpus, check_corpora
from sadari.errors import DataError
from sadari.messages import message
from sadari.metrics.answers import Answers
from sadari.metrics.classification import class_scores, confusion_cells
from sadari.metrics.evaluate import truth_codes
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric
from sadari.metrics.predictions import label_columns
from sadari.metrics.several import DEFAULT, SeveralMetric, scores_of_labels, truth_matrix
from sadari.metrics.speed import one_text_us
from sadari.rungs import Rung, check_rung

OLD, NEW = "old", "new"
_BOTH = (OLD, NEW)


@dataclass(frozen=True)
class Replacement:
    """Two models on the same rows.

    Attributes:
        rows: how many.
        metric: what they are compared by.
        scores: "old" and "new" → the score with its 95 % interval.
        gain: how much better the new one is, with its interval.
        p_value: that a gain as large, or as large a loss, comes of chance.
        right: rows that both have right, only the old one, only the new one, none.
        labels: of each label its rows, and the F1 of both.
        changes: rows that are given another label: row, text, label, old, new, and whether it got better.
        microseconds: "old" and "new" → to answer one text alone.
    """

    rows: int
    metric: Metric
    scores: dict[str, Interval]
    gain: Interval
    p_value: float
    right: dict[str, int]
    labels: list[dict[str, Any]]
    changes: pl.DataFrame
    microseconds: dict[str, float]

    @property
    def worse(self) -> bool:
        """Whether the new model is surely worse: the interval of its gain lies below 0."""
        return self.gain.high < 0

    @property
    def better(self) -> bool:
        """Whether it is surely better."""
        return self.gain.low > 0

    def to_dict(self) -> dict[str, Any]:
        """All but the texts that changed, as plain values."""
        return {
            "rows": self.rows,
            "metric": self.metric.name,
            "scores": {name: vars(score) for name, score in self.scores.items()},
            "gain": vars(self.gain),
            "p_value": self.p_value,
            "better": self.better,
            "worse": self.worse,
            "right": self.right,
            "labels": self.labels,
            "changed": len(self.changes),
            "microseconds": self.microseconds,
        }


def compare_models(old: Rung, new: Rung, corpus: Corpus, *, metric: str | None = None, seed: int = 0) -> Replacement:
    """Compare two models on the same rows: a paired test, label by label, and the texts that are answered otherwise.

    Args:
        old: the model that answers today.
        new: the one that may take its place.
        corpus: labelled texts that neither was trained on.
        metric: one of `sadari.metrics.metric.METRICS`; None: accuracy, or micro-F1 of several labels a text.
        seed: of the draws of the bootstrap.

    Raises:
        DataError: there are no labelled texts, or one of the models does not have as many labels a text as they.
        SettingError: there is no such metric, or no such label; or a model is none, or the corpus.
    """
    check_rung("old", old)
    check_rung("new", new)
    check_corpora(corpus=corpus)
    if corpus.labels is None or len(corpus) == 0:
        raise DataError(message("there are no labelled texts to evaluate on"), where=corpus.source)
    models = {OLD: old, NEW: new}
    for model in models.values():
        if model.multilabel != corpus.multi_label:
            raise DataError(
                message("one of the models gives several labels a text, or the texts have several, and the others not"),
                where=corpus.source,
                hint=message("give --label-sep as in training"),
            )
    names = list(dict.fromkeys([*old.codec.names(), *new.codec.names()]))
    kind = SeveralMetric if corpus.multi_label else Metric
    counts = [corpus.counts.get(name, 0) for name in names]
    compared = kind.named(metric or (DEFAULT if corpus.multi_label else "accuracy"), names, counts)
    labels = corpus.given_labels
    truth = truth_matrix(labels, names)[0] if corpus.multi_label else truth_codes(labels.to_list(), names)[0]
    answers = {name: _answers(model, corpus.texts, names) for name, model in models.items()}
    scores, [test] = compared.compare(truth, answers, seed=seed)
    return Replacement(
        rows=len(corpus),
        metric=compared,
        scores=scores,
        gain=test.difference,
        p_value=test.p_value,
        right=_right(compared, truth, answers),
        labels=_by_label(truth, answers, names, corpus.multi_label),
        changes=_changes(corpus, compared, truth, answers, names),
        microseconds={name: one_text_us(model, corpus.texts) for name, model in models.items()},
    )


def _answers(model: Rung, texts: pl.Series, names: list[str]) -> Answers:
    """What a model says, with the labels of both in one order."""
    probabilities, _ = model.predict_with_marks(texts)
    columns, given = label_columns(model, names), model.codec.given(probabilities, model.thresholds_)
    table = np.zeros((len(texts), len(names)))
    table[:, columns >= 0] = probabilities[:, columns[columns >= 0]]
    if model.multilabel:
        chosen = np.zeros(table.shape, np.bool_)
        chosen[:, columns >= 0] = given[:, columns[columns >= 0]]
        return Answers(table, chosen)
    place = np.empty(len(model.classes_), np.int64)
    place[columns[columns >= 0]] = np.flatnonzero(columns >= 0)
    return Answers(table, place[given])


def _right(metric: Metric, truth: NDArray[Any], answers: dict[str, Answers]) -> dict[str, int]:
    old, new = (metric.right(truth, answers[name]) for name in _BOTH)
    counts = {"both": old & new, "only_old": old & ~new, "only_new": new & ~old, "none": ~(old | new)}
    return {name: int(np.count_nonzero(rows)) for name, rows in counts.items()}


def _by_label(
    truth: NDArray[Any], answers: dict[str, Answers], names: list[str], several: bool
) -> list[dict[str, Any]]:
    """Of each label its rows and the F1 of both, the largest loss first."""
    f1: dict[str, list[float]] = {}
    for key, each in answers.items():
        if several:
            f1[key] = scores_of_labels(truth, each)["f1"].tolist()
        else:
            f1[key] = class_scores(confusion_cells(truth, each.given, classes=len(names))).f1.tolist()
    rows = (truth[:, :-1] > 0).sum(axis=0) if several else np.bincount(truth[truth >= 0], minlength=len(names))
    found = [
        {"label": name, "rows": int(rows[code]), OLD: f1[OLD][code], NEW: f1[NEW][code]}
        for code, name in enumerate(names)
    ]
    return sorted(found, key=lambda each: each[NEW] - each[OLD])


def _changes(
    corpus: Corpus, metric: Metric, truth: NDArray[Any], answers: dict[str, Answers], names: list[str]
) -> pl.DataFrame:
    """The rows that are answered otherwise, those that got worse first."""
    old, new = (answers[name].given for name in _BOTH)
    rows = np.flatnonzero((old != new).reshape(len(old), -1).any(axis=1))
    worse, better = (
        metric.right(truth, answers[one]) & ~metric.right(truth, answers[other])
        for one, other in ((OLD, NEW), (NEW, OLD))
    )
    change = np.where(worse, "worse", np.where(better, "better", "neither"))[rows]
    rank = {"worse": 0, "better": 1, "neither": 2}
    order = np.argsort([rank[each] for each in change.tolist()], kind="stable")
    rows, change = rows[order], change[order]
    return pl.DataFrame(
        {
            "row": corpus.rows[rows],
            "text": corpus.texts.gather(rows),
            "label": corpus.given_labels.gather(rows),
            OLD: _named(old[rows], names),
            NEW: _named(new[rows], names),
            "change": pl.Series(change.tolist(), dtype=pl.String),
        }
    )


def _named(given: NDArray[Any], names: list[str]) -> pl.Series:
    if given.ndim == 1:
        return pl.Series([names[code] for code in given.tolist()], dtype=pl.String)
    return pl.Series([[names[k] for k in np.flatnonzero(row)] for row in given], dtype=pl.List(pl.String))
