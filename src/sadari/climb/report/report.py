"""A climb as one HTML file: no network, no scripts; for a phone, print, the dark, a screen reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sadari.artifact import atomic_write
from sadari.climb.failures import why_failed
from sadari.climb.report.environment import templates
from sadari.climb.report.sections import audit, labels, overview, scores, settings, several, texts, trusted
from sadari.climb.report.sections.view import View
from sadari.climb.result import ClimbResult
from sadari.errors import DataError
from sadari.messages import Message, message, render


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        name: of its template, ``templates/sections/NAME.html.jinja``, and of its place in the page.
        title: what its heading says.
        values: what the template draws of a result, beside the result itself; None where there is nothing to draw.
        several: True: of results whose texts may have several labels; False: of the others; None: of both.
    """

    name: str
    title: Message
    values: Callable[[View], Mapping[str, Any] | None]
    several: bool | None = None


# In the order of the page.
SECTIONS = (
    Section("scores", message("The rungs"), scores.table),
    Section("differences", message("Which differences are real"), scores.differences),
    Section("costs", message("Scores against cost"), scores.costs),
    Section("learning", message("Would more data help?"), scores.learning),
    Section("trusted", message("Can its answers be trusted?"), trusted.trusted),
    Section("confusion", message("What is taken for what"), labels.confusion, several=False),
    Section("each", message("Each label"), labels.each, several=False),
    Section("each_of_several", message("Each label"), several.each, several=True),
    Section("together", message("Labels that stand together"), several.together, several=True),
    Section("carriers", message("Words that carry each label"), labels.carriers),
    Section("steps", message("What each step mends and breaks"), texts.steps, several=False),
    Section("hardest", message("Texts that no rung gets right"), texts.hardest, several=False),
    Section("doubtful", message("Labels to look at again"), texts.doubtful),
    Section("audit", message("The data"), audit.audit),
    Section("settings", message("How this was made"), settings.settings),
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
    """The page that `write_report` writes, as text.

    Args:
        result: what `climb` found, with at least one rung.
        lang: ``"en"`` or ``"ko"``.

    Raises:
        DataError: the result does not hold together.
        SettingError: a language that is not there.
    """
    page = templates(lang).get_template("page.html.jinja")
    _check(result)
    view = View(result, lang)
    fitting = [section for section in SECTIONS if section.several in (None, result.several)]
    drawn = [(section, made) for section in fitting if (made := _drawn(view, section)) is not None]
    return page.render(view=view, result=result, style=_style(), sections=drawn, **overview.overview(view))


def _drawn(view: View, section: Section) -> Markup | None:
    """A section, or why it cannot be drawn: no picture is worth the models that were climbed."""
    shared = {"view": view, "result": view.result, "name": section.name, "title": render(section.title, view.lang)}
    found = templates(view.lang)
    try:
        values = section.values(view)
        if values is None:
            return None
        return Markup(found.get_template(f"sections/{section.name}.html.jinja").render(shared, **values))
    except Exception as error:
        why = render(why_failed(error, section.name), view.lang)
        return Markup(found.get_template("failed.html.jinja").render(shared, why=why))


@cache
def _style() -> Markup:
    return Markup(resources.files("sadari.climb.report").joinpath("report.css").read_text(encoding="utf-8"))


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
