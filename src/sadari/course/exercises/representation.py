"""The exercises of notebook 1: text as tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sadari.course.exercises import Check
from sadari.messages import Message, message


def _one_hot(answer: Any) -> Message | None:
    given = np.asarray(answer, dtype=float)
    if given.shape != (3, 4):
        return message("its shape is {shape}, and 3 letters of an alphabet of 4 need (3, 4)", shape=given.shape)
    if not np.equal(given.sum(axis=1), 1).all() or not np.isin(given, (0, 1)).all():
        return message("every row must have a single 1, and zeros")
    if not np.array_equal(given.argmax(axis=1), [2, 3, 2]):
        return message("the 1 of a letter stands at its place in the alphabet: L at 2, O at 3, counted from 0")
    return None


def _numbers_and_ones(answer: Any) -> Message | None:
    numbers, ones = answer
    if (numbers, ones) == (12, 12 * 84):
        return message("the two have changed places")
    if numbers != 12 * 84:
        return message("a row has 84 numbers, and there are 12 rows")
    if ones != 12:
        return message("every row has one 1, and there are 12 rows")
    return None


def _padded(answer: Any) -> Message | None:
    given = np.asarray(answer)
    if given.shape != (2, 4):
        return message("its shape is {shape}, and 2 texts, the longer of 4 words, need (2, 4)", shape=given.shape)
    if (given[0, 2:] == 0).all():
        return message("the short text is filled up with 0, which is <unk>: take vocab.pad_id")
    if given.tolist() != [[3, 2, 1, 1], [5, 4, 3, 2]]:
        return message("the ids are not those of a vocabulary with <unk> 0, <pad> 1, then be, to, not, or")
    return None


CHECKS: Mapping[str, Check] = {"1.1": _one_hot, "1.2": _numbers_and_ones, "1.3": _padded}
