"""An ONNX graph, put together operator by operator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari import __version__
from sadari.errors import MissingExtraError, SettingError
from sadari.messages import message

OPSET, IR = 17, 8  # read by onnxruntime from 1.13 on, in every language
MOST_BYTES = 2**31 - 2**20  # of a file of protobuf's


class Graph:
    """Operators, constants, inputs and outputs, in the order in which they are named.

    Raises:
        MissingExtraError: the package onnx is not installed.
    """

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingExtraError(message("an export to ONNX"), "onnx") from error
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._names = 0
        self._bytes = 0

    def input(self, name: str, dtype: type[np.generic], shape: list[str | int]) -> str:
        """An input; sizes that are names are free."""
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, value: str, dtype: type[np.generic], shape: list[str | int]) -> None:
        """Give a value out, under this name."""
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._onnx.helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value: Any, dtype: type[np.generic] = np.float32) -> str:
        """A number or an array that lies in the file."""
        array = np.array(value, dtype, order="C", copy=None)
        self._bytes += array.nbytes
        if self._bytes > MOST_BYTES:
            raise SettingError(message("the weights are more than 2 GB, which no file of ONNX holds"))
        name = self._name("weight")
        self._constants[name] = self._onnx.numpy_helper.from_array(array, name)
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The first output of an operator."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """All outputs of an operator."""
        names = [self._name(kind) for _ in range(outputs)]
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def cast(self, value: str, dtype: type[np.generic]) -> str:
        """The same numbers of another kind."""
        return self.op("Cast", value, to=self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def encoded(self, notes: dict[str, str]) -> bytes:
        """The file.

        Args:
            notes: what it says of itself.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, "sadari", self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="sadari", producer_version=__version__
        )
        model.ir_version = IR
        helper.set_model_props(model, notes)
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}_{self._names}"


def known_texts(graph: Graph, ids: str, real: str, below: int, unknown: list[int]) -> str:
    """bool [n, 1]: which texts have an id that tells something.

    Args:
        graph: takes the operators.
        ids: int32 [n, length].
        real: bool [n, length], False for padding.
        below: ids from here on tell nothing.
        unknown: ids that tell nothing either.
    """
    tells = graph.op("And", real, graph.op("Less", ids, graph.constant(below, np.int32)))
    for feature in unknown:
        same = graph.op("Equal", ids, graph.constant(feature, np.int32))
        tells = graph.op("And", tells, graph.op("Not", same))
    most = graph.op("ReduceMax", graph.cast(tells, np.int32), axes=[1], keepdims=1)
    return graph.op("Greater", most, graph.constant(0, np.int32))


def answers(graph: Graph, logits: str, known: str, *, factor: float, prior: NDArray[np.float64], several: bool) -> None:
    """The outputs ``logits`` and ``probabilities``, float32 [n, k].

    Args:
        graph: takes the operators.
        logits: float64 [n, k].
        known: bool [n, 1]; other texts have the shares of the labels in training.
        factor: the inverse temperature.
        prior: float64 [k].
        several: whether a text may have several labels.
    """
    scaled = graph.op("Mul", logits, graph.constant(factor, np.float64))
    if several:
        half = graph.constant(0.5, np.float64)
        turned = graph.op("Tanh", graph.cast(graph.op("Mul", scaled, half), np.float32))
        found = graph.op("Mul", graph.op("Add", graph.cast(turned, np.float64), graph.constant(1, np.float64)), half)
    else:
        found = graph.op("Softmax", scaled, axis=1)
    found = graph.op("Where", known, found, graph.constant(prior[None], np.float64))
    graph.output("logits", graph.cast(logits, np.float32), np.float32, ["texts", len(prior)])
    graph.output("probabilities", graph.cast(found, np.float32), np.float32, ["texts", len(prior)])
