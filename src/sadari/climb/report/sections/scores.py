"""The table of rungs, which of their differences are real, and what accuracy costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from sadari import readable
from sadari.climb.columns import columns_of
from sadari.climb.measuring.scores import amount_unit
from sadari.climb.report.charts import Curve, Dot, cost_chart, curve_chart
from sadari.climb.report.sections.view import View
from sadari.climb.result import RungResult
from sadari.climb.verdict.decide import LEVEL
from sadari.messages import Message, message
from sadari.metrics.interval import Interval, PairTest

Figure = tuple[Message, Message, Markup | None]  # title, what to see in it, the chart

FEW_PAIRS = 15  # six rungs; of more, those that matter come first and all of them on request


def table(view: View) -> dict[str, Any]:
    """One line a rung, one column a figure; where their intervals are drawn, from the lowest limit to the highest."""
    columns = columns_of(view.result.rungs)
    figures = [[column.read(rung) for rung in view.result.rungs] for column in columns]
    scales = [
        (min(score.low for score in scores), max(score.high for score in scores)) if column.spans else None
        for column, scores in zip(columns, figures, strict=True)
    ]
    return {"columns": list(zip(columns, scales, strict=True))}


def differences(view: View) -> dict[str, Any] | None:
    """Every pair of rungs with its paired tests on the validation and the final rows."""
    validation = {(test.first, test.second): test for test in view.result.validation_tests}
    final = {(test.first, test.second): test for test in view.result.final_tests}
    pairs = [
        (pair, [_difference(tests.get(pair)) for tests in (validation, final)])
        for pair in dict.fromkeys([*validation, *final])
    ]
    if not pairs:
        return None
    telling = [one for one in pairs if view.taken.rung in one[0] or any(sure for _, _, sure in one[1])]
    few = len(pairs) <= FEW_PAIRS or len(telling) == len(pairs)
    every = None if few else pairs
    return {"shown": pairs if few else telling, "every": every, "unit": amount_unit(view.metric)}


def _difference(test: PairTest | None) -> tuple[Interval | None, float, bool]:
    """What the second rung gains, its p corrected for all pairs, and whether that is told apart from chance."""
    if test is None:
        return None, 1.0, False
    return test.difference, test.p_corrected, test.p_corrected < LEVEL


def costs(view: View) -> dict[str, Any] | None:
    """What counts against the time a text, and against the time to train."""
    by_text = _costs(
        view,
        [_seconds_a_text(rung) for rung in view.result.rungs],
        message("What a text costs"),
        message("Time to label one text, when many are labelled at once"),
        message("time a text, in bulk"),
    )
    by_training = _costs(
        view,
        [rung.train_seconds for rung in view.result.rungs],
        message("What training costs"),
        message("From texts and labels in memory to a trained model"),
        message("training time"),
    )
    return shown_figures(by_text, by_training)


def _costs(view: View, seconds: Sequence[float], title: Message, note: Message, across: Message) -> Figure:
    dots = [
        Dot(
            rung.rung,
            cost,
            score.value,
            score.low,
            score.high,
            marked=rung is view.taken,
            order=order,
        )
        for order, (rung, cost) in enumerate(zip(view.result.rungs, seconds, strict=True))
        for score in [rung.score or rung.micro_f1 or rung.accuracy]
    ]
    told = ", ".join(f"{dot.name} {view.score(dot.value)} {view.duration(dot.cost)}" for dot in dots)
    titles = view.titles(title, told, across, view.metric.heading, shares=not view.metric.lower_is_better)
    return title, note, cost_chart(dots, titles)


def learning(view: View) -> dict[str, Any] | None:
    """What counts on validation rows against training rows."""
    curves = [
        Curve(
            rung.rung,
            [rows for rows, _ in rung.curve],
            [score for _, score in rung.curve],
            marked=rung is view.taken,
            order=order,
        )
        for order, rung in enumerate(view.result.rungs)
    ]
    told = "; ".join(
        f"{curve.name}: "
        + ", ".join(
            f"{readable.count(rows)} → {view.score(score)}"
            for rows, score in zip(curve.rows, curve.values, strict=True)
        )
        for curve in curves
        if curve.rows
    )
    title = message("Learning curves")
    note = message("Each rung trained on a part of the rows, scored on the same validation rows")
    what = message("validation rows: {metric}", metric=view.metric.heading)
    titles = view.titles(title, told, message("training rows"), what, shares=not view.metric.lower_is_better)
    return shown_figures((title, note, curve_chart(curves, titles)))


def shown_figures(*figures: Figure | None) -> dict[str, Any] | None:
    """Those that were drawn; None where none was."""
    drawn = [figure for figure in figures if figure is not None and figure[2] is not None]
    return {"figures": drawn} if drawn else None


def _seconds_a_text(rung: RungResult) -> float:
    return 1 / rung.bulk_texts_per_second if rung.bulk_texts_per_second > 0 else float("inf")
