"""The labels: which are taken for which, how well each is found, and the words that carry it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sadari.climb.report.sections.view import View
from sadari.metrics.classification import class_scores
from sadari.rungs.explanation import bar_lengths

_MOST_IN_A_MATRIX = 20  # labels: more make a matrix that nobody can read
_CONFUSIONS = 30  # lines of the list that stands in for it
_WORDS = 12  # features of a label


def confusion(view: View) -> dict[str, Any] | None:
    """The confusion matrix of the recommended rung, the others small below; a list where labels are many."""
    if len(view.result.label_names) > _MOST_IN_A_MATRIX:
        return {"largest": _largest_confusions(view)}
    others = [rung for rung in view.result.rungs if rung is not view.taken]
    return {
        "largest": None,
        "matrices": [(rung, _rows(view.confusion(rung).matrix())) for rung in (view.taken, *others)],
    }


def _rows(counts: np.ndarray) -> list[tuple[int, list[int], int]]:
    """Each row of a matrix that holds anything: its label (−1 for those that training never saw), counts, their sum."""
    known = counts.shape[1]
    rows = [(row if row < known else -1, counts[row].tolist(), int(counts[row].sum())) for row in range(known + 1)]
    return [row for row in rows if row[0] >= 0 or row[2]]


def _largest_confusions(view: View) -> list[tuple[int, int, int, float]]:
    """Truth (−1: unseen), answer, how many rows, and which share of the truth's rows; most rows first."""
    cells = view.confusion(view.taken)
    rows = np.bincount(cells.truth, weights=cells.counts)
    wrong = np.flatnonzero(~cells.right)
    largest = wrong[np.argsort(-cells.counts[wrong], kind="stable")][:_CONFUSIONS]
    return [
        (truth if truth < cells.labels else -1, given, count, count / rows[truth])
        for truth, given, count in np.stack([cells.truth, cells.given, cells.counts], axis=1)[largest].tolist()
    ]


def each(view: View) -> dict[str, Any] | None:
    """Precision, recall, F1 and rows of each label, by the recommended rung."""
    scores = class_scores(view.confusion(view.taken))
    mistakes = (1 - scores.recall) * scores.support + (1 - scores.precision) * scores.predicted
    shown = view.shown_labels(mistakes)
    figures = [scores.precision, scores.recall, scores.f1, scores.support]
    return {
        "lines": list(zip(shown.tolist(), *(figure[shown].tolist() for figure in figures), strict=True)),
        "unseen": int((view.result.truth < 0).sum()),
    }


def carriers(view: View) -> dict[str, Any] | None:
    """The words that speak most for each label, by the recommended rung or else the first that can tell."""
    rung = next((rung for rung in (view.taken, *view.result.rungs) if any(rung.top_features.values())), None)
    if rung is None:
        return None
    every = [weight for pairs in rung.top_features.values() for _, weight in pairs]
    cards = {
        label: [
            (_visible(feature), weight, length)
            for (feature, weight), length in zip(
                pairs[:_WORDS], bar_lengths([weight for _, weight in pairs[:_WORDS]], every).tolist(), strict=True
            )
        ]
        for label, pairs in rung.top_features.items()
        if pairs
    }
    return {"rung": rung.rung, "cards": cards}


def _visible(feature: str) -> str:
    """A feature with the blanks at its ends to be seen: to an n-gram of characters they matter."""
    bare = feature.strip(" ")
    before = len(feature) - len(feature.lstrip(" "))
    after = len(feature) - len(feature.rstrip(" ")) if bare else 0
    return "␣" * before + bare + "␣" * after
