"""The exercises of notebook 3: words as vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sadari.course.exercises import Check
from sadari.messages import Message, message


def _offsets(answer: Any) -> Message | None:
    given = np.asarray(answer).ravel().tolist()
    if given == [0, 3, 5, 9]:
        return message("the last one is the end of the last text: torch would take it for the start of an empty one")
    if given == [3, 2, 4]:
        return message("these are the lengths; an offset says where a text starts")
    if given != [0, 3, 5]:
        return message("the first text starts at 0, and each other one where the text before it ends")
    return None


def _neighbours(answer: Any) -> Message | None:
    given = list(answer)
    if "sat" in given:
        return message("a word is not its own neighbour")
    if len(given) != 4:
        return message("there are {count} words, and a window of 2 has two on each side", count=len(given))
    if given != ["the", "cat", "on", "the"]:
        return message("the words must be those beside sat, from left to right")
    return None


def _put(answer: Any) -> Message | None:
    from torch import equal, nn, tensor

    if not callable(answer):
        return message("give the function itself, without calling it")
    embedding, vector = nn.Embedding(3, 2), tensor([5.0, 7.0])
    before = embedding.weight.detach().clone()
    answer(embedding, 1, vector)
    now = embedding.weight.detach()
    if equal(now, before):
        return message("the embedding is as it was: embedding.weight[row] is a new tensor, and is thrown away")
    if not equal(now[1], vector) or not equal(now[[0, 2]], before[[0, 2]]):
        return message("row 1 must hold the vector, and the others must stay as they were")
    vector += 1
    if equal(embedding.weight.detach()[1], vector):
        return message("the vector was not copied: who changes it changes the embedding")
    return None


CHECKS: Mapping[str, Check] = {"3.1": _offsets, "3.2": _neighbours, "3.3": _put}
