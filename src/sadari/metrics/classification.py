"""Scores of predictions, with intervals: whole arrays in, plain numbers out.

**Labels that training never saw.** A truth of −1 marks a row whose label is not among the labels of training.
No model could have got it right, so it counts as wrong everywhere, and no row is left out of any figure:

* accuracy: a row that is wrong;
* precision, and so F1 and macro-F1: a false positive for the label that was predicted. −1 is not averaged in
  as one more label with F1 = 0: with four labels a single misspelt one would then take a fifth from the
  macro-F1;
* confusion matrix: one more row, the last;
* expected calibration error: a row that is wrong, however sure the model was;
* log loss: the true label got the probability 0, clipped as any other 0.

Without a −1 every figure equals scikit-learn's under its default settings (where it has that figure).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.metrics.interval import Interval

_CELLS_AT_A_TIME = 4_000_000  # of the bootstrap's draws: 32 MB


@dataclass(frozen=True)
class ClassScores:
    """Scores of each of ``k`` labels; a share whose denominator is 0 is 0.

    Attributes:
        precision: float64 [k].
        recall: float64 [k].
        f1: float64 [k].
        support: int64 [k], rows whose truth is this label.
        predicted: int64 [k], rows that were given this label.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix by its cells that are not 0: no more of them than rows, however many labels there are.

    Attributes:
        labels: how many there are, k.
        truth: int64 [c], the row of each cell, as in `confusion_matrix`: k where training never saw the label.
        given: int64 [c], its column.
        counts: int64 [c], how many rows it holds.
    """

    labels: int
    truth: np.ndarray
    given: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, confusion: Confusion | np.ndarray) -> Confusion:
        """The cells of a matrix int [k + 1, k]."""
        if isinstance(confusion, Confusion):
            return confusion
        truth, given = np.nonzero(confusion)
        return cls(confusion.shape[1], truth, given, confusion[truth, given])

    @property
    def right(self) -> np.ndarray:
        """bool [c]: which cells are on the diagonal."""
        return self.truth == self.given

    def largest(self, count: int, names: Sequence[str]) -> list[tuple[str, str, int]]:
        """The label that rows have, the one that they were given, and how many rows, the most first.

        Args:
            count: of the mistakes.
            names: the k labels; those that training never saw are "".
        """
        every, wrong = [*names, ""], np.flatnonzero(~self.right)
        order = wrong[np.argsort(-self.counts[wrong], kind="stable")][:count]
        cells = zip(self.truth[order], self.given[order], self.counts[order].tolist(), strict=True)
        return [(every[truth], every[given], rows) for truth, given, rows in cells]

    def matrix(self) -> np.ndarray:
        """int64 [k + 1, k]: row = truth, column = prediction; the last row holds the truths of −1."""
        whole = np.zeros((self.labels + 1, self.labels), np.int64)
        whole[self.truth, self.given] = self.counts
        return whole


@dataclass(frozen=True)
class MultilabelScores:
    """Scores where a row may have several labels, or none; shares from 0 to 1."""

    subset_accuracy: float  # rows whose labels are all right, and no others given
    micro_f1: float
    macro_f1: float  # over labels that occur in the truth or in the predictions


def confusion_cells(truth: np.ndarray, predictions: np.ndarray, *, classes: int) -> Confusion:
    """Count rows by truth and prediction.

    Args:
        truth: int [n], 0 to ``classes − 1``, or −1 for a label that training never saw.
        predictions: int [n], 0 to ``classes − 1``.
        classes: the number of labels, ``k``.

    Raises:
        DataError: the lengths differ, there is no row, or a value is out of its range.
    """
    truth, predictions = (
        _labels(truth, classes, least=-1, name="truth"),
        _labels(predictions, classes, least=0, name="predictions"),
    )
    _same_length(truth, predictions)
    cells, counts = np.unique(np.where(truth < 0, classes, truth) * classes + predictions, return_counts=True)
    return Confusion(classes, cells // classes, cells % classes, counts.astype(np.int64))


def confusion_matrix(truth: np.ndarray, predictions: np.ndarray, *, classes: int) -> np.ndarray:
    """The same as a matrix int64 [k + 1, k]: row = truth, column = prediction; the last row holds the truths of −1.

    Args:
        truth: as in `confusion_cells`.
        predictions: as in `confusion_cells`.
        classes: as in `confusion_cells`.

    Raises:
        DataError: as in `confusion_cells`.
    """
    return confusion_cells(truth, predictions, classes=classes).matrix()


def accuracy(confusion: Confusion | np.ndarray) -> Interval:
    """The share of right rows with Wilson's 95 % interval; ``confusion`` int [k + 1, k], or its cells."""
    cells = Confusion.of(confusion)
    return wilson(int(cells.counts[cells.right].sum()), int(cells.counts.sum()))


