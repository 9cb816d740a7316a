"""Decimal numbers ↔ float32, against NumPy's own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sadari.vectors.formats.decimals import (
    DOUBTFUL,
    MOST_CHARACTERS,
    NOT_A_NUMBER,
    NOT_FINITE,
    NUMBER,
    read_decimal,
    write_decimal,
)

DECIMALS = st.from_regex(r"[-+]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][-+]?[0-9]{1,3})?", fullmatch=True)


def parse(text: str, end: str = "\n") -> tuple[np.float32, int, int]:
    value, at, kind = read_decimal(np.frombuffer(f"{text}{end}\n".encode(), np.uint8), 0)
    return np.float32(value), at, kind


def oracle(text: str) -> np.float32:
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.float32(text)


def same_bits(one: np.float32, other: np.float32) -> bool:
    return one.view(np.uint32) == other.view(np.uint32)


@settings(deadline=None, max_examples=600)
@given(
    text=st.one_of(DECIMALS, st.floats(allow_nan=False, allow_infinity=False).map(repr)), end=st.sampled_from(" \t\r\n")
)
@example(text="1e400", end=" ")
@example(text="-1e-400", end=" ")
@example(text="-0", end=" ")
@example(text="0." + "0" * 400 + "1", end=" ")
@example(text="1" + "0" * 38, end=" ")
@example(text="3.4028236e38", end=" ")
@example(text="3.4028235677973366e38", end=" ")  # halfway to what float32 would round to infinity
@example(text="1e999999999999999999999999", end=" ")
@example(text="9007199254740993", end=" ")
def test_a_decimal_is_read_as_numpy_reads_it(text: str, end: str) -> None:
    value, at, kind = parse(text, end)
    expected = oracle(text)
    assert at == len(text)
    if kind == DOUBTFUL:
        value = oracle(repr(float(text)))
    assert kind == (NOT_FINITE if np.isinf(expected) and kind != DOUBTFUL else kind)
    assert kind in (NUMBER, DOUBTFUL) or np.isinf(expected)
    assert same_bits(value, expected)


@settings(deadline=None, max_examples=500)
@given(st.integers(0, 2**32 - 1), st.integers(-3, 3))
def test_numbers_next_to_the_middle_of_two_float32_are_read_right_or_left_to_python(bits: int, off: int) -> None:
    one = np.uint32(bits).view(np.float32)
    other = np.nextafter(one, np.float32(np.inf))
    if not np.isfinite(one) or not np.isfinite(other):
        return
    middle = (float(one) + float(other)) / 2
    for _ in range(abs(off)):
        middle = float(np.nextafter(middle, np.copysign(np.inf, off)))
    text = f"{middle:.25e}"
    value, _, kind = parse(text)
    assert kind == DOUBTFUL or same_bits(value, oracle(text))


def test_few_numbers_are_left_to_python() -> None:
    numbers = np.random.default_rng(0).normal(size=20_000)
    assert sum(parse(repr(float(number)))[2] == DOUBTFUL for number in numbers) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "+",
        ".",
        "-.",
        "e5",
        "1e",
        "1e+",
        "1.2.3",
        "1,5",
        "0x1p3",
        "1_000",
        "--1",
        "1f",
        "١",
        "n",
        "na",
        "nano",
        "in",
        "infin",
    ],
)
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    assert parse(text)[2] == NOT_A_NUMBER


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "-nan", "inf", "-Inf", "+INF", "infinity", "-Infinity", "1e39", "-1e300"]
)
@pytest.mark.parametrize("end", [" ", "\t", "\r", "\n"])
def test_what_is_not_finite_is_told_from_what_is_no_number(text: str, end: str) -> None:
    assert parse(text, end)[2] == NOT_FINITE


@settings(deadline=None, max_examples=600)
@given(
    st.one_of(
        st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(-99_999, 99_999).map(lambda i: i / 1000)
    )
)
def test_a_written_number_is_read_back_with_the_same_bits(number: float) -> None:
    value = np.float32(number)
    out = np.zeros(2 * MOST_CHARACTERS, np.uint8)
    end = write_decimal(value, out, 0)
    text = out[:end].tobytes().decode("ascii")
    assert end <= MOST_CHARACTERS
    assert not out[end:].any()
    assert same_bits(np.float32(text), value)
    assert same_bits(parse(text)[0], value)
    assert not text.lstrip("-").isdigit()  # so that no row of one number looks like a header
    # No more digits than it takes: at most nine, and where powers of ten are exact, as few as NumPy needs.
    digits = text.partition("e")[0].replace("-", "").replace(".", "").strip("0")
    assert len(digits) <= 9
    if 1e-12 < abs(value) < 1e20:
        shortest = str(value).partition("e")[0].replace("-", "").replace(".", "").strip("0")
        assert len(digits) <= max(6, len(shortest))
