"""What the tokenizer ``auto`` is for some texts: by what it can see of them, and by a trial where two are plausible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import Message, message, of
from sadari.text.column import columns
from sadari.text.tokens.choose import plausible_tokenizers
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh
from sadari.train.solvers.dual_coordinate_descent import held_out_logits, solve_dual

FEWEST_ROWS, ENOUGH_ROWS, MOST_ROWS, SHARE = 100, 1_000, 2_000, 0.05  # rows of a trial; of many, a twentieth
MOST_SIGNS = 60_000  # rows times labels
LONGEST = 2_000  # characters of a text
FOLDS, PASSES, SETTLING = 4, 5, 1


@dataclass(frozen=True)
class TokenizerChoice:
    """A tokenizer that was chosen by the texts.

    Attributes:
        name: the tokenizer.
        why: it was taken.
    """

    name: str
    why: Message

    def said(self) -> Message:
        """The choice in a sentence."""
        return message("tokenizer: {name}, because {why}", name=self.name, why=self.why)


def choose_tokenizer(
    texts: Any,
    targets: NDArray[np.int8],
    *,
    longest: Sequence[int],
    multilabel: bool = False,
    enough: int = ENOUGH_ROWS,
) -> TokenizerChoice:
    """What ``auto`` takes for these texts and labels. Nothing else decides it: the same rows, the same tokenizer.

    Where more than one tokenizer is plausible, each is tried on a sample of the rows by a linear classifier, every row
    predicted by one that did not learn from it. The likeliest is kept unless another is better by more than chance: by
    more than twice the standard error of their difference.

    Args:
        texts: strings: a column, or a stream, of which the first part is looked at.
        targets: int8 [n, k], the labels.
        longest: the longest n-grams of words of the classifiers that are to read the texts; each is tried.
        multilabel: whether a text may have several labels.
        enough: rows of a trial, where there are as many.
    """
    first = next(iter(columns(texts)), pl.Series("text", [], dtype=pl.String))
    names, why = plausible_tokenizers(first)
    rows = _rows(min(len(first), len(targets)), len(targets), targets.shape[1], enough)
    if len(names) == 1 or len(rows) < FEWEST_ROWS:
        return TokenizerChoice(names[0], why)
    sample, wanted = first.gather(rows).str.slice(0, LONGEST), targets[rows]
    right = {
        name: np.mean([_right(sample, wanted, name, most, multilabel) for most in longest], axis=0) for name in names
    }
    best = max(names, key=lambda name: float(right[name].mean()))
    gained = right[best] - right[names[0]]
    better = gained.mean() > 2 * gained.std() / np.sqrt(len(gained))
    taken = best if better else names[0]
    others = [of(name, _percent(right[name])) for name in names if name != taken]
    found = message(
        "it has {own} of {rows:,} rows right in a trial ({others})",
        own=_percent(right[taken]),
        rows=len(rows),
        others=others,
    )
    if not better:
        found = message("{why}, and none is surely better: {found}", why=why, found=found)
    return TokenizerChoice(taken, found)


def _rows(read: int, rows: int, labels: int, enough: int) -> NDArray[np.int64]:
    """The rows of the first ``read`` that are tried: as many as cost little beside training on all."""
    most = min(read, max(enough, min(MOST_ROWS, int(SHARE * rows))), MOST_SIGNS // labels)
    return np.sort(np.random.default_rng(0).permutation(read)[:most])


def _right(
    texts: pl.Series, targets: NDArray[np.int8], name: str, longest: int, multilabel: bool
) -> NDArray[np.float64]:
    """How right each row is, 0 to 1, by a linear classifier of n-grams of words that did not learn from it: [n]."""
    vectors = CountVectors(name, ngram_range=(1, longest))
    try:
        counts = vectors.fit(texts)
    except DataError:  # it sees nothing in any
        return np.zeros(len(texts))
    weights = weigh(counts, idf=longest > 1, sublinear=True, binary=False, norm="l2", second=vectors.second)
    scale, costs = weights.row_scale(counts), np.ones(len(counts), np.float32)
    signs = np.where(targets > 0, np.int8(1), np.int8(-1))
    solution = solve_dual(counts, weights, scale, signs, costs, epochs=PASSES, tolerance=1e-2, seed=0)
    logits = np.empty(signs.shape, np.float32)
    for fold in range(FOLDS):
        rows = np.arange(fold, len(counts), FOLDS)
        logits[rows] = held_out_logits(counts, weights, scale, signs, costs, solution, rows, epochs=SETTLING, seed=0)
    if multilabel:
        return ((logits > 0) == (signs > 0)).mean(axis=1)
    return (logits.argmax(axis=1) == targets.argmax(axis=1)).astype(np.float64)


def _percent(right: NDArray[np.float64]) -> Message:
    return message("{figure} %", figure=f"{100 * right.mean():.1f}")
