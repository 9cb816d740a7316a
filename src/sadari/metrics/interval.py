"""A score with its interval, and a test of two rungs on the same rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % confidence interval; all three are shares from 0 to 1.

    Attributes:
        value: the score.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    value: float
    low: float
    high: float


@dataclass
class PairTest:
    """A paired test of two rungs on the same rows.

    Attributes:
        first: name of a rung.
        second: name of another.
        first_only: rows that only the first one gets right.
        second_only: rows that only the second one gets right.
        p_value: p-value of this test alone.
        p_corrected: after Holm's correction over all pairs of the table.
        difference: how much better the second one is, with its interval.
    """

    first: str
    second: str
    first_only: int
    second_only: int
    p_value: float
    p_corrected: float
    difference: Interval
