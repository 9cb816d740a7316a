"""Decimal numbers ↔ float32, compiled, to the same bits as ``numpy.float32(text)``.

Reading: up to 15 digits and a power of ten up to 22 are exact in float64, so one multiplication or division rounds as
Python's own parser does (Clinger 1990, "How to Read Floating Point Numbers Accurately"). Any other number is computed
with an error below 1e-15 of it; where that leaves open which float32 is meant, Python's parser decides.

Writing: the fewest of 6 to 9 digits from which the reader makes the same float32 (9 always do).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit

NUMBER, NOT_A_NUMBER, NOT_FINITE, DOUBTFUL = 0, 1, 2, 3
MOST_CHARACTERS = 16  # of a number that `write_decimal` writes

_EXACT_POWER = 22  # the largest power of ten that is a float64 without rounding
_EXACT_WHOLE = 1 << 53
_LOWEST, _HIGHEST = -90, 60  # powers of ten beyond which 18 digits make 0 or infinity in float32
_POWERS: NDArray[np.float64] = np.array([float(f"1e{power}") for power in range(_LOWEST, _HIGHEST + 1)])
_SPACE, _TAB, _LINE_FEED, _RETURN = 32, 9, 10, 13


@njit(cache=True, nogil=True, error_model="numpy")
def read_decimal(content, i):  # type: ignore[no-untyped-def]
    """The number that begins at byte ``i``: (float32, the byte after it, NUMBER or what is wrong with it).

    It ends at a space, a tab, a carriage return or a line feed, which is ``content``'s last byte.
    """
    first = i
    negative = content[i] == 45
    if negative or content[i] == 43:
        i += 1
    mantissa, start = np.int64(0), i
    while 48 <= content[i] <= 57:
        mantissa = mantissa * 10 + (np.int64(content[i]) - 48)
        i += 1
    digits, power = i - start, 0
    if content[i] == 46:
        i += 1
        point = i
        while 48 <= content[i] <= 57:
            mantissa = mantissa * 10 + (np.int64(content[i]) - 48)
            i += 1
        power = point - i
        digits -= power
    if digits == 0:
        return np.float32(0), i, _odd_word(content, first)
    if digits > 18:
        mantissa, power = _long_mantissa(content, start)
    if content[i] == 101 or content[i] == 69:
        exponent, i = _exponent(content, i + 1)
        power += exponent
    if not ends_field(content[i]):
        return np.float32(0), i, NOT_A_NUMBER
    value, kind = _scaled(mantissa, power)
    return -value if negative else value, i, kind


@njit(cache=True, nogil=True)
def parts_fields(c):  # type: ignore[no-untyped-def]
    """Whether this byte stands between fields of a line, or at its end before the line feed."""
    return c in (_SPACE, _TAB, _RETURN)


@njit(cache=True, nogil=True)
def ends_field(c):  # type: ignore[no-untyped-def]
    """Whether no field goes on over this byte."""
    return c <= _SPACE and (c == _LINE_FEED or parts_fields(c))


@njit(cache=True, nogil=True, error_model="numpy")
def _scaled(mantissa, power):  # type: ignore[no-untyped-def]
    """``mantissa`` times ten to the ``power`` as (float32, NUMBER, NOT_FINITE or DOUBTFUL)."""
    if mantissa <= _EXACT_WHOLE and -_EXACT_POWER <= power <= _EXACT_POWER:
        if power <= 0:
            value = np.float32(np.float64(mantissa) / _POWERS[-power - _LOWEST])
        else:
            value = np.float32(np.float64(mantissa) * _POWERS[power - _LOWEST])
        return value, NUMBER
    if mantissa == 0 or power < _LOWEST:
        return np.float32(0), NUMBER
    if power > _HIGHEST:
        return np.float32(np.inf), NOT_FINITE
    near = np.float64(mantissa) * _POWERS[power - _LOWEST]
    low, high = np.float32(near * (1 - 1e-15)), np.float32(near * (1 + 1e-15))
    if low != high:
        return low, DOUBTFUL
    return low, NOT_FINITE if np.isinf(low) else NUMBER


@njit(cache=True, nogil=True)
def _long_mantissa(content, i):  # type: ignore[no-untyped-def]
    """The first 18 significant digits of a longer number, and the power of ten that they stand at."""
    mantissa, digits, power, after_point = np.int64(0), 0, 0, False
    while 48 <= content[i] <= 57 or (content[i] == 46 and not after_point):
        if content[i] == 46:
            after_point = True
        else:
            if digits < 18:
                mantissa = mantissa * 10 + (np.int64(content[i]) - 48)
                digits += 1 if mantissa > 0 else 0
                power -= 1 if after_point else 0
            elif not after_point:
                power += 1
        i += 1
    return mantissa, power


@njit(cache=True, nogil=True)
def _exponent(content, i):  # type: ignore[no-untyped-def]
    """The whole number after an ``e``, and the byte after it; without digits the byte is one that ends no number."""
    first = i
    negative = content[i] == 45
    if negative or content[i] == 43:
        i += 1
    start, exponent = i, 0
    while 48 <= content[i] <= 57:
        if exponent < 1_000_000:  # more is too much in any case
            exponent = exponent * 10 + int(content[i]) - 48
        i += 1
    if i == start:
        return 0, first - 1  # the "e" itself
    return -exponent if negative else exponent, i


@njit(cache=True, nogil=True)
def _odd_word(content, i):  # type: ignore[no-untyped-def]
    """NOT_FINITE where ``nan``, ``inf`` or ``infinity`` begins, in any case and with any sign; else NOT_A_NUMBER."""
    if content[i] == 45 or content[i] == 43:
        i += 1
    for word in (b"nan", b"inf", b"infinity"):
        size = 0
        while size < len(word) and content[i + size] | 32 == word[size]:  # 32: as a small letter
            size += 1
        if size == len(word) and ends_field(content[i + size]):
            return NOT_FINITE
    return NOT_A_NUMBER


@njit(cache=True, nogil=True, error_model="numpy")
def write_decimal(value, out, at):  # type: ignore[no-untyped-def]
    """Write a finite float32 into ``out`` from place ``at``, in at most MOST_CHARACTERS: the place after it.

    A point or an exponent always stands in it, so that it cannot be taken for a whole number, as a header has them.
    """
    if math.copysign(1.0, value) < 0:
        out[at] = 45
        at += 1
    size = abs(np.float64(value))
    if size == 0:
        out[at], out[at + 1], out[at + 2] = 48, 46, 48
        return at + 3
    mantissa, power = _shortest(size, np.float32(size))
    digits = 1
    while 10**digits <= mantissa:
        digits += 1
    exponent = power + digits - 1  # of the first digit
    while mantissa % 10 == 0:
        mantissa //= 10
        digits -= 1
    if -5 <= exponent < 9:
        return _fixed(mantissa, digits, exponent, out, at)
    return _scientific(mantissa, digits, exponent, out, at)


@njit(cache=True, nogil=True, error_model="numpy")
def _shortest(size, value):  # type: ignore[no-untyped-def]
    """The mantissa of 6 to 9 digits, and the power of ten, that are read as ``value``; ``size`` is it as float64."""
    exponent = math.floor(math.log10(size))
    mantissa, power = np.int64(0), 0
    for digits in range(6, 10):
        power = exponent - digits + 1
        mantissa = np.int64(size * _POWERS[-power - _LOWEST] + 0.5)
        # beyond exact powers of ten only nine digits are far enough from the next float32 to need no proof
        if -_EXACT_POWER <= power <= _EXACT_POWER and _scaled(mantissa, power)[0] == value:
            break
    return mantissa, power


@njit(cache=True, nogil=True)
def _digits(mantissa, digits, out, at):  # type: ignore[no-untyped-def]
    for i in range(digits - 1, -1, -1):
        out[at + i] = 48 + mantissa % 10
        mantissa //= 10
    return at + digits


@njit(cache=True, nogil=True)
def _fixed(mantissa, digits, exponent, out, at):  # type: ignore[no-untyped-def]
    """``0.00123``, ``12.3`` or ``12300.0``."""
    if exponent < 0:
        for c in (48, 46):
            out[at] = c
            at += 1
        for _ in range(-exponent - 1):
            out[at] = 48
            at += 1
        return _digits(mantissa, digits, out, at)
    whole = exponent + 1  # digits before the point
    fraction = max(0, digits - whole)
    at = _digits(mantissa // 10**fraction, digits - fraction, out, at)
    for _ in range(whole - digits):
        out[at] = 48
        at += 1
    out[at] = 46
    return _digits(mantissa % 10**fraction, max(1, fraction), out, at + 1)


@njit(cache=True, nogil=True)
def _scientific(mantissa, digits, exponent, out, at):  # type: ignore[no-untyped-def]
    """``1.23e-12``."""
    at = _digits(mantissa // 10 ** (digits - 1), 1, out, at)
    if digits > 1:
        out[at] = 46
        at = _digits(mantissa % 10 ** (digits - 1), digits - 1, out, at + 1)
    out[at] = 101
    at += 1
    if exponent < 0:
        out[at] = 45
        at += 1
    return _digits(abs(exponent), 2, out, at)
