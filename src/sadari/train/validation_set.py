"""Texts with labels that a rung is not trained on: they are watched while it trains, and calibrate it when it has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.errors import DataError
from sadari.messages import message
from sadari.text.column import as_column, two_parts
from sadari.train.labels import LabelCodec


@dataclass(frozen=True)
class HeldOut:
    """Validation texts of a classifier.

    Attributes:
        texts: [n].
        wanted: bool [n, k], which labels each has; none where training never saw the label.
        multilabel: whether a text may have several.
    """

    texts: pl.Series
    wanted: NDArray[np.bool_]
    multilabel: bool

    @classmethod
    def of(cls, validation: tuple[Any, Any] | None, codec: LabelCodec) -> HeldOut | None:
        """What `fit` was given as (texts, labels); None where there are no such texts.

        Raises:
            DataError: more texts than labels, or fewer; labels of another kind than those of training.
        """
        if validation is None:
            return None
        given, labels = two_parts(validation, message("validation must be (texts, labels)"))
        texts, wanted = as_column(given), codec.matrix(labels) > 0
        if len(texts) != len(wanted):
            raise DataError(
                message(
                    "there are {number_of_texts:,} validation texts and {number_of_wanted:,} labels of them",
                    number_of_texts=len(texts),
                    number_of_wanted=len(wanted),
                )
            )
        return cls(texts, wanted, codec.multilabel) if len(texts) else None

    def accuracy(self, logits: NDArray[np.floating]) -> float:
        """The share of the texts that logits [n, k] get right."""
        if self.multilabel:
            return float(((logits > 0) == self.wanted).all(axis=1).mean())
        return float(self.wanted[np.arange(len(logits)), logits.argmax(axis=1)].mean())


def validation_fingerprint(validation: tuple[pl.Series, Any] | None) -> str | None:
    """What validation texts and labels are known by, on which early stopping depends; None where there are none."""
    if validation is None:
        return None
    texts, labels = validation
    if isinstance(labels, np.ndarray):
        return fingerprint([texts]) + hashlib.sha256(labels.tobytes()).hexdigest()
    inner = pl.List(pl.String) if isinstance(labels.dtype, pl.List) else pl.String
    return fingerprint([texts], labels.cast(inner))
