"""The labels: which are taken for which, how well each is found, and the words that carry it."""

from __future__ import annotations

import math

import numpy as np

from sadari.climb.report.html import Html, Piece, element, escaped, foreign, joined
from sadari.climb.report.sections.view import View, meter, scrolling
from sadari.climb.result import RungResult
from sadari.metrics.classification import class_scores
from sadari.rungs.explanation import bar_lengths
from sadari.wording import numbers as readable

_MOST_IN_A_MATRIX = 20  # labels: more make a matrix that nobody can read
_CONFUSIONS = 30  # lines of the list that stands in for it
_WORDS = 12  # features of a label


def confusion(view: View) -> Html:
    """The confusion matrix of the recommended rung, the others small below; a list where labels are many."""
    words, taken = view.words, view.taken
    if len(view.result.label_names) > _MOST_IN_A_MATRIX:
        pieces: list[Piece] = [element("h3", taken.rung), _largest_confusions(view)]
        return view.section("confusion", pieces)
    others = [rung for rung in view.result.rungs if rung is not taken]
    small = [element("div", element("h4", rung.rung), _matrix(view, rung, small=True)) for rung in others]
    return view.section(
        "confusion",
        element("h3", taken.rung, element("span", words.say("recommended"), class_="badge")),
        _matrix(view, taken),
        element("div", small, class_="several") if small else None,
    )


def _matrix(view: View, rung: RungResult, *, small: bool = False) -> Html:
    words, counts = view.words, view.confusion(rung)
    known = counts.shape[1]
    lines = []
    for row in range(known + 1):
        total = int(counts[row].sum())
        if row == known and not total:
            continue
        name = view.label(row if row < known else -1)
        cells = [
            _cell(int(counts[row, column]), total, right=row == column, known=row < known) for column in range(known)
        ]
        lines.append(element("tr", element("th", name, scope="row"), cells))
    corner = element("th", None if small else element("small", words.say("truth_and_answer")), scope="col")
    heads = [element("th", view.label(column), scope="col") for column in range(known)]
    drawn = element(
        "table",
        element("thead", element("tr", corner, heads)),
        element("tbody", lines),
        class_="confusion small" if small else "confusion",
    )
    return scrolling(drawn, f"{words.say('confusion_title')}: {rung.rung}")


def _cell(count: int, total: int, *, right: bool, known: bool) -> Html:
    share = count / total if total else 0.0
    if not known:  # nothing could be right here, so no cell is worse than another
        return element("td", readable.count(count))
    # Mistakes are few: their root keeps a cell of 2 % from looking like one of 0.
    strength = 0.5 * share if right else 0.55 * math.sqrt(share)
    return element(
        "td",
        readable.count(count),
        class_="right" if right else "wrong",
        style=f"--share:{strength:.3f}",
        title=f"{readable.percent(share)} %",
    )


def _largest_confusions(view: View) -> Html:
    words, counts = view.words, view.confusion(view.taken)
    known = counts.shape[1]
    wrong = counts.copy()
    np.fill_diagonal(wrong[:known], 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1][:_CONFUSIONS]
    lines = []
    for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True):
        count, total = int(wrong[row, column]), int(counts[row].sum())
        if not count:
            break
        lines.append(
            element(
                "tr",
                element("td", view.label(int(row) if row < known else -1)),
                element("td", view.label(int(column))),
                element("td", readable.count(count), class_="number"),
                element("td", f"{readable.percent(count / total)} %", class_="number"),
            )
        )
    heads = [
        element("th", words.say(key), scope="col", class_=kind)
        for key, kind in (
            ("truth", None),
            ("answer", None),
            ("support", "number"),
            ("share_of_label", "number"),
        )
    ]
    drawn = element("table", element("thead", element("tr", heads)), element("tbody", lines))
    return scrolling(drawn, words.say("confusion_title"))


def each(view: View) -> Html:
    """Precision, recall, F1 and rows of each label, by the recommended rung."""
    words, scores = view.words, class_scores(view.confusion(view.taken))
    lines = [
        element(
            "tr",
            element("th", view.label(index), scope="row"),
            [
                element("td", readable.percent(float(score[index])), class_="number")
                for score in (scores.precision, scores.recall, scores.f1)
            ],
            element("td", meter(float(scores.f1[index])), aria_hidden="true"),
            element("td", readable.count(int(scores.support[index])), class_="number"),
        )
        for index in range(len(view.result.label_names))
    ]
    columns = (("precision", "%"), ("recall", "%"), ("f1", "%"), (None, None), ("support", None))
    heads = [
        element("th", words.say(key), element("small", unit), scope="col", class_="number") if key else element("td")
        for key, unit in columns
    ]
    unseen = int((view.result.truth < 0).sum())
    drawn = element(
        "table",
        element("thead", element("tr", element("th", words.say("label"), scope="col"), heads)),
        element("tbody", lines),
    )
    return view.section(
        "each",
        scrolling(drawn, words.say("each_title")),
        element("p", words.say("unseen_rows", rows=readable.count(unseen)), class_="muted") if unseen else None,
        rung=view.taken.rung,
    )


def carriers(view: View) -> Html | None:
    """The words that speak most for each label, by the recommended rung or else the first that can tell."""
    rung = next((rung for rung in (view.taken, *view.result.rungs) if any(rung.top_features.values())), None)
    if rung is None:
        return None
    every = [weight for pairs in rung.top_features.values() for _, weight in pairs]
    cards = []
    for label, pairs in rung.top_features.items():
        shown = pairs[:_WORDS]
        lengths = bar_lengths([weight for _, weight in shown], every).tolist()
        items = [
            element("li", element("bdi", _visible(feature)), meter(length), title=f"{weight:.3g}")
            for (feature, weight), length in zip(shown, lengths, strict=True)
        ]
        if items:
            cards.append(element("div", element("h3", foreign(label)), element("ol", items, class_="words")))
    return view.section("carriers", element("div", cards, class_="several lexicon"), rung=rung.rung)


def _visible(feature: str) -> Html:
    """A feature with the blanks at its ends to be seen: to an n-gram of characters they matter."""
    bare = feature.strip(" ")
    if not bare:
        return escaped("␣" * len(feature))
    before = len(feature) - len(feature.lstrip(" "))
    after = len(feature) - len(feature.rstrip(" "))
    return joined("␣" * before, bare, "␣" * after)
