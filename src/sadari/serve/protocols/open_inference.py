"""The Open Inference Protocol, version 2, with its extension for binary tensors: KServe, Triton and their clients."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from sadari import __version__
from sadari.messages import message
from sadari.serve.core.answer import Answer
from sadari.serve.core.shelf import Shelf, Slot
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import field
from sadari.serve.http.refused import Refused
from sadari.serve.http.replies import json_bytes, json_reply
from sadari.serve.protocols.about import check_ready
from sadari.serve.protocols.answering import answered
from sadari.serve.protocols.tensors import HEADER, LABEL, PROBABILITIES, TEXT, as_bytes, split_body, texts_of
from sadari.serve.state import State

VERSION = "1"


def handlers(shelf: Shelf, state: State) -> Handlers:
    """The routes of this protocol.

    Args:
        shelf: the models.
        state: whether it still takes requests.
    """
    made: Handlers = [
        ("GET", "/v2", server_metadata),
        ("GET", "/v2/health/live", live),
        ("GET", "/v2/health/ready", partial(ready, state)),
    ]
    for path in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
        made += [
            ("POST", f"{path}/infer", partial(infer, shelf)),
            ("GET", f"{path}/ready", partial(model_ready, shelf, state)),
            ("GET", path, partial(model_metadata, shelf)),
        ]
    return made


async def server_metadata(asked: Asked) -> Response:
    """Name, version and extensions."""
    return json_reply({"name": "sadari", "version": __version__, "extensions": ["binary_tensor_data"]})


async def live(asked: Asked) -> Response:
    """That it runs."""
    return json_reply({"live": True})


async def ready(state: State, asked: Asked) -> Response:
    """Whether it takes requests.

    Raises:
        Refused: it is about to end.
    """
    check_ready(state)
    return json_reply({"ready": True})


async def model_ready(shelf: Shelf, state: State, asked: Asked) -> Response:
    """Whether a model takes requests.

    Raises:
        Refused: there is none of that name, or the server is about to end.
    """
    slot = _find(shelf, asked)
    check_ready(state)
    return json_reply({"name": slot.name, "ready": True})


async def model_metadata(shelf: Shelf, asked: Asked) -> Response:
    """Inputs and outputs of a model.

    Raises:
        Refused: there is none of that name.
    """
    slot = _find(shelf, asked)
    labels = len(slot.loaded.labels)
    return json_reply(
        {
            "name": slot.name,
            "versions": [VERSION],
            "platform": "sadari",
            "inputs": [{"name": TEXT, "datatype": "BYTES", "shape": [-1]}],
            "outputs": [
                {"name": LABEL, "datatype": "BYTES", "shape": [-1]},
                {"name": PROBABILITIES, "datatype": "FP32", "shape": [-1, labels]},
            ],
            "parameters": {"labels": slot.loaded.labels},
        }
    )


async def infer(shelf: Shelf, asked: Asked) -> Response:
    """The likeliest label of each text, and its probabilities.

    Args:
        shelf: the models.
        asked: the request; its tensor "text" is of any shape.

    Raises:
        Refused: it holds something else.
    """
    body, behind = split_body(await asked.body(), asked)
    texts, shape = texts_of(body, behind, asked.limits)
    names = _wanted(body)
    field(body, "id", str)
    slot = _find(shelf, asked)
    answer = await answered(asked, slot, texts)
    return _reply(body, slot, answer, asked.exchange.found, shape, names)


def _find(shelf: Shelf, asked: Asked) -> Slot:
    if asked.parameters.get("version", VERSION) != VERSION:
        raise Refused(404, message("there is no version {version!r}", version=asked.parameters["version"][:40]))
    return shelf.find(asked.parameters["model"])


def _wanted(body: dict[str, Any]) -> dict[str, bool]:
    """The outputs that are asked for, and whether as bytes.

    Raises:
        Refused: there is none of that name.
    """
    usual = bool(field(field(body, "parameters", dict) or {}, "binary_data_output", bool))
    outputs = field(body, "outputs", list)
    if not outputs:
        return {LABEL: usual, PROBABILITIES: usual}
    found = {}
    for place, output in enumerate(outputs):
        name = output.get("name") if type(output) is dict else None
        if name not in (LABEL, PROBABILITIES):
            raise Refused(
                422,
                message("must be one of: {among}", among=f"{LABEL}, {PROBABILITIES}"),
                where=f"outputs[{place}].name",
            )
        binary = field(field(output, "parameters", dict) or {}, "binary_data", bool)
        found[name] = usual if binary is None else binary
    return found


def _reply(
    body: dict[str, Any], slot: Slot, answer: Answer, labels: list[str], shape: list[int], names: dict[str, bool]
) -> Response:
    outputs, behind = [], []
    values: dict[str, list[str] | NDArray[np.float32]] = {
        LABEL: labels,
        PROBABILITIES: answer.probabilities.astype(np.float32),
    }
    for name, binary in names.items():
        tensor: dict[str, Any] = {"name": name, "datatype": "BYTES", "shape": shape}
        value = values[name]
        if isinstance(value, np.ndarray):
            tensor |= {"datatype": "FP32", "shape": [*shape, value.shape[1]]}
        if binary:
            behind.append(as_bytes(value))
            tensor["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            tensor["data"] = value.ravel().tolist() if isinstance(value, np.ndarray) else value
        outputs.append(tensor)
    said: dict[str, Any] = {"model_name": slot.name, "model_version": VERSION, "outputs": outputs}
    if type(body.get("id")) is str:
        said["id"] = body["id"]
    if not behind:
        return json_reply(said)
    head = json_bytes(said)
    headers = {HEADER.decode(): str(len(head))}
    return Response(b"".join([head, *behind]), 200, headers, "application/octet-stream")
