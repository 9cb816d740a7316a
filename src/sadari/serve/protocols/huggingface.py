"""``POST /`` and ``POST /models/M``: the task "text-classification" as Hugging Face's clients post and read it."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from sadari.serve.core.answer import Answer
from sadari.serve.core.shelf import Shelf, Slot
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import an_object, choice, field, one_or_several, whole_number
from sadari.serve.http.replies import json_reply
from sadari.serve.protocols.answering import CARE, answered, judged, ranked
from sadari.train.solvers.temperature import sigmoid, softmax


def handlers(shelf: Shelf) -> Handlers:
    """The routes of this protocol.

    Args:
        shelf: the models.
    """
    call = partial(classify, shelf)
    return [("POST", "/", call), ("POST", "/models/{model}", call)]


async def classify(shelf: Shelf, asked: Asked) -> Response:
    """A list of labels and scores for each text, also where there is only one.

    Args:
        shelf: the models.
        asked: ``{"inputs": text or list of texts, "parameters": {"top_k", "function_to_apply"}}``, and ``"model"`` of
            our own, where the path names none.

    Raises:
        Refused: it holds something else.
    """
    body = an_object(await asked.json())
    texts = one_or_several(body, "inputs", asked.limits)
    parameters = field(body, "parameters", dict) or {}
    top = whole_number(parameters, "top_k")
    function = choice(parameters, "function_to_apply", ("softmax", "sigmoid", "none"))
    named = field(body, "model", str)
    slot = shelf.find(asked.parameters.get("model") or named)
    answer = await answered(asked, slot, texts)
    judged(asked, answer, parameters, CARE[:2])  # the header says which labels are withheld
    scores = await _scores(function, slot, texts, answer)
    return json_reply(ranked(answer, scores, top))


async def _scores(function: str | None, slot: Slot, texts: list[str], answer: Answer) -> list[list[float]]:
    """Probabilities, unless another function of the logits is asked for."""
    usual = "sigmoid" if answer.model.multilabel else "softmax"
    if function in (None, usual):
        return answer.rows
    logits = await slot.raw_scores(texts, answer)
    if function == "none":
        scores = logits
    else:
        scores = sigmoid(logits) if function == "sigmoid" else softmax(logits)
    rows: list[list[float]] = scores.tolist()
    return rows
