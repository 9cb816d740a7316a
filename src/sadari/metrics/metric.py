"""What counts: one score of a table of probabilities, with its interval, and paired tests of two on the same rows.

Every score is taken of weighted rows: of all rows once, and of rows drawn with replacement (the bootstrap, Efron 1979).
Two rungs are drawn on the same rows, so that the spread of their difference is that of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sadari.errors import SettingError
from sadari.messages import Message, message
from sadari.metrics.answers import Answers, Table
from sadari.metrics.classification import wilson
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.scores.costs import read_costs
from sadari.metrics.scores.drawn import average_precision, f1, losses, recall_at_precision
from sadari.metrics.scores.known import fingerprint, keep
from sadari.metrics.scores.ordinal import distances, weighted_kappa
from sadari.metrics.significance import holm, pair_tests, paired_difference
from sadari.train.labels import place_of_label
from sadari.train.thresholds import USUAL, even_thresholds, likeliest, threshold_at_precision

METRICS = (
    *("accuracy", "macro-f1", "micro-f1", "f1:LABEL", "average-precision", "log-loss"),
    *("recall@precision=0.9", "cost=FILE", "weighted-kappa", "mean-absolute-error"),
)
ORDINAL = ("weighted-kappa", "mean-absolute-error")  # of labels that have an order
OF_SEVERAL = METRICS[:8]  # those that texts of several labels may be judged by
_F1_OF = "f1:"
_LOSS = "log-loss"
RECALL, COST = "recall@precision", "cost"
_COUNTED = ("accuracy", "micro-f1")  # the share of right rows: where a text has one label, micro-F1 is the accuracy
DRAWS = 2_000
_CELLS = 8_000_000  # of rows drawn at a time: 64 MB
_COUNTED_BEFORE: dict[bytes, tuple[float, NDArray[np.float64]]] = {}  # by fingerprint
RARE = 0.9  # a label with a larger share makes accuracy say little

HEADINGS = {
    "accuracy": message("accuracy"),
    "macro-f1": message("macro-F1"),
    "micro-f1": message("micro-F1"),
    "average-precision": message("average precision"),
    _LOSS: message("log loss"),
    COST: message("cost a text"),
    "weighted-kappa": message("weighted kappa"),
    "mean-absolute-error": message("mean absolute error"),
}


@dataclass(frozen=True)
class Metric:
    """What two rungs are compared by.

    Args:
        name: one of `METRICS`.
        label: whose F1 or average precision; None: the mean over labels.
        code: its place among the labels.
        precision: that must be kept where recall counts.
        costs: float64 [k, k], what it costs to give a text of each label (row) each label (column); [2, k] where a text
            may have several: to miss each, and to give it wrongly.
    """

    name: str = "accuracy"
    label: str | None = None
    code: int | None = None
    precision: float = 0.0
    costs: NDArray[np.float64] | None = field(default=None, compare=False)

    @classmethod
    def named(cls, asked: str, label_names: Sequence[str], counts: Sequence[int] | NDArray[np.integer]) -> Metric:
        """The metric of that name.

        Args:
            asked: one of `METRICS`, with a label's name for ``LABEL``.
            label_names: the k labels.
            counts: rows of each; recall, and of two labels average precision, are those of the rarest.

        Raises:
            SettingError: there is no such metric, or no such label.
            DataError: costs cannot be read.
        """
        check_metric(asked)
        names = list(label_names)
        name, colon, label = asked.partition(":")
        if f"{name}{colon}" == _F1_OF:
            return cls(asked, label, place_of_label(label, names))
        kind, _, value = asked.partition("=")
        if kind == COST:
            return cls(asked, costs=read_costs(value, names))
        if kind == RECALL:
            share, _, label = value.partition(":")
            label = label or names[int(np.argmin(counts))]
            return cls(f"{RECALL}={share}:{label}", label, place_of_label(label, names), precision=float(share))
        if asked == "average-precision" and len(names) == 2:
            rarer = int(np.argmin(counts))
            return cls(asked, names[rarer], rarer)
        return cls(asked)

    @property
    def heading(self) -> Message:
        """Its name in a table."""
        if self.name.startswith(_F1_OF):
            return message("F1 of {label}", label=self.label)
        if self.name.startswith(RECALL):
            said = message("recall of {label} at precision {share}")
            return said.filled(label=self.label, share=f"{self.precision:g}")
        return HEADINGS[self.kind]

    @property
    def kind(self) -> str:
        """Its name without what is asked of it: ``f1``, ``cost``, ``recall@precision``."""
        return self.name.partition(":")[0].partition("=")[0]

    @property
    def lower_is_better(self) -> bool:
        return self.kind in (_LOSS, COST, "mean-absolute-error")

    @property
    def unit(self) -> Message | str:
        """What differences are counted in."""
        if not self.lower_is_better:
            return message("points")
        if self.kind == _LOSS:
            return "nats"
        return message("of cost") if self.kind == COST else message("steps")

    @property
    def sign(self) -> int:
        """What a score is multiplied by, so that the higher is the better."""
        return -1 if self.lower_is_better else 1

    @property
    def chooses_thresholds(self) -> bool:
        """Whether it gains by giving rare labels though another is likelier."""
        return not self.reads_probabilities or self.kind == RECALL

    @property
    def asks_for_thresholds(self) -> bool:
        """Whether it asks for others than those by which F1 is best, which a model of several labels has anyway."""
        return self.kind in (RECALL, COST)

    def thresholds(self, truth: NDArray[np.integer], table: Table) -> NDArray[np.float64]:
        """The thresholds float64 [k] by which it is best on rows that were not trained on.

        The share of right rows gains by them only as far as probabilities are not what they say: there a gain must
        exceed its own standard error by a row (Edwards 1948), as in McNemar's test.

        Args:
            truth: int [n], −1 for a label that training never saw.
            table: float [n, k], probabilities.
        """
        if not self.chooses_thresholds:
            return np.full(table.shape[1], USUAL)
        known = truth[truth >= 0]
        shares = (np.bincount(known, minlength=table.shape[1]) + 1) / (len(known) + table.shape[1])
        if self.costs is not None:  # exact of two labels, and where a cost depends on the true label alone
            dear = self.costs.sum(axis=1) / max(1, len(self.costs) - 1)
            shares = 1 / np.maximum(dear, 1e-6 * max(float(dear.max()), 1e-300))
            shares /= shares.sum()
        if self.code is not None:  # that label against all others together
            shares = np.where(np.arange(len(shares)) == self.code, shares, 1 - shares[self.code])

        if self.kind == RECALL:
            return threshold_at_precision(table, truth == self.code, self.code or 0, self.precision)

        def error(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
            return (1 + float(np.sqrt(np.count_nonzero((one == truth) != (other == truth))))) / len(truth)

        counted = error if self.counts_rows else None
        return even_thresholds(
            table, shares, lambda given: self.sign * self.point(truth, Answers(table, given)), counted
        )

    def given(self, table: Table, thresholds: NDArray[np.floating]) -> NDArray[Any]:
        """The labels that these thresholds give: int [n], or bool [n, k] of several.

        Args:
            table: float [n, k], probabilities.
            thresholds: float [k].
        """
        return likeliest(table, thresholds)

    def held_out(self, truth: NDArray[np.integer], table: Table) -> Answers:
        """Answers by thresholds that were chosen on the other half of the rows.

        So the rows say what thresholds are worth on rows that they were not chosen on.

        Args:
            truth: int [n].
            table: float [n, k], probabilities of rows that were not trained on.
        """
        if not self.chooses_thresholds or len(truth) < 2:
            return Answers(table, self.given(table, np.full(table.shape[1], USUAL)))
        odd = np.arange(len(truth)) % 2 == 1
        halves = [self.given(table[half], self.thresholds(truth[~half], table[~half])) for half in (odd, ~odd)]
        given = np.empty((len(truth), *halves[0].shape[1:]), halves[0].dtype)
        given[odd], given[~odd] = halves
        return Answers(table, given)

    def point(self, truth: NDArray[np.integer], answers: Answers | Table) -> float:
        """The score without its interval.

        Args:
            truth: int [n].
            answers: of the same rows.
        """
        return float(self.of_draws(truth, answers, np.ones((1, len(truth)), np.int64))[0])

    def quick(self, truth: NDArray[np.integer], table: Table) -> float:
        """One figure of a model on rows that it did not see, for learning curves and trials of settings.

        Args:
            truth: int [n].
            table: float [n, k], probabilities.
        """
        return self.point(truth, self.held_out(truth, table))

    def of_draws(
        self, truth: NDArray[np.integer], answers: Answers | Table, weights: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """The score of each draw: float64 [d].

        Args:
            truth: int [n], −1 for a label that training never saw.
            answers: of the n rows.
            weights: int [d, n], how often each row is drawn.
        """
        answers = Answers.of(answers)
        table = answers.probabilities
        if self.name == _LOSS:
            return weights @ losses(truth, table) / weights.sum(axis=1)
        if self.counts_rows:
            return weights @ self.right(truth, answers).astype(np.float64) / weights.sum(axis=1)
        if self.kind == COST and self.costs is not None:
            paid = self.costs[truth, answers.given]
            return weights @ np.where(truth < 0, self.costs.max(), paid) / weights.sum(axis=1)
        if self.name == "mean-absolute-error":
            return weights @ distances(truth, answers.given, table.shape[1]) / weights.sum(axis=1)
        if self.name == "weighted-kappa":
            return weighted_kappa(truth, answers.given, weights, table.shape[1])
        if self.kind == RECALL:
            return recall_at_precision(truth == self.code, table[:, self.code or 0], weights, self.precision)
        if self.name == "average-precision":
            labels = range(table.shape[1]) if self.code is None else [self.code]
            return average_precision([(truth == label, table[:, label]) for label in labels], weights)
        return f1(truth, answers.given, weights, table.shape[1], self.code)

    def score(self, truth: NDArray[np.integer], answers: Answers | Table, *, seed: int = 0) -> Interval:
        """The score with its 95 % interval: Wilson's for shares of rows, else of the bootstrap.

        Args:
            truth: int [n], −1 for a label that training never saw.
            answers: of the n rows.
            seed: of the draws.
        """
        return self.compare(truth, {"": answers}, seed=seed)[0][""]

    def compare(
        self, truth: NDArray[np.integer], tables: Mapping[str, Answers | Table], *, seed: int = 0
    ) -> tuple[dict[str, Interval], list[PairTest]]:
        """The score of each rung, and a paired test of every two of them.

        Shares of right rows: the exact McNemar test. Else the difference over its standard deviation in the draws, on
        the normal distribution; no p-value is below what the signs of the rows that differ could give. Draws that are
        all the same do not make a share certain: there the intervals are those of as many rows that are all right (or
        all wrong), and of two rungs that agree on all of them.

        Args:
            truth: int [n], −1 for a label that training never saw.
            tables: rung → its answers.
            seed: of the draws.
        """
        right = {name: self.right(truth, table) for name, table in tables.items()}
        tests = pair_tests(right)
        if self.counts_rows:
            return {name: wilson(int(rows.sum()), len(rows)) for name, rows in right.items()}, tests
        values, drawn = self._drawn(truth, tables, seed)
        for test in tests:
            rows = self.differ(tables[test.first], tables[test.second])
            gain = self.sign * (values[test.second] - values[test.first])
            spread = self.sign * (drawn[test.second] - drawn[test.first])
            test.difference, test.p_value = _tested(gain, spread, int(np.count_nonzero(rows)))
            if _all_the_same(spread) and not self.lower_is_better:
                agreed = paired_difference(0, 0, len(rows))
                test.difference = Interval(gain, min(gain, agreed.low), max(gain, agreed.high))
        for test, corrected in zip(tests, holm([test.p_value for test in tests]), strict=True):
            test.p_corrected = float(corrected)
        return {name: self._interval(values[name], drawn[name], len(truth)) for name in tables}, tests

    def _interval(self, value: float, drawn: NDArray[np.float64], rows: int) -> Interval:
        """That of the draws; of a share that is the same in all of them, Wilson's of as many rows."""
        low, high = np.quantile(drawn, [0.025, 0.975])
        if _all_the_same(drawn) and not self.lower_is_better and round(value, 9) in (0, 1):
            certain = wilson(round(value) * rows, rows)
            low, high = certain.low, certain.high
        return Interval(value, min(value, float(low)), max(value, float(high)))

    @property
    def reads_probabilities(self) -> bool:
        """Whether it goes by the probabilities themselves, and not by the labels that they give."""
        return self.kind in (_LOSS, "average-precision", RECALL)

    @property
    def counts_rows(self) -> bool:
        """Whether it is the share of rows that are right."""
        return self.name in _COUNTED

    def right(self, truth: NDArray[np.integer], answers: Answers | Table) -> NDArray[np.bool_]:
        """bool [n]: which rows are right.

        Args:
            truth: int [n].
            answers: of the n rows.
        """
        return np.asarray(Answers.of(answers).given == truth)

    def differ(self, one: Answers | Table, other: Answers | Table) -> NDArray[np.bool_]:
        """bool [n]: on which rows two rungs differ, in what the metric reads.

        Args:
            one: of the first.
            other: of the second.
        """
        first, second = (
            answers.probabilities if self.reads_probabilities else answers.given
            for answers in (Answers.of(one), Answers.of(other))
        )
        return np.asarray((first != second).reshape(len(first), -1).any(axis=1))

    def _drawn(
        self, truth: NDArray[np.integer], tables: Mapping[str, Answers | Table], seed: int
    ) -> tuple[dict[str, float], dict[str, NDArray[np.float64]]]:
        """The score of each rung on all rows, and on the draws: the same for every rung."""
        once = np.ones((1, len(truth)), np.int64)
        answers = {name: Answers.of(table) for name, table in tables.items()}
        asked = (type(self), self.name, self.code, self.precision, self.costs, truth, seed)
        places = {name: fingerprint(*asked, own.probabilities, own.given) for name, own in answers.items()}
        parts: dict[str, list[NDArray[np.float64]]] = {
            name: [] for name in tables if places[name] not in _COUNTED_BEFORE
        }
        known = {name: _COUNTED_BEFORE[place] for name, place in places.items() if name not in parts}
        for weights in _draws(len(truth), seed) if parts else ():
            for name, part in parts.items():
                part.append(self.of_draws(truth, answers[name], weights))
        for name, part in parts.items():
            value = float(self.of_draws(truth, answers[name], once)[0])
            known[name] = keep(_COUNTED_BEFORE, places[name], (value, np.concatenate(part)))
        return {name: known[name][0] for name in tables}, {name: known[name][1] for name in tables}


