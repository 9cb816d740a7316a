"""Tensors of the Open Inference Protocol: as JSON, and as bytes behind the JSON."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.messages import message
from sadari.serve.http.asked import Asked, read_json
from sadari.serve.http.fields import an_object, field, required, texts_in
from sadari.serve.http.refused import Refused
from sadari.serve.settings import Limits

HEADER = b"inference-header-content-length"
TEXT, LABEL, PROBABILITIES = "text", "label", "probabilities"


def split_body(data: bytes, asked: Asked) -> tuple[dict[str, Any], bytes]:
    """The JSON of a request, and the bytes of its tensors behind it.

    Raises:
        Refused: the header that says how long the JSON is does not fit, or it is no JSON.
    """
    length = asked.header(HEADER)
    if not length:
        return an_object(read_json(data, asked.limits)), b""
    if not length.isdigit() or int(length[:20]) > len(data):
        raise Refused(400, message("the header {name} does not fit the body", name=HEADER.decode()))
    end = int(length)
    return an_object(read_json(data[:end], asked.limits)), data[end:]


def texts_of(body: dict[str, Any], behind: bytes, limits: Limits) -> tuple[list[str], list[int]]:
    """The texts of the only input, and its shape.

    Raises:
        Refused: there is another input, or it is no tensor of BYTES of that shape.
    """
    inputs = required(body, "inputs")
    if type(inputs) is not list or len(inputs) != 1 or type(inputs[0]) is not dict:
        raise Refused(422, message("there must be one input, called {name!r}", name=TEXT), where="inputs")
    tensor = inputs[0]
    if required(tensor, "name") != TEXT or required(tensor, "datatype") != "BYTES":
        raise Refused(
            422, message("there must be one input, called {name!r}", name=TEXT), where="inputs[0]", hint=_INPUT
        )
    shape = required(tensor, "shape")
    if type(shape) is not list or any(type(size) not in (int, float) for size in shape):
        raise Refused(422, message("the shape must be whole numbers"), where="inputs[0].shape")
    size = (field(tensor, "parameters", dict) or {}).get("binary_data_size")
    texts: Any = required(tensor, "data") if size is None else _from_bytes(behind, size)
    checked = texts_in(texts, "inputs[0].data", limits)
    if shape not in ([len(checked)], [len(checked), 1]):
        raise Refused(
            422,
            message("shape {shape} does not fit {count:,} texts", shape=shape, count=len(checked)),
            where="inputs[0].shape",
        )
    return checked, list(map(int, shape))


_INPUT = '{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["…"]}'


def _from_bytes(data: bytes, size: Any) -> list[str]:
    """Texts, each of them behind its length: 4 bytes, the least first.

    Raises:
        Refused: it is something else.
    """
    if type(size) is not int or size != len(data):
        raise Refused(400, message("the binary data has {count:,} bytes, not {size}", count=len(data), size=size))
    texts, place = [], 0
    while place < size:
        if place + 4 > size:
            raise Refused(400, _TORN)
        [length] = struct.unpack_from("<I", data, place)
        place += 4
        if length > size - place:
            raise Refused(400, _TORN)
        try:
            texts.append(data[place : place + length].decode())
        except UnicodeDecodeError:
            raise Refused(422, message("is no UTF-8"), where=f"inputs[0].data[{len(texts)}]") from None
        place += length
    return texts


_TORN = message("the binary data ends within a text")


def as_bytes(values: list[str] | NDArray[np.float32]) -> bytes:
    """A tensor as it stands behind the JSON."""
    if isinstance(values, np.ndarray):
        return values.astype("<f4").tobytes()
    encoded = [value.encode() for value in values]
    return b"".join(struct.pack("<I", len(value)) + value for value in encoded)
