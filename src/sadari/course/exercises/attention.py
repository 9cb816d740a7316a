"""The exercises of notebook 6: attention."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sadari.course.exercises import Check
from sadari.messages import Message, message

CHOSEN = [30, 24, 3, 3]  # of 200 tokens: 15 %, and of those 80, 10 and 10 %
WIDTH = 768
HEADS_OF_BASE = 12
ATTENTION = 4 * (WIDTH * WIDTH + WIDTH)


def attention(answer: Any) -> Message | None:
    """6.1: a function of queries, keys and values."""
    import torch

    if not callable(answer):
        return message("hand over the function itself, without calling it")
    random = torch.Generator().manual_seed(6)
    queries, keys, values = (torch.randn(3, 4, generator=random) for _ in range(3))
    found = answer(queries, keys, values)
    if tuple(getattr(found, "shape", ())) != (3, 4):
        return message("it should return one tensor of [words, d], here [3, 4]")
    scores = queries @ keys.T
    if torch.allclose(found, (scores / math.sqrt(4)).softmax(dim=1) @ values, atol=1e-5):
        return None
    if torch.allclose(found, scores.softmax(dim=1) @ values, atol=1e-5):
        return message("divide the scores by the square root of d before the softmax")
    if torch.allclose(found, (scores / math.sqrt(4)).softmax(dim=0) @ values, atol=1e-5):
        return message("the softmax runs over the words that are looked at: each row sums to 1, so dim=-1")
    return message("score, softmax, weighted sum: queries by keys, divided by √d; softmax of each row; times values")


def numbers(answer: Any) -> Message | None:
    """6.2: what becomes of 200 tokens."""
    found = [float(number) for number in answer]
    if found == CHOSEN:
        return None
    if len(found) != len(CHOSEN):
        return message("four numbers are asked for: chosen, [MASK], another token, itself")
    if found[0] != CHOSEN[0]:
        return message("15 % of the 200 tokens are chosen")
    if found[1:] == [160, 20, 20]:
        return message("80, 10 and 10 % are shares of the chosen tokens, not of all")
    return message("of the 30 chosen tokens, 80 % become [MASK], 10 % another token, and 10 % stay")


def parameters(answer: Any) -> Message | None:
    """6.3: the parameters of one multi-head attention of BERT-base."""
    if answer == ATTENTION:
        return None
    if answer == 4 * WIDTH * WIDTH:
        return message("each of the four linear layers has a bias, too")
    if answer == ATTENTION - WIDTH * WIDTH - WIDTH:
        return message("there is a fourth linear layer, which mixes what the heads have seen")
    if answer in (HEADS_OF_BASE * ATTENTION, HEADS_OF_BASE * 4 * WIDTH * WIDTH):
        return message("the heads share the width: each has 64 of the 768 columns, and their number changes nothing")
    return message("query, key, value and output: four linear layers from 768 to 768")


CHECKS: Mapping[str, Check] = {"6.1": attention, "6.2": numbers, "6.3": parameters}
