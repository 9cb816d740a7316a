"""Nested plain values as markup, whatever they hold, to a depth and a length that a page can bear."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sadari.climb.report.html import Html, Piece, element, foreign
from sadari.climb.report.sections.view import View, meter, scrolling
from sadari.wording import numbers as readable

_DEEPEST = 4
_LONGEST = 40  # entries of one table or list
_LETTERS = 400  # of one value


def spelled(view: View, value: object) -> str:
    """One plain value as a person reads it."""
    if isinstance(value, bool) or value is None:
        return view.words.name("value", str(value).lower())
    if isinstance(value, int):
        return readable.count(value)
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else readable.DASH
    return _shortened(str(value))


def pairs(view: View, values: Mapping[str, object]) -> Html:
    """Names and single values, names as they are."""
    entries = [
        (element("dt", foreign(str(name))), element("dd", foreign(spelled(view, value))))
        for name, value in values.items()
    ]
    return element("dl", entries, class_="plain")


def plain(view: View, value: object, *, depth: int = 1) -> Piece:
    """Anything: mappings as definitions (their keys named in the page's language), lists in a row."""
    if isinstance(value, Mapping) and depth < _DEEPEST:
        entries: list[Piece] = [
            (
                element("dt", foreign(view.words.name("audit", str(key)))),
                element("dd", plain(view, inner, depth=depth + 1)),
            )
            for key, inner in list(value.items())[:_LONGEST]
            if not empty(inner)
        ]
        if len(value) > _LONGEST:
            entries.append((element("dt", "…"), element("dd", _more(value))))
        return element("dl", entries, class_="plain" if depth < 2 else "inner")
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        pieces = [plain(view, inner, depth=depth + 1) for inner in value[:_LONGEST]]
        listed: list[Piece] = [[", " if index else "", piece] for index, piece in enumerate(pieces)]
        return [*listed, f" … {_more(value)}" if len(value) > _LONGEST else ""]
    return foreign(spelled(view, value))


def bars(view: View, values: Mapping[object, object], *, shares: bool) -> Html | None:
    """Numbers with bars: shares from 0 to 1, or counts with their share of the sum; ``None`` if all are 0."""
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    longest, total = max(numbers.values(), default=0.0), sum(numbers.values())
    if longest <= 0:
        return None
    if shares:
        longest = total = 1.0
    lines = [
        element(
            "tr",
            element("th", foreign(name), scope="row"),
            None if shares else element("td", readable.count(round(value)), class_="number"),
            element("td", f"{readable.percent(value / total)} %", class_="number"),
            element("td", meter(value / longest), aria_hidden="true"),
        )
        for name, value in list(numbers.items())[:_LONGEST]
    ]
    if len(numbers) > _LONGEST:
        lines.append(element("tr", element("td", f"… {_more(numbers)}", colspan=4)))
    return scrolling(element("table", element("tbody", lines), class_="bars"), view.words.say("labels"))


def grid(view: View, values: Mapping[object, object]) -> Html | None:
    """Things with the same figures each, as a table: ``{"words": {"min": 5, "max": 177}, …}``."""
    things = {str(thing): inner for thing, inner in values.items() if isinstance(inner, Mapping) and inner}
    names = list(dict.fromkeys(name for inner in things.values() for name in inner))[:_LONGEST]
    if not names:
        return None
    heads = [
        element("th", foreign(view.words.name("audit", str(name))), scope="col", class_="number") for name in names
    ]
    lines = [
        element(
            "tr",
            element("th", foreign(view.words.name("audit", thing)), scope="row"),
            [element("td", foreign(spelled(view, inner.get(name, readable.DASH))), class_="number") for name in names],
        )
        for thing, inner in list(things.items())[:_LONGEST]
    ]
    head = element("thead", element("tr", element("td"), heads))
    return scrolling(element("table", head, element("tbody", lines), class_="inner"), view.words.say("audit_lengths"))


def empty(value: object) -> bool:
    """Nothing worth a line."""
    return value is None or (isinstance(value, Mapping | list | tuple | str) and not value)


def _more(values: Mapping[str, object] | list | tuple) -> str:
    return f"+{len(values) - _LONGEST:,}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
