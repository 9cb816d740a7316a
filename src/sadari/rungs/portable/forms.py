"""The forms in which models leave this package. `sadari.export` makes ONNX and pages of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sadari.text.reading.reading import Reading

if TYPE_CHECKING:
    from torch import nn

    from sadari.nets.bert.pretrained import PretrainedEncoder


@dataclass(frozen=True, eq=False)
class WeighedSum:
    """A sum of one row of weights a feature, each weighed by how often the feature stands in the text.

    Attributes:
        weight: float32 [features, k].
        bias: float32 [k].
        feature_scale: float32 [features], such as inverse document frequencies.
        sublinear: 1 + ln(count) in place of the count.
        binary: 1 in place of every count.
        norm: "l2", "l1" or None, by which a text's weights are scaled.
        bound: the first feature of the second block, which is normed by itself.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    feature_scale: NDArray[np.float32]
    sublinear: bool
    binary: bool
    norm: str | None
    bound: int


@dataclass(frozen=True, eq=False)
class MeanOfRows:
    """The mean of the features' rows, and a linear layer.

    Attributes:
        embedding: float32 [features, width].
        output: float32 [k, width].
        bias: float32 [k].
        unit: whether the mean is brought to length 1.
    """

    embedding: NDArray[np.float32]
    output: NDArray[np.float32]
    bias: NDArray[np.float32]
    unit: bool = False


@dataclass(frozen=True, eq=False)
class Net:
    """A torch net over the ids of a text, in order.

    Attributes:
        module: takes ids [n, length] and a mask; one of `sadari.nets`.
    """

    module: nn.Module


@dataclass(frozen=True, eq=False)
class Encoder:
    """A pre-trained encoder over the subword tokens of a text, and what makes logits of its states.

    Attributes:
        module: one of `sadari.nets.bert`, with a head of its own, or pooled to one vector a text.
        weight: float32 [width, k], of the layer on that vector; None where there is a head.
        bias: float32 [k], of the same.
    """

    module: PretrainedEncoder
    weight: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Portable:
    """A model as it leaves this package; labels and temperature are the rung's own.

    Attributes:
        reading: from a text to ids.
        form: from ids to logits.
        known: a text is known by an id below this that is none of the reading's `unknown`.
    """

    reading: Reading
    form: WeighedSum | MeanOfRows | Net | Encoder
    known: int
