"""What every section of a report reads: the result, what follows from it for all of them, and its language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sadari import readable
from sadari.climb.measuring.scores import amount_figure, score_figure
from sadari.climb.report.charts import Titles
from sadari.climb.result import FINAL_NAMES, MOST_LABELS, ClimbResult, RungResult
from sadari.errors import DataError
from sadari.messages import Message, message, render
from sadari.metrics.classification import Confusion, confusion_cells
from sadari.metrics.metric import Metric
from sadari.metrics.several import SeveralMetric, all_right


@dataclass(frozen=True)
class View:
    """A climb's result, to be shown in one language."""

    result: ClimbResult
    lang: str

    @cached_property
    def taken(self) -> RungResult:
        """The recommended rung."""
        for rung in self.result.rungs:
            if rung.rung == self.result.verdict.rung:
                return rung
        raise DataError(
            message("the verdict takes {rung!r}, which is not among the rungs", rung=self.result.verdict.rung)
        )

    @cached_property
    def metric(self) -> Metric:
        """What the verdict goes by."""
        names = self.result.label_names
        kind = SeveralMetric if self.result.several else Metric
        return kind.named(self.result.verdict.metric, names, [1] * len(names))

    @cached_property
    def final(self) -> str:
        """What the final rows are called: test, or held-out."""
        return self.say(FINAL_NAMES.get(self.result.final_name, self.result.final_name))

    @property
    def rows_of_labels(self) -> np.ndarray:
        """int64 [k]: how many final rows have each label."""
        truth, labels = self.result.truth, len(self.result.label_names)
        return (
            (truth[:, :-1] > 0).sum(axis=0) if self.result.several else np.bincount(truth[truth >= 0], minlength=labels)
        )

    @property
    def many_labels(self) -> bool:
        """Whether there are more labels than are shown one by one."""
        return len(self.result.label_names) > MOST_LABELS

    def shown_labels(self, weights: np.ndarray) -> np.ndarray:
        """int64: the places of the labels that are shown one by one: all, or of many those with the largest weights.

        Args:
            weights: float [k].
        """
        return np.sort(np.argsort(-weights, kind="stable")[:MOST_LABELS])

    @cached_property
    def rows(self) -> int:
        """How many final rows there are."""
        return len(self.result.truth)

    @cached_property
    def correct(self) -> np.ndarray:
        """bool [rungs, n]: whether each rung got each final row right."""
        if self.result.several:
            return np.stack([all_right(self.result.truth, rung.predictions) for rung in self.result.rungs])
        return np.stack([rung.predictions == self.result.truth for rung in self.result.rungs])

    def confusion(self, rung: RungResult) -> Confusion:
        """The confusion matrix on the final rows, by its cells."""
        return confusion_cells(self.result.truth, rung.predictions, classes=len(self.result.label_names))

    def say(self, said: Message | str) -> str:
        """A sentence in the report's language."""
        return render(said, self.lang)

    def percent(self, share: float) -> str:
        """``0.911`` → "91.1 %", "91.1%"."""
        return self.say(readable.in_percent(share))

    def score(self, value: float) -> str:
        """What counts, with its unit."""
        return self.say(score_figure(self.metric, value))

    def amount(self, value: float) -> str:
        """A difference of what counts, without sign and unit."""
        return amount_figure(self.metric, value)

    def duration(self, seconds: float) -> str:
        """``1.4`` → "1.40 s", "1.40초"."""
        return self.say(readable.duration(seconds))

    def titles(
        self, title: Message, description: str, across: Message, upward: Message, *, shares: bool = True
    ) -> Titles:
        """What stands around a chart; ``shares``: whether its scores are written in per cent."""
        return Titles(self.say(title), description, self.say(across), self.say(upward), self.lang, shares)
