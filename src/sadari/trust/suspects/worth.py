"""What it buys to correct labels and drop rows: one rung, trained both ways, on rows that neither has seen.

Validation rows are no better than the data that they are from: some of their labels are wrong too. So two figures are
given. Against the labels as they were, a model that has learned what is right is counted wrong wherever the label is:
what is gained looks smaller than it is. Against the corrected labels, without the rows that are dropped, it leans the
other way: corrections were looked for where models disagreed with a label, and what they agree with stays wrong. The
truth lies between the two; test rows that somebody has looked at show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.climb.split import FOLD_ROWS, FOLDS
from sadari.data.corpus import Corpus
from sadari.messages import Message, message, of
from sadari.metrics.answers import Answers
from sadari.metrics.evaluate import truth_codes
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.metric import Metric
from sadari.metrics.predictions import predict_in_order
from sadari.metrics.several import DEFAULT, SeveralMetric, truth_matrix
from sadari.rungs import Rung
from sadari.trust.suspects.corrections import Corrections
from sadari.trust.suspects.folds import Say

AS_GIVEN, CORRECTED, TEST = "as given", "corrected", "test"
_BEFORE, _AFTER = "before", "after"


@dataclass(frozen=True)
class Measured:
    """Both models on some rows that neither has seen.

    Attributes:
        on: "as given", "corrected" or "test".
        rows: how many.
        before: the score of the model of the labels as they were.
        after: of the one of the corrected labels.
        test: the paired test of the two.
    """

    on: str
    rows: int
    before: Interval
    after: Interval
    test: PairTest


@dataclass(frozen=True)
class Worth:
    """What corrections bought.

    Attributes:
        rung: that was trained both ways.
        metric: what counts.
        corrected: labels that were changed.
        dropped: rows that were left out.
        measured: on which rows, and how much.
        model: trained on all rows, corrected, without those that are dropped.
        notes: on the corrections.
    """

    rung: str
    metric: Metric
    corrected: int
    dropped: int
    measured: list[Measured]
    model: Rung
    notes: list[Message]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rung": self.rung,
            "metric": self.metric.name,
            "corrected": self.corrected,
            "dropped": self.dropped,
            "notes": self.notes,
            "measured": [
                {
                    "on": each.on,
                    "rows": each.rows,
                    "before": vars(each.before),
                    "after": vars(each.after),
                    "p_value": each.test.p_value,
                }
                for each in self.measured
            ],
        }


def worth(
    train: Corpus, corrections: Corrections, untrained: Rung, *, test: Corpus | None = None, seed: int = 0, say: Say
) -> Worth:
    """Train a rung on the labels as they were and as they are corrected, and compare the two.

    Args:
        train: the training texts, as they were.
        corrections: of them.
        untrained: the rung, with its settings.
        test: labelled texts that nobody has corrected.
        seed: of the split.
        say: told what is being done, and the share of it.
    """
    mended, labels = corrections.corrected(train), train.label_names
    tables, rows = _validated(train, corrections, mended, untrained, seed, say)
    metric = _metric(train)
    kept = ~np.isin(rows, corrections.dropped)
    measured = [
        _measure(AS_GIVEN, metric, _truth(train.given_labels.gather(rows), labels), tables, seed),
        _measure(
            CORRECTED,
            metric,
            _truth(mended.gather(rows[kept]), labels),
            {name: table[kept] for name, table in tables.items()},
            seed,
        ),
    ]
    say(message("training on all rows"), 0.8)
    model = _fresh(untrained)
    cleaned = corrections.apply(train)
    cleaned.check_trainable()
    model.fit(cleaned.texts, cleaned.given_labels, verbose=False)
    if test is not None:
        before = _fresh(untrained)
        before.fit(train.texts, train.given_labels, verbose=False)
        found = {
            _BEFORE: predict_in_order(before, test.texts, labels),
            _AFTER: predict_in_order(model, test.texts, labels),
        }
        measured.append(_measure(TEST, metric, _truth(test.given_labels, labels), found, seed))
    counts = len(corrections.rows), len(corrections.dropped)
    return Worth(untrained.name, metric, *counts, measured, model, corrections.notes)


def _validated(
    train: Corpus, corrections: Corrections, mended: pl.Series, untrained: Rung, seed: int, say: Say
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.int64]]:
    """Both models' probabilities of rows that neither saw, and these rows: of few rows all, in folds; else a tenth."""
    every, dropped = np.arange(len(train)), np.zeros(len(train), np.bool_)
    dropped[corrections.dropped] = True
    few = len(train) < FOLD_ROWS
    shares = (1 / FOLDS,) * FOLDS if few else (0.9, 0.1)
    parts = train.parts(shares, seed=seed)
    held = [part for part in (parts if few else parts[1:]) if len(part)]
    tables: dict[str, list[NDArray[np.float32]]] = {_BEFORE: [], _AFTER: []}
    for number, part in enumerate(held):
        learned = np.setdiff1d(every, part)
        for half, (name, labels, rows) in enumerate(
            ((_BEFORE, train.given_labels, learned), (_AFTER, mended, learned[~dropped[learned]]))
        ):
            what = message("training, {part} of {parts}", part=2 * number + half + 1, parts=2 * len(held))
            say(of(untrained.name, what), 0.8 * (2 * number + half) / (2 * len(held)))
            model = _fresh(untrained).fit(train.texts.gather(rows), labels.gather(rows), verbose=False)
            tables[name].append(predict_in_order(model, train.texts.gather(part), train.label_names))
    return {name: np.concatenate(found) for name, found in tables.items()}, np.concatenate(held)


def _fresh(untrained: Rung) -> Rung:
    return type(untrained)(**untrained.get_params(deep=False))


def _metric(train: Corpus) -> Metric:
    kind, name = (SeveralMetric, DEFAULT) if train.multi_label else (Metric, "accuracy")
    return kind.named(name, train.label_names, list(train.counts.values()))


def _truth(labels: pl.Series, names: list[str]) -> NDArray[np.integer]:
    if labels.dtype == pl.List(pl.String):
        return truth_matrix(labels, names)[0]
    return truth_codes(labels.to_list(), names)[0]


def _measure(
    on: str, metric: Metric, truth: NDArray[np.integer], tables: Mapping[str, NDArray[np.float32]], seed: int
) -> Measured:
    answers = {
        name: metric.held_out(truth, table) if truth.ndim == 2 else Answers.of(table) for name, table in tables.items()
    }
    scores, (test,) = metric.compare(truth, answers, seed=seed)
    return Measured(on, len(truth), scores[_BEFORE], scores[_AFTER], test)
