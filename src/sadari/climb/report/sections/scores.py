"""The table of rungs, which of their differences are real, and what accuracy costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from sadari import readable
from sadari.climb.columns import columns_of
from sadari.climb.measuring.scores import amount_unit
from sadari.climb.report.charts import Curve, Dot, cost_chart, coverage_chart, curve_chart, reliability_chart
from sadari.climb.report.sections.view import View
from sadari.climb.result import RungResult
from sadari.climb.verdict.decide import LEVEL
from sadari.messages import Message, message
from sadari.metrics.classification import reliability
from sadari.metrics.coverage import risk_coverage
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.several import calibration

Figure = tuple[Message, Message, Markup | None]  # title, what to see in it, the chart

FEW_PAIRS = 15  # six rungs; of more, those that matter come first and all of them on request
_FEWEST_FOR_RELIABILITY = 100  # rows: fewer leave bins of a handful, and a line that says nothing


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
    return _shown(by_text, by_training)


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
    """What counts on validation rows against training rows; how far the recommended rung's confidence is right."""
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
    return _shown((title, note, curve_chart(curves, titles)), _reliability(view), _coverage(view))


def _reliability(view: View) -> Figure | None:
    taken = view.taken
    if view.rows < _FEWEST_FOR_RELIABILITY or not np.isfinite(taken.probabilities).all():
        return None
    truth = view.result.truth
    read = calibration if view.result.several else reliability
    confidence, accuracy, _ = read(truth, taken.probabilities)
    told = ", ".join(
        f"{view.percent(sure)} → {view.percent(right)}" for sure, right in zip(confidence, accuracy, strict=True)
    )
    title = message("Can the confidence of {rung} be trusted?", rung=taken.rung)
    note = message(
        "On the broken line it is right as often as it says. Below, it is too sure. "
        "On average it is {error} points off.",
        error=readable.percent(taken.calibration_error),
    )
    titles = view.titles(title, told, message("how sure it was"), message("how often it was right"))
    return title, note, reliability_chart(confidence.tolist(), accuracy.tolist(), titles)


def _coverage(view: View) -> Figure | None:
    """What is gained by leaving texts to a person, on the rows that thresholds are learned from."""
    rows = view.taken.calibration
    if rows is None or rows.certain is None or len(rows.given) < _FEWEST_FOR_RELIABILITY:
        return None
    coverage, risk = risk_coverage(rows.certainty, rows.right)
    places = np.unique(np.linspace(0.05 * len(risk), len(risk), 96).astype(int) - 1).clip(0)
    shown = [(share, 1 - risk[round(share * len(risk)) - 1]) for share in (1.0, 0.9, 0.8, 0.5)]
    told = ", ".join(f"{view.percent(share)} → {view.percent(right)}" for share, right in shown)
    title = message("What is gained by leaving texts to a person?")
    note = message(
        "{rung} on validation rows: all texts answered, {all} are right; the surest 90 %, {most}; the surest half, "
        "{half}. sadari predict --coverage 0.9 or --min-precision 0.95",
        rung=view.taken.rung,
        all=readable.in_percent(shown[0][1]),
        most=readable.in_percent(shown[1][1]),
        half=readable.in_percent(shown[3][1]),
    )
    titles = view.titles(title, told, message("texts answered, the surest first"), message("right answers"))
    return title, note, coverage_chart(coverage[places].tolist(), (1 - risk[places]).tolist(), titles)


def _shown(*figures: Figure | None) -> dict[str, Any] | None:
    drawn = [figure for figure in figures if figure is not None and figure[2] is not None]
    return {"figures": drawn} if drawn else None


def _seconds_a_text(rung: RungResult) -> float:
    return 1 / rung.bulk_texts_per_second if rung.bulk_texts_per_second > 0 else float("inf")
