"""What all protocols share: an answer that is noted for log and header, and scores as lists of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sadari.serve.core.answer import Answer
from sadari.serve.core.shelf import Slot
from sadari.serve.http.asked import Asked

Scores = list[dict[str, str | float]]


async def answered(asked: Asked, slot: Slot, texts: list[str]) -> Answer:
    """What a model says of the texts of a request.

    Args:
        asked: the request.
        slot: the model.
        texts: n of them, checked.

    Raises:
        Refused: too much is waiting already.
    """
    exchange = asked.exchange
    exchange.model, exchange.texts, exchange.shown = slot.name, len(texts), texts
    answer = await slot.answer(texts)
    exchange.notes, exchange.found = answer.notes, answer.best()
    return answer


def ranked(labels: Sequence[str], scores: NDArray[np.float64], top: int | None = None) -> Scores:
    """``{"label", "score"}`` of one text, the best first.

    Args:
        labels: all k.
        scores: float64 [k].
        top: how many at most; None: all.
    """
    order = np.argsort(-scores, kind="stable")[:top].tolist()
    values = scores.tolist()
    return [{"label": labels[place], "score": values[place]} for place in order]
