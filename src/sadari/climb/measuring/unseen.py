"""What models say of training rows that they did not see, where each is validated once, in folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.climb.split import Frozen
from sadari.metrics.predictions import label_columns
from sadari.rungs import Rung
from sadari.train.solvers.temperature import sigmoid


@dataclass(frozen=True)
class Unseen:
    """What a model says of h rows that it did not see.

    Attributes:
        held: int64 [h], those training rows (positions).
        table: float64 [h, k], probabilities; where a text has one label, as sharp as the logits are.
        logits: float32 [h, k].
        known: bool [h], whether the model knows anything of the text.
        complete: whether it knows every label.
    """

    held: NDArray[np.int64]
    table: NDArray[np.float64]
    logits: NDArray[np.float32]
    known: NDArray[np.bool_]
    complete: bool

    @classmethod
    def by(cls, model: Rung, frozen: Frozen, held: NDArray[np.int64]) -> Unseen:
        """What a trained model says.

        Args:
            model: the model.
            frozen: the split.
            held: the rows.
        """
        texts = frozen.train.texts.gather(held)
        places = label_columns(model, frozen.label_names)
        learned, columns = places >= 0, places[places >= 0]
        logits = np.zeros((len(held), len(places)), np.float32)
        table = np.zeros_like(logits, np.float64)
        found, known = model.predict_with_marks(texts)
        table[:, learned] = found[:, columns]
        logits[:, learned] = model.logits(texts)[:, columns]
        if not frozen.several:
            table[known] = _to_power(table[known], 1 / model.inverse_temperature_)
        return cls(held, table, logits, known, bool(learned.all()))


def validated(model: Rung, frozen: Frozen, parts: Sequence[Unseen]) -> NDArray[np.float32]:
    """Each training row's probabilities by a model that did not see it: float32 [train, k].

    ``model`` is calibrated on the same rows, and they are as sharp as its own.

    Args:
        model: the rung's own, trained.
        frozen: the split.
        parts: what the models of all folds say.
    """
    shape = (len(frozen.train), len(frozen.label_names))
    logits, table = np.zeros(shape, np.float32), np.zeros(shape, np.float64)
    complete, known = np.zeros((2, len(frozen.train)), np.bool_)
    for part in parts:
        logits[part.held], table[part.held] = part.logits, part.table
        complete[part.held], known[part.held] = part.complete, part.known
    own_order = [frozen.label_names.index(str(label)) for label in model.classes_.tolist()]
    model.calibrate(logits[complete][:, own_order], frozen.train.given_labels.filter(pl.Series(complete)))
    if frozen.several:
        seen = known[:, None] & (table > 0)  # of a label that a model never saw its logits say nothing
        return np.where(seen, sigmoid(logits * np.float64(model.inverse_temperature_)), table).astype(np.float32)
    # texts of which a model knew nothing have the shares of the labels
    table[known] = _to_power(table[known], model.inverse_temperature_)
    found: NDArray[np.float32] = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def _to_power(table: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Each row to a power and divided by its largest number, which a high power of small numbers would make 0."""
    with np.errstate(divide="ignore"):
        logs = np.log(table)
    found: NDArray[np.float64] = np.exp((logs - logs.max(axis=1, keepdims=True)) * exponent)
    return found
