"""How a climb was made: the split, the seed, what was decided on the way, each rung's settings, the versions."""

from __future__ import annotations

from sadari.climb.report.html import Html, Piece, element, foreign
from sadari.climb.report.sections.plain import pairs
from sadari.climb.report.sections.view import View
from sadari.messages import render


def settings(view: View) -> Html:
    """All that it takes to make the same climb again."""
    result, words = view.result, view.words
    split: dict[str, object] = {words.name("rows", name): count for name, count in result.rows.items()}
    split[words.say("seed")] = str(result.seed)
    split[words.say("seconds_in_all")] = words.duration(result.seconds)
    notes = [element("li", foreign(render(note, words.lang))) for note in result.notes]
    rungs = []
    for rung in result.rungs:
        folder: dict[str, object] = {words.say("folder"): rung.folder} if rung.folder else {}
        rungs.append(element("div", element("h3", rung.rung), pairs(view, {**rung.settings, **folder})))
    versions = pairs(view, dict(result.versions))
    return view.section(
        "settings",
        pairs(view, split),
        element("ul", notes, class_="notes") if notes else None,
        _folded(words.say("settings_of_rungs"), element("div", rungs, class_="several")),
        _folded(words.say("versions"), versions) if result.versions else None,
    )


def _folded(title: str, content: Piece) -> Html:
    """Open, so that print shows it, and to be folded by those who scroll past."""
    return element("details", element("summary", title), content, open=True)
