"""The labels where a text may have several: how well each is found, and which stand together."""

from __future__ import annotations

from typing import Any

import numpy as np

from sadari.climb.report.sections.view import View
from sadari.metrics.several import scores_of_labels

_PAIRS = 20  # of labels that stand together


def each(view: View) -> dict[str, Any] | None:
    """Precision, recall, F1, average precision, threshold and rows of each label, by the recommended rung."""
    taken = view.taken
    scores = scores_of_labels(view.result.truth, taken.final_answers)
    shown = view.shown_labels((1 - scores["f1"]) * scores["support"])
    thresholds = [taken.thresholds.get(view.result.label_names[place]) for place in shown]
    return {
        "lines": list(
            zip(shown.tolist(), *(each[shown].tolist() for each in scores.values()), thresholds, strict=True)
        ),
        "unseen": int((view.result.truth[:, -1] > 0).sum()),
    }


def together(view: View) -> dict[str, Any] | None:
    """The pairs of labels that stand together most often, in truth and in the answers of the recommended rung.

    Beside each is how often they would if each came by itself: its rows times the other's share.
    """
    truth = (view.result.truth[:, :-1] > 0).astype(np.int64)
    given = view.taken.predictions.astype(np.int64)
    both, said, rows = truth.T @ truth, given.T @ given, truth.sum(axis=0)
    first, second = np.triu_indices(len(rows), 1)
    order = np.argsort(-np.maximum(both, said)[first, second], kind="stable")[:_PAIRS]
    pairs = [
        (int(a), int(b), int(both[a, b]), int(said[a, b]), float(rows[a] * rows[b] / view.rows))
        for a, b in zip(first[order], second[order], strict=True)
        if both[a, b] or said[a, b]
    ]
    sizes = np.bincount(truth.sum(axis=1)), np.bincount(given.sum(axis=1))
    most = max(map(len, sizes))
    counts = [np.pad(size, (0, most - len(size))).tolist() for size in sizes]
    return {"pairs": pairs, "sizes": list(zip(range(most), *counts, strict=True))}
