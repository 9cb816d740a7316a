"""The weights of a page: as they are, rounded to 16 or 8 bits, or of fewer features; and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.export.readers.sadari_reader import Found
from sadari.rungs.portable.forms import MeanOfRows, WeighedSum
from sadari.text.reading.reading import Reading
from sadari.train.solvers.temperature import sigmoid, softmax

KINDS: dict[int, type[np.signedinteger[Any]]] = {16: np.int16, 8: np.int8}


@dataclass(frozen=True, eq=False)
class PageWeights:
    """What a page reckons with; `page.mjs` does in JavaScript what `answers` does here.

    Attributes:
        reading: from a text to ids.
        form: the weights, as numbers that the rounded ones stand for.
        bits: 32, 16 or 8.
        known: a text is known by an id below this that is none of the reading's `unknown`.
        features: how many there are.
    """

    reading: Reading
    form: WeighedSum | MeanOfRows
    bits: int
    known: int

    @property
    def rows(self) -> NDArray[np.float32]:
        """float32 [features, columns]: one row of numbers a feature."""
        return self.form.weight if isinstance(self.form, WeighedSum) else self.form.embedding

    @property
    def features(self) -> int:
        """How many features there are."""
        return len(self.rows)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What lies in the page."""
        rows, steps = rounded(self.rows, self.bits)
        arrays = {**self.reading.arrays, "page.rows": rows, "page.steps": steps}
        if isinstance(self.form, MeanOfRows):
            return arrays | {"page.output": self.form.output, "page.bias": self.form.bias}
        scales, step = rounded(self.form.feature_scale[:, None], self.bits)
        return arrays | {"page.scales": scales[:, 0], "page.scale": step, "page.bias": self.form.bias}

    def settings(self) -> dict[str, Any]:
        """What lies beside, for JSON."""
        shared = {"known": self.known, "unknown": self.reading.unknown, "features": self.features}
        if isinstance(self.form, MeanOfRows):
            return shared | {"form": "mean", "unit": self.form.unit}
        own = {"sublinear": self.form.sublinear, "binary": self.form.binary, "norm": self.form.norm}
        return shared | {"form": "sum", **own, "bound": self.form.bound}

    def in_bits(self, bits: int) -> PageWeights:
        """The same, rounded."""
        if isinstance(self.form, MeanOfRows):
            return replace(self, form=replace(self.form, embedding=_meant(self.form.embedding, bits)), bits=bits)
        scale = _meant(self.form.feature_scale[:, None], bits)[:, 0]
        form = replace(self.form, weight=_meant(self.form.weight, bits), feature_scale=scale)
        return replace(self, form=form, bits=bits)

    def importance(self) -> NDArray[np.float64]:
        """float64 [features]: how far each can move one label from another."""
        if isinstance(self.form, WeighedSum):
            return np.ptp(self.form.weight, axis=1).astype(np.float64) * np.abs(self.form.feature_scale)
        return np.ptp(self.form.embedding @ self.form.output.T, axis=1).astype(np.float64)

    def logits(self, found: Found) -> tuple[NDArray[np.float64], bool]:
        """float64 [k] of one text's features, and whether anything in it is known."""
        ids, counts = found
        told = bool(((ids < self.known) & ~np.isin(ids, self.reading.unknown)).any())
        form = self.form
        if isinstance(form, MeanOfRows):
            mean = counts @ form.embedding[ids].astype(np.float64) / max(1, counts.sum())
            mean /= (float(np.linalg.norm(mean)) if form.unit else 0.0) or 1.0
            return form.output.astype(np.float64) @ mean + form.bias, told
        often = np.minimum(counts, 1) if form.binary else counts
        values = (1 + np.log(often) if form.sublinear else often) * form.feature_scale[ids].astype(np.float64)
        for block in (ids < form.bound, ids >= form.bound):
            part = values[block]
            norms = {None: 1.0, "l1": float(np.abs(part).sum()), "l2": float(np.sqrt(np.square(part).sum()))}
            values[block] /= norms[form.norm] or 1.0
        return (values @ form.weight[ids].astype(np.float64) + form.bias).astype(np.float64), told


def scored_by(
    weights: PageWeights, found: list[Found], *, factor: float, prior: NDArray[np.float64], several: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Logits and probabilities, float64 [n, k] each, of texts with these features; and bool [n], what is known.

    Args:
        weights: what answers.
        found: the features of each text.
        factor: the inverse temperature.
        prior: of texts in which nothing is known.
        several: whether a text may have several labels.
    """
    answers = [weights.logits(each) for each in found]
    logits = np.array([logits for logits, _ in answers]).reshape(len(found), len(prior))
    known = np.array([told for _, told in answers], np.bool_)
    probabilities = sigmoid(logits * factor) if several else softmax(logits * factor)
    probabilities[~known] = prior
    return logits, probabilities, known


def rounded(rows: NDArray[np.float32], bits: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Rows as whole numbers of so many bits (of 32: as they are), and float32 [columns]: what one step is in each."""
    if bits == 32:
        return rows, np.ones(rows.shape[1], np.float32)
    kind = KINDS[bits]
    most = np.abs(rows).max(axis=0, initial=0.0)
    steps = np.where(most > 0, most / np.iinfo(kind).max, 1).astype(np.float32)
    return np.clip(np.rint(rows / steps), -np.iinfo(kind).max, np.iinfo(kind).max).astype(kind), steps


def _meant(rows: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    whole, steps = rounded(rows, bits)
    return (whole * steps).astype(np.float32)
