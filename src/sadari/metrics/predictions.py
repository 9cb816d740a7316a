"""A model's probabilities in the order of the climb's labels."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.rungs import Rung


def label_columns(model: Rung, names: list[str]) -> NDArray[np.int64]:
    """Which column of the model's probabilities each label name has; −1 for a label it never saw."""
    places = {str(label): column for column, label in enumerate(model.classes_.tolist())}
    return np.array([places.get(name, -1) for name in names])


def predict_in_order(model: Rung, texts: pl.Series, names: list[str]) -> NDArray[np.float32]:
    """Probabilities float32 [n, k], columns in the order of ``names``."""
    return in_order(model, model.predict_proba(texts), names)


def in_order(model: Rung, found: NDArray[np.floating], names: list[str]) -> NDArray[np.float32]:
    """A model's own probabilities [n, labels] as float32 [n, k], columns in the order of ``names``."""
    columns = label_columns(model, names)
    out = np.zeros((len(found), len(names)), np.float32)
    out[:, columns >= 0] = found[:, columns[columns >= 0]]
    return out
