"""A person who knows all labels, asked text by text: how many answers a way of asking needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sadari.trust.active.asking import Asking
from sadari.trust.active.learner import Codes
from sadari.trust.active.spaces import Features


@dataclass(frozen=True)
class Simulated:
    """How far so many answers lead.

    Attributes:
        answers: how many there were.
        accuracy: on the test texts, of what they taught.
    """

    answers: int
    accuracy: float


def simulate(asking: Asking, truth: Codes, test: Features, test_truth: Codes, *, most: int) -> Iterator[Simulated]:
    """Answer batch by batch, without an end of patience before `most` answers.

    Args:
        asking: what chooses the texts, begun with none.
        truth: int64 [n], the label of every candidate.
        test: [m, width], features of texts that are not among the candidates.
        test_truth: int64 [m], their labels.
        most: answers.
    """
    while len(asking.done) < most and len(batch := asking.batch()):
        asking.answered(batch, truth[batch])
        learned = asking.learned()
        if learned is not None:
            yield Simulated(len(asking.done), float((learned.predictions(test) == test_truth).mean()))
