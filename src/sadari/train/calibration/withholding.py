"""From which certainty on an answer is given, and below which it is left to a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEVER = 2.0  # more than any certainty: the label is never given


def from_below(values: NDArray[np.floating], share: float) -> float:
    """The largest value that a share of new ones reaches at least, on average; −1 where there are too few.

    The rank of split conformal prediction: ⌊(m + 1) · (1 − share)⌋ (Vovk et al. 2005).

    Args:
        values: float [m].
        share: at most 1; ∞ reaches one of 0 and less.
    """
    rank = int(np.floor((len(values) + 1) * (1 - share) + 1e-9))
    if rank > len(values):
        return float("inf")
    return -1.0 if rank < 1 else float(np.sort(values)[rank - 1])


def least_certainties(
    given: NDArray[np.integer],
    certainty: NDArray[np.floating],
    right: NDArray[np.bool_],
    *,
    labels: int,
    precision: float,
) -> NDArray[np.float64]:
    """The certainty float64 [k] from which on each label is given, so that a share of these answers is right.

    More answers count as wrong than were, by one and by half of what chance makes of their number: a threshold that is
    chosen among many looks better on these rows than it is on new texts. Labels that too few rows were given to tell
    are looked at together, and with all others where they are still too few.

    Args:
        given: int [m], the label that each row was given.
        certainty: float [m].
        right: bool [m], whether it was right.
        labels: how many there are, k.
        precision: the share that is to be right.

    Returns:
        `NEVER` for a label that nothing makes certain enough.
    """
    fewest = 1 / (1 - precision) - 1 - 1e-9  # with fewer rows, all right, it cannot be told
    counts = np.bincount(given, minlength=labels)
    rare = counts < fewest
    together = rare[given] if counts[rare].sum() >= fewest else np.ones(len(given), np.bool_)
    pooled = _least(certainty[together], right[together], precision) if rare.any() else NEVER
    own = [pooled if rare[k] else _least(certainty[given == k], right[given == k], precision) for k in range(labels)]
    return np.array(own)


def most_precise(
    given: NDArray[np.integer], certainty: NDArray[np.floating], right: NDArray[np.bool_], *, labels: int
) -> float:
    """The highest precision, in thousandths, that can be asked for, so that at least one label is still given.

    Args:
        given: int [m], the label that each row was given.
        certainty: float [m].
        right: bool [m], whether it was right.
        labels: how many there are, k.
    """
    groups = [given == k for k in range(labels)] + [np.ones(len(given), np.bool_)]
    best = [_precisions(certainty[group], right[group])[1].max(initial=0) for group in groups]
    # which labels are looked at together depends on what is asked, so each is tried
    for precision in sorted({float(np.floor(each * 1000) / 1000) for each in best}, reverse=True):
        asked = least_certainties(given, certainty, right, labels=labels, precision=precision)
        if (asked < NEVER).any():
            return precision
    return 0.0


def _least(certainty: NDArray[np.floating], right: NDArray[np.bool_], precision: float) -> float:
    falling, precisions = _precisions(certainty, right)
    enough = np.flatnonzero(precisions >= precision - 1e-9)
    return float(falling[enough[-1]]) if len(enough) else NEVER


def _precisions(
    certainty: NDArray[np.floating], right: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Certainties, falling, each once, and how precise answers from there on are, as `least_certainties` counts."""
    order = np.argsort(-certainty, kind="stable")
    falling, wrong = certainty[order], np.cumsum(~right[order])
    ends = np.flatnonzero(np.append(falling[1:] < falling[:-1], True)) if len(falling) else np.zeros(0, np.int64)
    return falling[ends], 1 - (wrong[ends] + 0.5 * np.sqrt(wrong[ends]) + 1) / (ends + 2)
