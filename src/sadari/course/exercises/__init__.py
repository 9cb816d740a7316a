"""Exercises: each has a check that says "right", or why not.

A module for each notebook holds its checks in ``CHECKS``: a number such as ``"1.2"``, and a function of the answer that
gives None where it is right, else a message that says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from sadari.errors import SettingError
from sadari.messages import Message, message

Check = Callable[[Any], Message | None]

MODULES = {
    "1": "representation",
    "2": "classification",
    "3": "embeddings",
    "4": "recurrent",
    "5": "generation",
    "6": "attention",
}


def checks_of(notebook: str) -> Mapping[str, Check]:
    """The checks of a notebook, by number.

    Args:
        notebook: ``"1"`` to ``"6"``.
    """
    checks: Mapping[str, Check] = import_module(f"sadari.course.exercises.{MODULES[notebook]}").CHECKS
    return checks


def why_not(number: str, answer: Any) -> Message | None:
    """What is wrong with an answer; None of one that is right.

    Args:
        number: of the exercise, such as ``"1.2"``.
        answer: of any type: a wrong one is an answer, too.

    Raises:
        SettingError: there is no such exercise.
    """
    every = [each for notebook in MODULES for each in checks_of(notebook)]
    if number not in every:
        near = get_close_matches(str(number), every, n=1) or every[:1]
        raise SettingError(
            message("there is no exercise {number!r}", number=number),
            hint=message("did you mean {near}?", near=near[0]),
        )
    try:
        return checks_of(number[0])[number](answer)
    except Exception as error:  # whatever a student hands over
        kind = type(error).__name__
        return message("it cannot be looked at: {kind}: {error}", kind=kind, error=error)


def check(number: str, answer: Any = ...) -> None:
    """Print whether an exercise is solved, and if not, why.

    Args:
        number: of the exercise, such as ``"1.2"``.
        answer: ``...`` stands for an exercise that nobody has tried yet.

    Raises:
        SettingError: there is no such exercise.
    """
    if answer is ...:
        print("…", message("{number} waits for your answer.", number=number))
        return
    wrong = why_not(number, answer)
    if wrong is None:
        print("✓", message("{number} is right.", number=number))
    else:
        print("✗", message("{number} is not right yet: {why}.", number=number, why=wrong))
