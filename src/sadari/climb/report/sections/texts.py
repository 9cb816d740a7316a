"""Texts: which ones a rung mends and which it breaks against the rung below, and which no rung gets right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sadari.climb.report.html import Html, Piece, element, foreign
from sadari.climb.report.sections.view import View
from sadari.climb.result import RungResult
from sadari.wording import numbers as readable

_EXAMPLES = 6


def steps(view: View) -> Html | None:
    """For each step of the ladder: what the higher rung mends and breaks, with examples."""
    rungs = view.result.rungs
    if len(rungs) < 2:
        return None
    drawn = [
        _step(view, lower, higher, view.correct[index], view.correct[index + 1])
        for index, (lower, higher) in enumerate(pairwise(rungs))
    ]
    return view.section("steps", drawn, final=view.final, paged=True)


def _step(view: View, lower: RungResult, higher: RungResult, below: np.ndarray, above: np.ndarray) -> Html:
    words = view.words
    parts = {
        "both": below & above,
        "fixed": ~below & above,
        "broken": below & ~above,
        "neither": ~below & ~above,
    }
    counts = {name: int(part.sum()) for name, part in parts.items()}
    # Surest first: where the one that is right believes most in the truth, and the one that is wrong least.
    truth = np.maximum(view.result.truth, 0)
    every = np.arange(view.rows)
    gained = higher.probabilities[every, truth] - lower.probabilities[every, truth]
    sides = [
        _side(
            view,
            words.say(f"{name}_by", rung=higher.rung, rows=readable.count(counts[name])),
            rows,
            (lower, higher),
        )
        for name, rows in (
            ("fixed", _surest(view, parts["fixed"], gained)),
            ("broken", _surest(view, parts["broken"], -gained)),
        )
    ]
    bar = [element("i", class_=name, style=f"flex-grow:{count}") for name, count in counts.items() if count]
    key = [
        element(
            "li",
            element("i", class_=name),
            words.say(f"step_{name}"),
            " ",
            element("b", readable.count(count)),
        )
        for name, count in counts.items()
    ]
    return element(
        "div",
        element("h3", f"{lower.rung} → {higher.rung}"),
        element("div", bar, class_="stack", aria_hidden="true"),
        element("ul", key, class_="key"),
        element("div", sides, class_="columns"),
        class_="pair",
    )


def hardest(view: View) -> Html | None:
    """Texts that every rung gets wrong, the surest mistakes first: labels to look at again."""
    truth = view.result.truth
    wrong = ~view.correct.any(axis=0) & (truth >= 0)
    if not wrong.any():
        return None
    every = np.arange(view.rows)
    believed = np.mean([rung.probabilities[every, np.maximum(truth, 0)] for rung in view.result.rungs], axis=0)
    rows = _surest(view, wrong, -believed)
    return view.section(
        "hardest",
        _texts(view, rows, [view.taken]),
        rows=readable.count(int(wrong.sum())),
        share=readable.percent(float(wrong.mean())),
        final=view.final,
    )


def _surest(view: View, among: np.ndarray, sureness: np.ndarray) -> list[int]:
    """Up to six rows, surest first, no text twice; leaked ones only where others run out."""
    rows = np.flatnonzero(among)
    order = rows[np.lexsort((-sureness[rows], view.result.leaked[rows]))]
    chosen: dict[str, int] = {}
    for row in order:
        chosen.setdefault(view.result.final_texts[row], int(row))
        if len(chosen) == _EXAMPLES:
            break
    return list(chosen.values())


def _side(view: View, title: str, rows: list[int], rungs: Sequence[RungResult]) -> Html:
    return element("div", element("h4", title), _texts(view, rows, rungs))


def _texts(view: View, rows: Sequence[int], rungs: Sequence[RungResult]) -> Html:
    items = []
    for row in rows:
        truth = int(view.result.truth[row])
        answers: list[Piece] = [element("span", view.words.say("truth"), " ", element("b", view.label(truth)))]
        for rung in rungs:
            given = int(rung.predictions[row])
            right = given == truth
            answers.append(
                element(
                    "span",
                    f"{rung.rung} ",
                    view.label(given),
                    " ✓" if right else " ✗",
                    class_="right" if right else "wrong",
                )
            )
        text = view.result.final_texts[row]
        items.append(element("li", foreign(text), element("p", [(a, " ") for a in answers], class_="answers")))
    return element("ul", items, class_="texts")
