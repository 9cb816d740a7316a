"""The head of a report: what was climbed, the verdict, and where to find what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sadari.climb.report.html import Html, Piece, element, foreign, joined
from sadari.climb.report.sections.view import View, with_interval
from sadari.messages import Message, pieces
from sadari.wording import numbers as readable


def head(view: View) -> Html:
    """The source, and its rows in figures."""
    result, words = view.result, view.words
    facts: list[tuple[str, Piece]] = [
        (words.name("rows", name), readable.count(count)) for name, count in _told(result.rows).items()
    ]
    facts.append((words.say("labels"), readable.count(len(result.label_names))))
    return joined(
        element("p", words.say("eyebrow"), class_="eyebrow"),
        element("h1", foreign(result.source)),
        element("ul", [element("li", element("b", value), " ", name) for name, value in facts], class_="facts"),
    )


def _told(rows: Mapping[str, int]) -> dict[str, int]:
    """The counts of rows that say something: validation rows are the training rows where they come in folds."""
    told = {name: count for name, count in rows.items() if count}
    if "folds" in told:
        told.pop("validation", None)
    if told.get("leaked_near") == told.get("leaked"):
        told.pop("leaked_near", None)
    return told


def verdict(view: View) -> Html:
    """What to take, said in sentences, and the figures of that rung on the final rows."""
    result, words, taken = view.result, view.words, view.taken
    figures = [
        (words.say("figure_accuracy", final=view.final), joined(with_interval(taken.accuracy), " %")),
        (words.say("train"), words.brief(taken.train_seconds, 3)),
        (words.say("one_text"), words.brief(taken.one_text_us / 1e6, 3)),
        (words.say("size"), f"{readable.significant(taken.megabytes)} MB"),
    ]
    return element(
        "section",
        element("h2", words.say("verdict_title"), id="verdict-title"),
        [element("p", names_marked(sentence, view)) for sentence in result.verdict.sentences],
        element(
            "dl",
            [element("div", element("dt", name), element("dd", value)) for name, value in figures],
            class_="figures",
        ),
        class_="verdict",
        id="verdict",
        aria_labelledby="verdict-title",
    )


def names_marked(sentence: Message, view: View) -> Html:
    """A sentence with the rungs' names standing out, and figures kept on one line with their signs."""
    return joined(
        element("b", text)
        if name in ("rung", "best")
        else text.replace(" ± ", "\u00a0±\u00a0").replace(" %", "\u00a0%")
        for name, text in pieces(sentence, view.words.lang)
    )


def contents(view: View, shown: Sequence[str]) -> Html:
    """Links to the sections that are there."""
    links = [element("li", element("a", view.words.say(f"{name}_title"), href=f"#{name}")) for name in shown]
    return element("nav", element("ul", links), aria_label=view.words.say("contents"))
