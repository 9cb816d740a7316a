"""Rungs that are not in the ladder: a toy, one that costs much, one that starts from weights, and one from its own."""

from typing import Annotated, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.messages import message
from sadari.rungs.base import Rung
from sadari.rungs.ladder import ENCODER, StartsFrom
from sadari.settings.limits import Text
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import ClassWeight, Positive, Seed
from sadari.text.column import columns

BYTES = 256
LEXICON = StartsFrom("lexicon", message("word vectors"), message("reading the vectors"), "--lexicon FILE", "write one")


class Letters(Rung):
    """Naive Bayes of a text's bytes."""

    name = "letters"
    reads = "characters"
    relative_cost = 2

    def __init__(
        self,
        *,
        smoothing: Annotated[Positive, Tried(LogNumber(0.1, 100.0))] = 1.0,
        class_weight: ClassWeight | None = None,
        seed: Seed = 0,
    ) -> None:
        self.smoothing = smoothing
        self.class_weight = class_weight
        self.seed = seed

    def _train(self, texts: Any, targets: NDArray[np.int8], costs: Any, context: Any) -> None:
        counted = np.concatenate([self._count(column) for column in columns(texts)])
        shares = (targets * costs.reshape(len(targets), -1)).T @ counted + self.smoothing
        self.weight_ = np.log(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        self.history_ = [{"epoch": 1.0, "seconds": 0.0}]
        context.watch(1, 1, self.history_[0])

    def _count(self, column: pl.Series) -> NDArray[np.float32]:
        found = [np.bincount(np.frombuffer(text.encode(), np.uint8), minlength=BYTES) for text in column.to_list()]
        return np.array(found, np.float32).reshape(len(column), BYTES)

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        counted = self._count(column)
        return counted @ self.weight_.T, counted.any(axis=1)

    def _state(self) -> Any:
        return {"weight": self.weight_}, {}, {}

    def _restore(self, files: Any, model: Any) -> None:
        self.weight_ = files.tensor("weight", shape=(len(self.classes_), BYTES), dtype="float32")


class SlowLetters(Letters):
    """The same, which costs as much as what is measured before it is planned."""

    name = "slow-letters"
    relative_cost = 50


class StartedLetters(Letters):
    """The same, which starts from what the rung ``bert`` starts from, too."""

    name = "started-letters"
    starts_from = ENCODER

    def __init__(
        self,
        *,
        weights: Annotated[str, Text()] | None = None,
        smoothing: Positive = 1.0,
        class_weight: ClassWeight | None = None,
        seed: Seed = 0,
    ) -> None:
        super().__init__(smoothing=smoothing, class_weight=class_weight, seed=seed)
        self.weights = weights


class LexicalLetters(Letters):
    """The same, which starts from something that no other rung starts from."""

    name = "lexical-letters"
    starts_from = LEXICON

    def __init__(
        self,
        *,
        lexicon: Annotated[str, Text()] | None = None,
        smoothing: Positive = 1.0,
        class_weight: ClassWeight | None = None,
        seed: Seed = 0,
    ) -> None:
        super().__init__(smoothing=smoothing, class_weight=class_weight, seed=seed)
        self.lexicon = lexicon
