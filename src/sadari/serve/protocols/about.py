"""What the server says of itself: whether it is well, which models it has, what it has done."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from sadari import __version__
from sadari.messages import message
from sadari.serve.core.shelf import Shelf
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.refused import Refused
from sadari.serve.http.replies import json_reply
from sadari.serve.metrics import Metrics
from sadari.serve.page.folder import report_of
from sadari.serve.settings import Limits, ServeSettings
from sadari.serve.state import State


def handlers(shelf: Shelf, settings: ServeSettings, state: State, metrics: Metrics) -> Handlers:
    """The routes.

    Args:
        shelf: the models.
        settings: of the server.
        state: whether it still takes requests.
        metrics: what it counts.
    """
    return [
        ("GET", "/health", partial(health, state)),
        ("GET", "/info", partial(info, shelf, settings)),
        ("GET", "/metrics", partial(measured, metrics, shelf)),
    ]


async def health(state: State, asked: Asked) -> Response:
    """Whether it takes requests.

    Raises:
        Refused: it is about to end.
    """
    check_ready(state)
    return json_reply({"status": "ok"})


def check_ready(state: State) -> None:
    """Say that no more requests are taken, where it is so.

    Raises:
        Refused: it is about to end.
    """
    if state.closing:
        raise Refused(503, message("the server is about to end"), headers={"retry-after": "5"})


async def info(shelf: Shelf, settings: ServeSettings, asked: Asked) -> Response:
    """The models with labels, rung, scores and data; the limits; and what text-embeddings-inference says."""
    return json_reply({**_of_tei(shelf, settings.limits), **_ours(shelf, settings)})


def _ours(shelf: Shelf, settings: ServeSettings) -> dict[str, Any]:
    limits = settings.limits
    return {
        "models": [{**slot.loaded.described(), "report": report_of(slot.folder) is not None} for slot in shelf],
        "limits": {
            "max_body": limits.body,
            "max_texts": limits.texts,
            "max_characters": limits.characters,
            "max_depth": limits.depth,
            "max_seconds": limits.seconds,
            "max_file": limits.file,
        },
        "token_needed": settings.token is not None,
    }


def _of_tei(shelf: Shelf, limits: Limits) -> dict[str, Any]:
    model = shelf.first.loaded
    by_id = dict(zip(map(str, range(len(model.labels))), model.labels, strict=True))
    kind = {"classifier": {"id2label": by_id, "label2id": {label: int(place) for place, label in by_id.items()}}}
    return {
        "model_id": model.name,
        "model_sha": model.identity,
        "model_dtype": "float32",
        "model_type": kind,
        "max_concurrent_requests": limits.connections,
        "max_input_length": limits.characters,
        "max_client_batch_size": limits.texts,
        "auto_truncate": True,
        "version": __version__,
        "server": "sadari",
    }


async def measured(metrics: Metrics, shelf: Shelf, asked: Asked) -> Response:
    """Prometheus' text."""
    for slot in shelf:
        metrics.depth(slot.name, slot.queue.depth)
    expected = {slot.name: slot.loaded.expected for slot in shelf if slot.loaded.expected}
    text, kind = metrics.text(expected)
    return Response(text, media_type=kind)
