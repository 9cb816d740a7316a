"""The exercises of notebook 5: generation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sadari.course.exercises import Check
from sadari.messages import Message, message

CHARACTERS, HIDDEN = 84, 128
GATES = 4 * (CHARACTERS * HIDDEN + HIDDEN * HIDDEN + 2 * HIDDEN)
OUTPUT = HIDDEN * CHARACTERS + CHARACTERS
SYLLABLES = 2_350
CLOSE = 0.01


def parameters(answer: Any) -> Message | None:
    """5.1: the parameters of ``CharLSTM(84, 128)``."""
    if answer == GATES + OUTPUT:
        return None
    if answer == GATES:
        return message("that is the LSTM alone: the linear layer has parameters, too")
    if answer == GATES + OUTPUT - CHARACTERS:
        return message("the linear layer has a bias for each character, too")
    if answer == 2 * 43_860:
        return message("it is more than twice as many: one of the matrices grows with the square of the units")
    return message("add up the matrices and biases as the notebook printed them for 64 units")


def first_loss(answer: Any) -> Message | None:
    """5.2: the first loss over 2,350 syllables."""
    if abs(float(answer) - math.log(SYLLABLES)) <= CLOSE:
        return None
    if abs(float(answer) - math.log2(SYLLABLES)) <= CLOSE:
        return message("these are bits: the loss is counted in nats, with the natural logarithm")
    if abs(float(answer) - math.log10(SYLLABLES)) <= CLOSE:
        return message("the loss is counted with the natural logarithm, math.log, not with that of base 10")
    return message("each syllable has a probability of one in {syllables:,}: what is −ln of that?", syllables=SYLLABLES)


def with_temperature(answer: Any) -> Message | None:
    """5.3: a function of logits and temperature that returns probabilities."""
    import torch

    if not callable(answer):
        return message("hand over the function itself, without calling it")
    logits, temperature = torch.tensor([2.0, 1.0, 0.0, -1.0]), 0.5
    found = torch.as_tensor(answer(logits, temperature), dtype=torch.float32)
    if found.shape != logits.shape:
        return message("of four logits it should return four probabilities, not {shape}", shape=tuple(found.shape))
    if torch.allclose(found, (logits / temperature).softmax(dim=0), atol=1e-5):
        return None
    if torch.allclose(found, (logits * temperature).softmax(dim=0), atol=1e-5):
        return message("logits are divided by the temperature, not multiplied")
    if torch.allclose(found, logits.softmax(dim=0) / temperature, atol=1e-5):
        return message("divide before the softmax, not after it")
    if abs(float(found.sum()) - 1) > 1e-3:
        return message("probabilities sum to 1, and yours to {total:.2f}", total=float(found.sum()))
    return message("divide the logits by the temperature, then take the softmax")


CHECKS: Mapping[str, Check] = {"5.1": parameters, "5.2": first_loss, "5.3": with_temperature}