def wilson(right: int, total: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share (Wilson 1927, "Probable inference, the law of succession").

    It stays within 0 to 1 and is honest at both ends: 20 of 20 right is 0.839 to 1, not 1 to 1.

    Raises:
        DataError: ``total`` is not positive, or ``right`` is not within 0 to ``total``.
        SettingError: ``confidence`` is not between 0 and 1.
    """
    if total <= 0 or not 0 <= right <= total:
        raise DataError(
            message("{right} right of {total} rows is no share", right=right, total=total),
            hint=message("score at least one row"),
        )
    if not 0 < confidence < 1:
        raise SettingError(
            message("confidence is {confidence}", confidence=confidence),
            hint=message("take a value between 0 and 1, such as 0.95"),
        )
    z = float(ndtri(0.5 + confidence / 2))
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * np.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / (1 + z * z / total)
    # At 0 and at `total` the limit is exact; rounding must not push it past the share itself.
    low = 0.0 if right == 0 else max(0.0, float(middle - half))
    high = 1.0 if right == total else min(1.0, float(middle + half))
    return Interval(share, low, high)


def class_scores(confusion: Confusion | np.ndarray) -> ClassScores:
    """Precision, recall, F1 and support of each label.

    Args:
        confusion: int [k + 1, k] as `confusion_matrix` makes it, or its cells.
    """
    cells = Confusion.of(confusion)
    hits, support, predicted = (
        np.bincount(where, weights=counts, minlength=cells.labels)[: cells.labels].astype(np.int64)
        for where, counts in (
            (cells.truth, cells.counts * cells.right),
            (cells.truth, cells.counts),
            (cells.given, cells.counts),
        )
    )
    return ClassScores(
        precision=_share(hits, predicted),
        recall=_share(hits, support),
        f1=_share(2 * hits, support + predicted),
        support=support,
        predicted=predicted,
    )


def macro_f1(confusion: Confusion | np.ndarray) -> float:
    """The mean F1 of the labels that occur as truth or prediction; ``confusion`` int [k + 1, k], or its cells."""
    scores = class_scores(confusion)
    occurs = (scores.support + scores.predicted) > 0
    return float(scores.f1[occurs].mean()) if occurs.any() else 0.0


def macro_f1_interval(
    confusion: Confusion | np.ndarray, *, draws: int = 2000, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Macro-F1 with a bootstrap percentile interval (Efron 1979).

    Drawing n rows with replacement and counting them is one multinomial draw of the confusion matrix's cells:
    the cells are drawn, and no row is touched. With every row right (or every row wrong) each draw would be
    the same and the bootstrap would claim certainty from any number of rows; Wilson's interval of the
    accuracy stands in there.

    Args:
        confusion: int [k + 1, k] as `confusion_matrix` makes it, or its cells.
        draws: how many times to draw.
        seed: the same seed gives the same bits.
        confidence: share of the draws within the interval.
    """
    cells = Confusion.of(confusion)
    value, total, right = macro_f1(cells), int(cells.counts.sum()), int(cells.counts[cells.right].sum())
    if right in (0, total):
        certain = wilson(right, total, confidence=confidence)
        return Interval(value, min(value, certain.low), max(value, certain.high))
    # labels that do not occur are not drawn either: those that do are numbered anew
    occur, places = np.unique(np.concatenate([cells.given, cells.truth]), return_inverse=True)
    columns, rows = places[: len(cells.given)], places[len(cells.given) :]
    known = len(occur) - int(occur[-1] == cells.labels)
    shares = cells.counts / total
    generator = np.random.default_rng(seed)
    step = max(1, _CELLS_AT_A_TIME // len(shares))
    scores = np.concatenate(
        [
            _macro_f1_of_draws(
                generator.multinomial(total, shares, size=min(step, draws - done)),
                rows,
                columns,
                known,
            )
            for done in range(0, draws, step)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return Interval(value, min(value, float(low)), max(value, float(high)))


def expected_calibration_error(truth: np.ndarray, probabilities: np.ndarray, *, bins: int = 15) -> float:
    """How far the model's confidence lies from its accuracy, on average over rows (0 to 1).

    Rows are sorted by the probability of the predicted label and cut into ``bins`` bins of equally many rows;
    the gap between mean confidence and accuracy of a bin is weighted with its rows. Guo et al. 2017 ("On
    calibration of modern neural networks") cut at equal widths, which leaves most bins nearly empty; equal
    mass is Nixon et al. 2019 ("Measuring calibration in deep learning"). Rows with the same confidence share
    their accuracy, so that the order of the rows never matters.

    Args:
        truth: int [n], −1 for a label that training never saw.
        probabilities: float [n, k].
        bins: at most as many as there are rows are used.
    """
    confidence, right = _confidence(truth, probabilities)
    groups = np.array_split(confidence - right, min(bins, len(confidence)))
    return float(sum(abs(group.sum()) for group in groups) / len(confidence))


def reliability(
    truth: np.ndarray, probabilities: np.ndarray, *, bins: int = 15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean confidence, accuracy (float64) and rows (int64) of each bin of `expected_calibration_error`."""
    confidence, right = _confidence(truth, probabilities)
    parts = min(bins, len(confidence))
    confidences, rights = np.array_split(confidence, parts), np.array_split(right, parts)
    return (
        np.array([part.mean() for part in confidences]),
        np.array([part.mean() for part in rights]),
        np.array([len(part) for part in rights], dtype=np.int64),
    )


def multilabel_scores(
    truth: np.ndarray, predictions: np.ndarray, *, unseen: np.ndarray | None = None
) -> MultilabelScores:
    """Scores of indicator matrices.

    Args:
        truth: bool [n, k].
        predictions: bool [n, k].
        unseen: int [n], how many labels of the row training never saw: the row is wrong, and each is a missed
            label in micro-F1; macro-F1 averages over the labels that training knows.
    """
    truth, predictions = np.asarray(truth, dtype=bool), np.asarray(predictions, dtype=bool)
    if truth.ndim != 2 or truth.shape != predictions.shape or not len(truth):
        raise DataError(
            message(
                "truth {shape} and predictions {shape_2} cannot be compared",
                shape=truth.shape,
                shape_2=predictions.shape,
            ),
            hint=message("give two matrices of the same shape with at least one row"),
        )
    missed = np.zeros(len(truth), dtype=np.int64) if unseen is None else np.asarray(unseen, dtype=np.int64)
    _same_length(truth, missed)
    hits = (truth & predictions).sum(axis=0)
    sizes = truth.sum(axis=0) + predictions.sum(axis=0)
    occurs = sizes > 0
    every = int(sizes.sum() + missed.sum())
    return MultilabelScores(
        subset_accuracy=float(((truth == predictions).all(axis=1) & (missed == 0)).mean()),
        micro_f1=float(2 * hits.sum() / every) if every else 0.0,
        macro_f1=float(_share(2.0 * hits, sizes)[occurs].mean()) if occurs.any() else 0.0,
    )


def _macro_f1_of_draws(draws: np.ndarray, rows: np.ndarray, columns: np.ndarray, known: int) -> np.ndarray:
    """Macro-F1 of each drawn matrix: ``draws`` int64 [draws, cells], with the cells' rows and columns."""
    hits = np.zeros((len(draws), known), dtype=np.int64)
    on_diagonal = rows == columns
    hits[:, rows[on_diagonal]] = draws[:, on_diagonal]
    sizes = _sums(draws, rows, known + 1)[:, :known] + _sums(draws, columns, known)
    occurs = sizes > 0
    return _share(2.0 * hits, sizes).sum(axis=1) / np.maximum(occurs.sum(axis=1), 1)


def _sums(draws: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Add up columns of ``draws`` [d, cells] that belong to one group: int64 [d, count]."""
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    sums = np.zeros((len(draws), count), dtype=np.int64)
    sums[:, present] = np.add.reduceat(draws[:, order], starts, axis=1)
    return sums


def _confidence(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending confidence and whether right, float64 [n]; rows of equal confidence share their mean."""
    truth, probabilities = _scored(truth, probabilities)
    highest = probabilities.max(axis=1).astype(np.float64)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    confidence, group = np.unique(highest, return_inverse=True)
    sizes = np.bincount(group)
    shared = np.bincount(group, weights=right) / sizes
    return np.repeat(confidence, sizes), np.repeat(shared, sizes)


def _scored(truth: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    probabilities = np.asarray(probabilities)
    if not np.issubdtype(probabilities.dtype, np.floating):
        probabilities = probabilities.astype(np.float64)
    if probabilities.ndim != 2:
        raise DataError(
            message("probabilities have {ndim} dimensions", ndim=probabilities.ndim), hint=message("give rows × labels")
        )
    truth = _labels(truth, probabilities.shape[1], least=-1, name="truth")
    _same_length(truth, probabilities)
    if not np.isfinite(probabilities).all():
        row = int(np.flatnonzero(~np.isfinite(probabilities).all(axis=1))[0])
        raise DataError(message("a probability is not a number"), where=message("row {row}", row=row + 1))
    return truth, probabilities


def _labels(values: np.ndarray, classes: int, *, least: int, name: str) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 1 or not len(values) or not np.issubdtype(values.dtype, np.integer):
        raise DataError(
            message("{name} is {dtype} of shape {shape}", name=name, dtype=values.dtype, shape=values.shape),
            hint=message("give one whole number a row, and at least one row"),
        )
    outside = (values < least) | (values >= classes)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DataError(
            message(
                "{name} is {values}, which is not within {least} to {classes}",
                name=name,
                values=values[row],
                least=least,
                classes=classes - 1,
            ),
            where=message("row {row}", row=row + 1),
        )
    return values.astype(np.int64)


def _same_length(truth: np.ndarray, other: np.ndarray) -> None:
    if len(truth) != len(other):
        raise DataError(
            message(
                "{number_of_truth} rows of truth, {number_of_other} of predictions",
                number_of_truth=len(truth),
                number_of_other=len(other),
            ),
            hint=message("give as many of each"),
        )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
