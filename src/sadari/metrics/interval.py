"""A score with its interval, and a test of two rungs on the same rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % confidence interval; all three are shares from 0 to 1."""

    value: float
    low: float
    high: float


@dataclass
class PairTest:
    """An exact McNemar test of two rungs on the same rows."""

    first: str
    second: str
    first_only: int  # rows that only the first one gets right
    second_only: int
    p_value: float
    p_corrected: float  # after Holm's correction over all pairs of the table
