"""Graphs of the nets that are trained from scratch: embeddings, recurrent layers, a Transformer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sadari.errors import SettingError
from sadari.export.graph import Graph
from sadari.export.layers import (
    attended,
    first_token,
    gelu,
    largest_of_tokens,
    linear,
    mean_of_tokens,
    norm,
    scaled,
    values,
)
from sadari.messages import message

# torch's order of an LSTM's and a GRU's gates → ONNX's
GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}


def net_logits(graph: Graph, net: Any, ids: str, real: str) -> str:
    """Logits float32 [n, k] of ids int32 [n, length] and ``real`` bool [n, length].

    Args:
        graph: takes the operators.
        net: a module of `sadari.nets`.
        ids: padded.
        real: False for padding.

    Raises:
        SettingError: a net without a graph here.
    """
    write = NETS.get(type(net).__name__)
    if write is None:
        raise SettingError(message("the net {name} has no form in ONNX here", name=type(net).__name__))
    return write(graph, net, graph.op("Gather", graph.constant(values(net.embedding.weight)), ids), real)


def _embedding_mean(graph: Graph, net: Any, embedded: str, real: str) -> str:
    return linear(graph, mean_of_tokens(graph, embedded, real), net.output)


def _recurrent(graph: Graph, net: Any, embedded: str, real: str) -> str:
    axis = graph.constant([1], np.int64)
    lengths = graph.op("ReduceSum", graph.cast(real, np.int32), axis, keepdims=0)
    lengths = graph.op("Max", lengths, graph.constant(1, np.int32))  # an empty text has the shares of the labels anyway
    states, last = graph.op("Transpose", embedded, perm=[1, 0, 2]), ""
    for directions in net.recurrent.layers:
        states, last = _layer(graph, list(directions), states, lengths)
    states = graph.op("Transpose", states, perm=[1, 0, 2])
    if net.pooling == "last":
        return linear(graph, last, net.output)
    pool = mean_of_tokens if net.pooling == "mean" else largest_of_tokens
    return linear(graph, pool(graph, states, real), net.output)


def _layer(graph: Graph, cells: list[Any], states: str, lengths: str) -> tuple[str, str]:
    """One layer: states [length, n, width] → the same of its own width, and the last ones [n, width]."""
    kind, hidden = type(cells[0]).__name__, cells[0].hidden_size
    weights = [
        np.stack([_gates(values(getattr(cell, name)), kind) for cell in cells])
        for name in ("weight_ih_l0", "weight_hh_l0")
    ]
    biases = [
        np.concatenate([_gates(values(getattr(cell, name)), kind) for name in ("bias_ih_l0", "bias_hh_l0")])
        for cell in cells
    ]
    more = {"linear_before_reset": 1} if kind == "GRU" else {}
    out, last, *_ = graph.ops(
        kind,
        3 if kind == "LSTM" else 2,
        states,
        graph.constant(weights[0]),
        graph.constant(weights[1]),
        graph.constant(np.stack(biases)),
        lengths,
        hidden_size=hidden,
        direction="bidirectional" if len(cells) == 2 else "forward",
        **more,
    )
    # [length, directions, n, hidden] → [length, n, directions · hidden]
    out = graph.op("Transpose", out, perm=[0, 2, 1, 3])
    out = graph.op("Reshape", out, graph.constant([0, 0, -1], np.int64))
    last = graph.op("Transpose", last, perm=[1, 0, 2])
    return out, graph.op("Reshape", last, graph.constant([0, -1], np.int64))


def _gates(weights: np.ndarray, kind: str) -> np.ndarray:
    """A cell's weights in ONNX's order of gates."""
    parts = np.split(weights, len(GATES[kind]))
    return np.concatenate([parts[gate] for gate in GATES[kind]])


def _transformer(graph: Graph, net: Any, embedded: str, real: str) -> str:
    states, width = scaled(graph, embedded, math.sqrt(net.embedding.embedding_dim)), net.embedding.embedding_dim
    if net.class_token is not None:
        texts = graph.op("Slice", graph.op("Shape", states), *(graph.constant([at], np.int64) for at in (0, 1)))
        one = graph.constant([1], np.int64)
        shape = graph.op("Concat", texts, one, graph.constant([width], np.int64), axis=0)
        token = graph.op("Expand", graph.constant(values(net.class_token).reshape(1, 1, -1)), shape)
        states = graph.op("Concat", token, states, axis=1)
        marks = graph.op("Expand", graph.constant([[True]], np.bool_), graph.op("Concat", texts, one, axis=0))
        real = graph.op("Concat", marks, real, axis=1)
    length = graph.op("Slice", graph.op("Shape", states), *(graph.constant([at], np.int64) for at in (1, 2)))
    places = graph.constant(values(net.positions))
    zero, axis = graph.constant([0], np.int64), graph.constant([0], np.int64)
    states = graph.op("Add", states, graph.op("Slice", places, zero, length, axis))
    for layer in net.layers:
        states = graph.op(
            "Add", states, _attention(graph, layer.attention, norm(graph, states, layer.attention_norm), real)
        )
        inner = gelu(graph, linear(graph, norm(graph, states, layer.inner_norm), layer.expand))
        states = graph.op("Add", states, linear(graph, inner, layer.contract))
    states = norm(graph, states, net.norm)
    if net.pooling == "class":
        return linear(graph, first_token(graph, states), net.output)
    pool = mean_of_tokens if net.pooling == "mean" else largest_of_tokens
    return linear(graph, pool(graph, states, real), net.output)


def _attention(graph: Graph, layer: Any, states: str, real: str) -> str:
    projected = linear(graph, states, layer.project)
    width = layer.output.in_features // layer.heads
    parted = graph.op("Reshape", projected, graph.constant([0, 0, 3, layer.heads, width], np.int64))
    parted = graph.op("Transpose", parted, perm=[2, 0, 3, 1, 4])
    query, key, value = (graph.op("Gather", parted, graph.constant(part, np.int64), axis=0) for part in range(3))
    return linear(graph, attended(graph, (query, key, value), real, width), layer.output)


NETS: dict[str, Callable[[Graph, Any, str, str], str]] = {
    "EmbeddingClassifier": _embedding_mean,
    "RecurrentClassifier": _recurrent,
    "TransformerClassifier": _transformer,
}
