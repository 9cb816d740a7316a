"""What counts where a text may have several labels: the truth as a matrix, answers, and scores of these.

The truth is a matrix int16 [n, k + 1]: 1 where a row has a label, and in the last column how many labels it has that
training never saw. No model could have given these: such a row is never right as a whole, each of them is a label
missed in micro-F1, and in log loss one that had the probability 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message
from sadari.metrics.answers import Answers, Table
from sadari.metrics.metric import COST, OF_SEVERAL, ORDINAL, RECALL, Metric, check_metric
from sadari.metrics.scores.costs import read_costs_of_several
from sadari.metrics.scores.drawn import average_precision, recall_at_precision
from sadari.train.thresholds import cheapest_thresholds, choose_thresholds, least_at_precision

DEFAULT = "micro-f1"
BINS = 15


def truth_matrix(labels: pl.Series, known: Sequence[str]) -> tuple[NDArray[np.int16], dict[str, int]]:
    """The truth int16 [n, k + 1], and label → rows of those that are not among the known.

    Args:
        labels: [n] lists of labels.
        known: the k labels of training.
    """
    frame = pl.DataFrame({"row": np.arange(len(labels)), "label": labels}).explode("label").drop_nulls().unique()
    place = pl.DataFrame({"label": pl.Series(known, dtype=pl.String), "code": np.arange(len(known))})
    found = frame.join(place, on="label", how="left").sort("row")
    out = np.zeros((len(labels), len(known) + 1), np.int16)
    np.add.at(out, (found["row"].to_numpy(), found["code"].fill_null(len(known)).to_numpy()), 1)
    unseen = found.filter(pl.col("code").is_null()).group_by("label", maintain_order=True).agg(pl.len())
    return out, dict(unseen.iter_rows())


def all_right(truth: NDArray[np.integer], given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool [n]: whether a row has just the labels that are given.

    Args:
        truth: int [n, k + 1].
        given: bool [n, k].
    """
    right: NDArray[np.bool_] = ((truth[:, :-1] > 0) == given).all(axis=1) & (truth[:, -1] == 0)
    return right


