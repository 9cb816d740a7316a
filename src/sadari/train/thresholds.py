"""From probabilities to labels: one threshold for each label, chosen on rows that were not trained on.

Where a text may have several labels, it gets those whose probability reaches their threshold. A model that is right
about how rare a label is seldom gives it a half. The threshold that makes F1 largest lies below (Lipton et al. 2014,
"Optimal Thresholding of Classifiers to Maximize F1 Measure"). Each label's own best threshold makes macro-F1 largest,
and one threshold for all of them micro-F1; of a rare label the own one is much by chance
besides. What is taken lies half way between the two, in log-odds.

Where a text has one label, thresholds say what each probability is divided by before the largest is taken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

USUAL = 0.5
REACH = 20  # times as many rows as have a label: so far down is looked for its threshold first
OWN = 0.5  # how far a label goes from the common threshold to its own
LEAST = 1e-6
_POWERS = np.linspace(0, 1, 21)
_MOVES = np.linspace(-2, 2, 21)
_NEIGHBOURS = (0.1, 0.2, 0.4, 0.2, 0.1)


def choose_thresholds(probabilities: NDArray[np.floating], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The thresholds float64 [k] from which on a label is given.

    Half way, in log-odds, between the one threshold with the largest micro-F1 of all labels and that with the largest
    F1 of this one; a label that no row has, or all have, takes the first.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        wanted: bool [n, k], which labels each has.
    """
    from scipy.special import expit, logit  # takes long to load, and a prediction needs neither

    common = _best(probabilities.ravel(), wanted.ravel(), USUAL)
    own = np.full(probabilities.shape[1], common)
    rows = wanted.sum(axis=0)
    for label in np.flatnonzero((rows > 0) & (rows < len(wanted))):
        own[label] = _best(probabilities[:, label], wanted[:, label], common)
    shares = np.clip([*own, common], LEAST, 1 - LEAST)
    between: NDArray[np.float64] = expit(OWN * logit(shares[:-1]) + (1 - OWN) * logit(shares[-1]))
    return between


def cheapest_thresholds(
    probabilities: NDArray[np.floating],
    wanted: NDArray[np.bool_],
    missed: NDArray[np.floating],
    wrong: NDArray[np.floating],
) -> NDArray[np.float64]:
    """The thresholds float64 [k] from which on a label is given, so that mistakes cost least.

    A label is worth giving from the probability ``wrong / (missed + wrong)`` on, if probabilities are what they say
    (Elkan 2001, "The Foundations of Cost-Sensitive Learning"). As far as they are not, all thresholds are moved by one
    number of log-odds, the one that is cheapest: a number for each label would follow chance where it is rare.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        wanted: bool [n, k], which labels each has.
        missed: float [k], what it costs not to give a label that a text has.
        wrong: float [k], what it costs to give one that it has not.
    """
    from scipy.special import expit, logit

    both = missed + wrong
    usual = np.divide(wrong, both, out=np.full(len(both), USUAL), where=both > 0)
    moved = [expit(logit(np.clip(usual, LEAST, 1 - LEAST)) + by) for by in _MOVES]
    counts = [(wanted & (probabilities < each), ~wanted & (probabilities >= each)) for each in moved]
    costs = np.array([lost.sum(axis=0) @ missed + more.sum(axis=0) @ wrong for lost, more in counts])
    reach = len(_NEIGHBOURS) // 2
    smooth = np.convolve(np.pad(costs, reach, mode="edge"), _NEIGHBOURS, "valid").round(9)
    best = min(range(len(_MOVES)), key=lambda place: (smooth[place], abs(_MOVES[place])))
    found: NDArray[np.float64] = moved[best]
    return found


def likeliest(probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float) -> NDArray[np.int64]:
    """The label int64 [n] of each text that has one: that whose probability is largest beside its threshold.

    Where all thresholds are alike it is the likeliest one; of two labels whose thresholds sum to 1 each is given from
    its own on.

    Args:
        probabilities: float [n, k].
        thresholds: float [k], or one for all labels.
    """
    found: NDArray[np.int64] = beside_thresholds(probabilities, thresholds).argmax(axis=1)
    return found


def beside_thresholds(
    probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float
) -> NDArray[np.floating]:
    """How many times its threshold each probability is: the labels of a text that has one stand in this order.

    Args:
        probabilities: float [n, k].
        thresholds: float [k], or one for all labels.
    """
    return probabilities / np.maximum(thresholds, LEAST)


def even_thresholds(
    probabilities: NDArray[np.floating],
    shares: NDArray[np.floating],
    score: Callable[[NDArray[np.int64]], float],
    error: Callable[[NDArray[np.int64], NDArray[np.int64]], float] | None = None,
) -> NDArray[np.float64]:
    """Thresholds float64 [k] under which rare labels are given more often, as far as that makes a score larger.

    Each is a power of the label's share, from 0 (the likeliest label is given) to 1 (as if all labels were equally
    frequent). One number for all labels is chosen, and by a score that is smoothed over its neighbours: a threshold of
    its own for each would follow chance where a label has a handful of rows.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        shares: float [k], how frequent each label is.
        score: of the labels int64 [n] that are given; the higher the better.
        error: how far by chance the scores of two such columns may lie apart: no more than that is no gain. None: any
            gain is one.
    """
    kinds, kind_of = np.unique(shares, return_inverse=True)
    best, labels = _best_of_each(probabilities, kind_of, len(kinds))
    given = [_first_of_largest(beside_thresholds(best, kinds**power), labels) for power in _POWERS]
    reach = len(_NEIGHBOURS) // 2
    scores = np.convolve(np.pad([score(each) for each in given], reach, mode="edge"), _NEIGHBOURS, "valid").round(9)
    place = int(scores.argmax())
    if error is not None and scores[place] - scores[0] <= error(given[place], given[0]):
        place = 0
    power = _POWERS[place]
    return shares**power / (shares**power).sum() if power else np.full(len(shares), USUAL)