def check_metric(asked: str) -> None:
    """Refuse what is the name of no metric.

    Raises:
        SettingError: what may be asked for.
    """
    if asked.partition(":")[:2] == ("f1", ":") or (asked in METRICS and ":" not in asked and "=" not in asked):
        return
    kind, equal, value = asked.partition("=")
    if equal and kind == COST and value:
        return
    if equal and kind == RECALL:
        try:
            share = float(value.partition(":")[0])
        except ValueError:
            share = 0.0
        if 0 < share < 1:
            return
    raise SettingError(
        message("there is no metric {metric!r}", metric=asked),
        hint=message("choose from: {metrics}", metrics=", ".join(METRICS)),
    )


def suggested(counts: Sequence[int] | NDArray[np.integer]) -> bool:
    """Whether another metric than accuracy is to be looked at: one label has over nine tenths of the rows.

    Args:
        counts: rows of each label.
    """
    return bool(np.max(counts) > RARE * np.sum(counts))


def _draws(rows: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Rows drawn with replacement, as how often each is drawn: int64 [some, rows], `DRAWS` of them in all."""
    generator = np.random.default_rng(seed)
    step = max(1, min(DRAWS, _CELLS // rows))
    for start in range(0, DRAWS, step):
        size = min(step, DRAWS - start)
        picked = generator.integers(rows, size=(size, rows)) + rows * np.arange(size)[:, None]
        yield np.bincount(picked.ravel(), minlength=size * rows).reshape(size, rows)


def _all_the_same(drawn: NDArray[np.float64]) -> bool:
    return float(np.ptp(drawn)) < 1e-12


def _tested(gain: float, drawn: NDArray[np.float64], differ: int) -> tuple[Interval, float]:
    """A difference with its interval, and its p-value; ``differ``: rows on which the two differ."""
    least = min(1.0, 2.0 ** (1 - differ))  # all signs one way
    error = float(drawn.std())
    p = least if error == 0 else max(least, 2 * float(ndtr(-abs(gain) / error)))
    half = float(ndtri(0.975)) * error
    return Interval(gain, gain - half, gain + half), p
