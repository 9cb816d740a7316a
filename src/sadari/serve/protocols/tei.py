"""``POST /predict``, as text-embeddings-inference has it.

A string is one text, and its answer is one flat list; so is that of a list of one string. A batch is a list of lists
of one string, ``[["a"], ["b"]]``. A flat list of two strings is a pair there, which no model here takes: it is refused,
and so is what may be meant as a batch.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from sadari.messages import message
from sadari.serve.core.answer import Answer
from sadari.serve.core.shelf import Shelf
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import an_object, choice, field, one_or_several, texts_in, whole_number
from sadari.serve.http.refused import Refused
from sadari.serve.http.replies import json_reply
from sadari.serve.protocols.answering import CARE, answered, judged, ranked

_A_PAIR = message(
    "a flat list of strings is a pair of texts in this protocol, and this model takes no pairs",
)


def handlers(shelf: Shelf) -> Handlers:
    """The routes of this protocol.

    Args:
        shelf: the models.
    """
    return [("POST", "/predict", partial(predict, shelf))]


async def predict(shelf: Shelf, asked: Asked) -> Response:
    """Labels and their scores.

    Args:
        shelf: the models.
        asked: ``{"inputs", "raw_scores", "truncate", "parameters": {"top_k"}}``, and ``"model"`` of our own.

    Raises:
        Refused: it holds something else.
    """
    body = an_object(await asked.json())
    texts, flat = _inputs(body, asked)
    raw = field(body, "raw_scores", bool)
    truncate = field(body, "truncate", bool)
    choice(body, "truncation_direction", ("right", "Right"))
    parameters = field(body, "parameters", dict) or {}
    top = whole_number(parameters, "top_k")
    slot = shelf.find(field(body, "model", str))
    answer = await answered(asked, slot, texts)
    judged(asked, answer, parameters, CARE[:2])  # the header says which labels are withheld
    if truncate is False:
        _refuse_cut(answer)
    scores = (await slot.raw_scores(texts, answer)).tolist() if raw else answer.rows
    found = ranked(answer, scores, top)
    return json_reply(found[0] if flat else found)


def _inputs(body: dict[str, Any], asked: Asked) -> tuple[list[str], bool]:
    """The texts, and whether the answer is flat."""
    inputs = body.get("inputs")
    if type(inputs) is list and inputs and all(type(each) is list for each in inputs):
        if any(len(each) != 1 for each in inputs):
            raise Refused(422, _A_PAIR, where="inputs", hint=_HINT)
        return texts_in([each[0] for each in inputs], "inputs", asked.limits), False
    if type(inputs) is list and len(inputs) > 1 and type(inputs[0]) is str:
        raise Refused(422, _A_PAIR, where="inputs", hint=_HINT)
    return one_or_several(body, "inputs", asked.limits), True


_HINT = message('write a batch as [["…"], ["…"]]')


def _refuse_cut(answer: Answer) -> None:
    if "cut" in answer.notes:
        raise Refused(
            413,
            message("the text is longer than the model reads"),
            where=f"inputs[{answer.notes.index('cut')}]",
            hint=message('leave out "truncate": false, and it is cut'),
        )