@dataclass(frozen=True)
class SeveralMetric(Metric):
    """What two rungs are compared by where a text may have several labels: truths are matrices, as above."""

    @classmethod
    def named(cls, asked: str, label_names: Sequence[str], counts: Sequence[int] | NDArray[np.integer]) -> Metric:
        """The metric of that name, as `Metric.named`.

        Args:
            asked: one of `METRICS`, but for what labels with an order are judged by.
            label_names: the k labels.
            counts: rows of each.

        Raises:
            SettingError: there is no such metric, or none for several labels a text, or no such label.
            DataError: costs cannot be read.
        """
        check_metric(asked)
        kind, _, place = asked.partition("=")
        if kind == COST:
            return cls(asked, costs=read_costs_of_several(place, label_names))
        if asked in ORDINAL:
            raise SettingError(
                message("{metric} is for texts of one label, and these may have several", metric=asked),
                hint=message("take one of: {metrics}", metrics=", ".join(OF_SEVERAL)),
            )
        return super().named(asked, label_names, counts)

    @property
    def chooses_thresholds(self) -> bool:
        return True

    @property
    def counts_rows(self) -> bool:
        return self.name == "accuracy"

    def thresholds(self, truth: NDArray[np.integer], table: Table) -> NDArray[np.float64]:
        wanted = truth[:, :-1] > 0
        if self.costs is not None:
            return cheapest_thresholds(table, wanted, *self.costs)
        found = choose_thresholds(table, wanted)
        if self.kind == RECALL and self.code is not None:
            found[self.code] = least_at_precision(table[:, self.code], wanted[:, self.code], self.precision)
        return found

    def given(self, table: Table, thresholds: NDArray[np.floating]) -> NDArray[Any]:
        return np.asarray(table >= thresholds)

    def right(self, truth: NDArray[np.integer], answers: Answers | Table) -> NDArray[np.bool_]:
        return all_right(truth, Answers.of(answers).given)

    def of_draws(
        self, truth: NDArray[np.integer], answers: Answers | Table, weights: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        table = Answers.of(answers)
        drawn, wanted = weights.astype(np.float64), truth[:, :-1] > 0
        if self.lower_is_better:
            each = _losses(truth, table.probabilities) if self.costs is None else self._paid(truth, table.given)
            found: NDArray[np.float64] = drawn @ each / drawn.sum(axis=1)
            return found
        if self.kind == RECALL and self.code is not None:
            own = self.code
            return recall_at_precision(wanted[:, own], table.probabilities[:, own], weights, self.precision)
        if self.name == "average-precision":
            labels = range(wanted.shape[1]) if self.code is None else [self.code]
            return average_precision([(wanted[:, k], table.probabilities[:, k]) for k in labels], weights)
        hits, sizes = table.given & wanted, table.given.astype(np.float64) + wanted
        if self.name == "micro-f1":
            return _share(2 * (drawn @ hits.sum(axis=1)), drawn @ (sizes.sum(axis=1) + truth[:, -1]))
        if self.name == "accuracy":
            shares: NDArray[np.float64] = drawn @ self.right(truth, table) / drawn.sum(axis=1)
            return shares
        every = drawn @ sizes
        f1 = _share(2 * (drawn @ hits.astype(np.float64)), every)
        return f1[:, self.code] if self.code is not None else f1.sum(axis=1) / np.maximum((every > 0).sum(axis=1), 1)

    def _paid(self, truth: NDArray[np.integer], given: NDArray[np.bool_]) -> NDArray[np.float64]:
        """float64 [n]: what each row costs; a label that training never saw is missed at the highest price."""
        assert self.costs is not None
        wanted, (missed, wrong) = truth[:, :-1] > 0, self.costs
        paid: NDArray[np.float64] = (wanted & ~given) @ missed + (given & ~wanted) @ wrong + truth[:, -1] * missed.max()
        return paid


def calibration(
    truth: NDArray[np.integer], probabilities: Table
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """How sure a model is of a label, and how often the row has it, float64 [bins] each; and how far apart they are.

    Every label of every row counts; they are cut into bins of equally many by their probability. The last figure is
    the mean distance of the two.

    Args:
        truth: int [n, k + 1].
        probabilities: float [n, k].
    """
    order = np.argsort(probabilities, axis=None, kind="stable")
    sure = np.array_split(probabilities.ravel()[order].astype(np.float64), BINS)
    has = np.array_split((truth[:, :-1] > 0).ravel()[order].astype(np.float64), BINS)
    filled = [(a.mean(), b.mean(), len(a)) for a, b in zip(sure, has, strict=True) if len(a)]
    says, is_so, sizes = np.array(filled).T
    return says, is_so, float(np.average(np.abs(says - is_so), weights=sizes))


def always_the_same(truth: NDArray[np.integer]) -> Answers:
    """The best answer without reading: the same labels for every row, those with the largest micro-F1.

    Args:
        truth: int [n, k + 1].
    """
    rows, labels = len(truth), truth.shape[1] - 1
    counts = (truth[:, :-1] > 0).sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    f1 = 2 * np.cumsum(counts[order]) / (rows * np.arange(1, labels + 1) + max(1, truth.sum()))
    given = np.zeros((rows, labels), np.bool_)
    given[:, order[: int(f1.argmax()) + 1]] = True
    return Answers(np.tile(counts / max(1, rows), (rows, 1)), given)


def scores_of_labels(truth: NDArray[np.integer], answers: Answers) -> Mapping[str, NDArray[np.float64]]:
    """Precision, recall, F1, average precision and support of each label: float64 [k] each.

    Args:
        truth: int [n, k + 1].
        answers: of the same rows.
    """
    wanted, given = truth[:, :-1] > 0, answers.given
    hits, support, predicted = (np.asarray(each.sum(axis=0), np.float64) for each in (wanted & given, wanted, given))
    once = np.ones((1, len(truth)), np.int64)
    precisions = [
        average_precision([(wanted[:, k], answers.probabilities[:, k])], once)[0] for k in range(wanted.shape[1])
    ]
    return {
        "precision": _share(hits, predicted),
        "recall": _share(hits, support),
        "f1": _share(2 * hits, support + predicted),
        "average_precision": np.array(precisions),
        "support": support,
    }


def _losses(truth: NDArray[np.integer], table: Table) -> NDArray[np.float64]:
    """Of each row, the mean over labels (nats); probabilities are clipped as those of one label a text."""
    smallest = np.finfo(table.dtype).eps
    sure = np.clip(table.astype(np.float64), smallest, 1 - smallest)
    each = np.where(truth[:, :-1] > 0, -np.log(sure), -np.log1p(-sure))
    mean: NDArray[np.float64] = (each.sum(axis=1) - truth[:, -1] * np.log(smallest)) / table.shape[1]
    return mean


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
