"""Validation rows whose labels the rungs, which did not see them, take for wrong: a sample of those of the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sadari.climb.result import Doubtful, DoubtfulText, RungResult
from sadari.climb.split import Frozen
from sadari.metrics.label_quality.quality import LabelQuality, label_quality
from sadari.metrics.label_quality.voters import near_the_best

SHOWN, LETTERS, LEAST = 6, 400, 50
CELLS = 5_000_000  # of rows times labels that are looked at: of many labels a sample of the rows says as much


def doubtful_labels(frozen: Frozen, results: Sequence[RungResult]) -> Doubtful | None:
    """What the vote says of the validation rows; None where they are too few to say anything.

    Args:
        frozen: the split.
        results: of the rungs.
    """
    rows, given = _judged(frozen)
    if len(rows) < LEAST:
        return None
    if len(rows) > (most := max(LEAST, CELLS // len(frozen.label_names))):
        some = np.sort(np.random.default_rng(0).permutation(len(rows))[:most])
        rows, given = rows[some], given[some]
    tables = {each.rung: each.validation_table()[rows] for each in results}
    voters = near_the_best(tables, given)
    quality = label_quality(given, [tables[name] for name in voters])
    first = [place for place in quality.ranked() if quality.suspect[place]][:SHOWN]
    texts = frozen.validation.texts.gather(rows[first]).to_list()
    shown = [
        DoubtfulText(
            int(frozen.validation.rows[rows[place]]),
            text[:LETTERS],
            *_labels(frozen.label_names, quality, given, int(place)),
            float(quality.right[place]),
        )
        for place, text in zip(first, texts, strict=True)
    ]
    return Doubtful(len(rows), int(quality.suspect.sum()), quality.noise, voters, shown)


def _judged(frozen: Frozen) -> tuple[NDArray[np.int64], NDArray[np.integer] | NDArray[np.bool_]]:
    """The validation rows whose labels were known to who validated them, and these labels."""
    truth, known = frozen.validation_truth, frozen.label_counts > (1 if frozen.folds else 0)
    if frozen.several:
        has = truth[:, :-1] > 0
        rows = np.flatnonzero((truth[:, -1] == 0) & ~(has & ~known).any(axis=1))
        return rows, has[rows]
    rows = np.flatnonzero((truth >= 0) & known[np.maximum(truth, 0)])
    return rows, truth[rows]


def _labels(
    names: list[str], quality: LabelQuality, given: NDArray[np.integer] | NDArray[np.bool_], place: int
) -> tuple[list[str], list[str]]:
    """The labels that a row has, and those that it ought to have."""
    if quality.flips is None:
        return [names[int(given[place])]], [names[int(quality.likelier[place])]]
    return _named(names, given[place]), _named(names, given[place] ^ quality.flips[place])


def _named(names: list[str], which: NDArray[np.bool_]) -> list[str]:
    return [names[k] for k in np.flatnonzero(which)]
