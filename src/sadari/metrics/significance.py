"""Are two rungs really different? Exact paired tests on the same rows, corrected for making many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy.special import bdtr, ndtri

from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.metrics.interval import Interval, PairTest


def mcnemar(first_only: int, second_only: int) -> float:
    """The two-sided p-value of the exact McNemar test (McNemar 1947; exact: Edwards 1948, Mosteller 1952).

    Rows that both get right, or both wrong, say nothing about which is better. Of the rows that only one gets
    right, each rung should have half if neither is better: the p-value is the binomial probability of a split
    at least as uneven. It is what ``scipy.stats.binomtest(first_only, first_only + second_only).pvalue``
    gives; the binomial with p = 1/2 is symmetric, so twice one tail is exact and takes no search however many
    rows there are.

    Args:
        first_only: rows that only the first one gets right.
        second_only: rows that only the second one gets right.

    Raises:
        DataError: a count is negative.
    """
    if first_only < 0 or second_only < 0:
        raise DataError(
            message("counts are {first_only} and {second_only}", first_only=first_only, second_only=second_only),
            hint=message("counts of rows are 0 or more"),
        )
    uneven = first_only + second_only
    if first_only == second_only:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(first_only, second_only), uneven, 0.5)))


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Correct p-values for making many tests (Holm 1979): float64 [tests], in the order given.

    The smallest is multiplied by the number of tests, the next by one less, and so on; none may end below a
    smaller one. The chance of even one false alarm among all of them stays under the level, whatever the
    tests have in common.

    Raises:
        DataError: a p-value is not within 0 to 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DataError(message("p-values must be a list of numbers from 0 to 1"))
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected


def pair_tests(correct: Mapping[str, np.ndarray]) -> list[PairTest]:
    """Test every pair of rungs on the same rows.

    Args:
        correct: rung → bool [n], whether it got each row right.

    Returns:
        One `PairTest` for each pair, in the order of ``correct``; ``p_corrected`` is Holm's over all of them.

    Raises:
        DataError: the arrays differ in length.
    """
    arrays = {rung: np.asarray(right, dtype=bool) for rung, right in correct.items()}
    if len({array.shape for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{rung} {len(array):,}" for rung, array in arrays.items())
        raise DataError(message("paired tests need the same rows for every rung, but there are: {sizes}", sizes=sizes))
    pairs = list(combinations(arrays, 2))
    first = [int(np.count_nonzero(arrays[a] & ~arrays[b])) for a, b in pairs]
    second = [int(np.count_nonzero(arrays[b] & ~arrays[a])) for a, b in pairs]
    p = [mcnemar(a, b) for a, b in zip(first, second, strict=True)]
    size = len(next(iter(arrays.values()))) if arrays else 0
    rows = zip(pairs, first, second, p, holm(p), strict=True)
    return [
        PairTest(*pair, a, b, raw, float(corrected), paired_difference(a, b, size))
        for pair, a, b, raw, corrected in rows
    ]


def paired_difference(first_only: int, second_only: int, rows: int, *, confidence: float = 0.95) -> Interval:
    """How much more accurate the second one is than the first, as a share, with its interval.

    The interval is Bonett and Price's (2012, "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data"): one row is added to each of the two counts, which keeps it honest when
    the rungs hardly ever disagree. ``value`` is the plain difference.

    Args:
        first_only: rows that only the first one gets right.
        second_only: rows that only the second one gets right.
        rows: all rows, those on which they agree included.
        confidence: of the interval, between 0 and 1.

    Raises:
        DataError: there are fewer rows than disagreements, or none.
        SettingError: ``confidence`` is not between 0 and 1.
    """
    if rows <= 0 or first_only < 0 or second_only < 0 or first_only + second_only > rows:
        raise DataError(
            message(
                "{first_only} + {second_only} disagreements in {rows} rows",
                first_only=first_only,
                second_only=second_only,
                rows=rows,
            )
        )
    if not 0 < confidence < 1:
        raise SettingError(
            message("confidence is {confidence}", confidence=confidence),
            hint=message("take a value between 0 and 1, such as 0.95"),
        )
    first, second = (first_only + 1) / (rows + 2), (second_only + 1) / (rows + 2)
    middle = second - first
    half = float(ndtri(0.5 + confidence / 2)) * np.sqrt((first + second - middle**2) / (rows + 2))
    value = (second_only - first_only) / rows
    low, high = max(-1.0, float(middle - half)), min(1.0, float(middle + half))
    return Interval(value, min(low, value), max(high, value))
