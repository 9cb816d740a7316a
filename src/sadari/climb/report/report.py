"""A climb as one HTML file: no network, no scripts; for a phone, print, the dark, a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sadari.artifact import atomic_write
from sadari.climb.failures import why_failed
from sadari.climb.report.html import Html, document, element
from sadari.climb.report.sections import labels, overview, scores, texts
from sadari.climb.report.sections.audit import audit
from sadari.climb.report.sections.settings import settings
from sadari.climb.report.sections.view import View
from sadari.climb.result import ClimbResult
from sadari.errors import DataError
from sadari.messages import message
from sadari.wording import wording

# The order of the page: section → what draws it.
_SECTIONS = (
    ("scores", scores.table),
    ("differences", scores.differences),
    ("costs", scores.costs),
    ("learning", scores.learning),
    ("confusion", labels.confusion),
    ("each", labels.each),
    ("carriers", labels.carriers),
    ("steps", texts.steps),
    ("hardest", texts.hardest),
    ("audit", audit),
    ("settings", settings),
)


def write_report(result: ClimbResult, path: str | Path, *, lang: str = "en") -> Path:
    """Write the report of a climb.

    The file is written beside and renamed: it is whole, or what was there before is untouched. The same
    result gives the same bytes.

    Args:
        result: what `climb` found, with at least one rung.
        path: the file to write; folders on the way are made.
        lang: ``"en"`` or ``"ko"``.

    Returns:
        The path written.

    Raises:
        DataError: the result does not hold together (lengths differ, no rung, an unknown recommended rung).
        SettingError: a language that is not there.
        OutputError: the file cannot be written.
    """
    target = Path(path)
    atomic_write(target, report_html(result, lang=lang))
    return target


def report_html(result: ClimbResult, *, lang: str = "en") -> str:
    """The page that `write_report` writes, as text."""
    words = wording(lang)
    _check(result)
    view = View(result, words)
    drawn = {name: section for name, draw in _SECTIONS if (section := _drawn(view, name, draw)) is not None}
    return document(
        words.say("page_title", source=result.source),
        element("header", overview.head(view), overview.verdict(view), overview.contents(view, list(drawn))),
        "\n",
        element("main", [(section, "\n") for section in drawn.values()]),
        element("footer", element("p", words.say("footer"))),
        lang=lang,
    )


def _drawn(view: View, name: str, draw: Callable[[View], Html | None]) -> Html | None:
    """A section, or why it cannot be drawn: no picture is worth the models that were climbed."""
    try:
        return draw(view)
    except Exception as error:
        why = why_failed(error, name, view.words)
        return element(
            "section",
            element("h2", view.words.say(f"{name}_title"), id=f"{name}-title"),
            element("p", view.words.say("failed_section", why=why), class_="muted"),
            id=name,
            aria_labelledby=f"{name}-title",
        )


def _check(result: ClimbResult) -> None:
    if not result.rungs:
        raise DataError(message("the climb has no rung to report on"))
    rows, known = len(result.truth), len(result.label_names)
    if not rows:
        raise DataError(message("the climb has no final rows to report on"))
    lengths = {"final_texts": len(result.final_texts), "leaked": len(result.leaked)}
    for rung in result.rungs:
        lengths[f"{rung.rung}: predictions"] = len(rung.predictions)
        lengths[f"{rung.rung}: probabilities"] = len(rung.probabilities)
        if np.shape(rung.probabilities)[1:] != (known,):
            raise DataError(
                message(
                    "probabilities are {shape}, not {value}", shape=np.shape(rung.probabilities), value=(rows, known)
                ),
                where=rung.rung,
            )
    for name, length in lengths.items():
        if length != rows:
            raise DataError(message("{length:,} entries for {rows:,} final rows", length=length, rows=rows), where=name)
