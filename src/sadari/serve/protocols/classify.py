"""``POST /classify`` and ``/v1/classify``, as vLLM and SGLang answer them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from sadari.serve.core.shelf import Shelf
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import an_object, field, one_or_several
from sadari.serve.http.replies import json_reply
from sadari.serve.protocols.answering import answered, judged

if TYPE_CHECKING:
    from sadari.rungs.cautious import Judged


def handlers(shelf: Shelf) -> Handlers:
    """The routes of this protocol.

    Args:
        shelf: the models.
    """
    call = partial(classify, shelf)
    return [("POST", "/classify", call), ("POST", "/v1/classify", call)]


async def classify(shelf: Shelf, asked: Asked) -> Response:
    """The likeliest label and all probabilities, in the order of the model's labels.

    Args:
        shelf: the models.
        asked: ``{"model", "input": text or list of texts}``, and of our own ``"min_precision"``, ``"coverage"``,
            ``"sets"`` and ``"scope"``.

    Raises:
        Refused: it holds something else.
    """
    body = an_object(await asked.json())
    texts = one_or_several(body, "input", asked.limits)
    slot = shelf.find(field(body, "model", str))
    answer = await answered(asked, slot, texts)
    rows = zip(asked.exchange.found, answer.rows, strict=True)
    data = [
        {"index": place, "label": label, "probs": row, "num_classes": len(row)}
        for place, (label, row) in enumerate(rows)
    ]
    for record, own in zip(data, _with_care(judged(asked, answer, body), answer.model.labels, len(data)), strict=True):
        record |= own
    return json_reply(
        {
            "id": f"classify-{asked.exchange.id}",
            "object": "list",
            "created": int(time.time()),
            "model": slot.name,
            "data": data,
            "usage": _usage(sum(await slot.token_counts(texts, answer))),
        }
    )


def _with_care(found: Judged | None, labels: list[str], texts: int) -> list[dict[str, Any]]:
    """What care adds to the record of each text."""
    records: list[dict[str, Any]] = [{} for _ in range(texts)]
    if found is None:
        return records
    for place, record in enumerate(records):
        if found.unsure is not None:
            record["unsure"] = bool(found.unsure[place])
            if found.certainty is None:  # a text may have several: those that are sure
                record["given"] = _names(labels, found.given[place])
        if found.certainty is not None:
            record["certainty"] = float(found.certainty[place])
        if found.outside is not None:
            record["out_of_scope"] = bool(found.outside[place])
        if found.sets is not None:
            record["set"] = _names(labels, found.sets[place])
    return records


def _names(labels: list[str], held: NDArray[np.bool_]) -> list[str]:
    return [labels[k] for k in np.flatnonzero(held)]


def _usage(tokens: int) -> dict[str, Any]:
    return {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0, "prompt_tokens_details": None}
