"""Graphs of models that count: rows of weights are gathered and summed, and no vector of the vocabulary is built."""

from __future__ import annotations

import numpy as np

from sadari.export.graph import Graph
from sadari.rungs.portable.forms import MeanOfRows, WeighedSum


def weighed_sum(graph: Graph, form: WeighedSum, ids: str, counts: str) -> str:
    """Logits float64 [n, k] of ids int32 [n, length] and counts float32 [n, length], 0 for padding."""
    counts = graph.cast(counts, np.float64)
    one, zero = graph.constant(1, np.float64), graph.constant(0, np.float64)
    stands = graph.cast(graph.op("Greater", counts, zero), np.float64)
    if form.binary:
        counts = graph.op("Min", counts, one)
    if form.sublinear:
        counts = graph.op("Add", graph.op("Log", graph.op("Max", counts, one)), one)
    scale = graph.op("Gather", graph.constant(form.feature_scale), ids)
    values = graph.op("Mul", graph.op("Mul", counts, stands), graph.cast(scale, np.float64))
    second = graph.cast(graph.op("Less", ids, graph.constant(form.bound, np.int32)), np.float64)
    blocks = [second, graph.op("Sub", one, second)] if form.bound < len(form.weight) else [one]
    parts = [_normed(graph, graph.op("Mul", values, block), form.norm) for block in blocks]
    values = graph.op("Add", *parts) if len(parts) == 2 else parts[0]
    return graph.op("Add", _mixed(graph, values, form.weight, ids), graph.constant(form.bias, np.float64))


def mean_of_rows(graph: Graph, form: MeanOfRows, ids: str, counts: str) -> str:
    """The same of a mean and a linear layer."""
    counts = graph.cast(counts, np.float64)
    total = graph.op("ReduceSum", counts, graph.constant([1], np.int64), keepdims=1)
    mean = graph.op(
        "Div", _mixed(graph, counts, form.embedding, ids), graph.op("Max", total, graph.constant(1, np.float64))
    )
    if form.unit:
        mean = _normed(graph, mean, "l2")
    logits = graph.op("MatMul", mean, graph.constant(form.output.T, np.float64))
    return graph.op("Add", logits, graph.constant(form.bias, np.float64))


def _mixed(graph: Graph, values: str, rows: np.ndarray, ids: str) -> str:
    """The sum of the rows of ids, float64 [n, width], each times its value."""
    gathered = graph.cast(graph.op("Gather", graph.constant(rows), ids), np.float64)
    values = graph.op("Unsqueeze", values, graph.constant([1], np.int64))
    return graph.op("Squeeze", graph.op("MatMul", values, gathered), graph.constant([1], np.int64))


def _normed(graph: Graph, values: str, norm: str | None) -> str:
    """Values [n, length] scaled so that each text's norm is 1; zeros stay."""
    if norm is None:
        return values
    axis, zero, one = graph.constant([1], np.int64), graph.constant(0, np.float64), graph.constant(1, np.float64)
    squares = graph.op("Mul", values, values) if norm == "l2" else graph.op("Abs", values)
    total = graph.op("ReduceSum", squares, axis, keepdims=1)
    total = graph.op("Sqrt", total) if norm == "l2" else total
    return graph.op("Div", values, graph.op("Where", graph.op("Greater", total, zero), total, one))
