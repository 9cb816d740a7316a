"""What a search for better settings may try of one: beside `Whole`, `Number`, `Choice` and `Flag`, three more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sadari.settings.limits import Choice, Flag, Limit, Number, Range, Whole


@dataclass(frozen=True)
class LogNumber(Number):
    """A number from ``low`` to ``high``, its orders of magnitude tried alike."""


@dataclass(frozen=True)
class OneOf:
    """One of some values."""

    values: tuple[Any, ...]

    def allows(self, value: Any) -> bool:
        return value in self.values


@dataclass(frozen=True)
class RangeTo:
    """A range from 1 to something from ``low`` to ``high``: ``(1, 2)``."""

    low: int
    high: int

    def allows(self, value: Any) -> bool:
        return Range(1, self.high).allows(value) and value[0] == 1 and value[1] >= self.low


@dataclass(frozen=True)
class Tried:
    """Stands beside a setting's limit where it is declared: what a search for better settings tries of it."""

    space: Limit


def suggest(trial: Any, name: str, space: Limit) -> Any:
    """A value to try, which an Optuna trial picks."""
    if isinstance(space, OneOf | Choice | Flag):
        values = (
            space.values if isinstance(space, OneOf) else space.texts if isinstance(space, Choice) else (True, False)
        )
        return trial.suggest_categorical(name, values)
    if isinstance(space, RangeTo):
        return 1, trial.suggest_int(name, space.low, space.high)
    if isinstance(space, Whole):
        return trial.suggest_int(name, space.low, space.high)
    assert isinstance(space, Number)
    return trial.suggest_float(name, space.low, space.high, log=isinstance(space, LogNumber))
