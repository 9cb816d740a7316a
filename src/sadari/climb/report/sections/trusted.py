"""How far the recommended rung's answers can be trusted: its confidence, what is withheld, and sets of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from sadari import readable
from sadari.climb.report.charts import coverage_chart, reliability_chart
from sadari.climb.report.sections.scores import Figure, shown_figures
from sadari.climb.report.sections.view import View
from sadari.messages import Message, message
from sadari.metrics.care import MIN_PRECISION, PRECISE
from sadari.metrics.classification import reliability
from sadari.metrics.coverage import risk_coverage
from sadari.metrics.several import calibration

_FEWEST_FOR_RELIABILITY = 100  # rows: fewer leave bins of a handful, and a line that says nothing
_NOTHING: dict[str, Any] = {"share": np.nan, "right": np.nan, "by_label": {}, "right_by_label": {}}
_BY_LABEL = (("answered", "by_label"), ("answered", "right_by_label"), ("sets", "by_label"), ("sets", "size_by_label"))


def trusted(view: View) -> dict[str, Any] | None:
    """Charts on confidence and on answers withheld; of all texts and of each label, what is answered and in its set."""
    figures, care = shown_figures(_reliability(view), _coverage(view)), view.taken.care
    if not care:
        return None if figures is None else {**figures, "care": None, "lines": []}
    care = {"answered": None, "risk_area": np.nan, **care}
    answered = care["answered"] or _NOTHING
    of = {"answered": answered, "sets": care["sets"]}
    names, rows = view.result.label_names, view.rows_of_labels
    lines = [
        (place, *(of[part][by].get(names[place], np.nan) for part, by in _BY_LABEL))
        for place in view.shown_labels(rows).tolist()
    ]
    said = _said_of_care(care, view.final)
    shown = figures["figures"] if figures else []
    return {"figures": shown, "care": {**care, "answered": answered}, "said": said, "lines": lines}


def _said_of_care(care: dict[str, Any], final: str) -> Message:
    """What the figures of answers withheld and of sets are."""
    answered, sets = care["answered"], care["sets"]["asked"]
    area = readable.in_percent(care["risk_area"])
    if answered is None:
        said = message(
            "{final} rows. No label is sure enough for --min-precision {precise:g}. Sets: with --sets {sets:g}, how "
            "often they hold all right labels; of a label, how often the sets of its texts hold it."
        )
        return said.filled(final=final, precise=PRECISE, sets=sets)
    said = message(
        "{final} rows. Answered and right: with --coverage {answered:g}, by a threshold learned on validation rows; of "
        "a label, the share of its texts that is answered, and the share of the answers with it that is right. Sets: "
        "with --sets {sets:g}, how often they hold the right label. The area under risk against coverage is {area}."
    )
    if answered["how"] == MIN_PRECISION:
        said = message(
            "{final} rows. Answered and right: of the labels that would be given, those that are with --min-precision "
            "{answered:g}, by thresholds learned on validation rows, and the share of these that is right. Sets: with "
            "--sets {sets:g}, how often they hold all right labels; of a label, how often the sets of its texts hold "
            "it. The area under risk against coverage of the labels given is {area}."
        )
    return said.filled(final=final, answered=answered["asked"], sets=sets, area=area)


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
