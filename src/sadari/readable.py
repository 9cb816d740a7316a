"""Figures as a person reads them, in the language that is spoken. What is not finite reads as a dash."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from sadari.messages import Figure, Message, message

DASH = "–"
_SHORT = (  # so many of a unit are one of the next
    (1000, 1e6, message("{number} µs")),
    (1000, 1e3, message("{number} ms")),
    (60, 1, message("{number} s")),
)
_SI = ((1e6, " M"), (1e3, " k"))
_LARGE = {"ko": ((1e8, "억"), (1e4, "만"))}


class Bounded(Protocol):
    """An interval."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def percent(share: float, decimals: int = 1) -> str:
    """``0.9114`` → ``"91.1"``."""
    return f"{100 * share:.{decimals}f}" if math.isfinite(share) else DASH


def in_percent(share: float, decimals: int = 1) -> Message:
    """``0.9114`` → "91.1 %", as a language writes it."""
    return message("{figure} %", figure=percent(share, decimals))


def points(share: float) -> str:
    """A difference in percentage points, unsigned: ``-0.021`` → ``"2.1"``; two decimals below 0.1."""
    if not math.isfinite(share):
        return DASH
    value = abs(100 * share)
    return f"{value:.2f}" if 0 < round(value, 2) < 0.1 else f"{value:.1f}"


def plus_minus(interval: Bounded) -> str:
    """Half the width of an interval, in percentage points: what stands behind ±."""
    return percent((interval.high - interval.low) / 2)


def significant(value: float, digits: int = 3) -> str:
    """So many significant digits, thousands apart: ``1_234_567`` → ``"1,230,000"``."""
    if not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    rounded = _rounded(value, digits)
    # 9.996 rounds to 10.0: one digit more before the point, one less behind it.
    magnitude = math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, digits - 1 - magnitude)}f}"


def _rounded(value: float, digits: int) -> float:
    """To so many significant digits."""
    return round(value, digits - 1 - math.floor(math.log10(abs(value)))) if value else value


def duration(seconds: float, digits: int = 3) -> Message | str:
    """``0.000012`` → "12.0 µs", ``90`` → "1 min 30 s"; so many significant digits under a minute."""
    if not math.isfinite(seconds):
        return DASH
    for most, scale, said in _SHORT:
        if abs(_rounded(seconds * scale, digits)) < most:
            return said.filled(number=significant(seconds * scale, digits))
    if round(seconds) < 3600:
        minutes, rest = divmod(round(seconds), 60)
        said = message("{minutes} min {rest} s", rest=rest) if rest else message("{minutes} min")
        return said.filled(minutes=minutes)
    return message("{number} h", number=significant(seconds / 3600, digits))


def rate(a_second: float) -> Message:
    """``1_100_000`` → "1.1 M/s", "110만/초"."""
    return message("{number}/s", number=Large(a_second))


@dataclass(frozen=True)
class Large(Figure):
    """A number of so many significant digits: ``1_100_000`` is "1.1 M" in English and "110만" in Korean."""

    number: float
    digits: int = 2

    def written(self, language: str) -> str:
        """With the language's word for what is counted in."""
        for limit, unit in _LARGE.get(language, _SI):
            if _rounded(self.number, self.digits) >= limit:
                return f"{significant(self.number / limit, self.digits)}{unit}"
        return significant(self.number, self.digits)


def count(value: int) -> str:
    """``7600`` → ``"7,600"``."""
    return f"{value:,}"


def label(name: str) -> str:
    """A label's name, in quotes where spaces at its ends would not be seen: ``'2   '``."""
    return name if name == name.strip() and name else repr(name)


def p_value(p: float) -> str:
    """``"p < 0.001"``, else two significant digits: ``"p = 0.043"``; ``"p = 1"``."""
    figure = p_figure(p)
    return f"p {figure}" if p < 0.001 else f"p = {figure}"


def p_figure(p: float) -> str:
    """The same for a column of them: ``"< 0.001"``, ``"0.043"``, ``"1"``."""
    if not math.isfinite(p):
        return DASH
    if p < 0.001:
        return "< 0.001"
    return "1" if p > 0.995 else significant(p, 2)


def times(ratio: float) -> str:
    """How many times: ``"900"``, ``"3.4"``, ``"4"``; two significant digits."""
    return significant(ratio, 2).removesuffix(".0")
