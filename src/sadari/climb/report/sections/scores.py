"""The table of rungs, which of their differences are real, and what accuracy costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sadari.climb.columns import Column, columns_of
from sadari.climb.report.charts import Curve, Dot, Titles, cost_chart, curve_chart, reliability_chart
from sadari.climb.report.html import Html, Piece, element, joined
from sadari.climb.report.sections.view import View, scrolling, with_interval
from sadari.climb.result import RungResult
from sadari.climb.verdict import LEVEL
from sadari.metrics.classification import reliability
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.significance import paired_difference
from sadari.wording import numbers as readable

FEW_PAIRS = 15  # six rungs; of more, those that matter come first and all of them on request
_FEWEST_FOR_RELIABILITY = 100  # rows: fewer leave bins of a handful, and a line that says nothing


def table(view: View) -> Html:
    """One line a rung, the recommended one marked."""
    result, words = view.result, view.words
    columns = columns_of(result.rungs)
    header = element(
        "tr",
        element("th", words.say("rung"), scope="col"),
        [
            element(
                "th",
                view.said(column.heading),
                element("small", view.said(column.unit)),
                scope="col",
                class_="number",
            )
            for column in columns
        ],
    )
    lines = [_line(view, rung, columns) for rung in result.rungs]
    drawn = element(
        "table",
        element("caption", words.say("table_caption", rows=readable.count(view.rows), final=view.final)),
        element("thead", header),
        element("tbody", lines),
        class_="wide rungs",
    )
    skipped = [
        element("p", element("b", name), f": {why}", class_="muted")
        for name, why in ((name, words.say("skipped", why=why)) for name, why in result.skipped)
    ]
    return view.section("scores", scrolling(drawn, words.say("scores_title")), skipped, final=view.final)


def _line(view: View, rung: RungResult, columns: Sequence[Column]) -> Html:
    taken = rung is view.taken
    return element(
        "tr",
        element(
            "th",
            rung.rung,
            element("span", view.words.say("recommended"), class_="badge") if taken else None,
            element("small", rung.note) if rung.note else None,
            scope="row",
        ),
        [element("td", _cell(view, rung, column), class_="number") for column in columns],
        class_="taken" if taken else None,
    )


def _cell(view: View, rung: RungResult, column: Column) -> Piece:
    found = column.read(rung)
    if found is None:
        return readable.DASH
    if not isinstance(found, Interval):
        return column.figure(found)
    if not column.spans:
        return with_interval(found)
    every = [column.read(other) for other in view.result.rungs]
    low, high = min(score.low for score in every), max(score.high for score in every)
    return joined(with_interval(found), _span(found, low, high))


def _span(score: Interval, low: float, high: float) -> Html:
    """The score and its interval on a line that all rungs share."""
    width = (high - low) or 1.0
    left, right, middle = (100 * (edge - low) / width for edge in (score.low, score.high, score.value))
    return element(
        "span",
        element("i", style=f"left:{left:.1f}%;width:{right - left:.1f}%"),
        element("b", style=f"left:{middle:.1f}%"),
        class_="span",
        aria_hidden="true",
    )


def differences(view: View) -> Html | None:
    """Every pair of rungs with its paired tests on the validation and the final rows."""
    result, words = view.result, view.words
    validation = {(test.first, test.second): test for test in result.validation_tests}
    final = {(test.first, test.second): test for test in result.final_tests}
    pairs = list(dict.fromkeys([*validation, *final]))
    if not pairs:
        return None
    taken = view.taken.rung
    telling = [pair for pair in pairs if taken in pair or any(_sure(tests.get(pair)) for tests in (validation, final))]
    if len(pairs) <= FEW_PAIRS or len(telling) == len(pairs):
        return view.section("differences", _differences(view, pairs, validation, final))
    summary = element("summary", words.say("differences_all", pairs=readable.count(len(pairs))))
    return view.section(
        "differences",
        _differences(view, telling, validation, final),
        element("details", summary, _differences(view, pairs, validation, final)),
    )


def _sure(test: PairTest | None) -> bool:
    """Whether a difference is told apart from chance."""
    return test is not None and test.p_corrected < LEVEL


def _differences(
    view: View, pairs: Sequence[tuple[str, str]], validation: Mapping[Any, PairTest], final: Mapping[Any, PairTest]
) -> Html:
    words = view.words
    rows = {"validation": len(view.taken.validation_predictions), "final": view.rows}
    lines = [
        element(
            "tr",
            element("th", f"{first} → {second}", scope="row"),
            _difference(validation.get((first, second)), rows["validation"]),
            _difference(final.get((first, second)), rows["final"]),
        )
        for first, second in pairs
    ]
    names = (words.name("rows", "validation"), view.final)
    header = joined(
        element(
            "tr",
            element("th", words.say("pair"), scope="col", rowspan=2),
            [element("th", name, scope="colgroup", colspan=2, class_="number") for name in names],
        ),
        element(
            "tr",
            [
                element("th", words.say(key), scope="col", class_="number")
                for _ in names
                for key in ("gain_points", "p_corrected")
            ],
        ),
    )
    drawn = element("table", element("thead", header), element("tbody", lines))
    return scrolling(drawn, words.say("differences_title"))


def _difference(test: PairTest | None, rows: int) -> Piece:
    if test is None:
        return [element("td", readable.DASH, class_="number")] * 2
    gain = paired_difference(test.first_only, test.second_only, rows)
    sign = "+" if gain.value > 0 else "−" if gain.value < 0 else ""
    kind = "number sure" if _sure(test) else "number"
    return [
        element(
            "td",
            f"{sign}{readable.points(gain.value)}",
            element("small", f" ±{readable.plus_minus(gain)}"),
            class_=kind,
        ),
        element("td", readable.p_value(test.p_corrected).removeprefix("p = ").removeprefix("p "), class_=kind),
    ]


def costs(view: View) -> Html | None:
    """Accuracy against the time a text, and against the time to train."""
    words = view.words
    by_text = _costs(view, "cost_text", [_seconds_a_text(rung) for rung in view.result.rungs])
    by_training = _costs(view, "cost_train", [rung.train_seconds for rung in view.result.rungs])
    shown = [figure for figure in (by_text, by_training) if figure is not None]
    if not shown:
        return None
    return view.section("costs", element("div", shown, class_="charts"), rung=words.say("recommended"))


def _costs(view: View, key: str, seconds: list[float]) -> Html | None:
    words, rungs = view.words, view.result.rungs
    dots = [
        Dot(
            rung.rung,
            cost,
            rung.accuracy.value,
            rung.accuracy.low,
            rung.accuracy.high,
            marked=rung is view.taken,
            order=order,
        )
        for order, (rung, cost) in enumerate(zip(rungs, seconds, strict=True))
    ]
    told = ", ".join(f"{dot.name} {readable.percent(dot.value)} % {readable.duration(dot.cost)}" for dot in dots)
    titles = Titles(words.say(f"{key}_title"), told, words.say(f"{key}_across"), words.say("accuracy"))
    return _figure(cost_chart(dots, titles), titles.title, words.say(f"{key}_note"))


def learning(view: View) -> Html | None:
    """Validation accuracy against training rows; how far the recommended rung's confidence is right."""
    words, taken = view.words, view.taken
    curves = [
        Curve(
            rung.rung,
            [rows for rows, _ in rung.curve],
            [score for _, score in rung.curve],
            marked=rung is taken,
            order=order,
        )
        for order, rung in enumerate(view.result.rungs)
    ]
    told = "; ".join(
        f"{curve.name}: "
        + ", ".join(
            f"{readable.count(rows)} → {readable.percent(score)} %"
            for rows, score in zip(curve.rows, curve.values, strict=True)
        )
        for curve in curves
        if curve.rows
    )
    titles = Titles(words.say("curve_title"), told, words.say("curve_across"), words.say("curve_upward"))
    shown = [
        figure
        for figure in (
            _figure(curve_chart(curves, titles), titles.title, words.say("curve_note")),
            _reliability(view),
        )
        if figure is not None
    ]
    return view.section("learning", element("div", shown, class_="charts")) if shown else None


def _reliability(view: View) -> Html | None:
    taken, words = view.taken, view.words
    if view.rows < _FEWEST_FOR_RELIABILITY or not np.isfinite(taken.probabilities).all():
        return None
    confidence, accuracy, _ = reliability(view.result.truth, taken.probabilities)
    told = ", ".join(
        f"{readable.percent(sure)} % → {readable.percent(right)} %"
        for sure, right in zip(confidence, accuracy, strict=True)
    )
    titles = Titles(
        words.say("reliability_title", rung=taken.rung),
        told,
        words.say("reliability_across"),
        words.say("reliability_upward"),
    )
    note = words.say("reliability_note", error=readable.percent(taken.calibration_error))
    return _figure(reliability_chart(confidence.tolist(), accuracy.tolist(), titles), titles.title, note)


def _seconds_a_text(rung: RungResult) -> float:
    return 1 / rung.bulk_texts_per_second if rung.bulk_texts_per_second > 0 else float("inf")


def _figure(chart: Html | None, title: str, note: str) -> Html | None:
    if chart is None:
        return None
    return element("figure", element("figcaption", element("h3", title), element("small", note)), chart)
