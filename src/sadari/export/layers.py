"""What layers of nets are in a graph: linear, norm, attention, activation, and one vector of many."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sadari.export.graph import Graph

LOWEST = float(np.finfo(np.float32).min)


def values(tensor: Any) -> np.ndarray:
    """A tensor's numbers, float32."""
    found: np.ndarray = tensor.detach().float().cpu().numpy()
    return found


def linear(graph: Graph, states: str, layer: Any) -> str:
    """[..., in] → [..., out]."""
    found = graph.op("MatMul", states, graph.constant(values(layer.weight).T))
    return found if layer.bias is None else graph.op("Add", found, graph.constant(values(layer.bias)))


def norm(graph: Graph, states: str, layer: Any) -> str:
    """Each token's state, normed."""
    parts = [graph.constant(values(part)) for part in (layer.weight, layer.bias)]
    return graph.op("LayerNormalization", states, *parts, axis=-1, epsilon=float(layer.eps))


def scaled(graph: Graph, states: str, factor: float) -> str:
    """The states times a number."""
    return graph.op("Mul", states, graph.constant(factor))


def gelu(graph: Graph, states: str) -> str:
    """x · Φ(x)."""
    share = graph.op("Add", graph.op("Erf", scaled(graph, states, 1 / math.sqrt(2))), graph.constant(1))
    return scaled(graph, graph.op("Mul", states, share), 0.5)


def gelu_new(graph: Graph, states: str) -> str:
    """The same by its approximation with tanh."""
    cubed = graph.op("Mul", graph.op("Mul", states, states), states)
    inner = scaled(graph, graph.op("Add", states, scaled(graph, cubed, 0.044715)), math.sqrt(2 / math.pi))
    return scaled(graph, graph.op("Mul", states, graph.op("Add", graph.op("Tanh", inner), graph.constant(1))), 0.5)


def attended(graph: Graph, heads: tuple[str, str, str], mask: str, width: int) -> str:
    """Scaled dot-product attention: [n, length, heads · width] of queries, keys and values [n, heads, length, width].

    Args:
        graph: takes the operators.
        heads: queries, keys, values.
        mask: bool [n, length], of what may be attended to.
        width: of a head.
    """
    query, key, value = heads
    scores = graph.op("MatMul", scaled(graph, query, width**-0.5), graph.op("Transpose", key, perm=[0, 1, 3, 2]))
    allowed = graph.op("Unsqueeze", mask, graph.constant([1, 2], np.int64))
    shares = graph.op("Softmax", graph.op("Where", allowed, scores, graph.constant(LOWEST)), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", shares, value), perm=[0, 2, 1, 3])
    return graph.op("Reshape", mixed, graph.constant([0, 0, -1], np.int64))


def split_heads(graph: Graph, states: str, heads: int) -> str:
    """[n, length, width] → [n, heads, length, width of a head]."""
    parted = graph.op("Reshape", states, graph.constant([0, 0, heads, -1], np.int64))
    return graph.op("Transpose", parted, perm=[0, 2, 1, 3])


def mean_of_tokens(graph: Graph, states: str, mask: str) -> str:
    """The mean over real tokens: float [n, width] of states [n, length, width] and mask bool [n, length]."""
    weights = graph.op("Unsqueeze", graph.cast(mask, np.float32), graph.constant([2], np.int64))
    axes = graph.constant([1], np.int64)
    total = graph.op("ReduceSum", graph.op("Mul", states, weights), axes, keepdims=0)
    count = graph.op("Max", graph.op("ReduceSum", weights, axes, keepdims=0), graph.constant(1))
    return graph.op("Div", total, count)


def largest_of_tokens(graph: Graph, states: str, mask: str) -> str:
    """The largest value of each feature over real tokens, of the same shapes."""
    real = graph.op("Unsqueeze", mask, graph.constant([2], np.int64))
    return graph.op("ReduceMax", graph.op("Where", real, states, graph.constant(LOWEST)), axes=[1], keepdims=0)


def first_token(graph: Graph, states: str) -> str:
    """[n, width] of [n, length, width]."""
    return graph.op("Gather", states, graph.constant(0, np.int64), axis=1)


def unit_length(graph: Graph, vectors: str) -> str:
    """Vectors [n, width] of length 1; zeros stay."""
    total = graph.op("ReduceSum", graph.op("Mul", vectors, vectors), graph.constant([1], np.int64), keepdims=1)
    return graph.op("Div", vectors, graph.op("Max", graph.op("Sqrt", total), graph.constant(1e-12)))
