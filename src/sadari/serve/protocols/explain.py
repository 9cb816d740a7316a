"""``POST /explain``: what every token adds to every label's logit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from sadari.serve.core.shelf import Shelf, Slot
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import an_object, field, one_or_several
from sadari.serve.http.replies import json_reply
from sadari.serve.protocols.answering import answered

if TYPE_CHECKING:
    from sadari.rungs import Explanation

DIGITS = 6


def handlers(shelf: Shelf) -> Handlers:
    """The routes.

    Args:
        shelf: the models.
    """
    return [("POST", "/explain", partial(explain, shelf))]


async def explain(shelf: Shelf, asked: Asked) -> Response:
    """Probabilities of each text, and its tokens with what they add, one number a label.

    Args:
        shelf: the models.
        asked: ``{"model", "inputs": text or list of texts}``.

    Raises:
        Refused: it holds something else.
    """
    body = an_object(await asked.json())
    texts = one_or_several(body, "inputs", asked.limits)
    slot = shelf.find(field(body, "model", str))
    answer = await answered(asked, slot, texts)
    rows = zip(texts, asked.exchange.found, answer.notes, answer.rows, strict=True)
    results = [
        {"label": label, "note": note, "probabilities": row, **await _reasons(slot, answer.model.rung, text)}
        for text, label, note, row in rows
    ]
    return json_reply({"model": slot.name, "labels": answer.model.labels, "results": results})


async def _reasons(slot: Slot, rung: Any, text: str) -> dict[str, Any]:
    """Of one text, in the model's thread: others are answered between two texts."""
    found: Explanation = await slot.run(rung.explain, text)
    return {
        "complete": found.complete,
        "bias": _plain(found.bias),
        "tokens": _each("token", found.features, found.contributions),
        "characters": _each("character", found.characters, found.by_character),
    }


def _each(name: str, parts: list[str], contributions: NDArray[np.float64]) -> list[dict[str, Any]]:
    return [{name: part, "contributions": _plain(row)} for part, row in zip(parts, contributions, strict=True)]


def _plain(values: NDArray[np.float64]) -> list[float]:
    found: list[float] = np.round(values, DIGITS).tolist()
    return found
