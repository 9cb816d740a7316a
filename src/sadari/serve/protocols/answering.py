"""What all protocols share: an answer that is noted for log and header, and scores as lists of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sadari.messages import message
from sadari.serve.core.answer import OUTSIDE, UNSURE, Answer
from sadari.serve.core.batching import overloaded
from sadari.serve.core.shelf import Slot
from sadari.serve.http.asked import Asked
from sadari.serve.http.refused import Refused

if TYPE_CHECKING:
    from sadari.rungs.cautious import Judged

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


CARE = ("min_precision", "coverage", "sets", "scope")


def judged(asked: Asked, answer: Answer, body: Mapping[str, Any], names: tuple[str, ...] = CARE) -> Judged | None:
    """The answer with the care that is asked for, and a note for each text whose label is withheld, or that has none.

    Args:
        asked: the request.
        answer: what the model says.
        body: where the care stands.
        names: of those that this protocol has room for.

    Returns:
        None where none is asked for.

    Raises:
        Refused, SettingError: it is no number; the model cannot answer so.
    """
    given = {name: body[name] for name in names if body.get(name) is not None}
    if not given:
        return None
    from sadari.rungs.cautious import Caution

    for name, value in given.items():
        if type(value) not in (int, float):
            raise Refused(422, message("must be {wanted}", wanted=message("a number")), where=name)
    caution = Caution(**given)
    if not caution:
        return None
    found = answer.judged(caution)
    for marked, name in ((found.outside, OUTSIDE), (found.unsure, UNSURE)):
        if marked is not None:
            notes = zip(asked.exchange.notes, marked.tolist(), strict=True)
            asked.exchange.notes = [note or (name if yes else None) for note, yes in notes]
    return found


def ranked(answer: Answer, scores: list[list[float]], top: int | None = None) -> list[Scores]:
    """``{"label", "score"}`` of each text, the label that the model gives first: its thresholds count.

    Args:
        answer: what the model says.
        scores: k of each text.
        top: how many at most; None: all.
    """
    labels = answer.model.labels
    return [
        [{"label": labels[place], "score": row[place]} for place in places[:top]]
        for places, row in zip(answer.order, scores, strict=True)
    ]
