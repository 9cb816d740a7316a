"""The exercises of notebook 2: classifying news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sadari.course.exercises import Check
from sadari.messages import Message, message

_CLASSES = ("World", "Sports", "Business", "Sci/Tech")


def _bag(answer: Any) -> Message | None:
    given = np.asarray(answer, dtype=float).ravel()
    if given.shape != (4,):
        return message("it has {count} numbers, and there are 4 columns", count=len(given))
    if given.max() <= 1:
        return message("a bag of words counts how often each word stands in the text, not only whether it does")
    if given.tolist() != [2, 1, 1, 2]:
        return message("be and to stand there twice, not and or once")
    return None


def _ngrams(answer: Any) -> Message | None:
    if answer == 7 * 3:
        return message("a text of 7 words has 6 pairs, not 7")
    if answer != 7 + 6 + 5:
        return message("of n words on end there are 7 − n + 1; add up those of one, two and three words")
    return None


def _label_name(answer: Any) -> Message | None:
    if not callable(answer):
        return message("give the function itself, without calling it")
    for number, name in enumerate(_CLASSES, 1):
        try:
            given = answer(number)
        except IndexError:
            return message("of {number} it raises an IndexError: lists begin at 0", number=number)
        if given != name:
            return message(
                "of {number} it gives {given!r}, and {name!r} is meant", number=number, given=given, name=name
            )
    return None


CHECKS: Mapping[str, Check] = {"2.1": _bag, "2.2": _ngrams, "2.3": _label_name}
