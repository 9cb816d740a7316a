"""Types of settings that several constructors share: each has one meaning and one range in all that have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from sadari.device import PRECISIONS
from sadari.messages import Message, message
from sadari.settings.limits import MOST, SEED, Choice, Limit, Number, Range, Text, Whole


@dataclass(frozen=True)
class WhereWeightsAre(Limit):
    """Pre-trained weights: where they are."""

    @property
    def said(self) -> Message:
        return message("a folder of pre-trained weights, or a name on the Hugging Face hub")

    def allows(self, value: Any) -> bool:
        return isinstance(value, str | Path) and 0 < len(str(value)) <= 4096


@dataclass(frozen=True)
class ClassWeights(Limit):
    """ "balanced", or a weight for each label."""

    @property
    def said(self) -> Message:
        return message('"balanced", or a number above 0 for each label: {example}', example='{"spam": 5}')

    def allows(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(Number(1e-9, 1e9).allows(weight) for weight in value.values())
        return isinstance(value, str) and value == "balanced"


# how much
Count = Annotated[int, Whole(1, MOST)]
Every = Annotated[int, Whole(0, MOST)]  # so many steps; 0: never
Positive = Annotated[float, Number(1e-9, 1e9)]
Share = Annotated[float, Number(0, 0.99)]  # of something that is never taken whole

# how long it trains
Epochs = Annotated[int, Whole(1, 10_000)]
Minutes = Annotated[float, Number(1e-3, 1e6)]
Patience = Annotated[int, Whole(1, 10_000)]
Validations = Annotated[int, Whole(1, 10_000)]

# how it learns
LearningRate = Annotated[float, Number(1e-9, 1e3)]
Optimizer = Annotated[str, Choice(("adam", "adamw", "sgd"))]
Decay = Annotated[str, Choice(("linear", "cosine", "constant"))]
WeightDecay = Annotated[float, Number(0, 10)]
Beta2 = Annotated[float, Number(0.5, 0.999999)]
Floor = Annotated[float, Number(0, 1)]
BatchTexts = Annotated[int, Whole(1, 2**20)]
BatchTokens = Annotated[int, Whole(1, 2**24)]
Accumulate = Annotated[int, Whole(1, 65_536)]
WeightsPlace = Annotated[str | Path, WhereWeightsAre()]
ClassWeight = Annotated[str | Mapping[Any, float], ClassWeights()]

# of what size
Width = Annotated[int, Whole(1, 4096)]
InnerWidth = Annotated[int, Whole(1, 16_384)]
Layers = Annotated[int, Whole(1, 64)]
Heads = Annotated[int, Whole(1, 64)]
MaxLength = Annotated[int, Whole(1, 65_536)]
LongestNgram = Annotated[int, Whole(1, 16)]
Buckets = Annotated[int, Whole(1, 2**21)]
SubwordUnits = Annotated[tuple[int, int], Range(1, 64)]  # of the shortest and the longest

# where, and how exactly
Device = Annotated[str, Text()]
Precision = Annotated[str, Choice(("fp32", "bf16"))]
AnyPrecision = Annotated[str, Choice(PRECISIONS)]
Threads = Annotated[int, Whole(1, 1024)]
Seed = Annotated[int, SEED]
