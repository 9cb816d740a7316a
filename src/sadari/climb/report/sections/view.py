"""What every section of a report reads: the result, the words of its language, and pieces used by several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sadari.climb.report.html import Html, Piece, element, foreign
from sadari.climb.result import ClimbResult, RungResult
from sadari.errors import DataError
from sadari.messages import Message, message, render
from sadari.metrics.classification import confusion_matrix
from sadari.metrics.interval import Interval
from sadari.wording import Wording
from sadari.wording import numbers as readable


@dataclass(frozen=True)
class View:
    """A climb's result, to be shown in one language."""

    result: ClimbResult
    words: Wording

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
    def final(self) -> str:
        """What the final rows are called: test, or held-out."""
        return self.words.name("final", self.result.final_name)

    @cached_property
    def rows(self) -> int:
        """How many final rows there are."""
        return len(self.result.truth)

    @cached_property
    def correct(self) -> np.ndarray:
        """bool [rungs, n]: whether each rung got each final row right."""
        return np.stack([rung.predictions == self.result.truth for rung in self.result.rungs])

    def confusion(self, rung: RungResult) -> np.ndarray:
        """int64 [k + 1, k] on the final rows; the last row holds labels that training never saw."""
        return confusion_matrix(self.result.truth, rung.predictions, classes=len(self.result.label_names))

    def label(self, index: int) -> Html:
        """The name of a label, or of those that training never saw (−1)."""
        if index < 0:
            return element("em", self.words.say("unseen_label"))
        return foreign(readable.label(self.result.label_names[index]))

    def said(self, value: Any) -> Any:
        """A sentence in the report's language; what is none stays as it is."""
        return render(value, self.words.lang) if isinstance(value, Message) else value

    def section(self, name: str, *pieces: Piece, paged: bool = False, **values: object) -> Html:
        """A section with its heading and one sentence that says how to read it."""
        return element(
            "section",
            element("h2", self.words.say(f"{name}_title"), id=f"{name}-title"),
            element("p", self.words.say(f"{name}_lead", **values), class_="lead"),
            *pieces,
            id=name,
            aria_labelledby=f"{name}-title",
            class_="paged" if paged else None,
        )


def scrolling(table: Html, label: str) -> Html:
    """A table in a box of its own, so that a phone scrolls the table and not the page."""
    return element("div", table, class_="scroll", role="region", aria_label=label, tabindex=0)


def with_interval(score: Interval) -> Html:
    """``91.1 ±0.6``, its limits on hover."""
    limits = f"{readable.percent(score.low)} – {readable.percent(score.high)} %"
    return element(
        "span",
        readable.percent(score.value),
        element("small", f" ±{readable.plus_minus(score)}"),
        title=limits,
    )


def meter(share: float) -> Html:
    """A bar as long as a share of its place; what it shows also stands beside it in figures."""
    return element(
        "span",
        element("i", style=f"width:{100 * min(max(share, 0.0), 1.0):.1f}%"),
        class_="meter",
        aria_hidden="true",
    )
