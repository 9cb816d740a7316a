"""What all protocols share: an answer that is noted for log and header, and scores as lists of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sadari.serve.core.answer import Answer
from sadari.serve.core.batching import overloaded
from sadari.serve.core.shelf import Slot
from sadari.serve.http.asked import Asked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What comes while others are answered waits in the event loop. In a crowd, who waits there longer than this share of
# what may be waited is refused: as long again may have passed before the loop saw the request. Without a crowd the
# loop only stood still.
OF_A_LOOP = 0.5
CROWD = 32  # requests
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
    if (waited := asked.waited) > asked.limits.waiting * OF_A_LOOP and asked.crowd > CROWD:
        raise overloaded(waited)
    answer = await slot.answer(texts)
    exchange.notes, exchange.found = answer.notes, answer.best()
    return answer


def ranked(answer: Answer, scores: NDArray[np.float64], top: int | None = None) -> list[Scores]:
    """``{"label", "score"}`` of each text, the label that the model gives first: its thresholds count.

    Args:
        answer: what the model says.
        scores: float64 [n, k].
        top: how many at most; None: all.
    """
    labels = answer.model.labels
    return [
        [{"label": labels[place], "score": row[place]} for place in places[:top]]
        for places, row in zip(answer.order, scores.tolist(), strict=True)
    ]
