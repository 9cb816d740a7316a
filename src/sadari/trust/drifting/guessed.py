"""Labels of texts before and after, guessed by models that have seen neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import Corpus
from sadari.metrics.predictions import predict_in_order
from sadari.metrics.two_samples import LabelShift, label_shift
from sadari.rungs import RUNGS

FOLDS = 5


@dataclass(frozen=True)
class Guessed:
    """Probabilities of labels.

    Attributes:
        names: the k labels.
        truth: bool [n, k]: the labels of the texts before.
        before: float64 [n, k]: each text's probabilities by a model that did not learn from it.
        after: float64 [m, k]: those of the new texts, each by one of the same models, drawn by lot.
        several: whether a text may have several labels.
    """

    names: list[str]
    truth: NDArray[np.bool_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    several: bool

    def shift(self, seed: int = 0) -> LabelShift:
        """How the shares of the labels moved; see `label_shift`. Of several labels each by itself.

        Args:
            seed: of the draws for the intervals.
        """
        if self.several:
            each = [
                _shift(self.truth[:, [k]], self.before[:, [k]], self.after[:, [k]], seed)
                for k in range(len(self.names))
            ]
            parts = zip(*((one.before, one.after, one.low, one.high) for one in each), strict=True)
            return LabelShift(*(np.array([values[1] for values in part]) for part in parts))
        k = len(self.names)
        found = np.bincount(k * self.truth.argmax(axis=1) + self.before.argmax(axis=1), minlength=k * k)
        return label_shift(found.reshape(k, k), np.bincount(self.after.argmax(axis=1), minlength=k), seed=seed)


def _shift(truth: NDArray[np.bool_], before: NDArray[np.float64], after: NDArray[np.float64], seed: int) -> LabelShift:
    """That of one label, as a table of two by two: without it, with it.

    It is guessed of as many texts before as have it: a rare label is hardly ever likelier than not.
    """
    rows = int(truth.sum())
    least = np.sort(before[:, 0])[len(before) - rows] if rows else np.inf
    found = np.bincount(2 * truth[:, 0].astype(np.int64) + (before[:, 0] >= least), minlength=4)
    given = np.bincount((after[:, 0] >= least).astype(np.int64), minlength=2)
    return label_shift(found.reshape(2, 2), given, seed=seed)


def guess(before: Corpus, after: pl.Series, *, seed: int = 0) -> Guessed:
    """Guess the labels of both sides by linear models of words that have not seen the texts they are asked for.

    The texts before are cut into five folds, and five models learn from four of them each. A text before is asked of
    the model that did not see it, and a new one of any of the five, or, if it stands among those before, of the one
    that did not see it there: so the answers are alike if the texts are.

    Args:
        before: texts with labels, two labels at least.
        after: new texts.
        seed: of folds, models and lots.
    """
    names, several = before.label_names, before.multi_label
    truth = before.indicator > 0 if several else np.equal.outer(before.codes, np.arange(len(names)))
    lots, folds = (
        np.random.default_rng(seed).permutation(len(after)) % FOLDS,
        before.parts([1 / FOLDS] * FOLDS, seed=seed),
    )
    lots = _unseen(lots, folds, before.texts, after)
    found = [np.zeros((rows, len(names))) for rows in (len(before), len(after))]
    kind = next(kind for kind in RUNGS.values() if kind.votes_on_labels and kind.reads == "tokens")
    every = np.arange(len(before))
    settings: dict[str, Any] = {"seed": seed}
    for number, fold in enumerate(folds):
        others = np.setdiff1d(every, fold)
        part = before.take(others)
        model = kind(**settings).fit(part.texts, part.labels, verbose=False)
        settings["tokenizer"] = model.tokenizer_  # chosen once
        for table, texts, rows in ((found[0], before.texts, fold), (found[1], after, np.flatnonzero(lots == number))):
            table[rows] = predict_in_order(model, texts.gather(rows), names)
    return Guessed(names, truth, found[0], found[1], several)


def _unseen(
    lots: NDArray[np.int64], folds: Sequence[NDArray[np.int64]], before: pl.Series, after: pl.Series
) -> NDArray[np.int64]:
    """int64 [m]: which model each new text is asked of; one that stands before, of that which did not learn it."""
    own = np.empty(len(before), np.int64)
    for number, fold in enumerate(folds):
        own[fold] = number
    known = pl.DataFrame({"text": before, "fold": own}).unique("text")  # equal texts are in one fold
    found = pl.DataFrame({"text": after}).join(known, on="text", how="left", maintain_order="left")["fold"]
    return np.where(found.is_null(), lots, found.fill_null(0))
