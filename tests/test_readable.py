"""Numbers as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sadari import readable
from sadari.metrics.interval import Interval


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (readable.percent(0.9114), "91.1"),
        (readable.percent(float("nan")), "–"),
        (readable.points(-0.021), "2.1"),
        (readable.points(0.0004), "0.04"),
        (readable.points(0.0), "0.0"),
        (readable.plus_minus(Interval(0.9, 0.893, 0.907)), "0.7"),
        (readable.significant(1_234_567), "1,230,000"),
        (readable.significant(0.6), "0.600"),
        (readable.significant(9.996), "10.0"),
        (readable.significant(0), "0"),
        (str(readable.duration(12e-6)), "12.0 µs"),
        (str(readable.duration(0.0034)), "3.40 ms"),
        (str(readable.duration(0.63)), "630 ms"),
        (str(readable.duration(1.4)), "1.40 s"),
        (str(readable.duration(90)), "1 min 30 s"),
        (str(readable.duration(59.97)), "1 min"),
        (str(readable.duration(5400)), "1.50 h"),
        (str(readable.duration(0.996, 2)), "1.0 s"),
        (str(readable.duration(0.0009951, 2)), "1.0 ms"),
        (str(readable.duration(59.6, 2)), "1 min"),
        (str(readable.duration(3599.7, 2)), "1.0 h"),
        (str(readable.Large(996_000)), "1.0 M"),
        (readable.Large(99_600_000).written("ko"), "1.0억"),
        (str(readable.Large(0)), "0"),
        (readable.p_value(1e-9), "p < 0.001"),
        (readable.p_value(0.0432), "p = 0.043"),
        (readable.p_value(1.0), "p = 1"),
        (readable.times(912.3), "910"),
        (readable.times(3.44), "3.4"),
        (readable.times(4.0), "4"),
        (readable.count(7600), "7,600"),
    ],
)
def test_numbers(made, expected):
    assert made == expected


@given(st.floats(1e-12, 1e12))
def test_significant_digits_keep_the_number(value):
    assert float(readable.significant(value).replace(",", "")) == pytest.approx(value, rel=0.0051)
