"""Graphs of pre-trained encoders that are made like BERT, with a head or pooled to one vector a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from sadari.errors import SettingError
from sadari.export.graph import Graph
from sadari.export.layers import (
    attended,
    first_token,
    gelu,
    gelu_new,
    largest_of_tokens,
    linear,
    mean_of_tokens,
    norm,
    split_heads,
    unit_length,
    values,
)
from sadari.messages import message
from sadari.rungs.portable.forms import Encoder

ACTIVATIONS = {
    "gelu": gelu,
    "gelu_new": gelu_new,
    "gelu_pytorch_tanh": gelu_new,
    "relu": lambda graph, states: graph.op("Relu", states),
    "tanh": lambda graph, states: graph.op("Tanh", states),
}
POOLINGS = {
    "cls": lambda graph, states, real: first_token(graph, states),
    "max": largest_of_tokens,
    "mean": mean_of_tokens,
}


def encoder_logits(graph: Graph, form: Encoder, ids: str, real: str) -> str:
    """Logits float32 [n, k] of ids int64 [n, length] and ``real`` bool [n, length], False for padding.

    Args:
        graph: takes the operators.
        form: the encoder.
        ids: padded.
        real: False for padding.

    Raises:
        SettingError: an encoder, an activation or a pooling without a graph here.
    """
    net = form.module
    if not net.own:
        raise SettingError(
            message("encoders of the kind {kind!r} have no form in ONNX here", kind=net.base.config.model_type),
            hint=message("those that are made like BERT, RoBERTa, ELECTRA or DistilBERT have"),
        )
    entered = _embedded(graph, net.base, ids, real)
    states = entered
    for layer in net.layers():
        states = _layer(graph, layer, net.heads, states, real, _activation(net.base.config))
    if form.weight is None or form.bias is None:
        return _head(graph, net, first_token(graph, states))
    pooled = _pooled(graph, net, states, entered, real)
    return graph.op("Add", graph.op("MatMul", pooled, graph.constant(form.weight)), graph.constant(form.bias))


def _activation(config: Any) -> Any:
    name = getattr(config, "hidden_act", None) or getattr(config, "activation", "gelu")
    if name not in ACTIVATIONS:
        raise SettingError(message("the activation {name!r} has no form in ONNX here", name=str(name)))
    return ACTIVATIONS[name]


def _embedded(graph: Graph, base: Any, ids: str, real: str) -> str:
    """What enters the lowest layer."""
    own = base.embeddings
    states = graph.op("Gather", graph.constant(values(own.word_embeddings.weight)), ids)
    places = graph.constant(values(own.position_embeddings.weight))
    if base.config.model_type in ("roberta", "xlm-roberta", "camembert"):  # places are counted from the padding's id on
        rank = graph.op("CumSum", graph.cast(real, np.int64), graph.constant(1, np.int64))
        rank = graph.op("Mul", rank, graph.cast(real, np.int64))
        place = graph.op("Add", rank, graph.constant(own.padding_idx, np.int64))
        states = graph.op("Add", states, graph.op("Gather", places, place))
    else:
        length = graph.op("Slice", graph.op("Shape", ids), *(graph.constant([at], np.int64) for at in (1, 2)))
        zero = graph.constant([0], np.int64)
        states = graph.op("Add", states, graph.op("Slice", places, zero, length, zero))
    kinds = getattr(own, "token_type_embeddings", None)
    if kinds is not None:
        states = graph.op("Add", states, graph.constant(values(kinds.weight)[0]))
    states = norm(graph, states, own.LayerNorm)
    project = getattr(base, "embeddings_project", None)
    return states if project is None else linear(graph, states, project)


def _layer(graph: Graph, layer: Any, heads: int, states: str, real: str, activation: Any) -> str:
    """One layer: attention and a feed-forward net, each added to what it read and normed."""
    parts = [split_heads(graph, linear(graph, states, part), heads) for part in (layer.query, layer.key, layer.value)]
    width = layer.query.out_features // heads
    mixed = linear(graph, attended(graph, (parts[0], parts[1], parts[2]), real, width), layer.attended)
    states = norm(graph, graph.op("Add", mixed, states), layer.attended_norm)
    inner = linear(graph, activation(graph, linear(graph, states, layer.widen)), layer.narrow)
    return norm(graph, graph.op("Add", inner, states), layer.norm)


def _head(graph: Graph, net: Any, first: str) -> str:
    """Logits of the first token's states [n, width]: what `PretrainedClassifier` does."""
    model = net.model
    if hasattr(model, "pre_classifier"):  # DistilBERT
        return linear(graph, graph.op("Relu", linear(graph, first, model.pre_classifier)), model.classifier)
    pooler = getattr(net.base, "pooler", None)
    if pooler is not None:  # BERT
        return linear(graph, graph.op("Tanh", linear(graph, first, pooler.dense)), model.classifier)
    if not hasattr(model.classifier, "out_proj"):
        return linear(graph, first, model.classifier)
    inner = linear(graph, first, model.classifier.dense)
    electra = net.base.config.model_type == "electra"
    inner = gelu(graph, inner) if electra else graph.op("Tanh", inner)
    return linear(graph, inner, model.classifier.out_proj)


def _pooled(graph: Graph, net: Any, states: str, entered: str, real: str) -> str:
    """One vector a text: what `SentenceEncoder` makes of the states."""
    for name in net.pooling:
        if name not in POOLINGS:
            raise SettingError(message("the pooling {name!r} has no form in ONNX here", name=name))
    parts = [POOLINGS[name](graph, states, real) for name in net.pooling]
    found = parts[0] if len(parts) == 1 else graph.op("Concat", *parts, axis=1)
    if net.normalise:
        found = unit_length(graph, found)
    if not net.lowest:
        return found
    axis = graph.constant([1], np.int64)
    length = graph.op("Sqrt", graph.op("ReduceSum", graph.op("Mul", found, found), axis, keepdims=1))
    beside = unit_length(graph, mean_of_tokens(graph, entered, real))
    return graph.op("Concat", found, graph.op("Mul", beside, length), axis=1)
