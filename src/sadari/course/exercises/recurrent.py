"""The exercises of notebook 4: recurrent nets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari.course.exercises import Check
from sadari.messages import Message, message

WIDTH, HIDDEN = 100, 64
ONE_LAYER = WIDTH * HIDDEN + HIDDEN * HIDDEN + 2 * HIDDEN
BLOCKS = [4, 3, 2, 2, 1]
LENGTHS = [3, 5, 1]


def parameters(answer: Any) -> Message | None:
    """4.1: the parameters of ``nn.LSTM(100, 64)``."""
    if answer == 4 * ONE_LAYER:
        return None
    if answer == ONE_LAYER:
        return message("that is one layer, and an LSTM has four of them: i, f, g and o")
    if answer == 4 * (ONE_LAYER - HIDDEN):
        return message("each of the four layers has two biases in PyTorch, not one")
    if answer == 4 * (ONE_LAYER - 2 * HIDDEN):
        return message("the biases are missing: two in each of the four layers")
    return message("each of four layers has a matrix for the word, one for the state, and two biases")


def blocks(answer: Any) -> Message | None:
    """4.2: the blocks of packed texts of 5, 2, 4 and 1 words."""
    found = [int(size) for size in answer]
    if found == BLOCKS:
        return None
    if sorted(found) == [1, 2, 4, 5]:
        return message("these are the lengths: ask at each step how many texts still have a word")
    if len(found) != len(BLOCKS):
        return message(
            "there are as many blocks as the longest text has words, and not {number_of_blocks}",
            number_of_blocks=len(found),
        )
    return message("at step 1 all four texts have a word; at step 2 one of them has ended")


def last_state(answer: Any) -> Message | None:
    """4.3: a function that reads the state at each text's last word."""
    import torch

    if not callable(answer):
        return message("hand over the function itself, without calling it")
    states = torch.arange(3 * 5 * 2, dtype=torch.float32).view(3, 5, 2)
    found = answer(states, torch.tensor(LENGTHS))
    wanted = torch.stack([row[length - 1] for row, length in zip(states, LENGTHS, strict=True)])
    shape = tuple(getattr(found, "shape", ()))
    if shape != tuple(wanted.shape):
        return message("of three texts with a state of two numbers it should return [3, 2], not {shape}", shape=shape)
    if torch.equal(found, wanted):
        return None
    if torch.equal(found, states[:, -1]):
        return message("that is the state after the padding: the course's mistake")
    return message("the last word of a text with 3 words stands at place 2: places begin at 0")


CHECKS: Mapping[str, Check] = {"4.1": parameters, "4.2": blocks, "4.3": last_state}
