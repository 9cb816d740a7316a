"""What a value that a user gives may be: one check of whole numbers, of numbers, of seeds, for every call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sadari.errors import SettingError
from sadari.messages import Figure, Message, message, render

MOST = 2**31 - 1


class Limit(Figure):
    """What a value may be; as a text, it ends the sentence "it must be …"."""

    @property
    def said(self) -> Message:
        """That end of the sentence."""
        raise NotImplementedError

    def allows(self, value: Any) -> bool:
        """Whether it may be this value."""
        raise NotImplementedError

    def written(self, language: str) -> str:
        """What it says, in this language."""
        return render(self.said, language)


@dataclass(frozen=True)
class Whole(Limit):
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def said(self) -> Message:
        return message("a whole number from {low:,} to {high:,}", low=self.low, high=self.high)

    def allows(self, value: Any) -> bool:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        return whole and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Number(Limit):
    """A number from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def said(self) -> Message:
        return message("a number from {low:g} to {high:g}", low=self.low, high=self.high)

    def allows(self, value: Any) -> bool:
        number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        return number and bool(self.low <= value <= self.high)  # NaN is between no two numbers


@dataclass(frozen=True)
class Choice(Limit):
    """One of some texts."""

    texts: tuple[str, ...]

    @property
    def said(self) -> Message:
        return message("one of {texts}", texts=", ".join(self.texts))

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.texts


@dataclass(frozen=True)
class Text(Limit):
    """A short text."""

    @property
    def said(self) -> Message:
        return message("a text")

    def allows(self, value: Any) -> bool:
        return (
            isinstance(value, str) and len(value) <= 100 and not any("\ud800" <= letter <= "\udfff" for letter in value)
        )


@dataclass(frozen=True)
class Flag(Limit):
    """True or False."""

    @property
    def said(self) -> Message:
        return message("True or False")

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool | np.bool_)


@dataclass(frozen=True)
class Function(Limit):
    """What can be called."""

    @property
    def said(self) -> Message:
        return message("a function")

    def allows(self, value: Any) -> bool:
        return callable(value)


@dataclass(frozen=True)
class Entries(Limit):
    """A mapping whose keys are texts."""

    @property
    def said(self) -> Message:
        return message("a mapping from names to values")

    def allows(self, value: Any) -> bool:
        return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


@dataclass(frozen=True)
class Range(Limit):
    """Two whole numbers, the first not above the second."""

    low: int
    high: int

    @property
    def said(self) -> Message:
        return message("two whole numbers from {low} to {high}, such as (1, 2)", low=self.low, high=self.high)

    def allows(self, value: Any) -> bool:
        if not isinstance(value, tuple | list) or len(value) != 2:
            return False
        whole = Whole(self.low, self.high)
        return whole.allows(value[0]) and whole.allows(value[1]) and value[0] <= value[1]


# The same seed gives the same bits. There is no None, "some seed or other": nobody could say afterwards which it was.
SEED = Whole(0, 2**63 - 1)


def check(name: str, value: Any, limit: Limit, *, optional: bool = False) -> None:
    """Refuse a value that is not what it may be.

    Args:
        name: of the setting or argument.
        value: what was given.
        limit: what it may be.
        optional: whether it may be None.

    Raises:
        SettingError: what it is called, what it is and what it may be.
    """
    if (value is None and optional) or limit.allows(value):
        return
    hint = message("it must be {limit}, or None") if optional else message("it must be {limit}")
    raise SettingError(message("{name} is {shown}", name=name, shown=shown(value)), hint=hint.filled(limit=limit))


def value_in(said: Mapping[str, Any], name: str, limit: Limit) -> Any:
    """A value of a model folder, if it is what it may be.

    Args:
        said: what the folder says.
        name: of the value; what is not there is None.
        limit: what it may be.

    Raises:
        SettingError: as `check`.
    """
    value = said.get(name)
    check(name, value, limit)
    return value


def shown(value: Any) -> Message | str:
    """A value as a sentence shows it: its `repr`, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4,300 digits
        return message("a {kind} too long to be shown", kind=type(value).__name__)
    return text if len(text) <= 80 else text[:80] + "…"