def _best_of_each(
    probabilities: NDArray[np.floating], kind_of: NDArray[np.integer], kinds: int
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Of labels that are equally frequent only the likeliest can be given: its probability, and it, [n, kinds] each.

    Many labels are of few kinds: those of one row, of two, and so on.
    """
    if kinds == probabilities.shape[1]:
        order = np.argsort(kind_of)
        return probabilities[:, order], np.tile(order, (len(probabilities), 1))
    found = np.empty((len(probabilities), kinds), np.int64)
    for kind in range(kinds):
        labels = np.flatnonzero(kind_of == kind)
        found[:, kind] = labels[probabilities[:, labels].argmax(axis=1)]
    return np.take_along_axis(probabilities, found, axis=1), found


def _first_of_largest(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label int64 [n] with the largest score in each row of [n, s], of equals the first."""
    largest = scores == scores.max(axis=1, keepdims=True)
    found: NDArray[np.int64] = np.where(largest, labels, np.iinfo(np.int64).max).min(axis=1)
    return found


def standing(probabilities: NDArray[np.floating], code: int, *, several: bool = False) -> NDArray[np.float64]:
    """float64 [n]: what a label's threshold is compared with.

    Its probability; where a text has one label, the share it has of its own and of the likeliest other one's, which of
    two labels is the same.

    Args:
        probabilities: float [n, k].
        code: the label's place.
        several: whether a text may have several labels.
    """
    own = probabilities[:, code].astype(np.float64)
    if several:
        return own
    others = np.delete(probabilities, code, axis=1).max(axis=1)
    found: NDArray[np.float64] = own / np.maximum(own + others, 1e-300)
    return found


def threshold_at_precision(
    probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], code: int, precision: float
) -> NDArray[np.float64]:
    """Thresholds float64 [k] under which one label is found most often while so many of its answers are right.

    Where that share is never reached, it is given where the largest share is right.

    Args:
        probabilities: float [n, k], of rows that were not trained on.
        wanted: bool [n], which rows have the label.
        code: its place.
        precision: the share of its answers that is to be right.
    """
    threshold = least_at_precision(standing(probabilities, code), wanted, precision)
    return np.where(np.arange(probabilities.shape[1]) == code, threshold, 1 - threshold)


def least_at_precision(stands: NDArray[np.floating], wanted: NDArray[np.bool_], precision: float) -> float:
    """The lowest threshold from which on a label may be given while so many of its answers are right.

    Where that share is never reached, the one with the largest share.

    Args:
        stands: float [n], how surely the label is one of each row.
        wanted: bool [n], which rows have it.
        precision: the share of its answers that is to be right.
    """
    order = np.argsort(-stands, kind="stable")
    falling, hits = stands[order], np.cumsum(wanted[order])
    ends = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    right = hits[ends] / (ends + 1)
    kept = np.flatnonzero(right >= precision)
    place = kept[-1] if len(kept) else int(np.argmax(right))
    below = np.append(falling[1:], 0.0)[ends][place]
    return float(np.clip(0.5 * (falling[ends][place] + below), LEAST, 1 - LEAST))


def _best(probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], usual: float) -> float:
    """The threshold with the largest F1, half way to the next probability; of equals that nearest to the usual one."""
    rows = int(np.count_nonzero(wanted))
    if not rows:
        return usual
    if len(probabilities) > 4 * (most := REACH * rows):  # further down F1 is below 2 rows / (most + rows)
        kept = probabilities >= np.partition(probabilities, -most)[-most]
        if int(kept.sum()) <= 2 * most and (found := _surely_best(probabilities[kept], wanted[kept], rows, usual)):
            return found
    return _best_of_all(probabilities, wanted, rows, usual)[0]


def _surely_best(
    probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], rows: int, usual: float
) -> float | None:
    """The same by the largest probabilities alone; None where those left out might matter."""
    found, f1, lowest = _best_of_all(probabilities, wanted, rows, usual)
    return found if f1 > 2 / (REACH + 1) and not lowest else None


def _best_of_all(
    probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], rows: int, usual: float
) -> tuple[float, float, bool]:
    """The threshold, its F1, and whether the lowest probability of all may decide it; ``rows``: that have the label."""
    order = np.argsort(-probabilities, kind="stable")
    falling, hits = probabilities[order].astype(np.float64), np.cumsum(wanted[order])
    ends = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))  # of equals, all or none are given the label
    f1 = 2 * hits[ends] / (ends + 1 + rows)
    below = np.append(falling[1:], 0.0)[ends]
    middles = 0.5 * (falling[ends] + below)
    best = np.flatnonzero(f1 == f1.max())
    found = float(middles[best[np.argmin(np.abs(middles[best] - usual))]])
    return found, float(f1.max()), bool(best[-1] == len(ends) - 1)
