"""Scores on the terminal: the figures, each label, and what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from sadari import readable
from sadari.cli.terminal.printing import columns, headed, say, table
from sadari.display.lines import cut, printable
from sadari.messages import Message, beside, counted, message
from sadari.metrics.care import MIN_PRECISION, PRECISE
from sadari.metrics.interval import Interval

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.metrics.evaluate import Evaluation
    from sadari.metrics.threshold_table import AtThreshold

INDENT = 13
_head = partial(headed, indent=INDENT)
MOST_LABELS = 40  # lines of the table of labels
WIDEST_LABEL = 24
MOST_MISTAKES = 12


def print_scores(scores: Evaluation, corpus: Corpus) -> None:
    """All of an evaluation."""
    labels = counted(len(corpus.label_names), "label")
    _head("Read", beside([corpus.source, counted(scores.rows, "text"), labels]), *corpus.notes)
    print_figures(scores)
    say()
    _print_labels(scores)
    _print_care(scores)
    if scores.confused or scores.confusion is not None:
        say()
        _print_confusion(scores)


def print_figures(scores: Evaluation) -> None:
    """Accuracy, F1 and calibration, and what weighs on them."""
    several = message("all labels of a text right") if scores.micro_f1 is not None else None
    _head("Accuracy", beside([_with_interval(scores.accuracy), several]))
    _head("Macro-F1", _with_interval(scores.macro_f1))
    if scores.micro_f1 is not None:
        _head("Micro-F1", readable.in_percent(scores.micro_f1))
    if scores.calibration_error is not None:
        off = message("its probabilities are {points} points off on average")
        _head("Calibration", off.filled(points=readable.points(scores.calibration_error)))
    _print_withheld(scores)
    for head, count, said in (
        (
            message("Unknown"),
            scores.unknown_texts,
            message("{texts} in which the model knows nothing, answered with the labels' shares in training"),
        ),
        (message("Long"), scores.cut_texts, message("{texts} ({share}) cut: longer than the model reads")),
        (
            message("Long"),
            scores.window_texts,
            message("{texts} ({share}) read in {windows:,} windows: longer than the model reads at once"),
        ),
    ):
        if count:
            share = readable.in_percent(count / scores.rows)
            _head(head, said.filled(texts=counted(count, "text"), share=share, windows=scores.windows))
    if scores.unseen_labels:
        rows = counted(sum(scores.unseen_labels.values()), "text")
        most = sorted(scores.unseen_labels.items(), key=lambda item: -item[1])
        shown = ", ".join(f"{label!r} ({count:,})" for label, count in most[:5]) + (", …" if len(most) > 5 else "")
        unseen = message("{texts} with labels that training never saw, counted as wrong: {labels}")
        _head("Unseen", unseen.filled(texts=rows, labels=shown))


def print_thresholds(label: str, found: Sequence[AtThreshold]) -> None:
    """What each threshold of a label would give."""
    say()
    _head(message("Thresholds"), message("what each would give of {label}", label=readable.label(label)))
    rows = [
        [f"{each.threshold:g}", f"{each.given:,}", *map(readable.percent, (each.precision, each.recall, each.f1))]
        for each in found
    ]
    headings: list[Message | str] = [
        message("threshold"),
        message("texts"),
        message("precision"),
        message("recall"),
        "F1",
    ]
    for line in table(rows, headings=headings):
        say(line)


def _print_withheld(scores: Evaluation) -> None:
    """What is right of the surest answers, and what sets hold."""
    if scores.sets is None:
        _head(message("Withheld"), *scores.doubts)
        return
    several = scores.micro_f1 is not None
    if scores.risk:
        right = {share: readable.in_percent(1 - wrong) for share, wrong in scores.risk}
        surest = message("right are {most} of the surest 90 %, {more} of the surest 70 %, {half} of the surest half")
        if several:
            surest = message(
                "right are {most} of the surest 90 % of the labels given, {more} of the surest 70 %, {half} of the "
                "surest half"
            )
        area = message("area under risk {area}", area=readable.in_percent(scores.risk_area or 0.0))
        _head(message("Withheld"), beside([surest.filled(most=right[0.9], more=right[0.7], half=right[0.5]), area]))
    sets, by_label = scores.sets, scores.sets["by_label"]
    said = message("meant to hold the right label in {asked}: they do in {held}, with {size:.2f} labels on average")
    if several:
        said = message(
            "meant to hold all right labels in {asked}: they do in {held}, with {size:.2f} labels on average"
        )
    filled = said.filled(
        asked=readable.in_percent(sets["asked"], 0), held=readable.in_percent(sets["held"]), size=sets["size"]
    )
    least = min(by_label, key=by_label.__getitem__, default=None)
    of_label = None
    if least is not None:
        held = readable.in_percent(by_label[least])
        of_label = message("least often that of {label!r}, in {held}", label=least, held=held)
    _head(message("Sets"), beside([filled, of_label]), *scores.doubts)


def _with_interval(interval: Interval) -> Message:
    if readable.percent(interval.low) == readable.DASH:
        return readable.in_percent(interval.value)
    return message(
        "{value} (95 % interval {low} to {high})",
        value=readable.in_percent(interval.value),
        low=readable.percent(interval.low),
        high=readable.percent(interval.high),
    )


def _print_labels(scores: Evaluation) -> None:
    records = scores.per_class
    shown = records
    if len(records) > MOST_LABELS:
        shown = sorted(records, key=lambda record: record["f1"])[:MOST_LABELS]
    rows = [
        [
            record["label"],
            *(readable.percent(record[key]) for key in ("precision", "recall", "f1")),
            f"{record['support']:,}",
        ]
        for record in shown
    ]
    for line in table(
        rows,
        headings=[message("label"), message("precision"), message("recall"), "F1", message("texts")],
        widest=WIDEST_LABEL,
    ):
        say(line)
    if len(shown) < len(records):
        say(
            click.style(
                f"  {message('the lowest {shown} of {all:,}; --json has all', shown=len(shown), all=len(records))}",
                dim=True,
            )
        )


def _print_care(scores: Evaluation) -> None:
    """Of each label's texts, how many are answered and have it in their set; how many of its answers are right."""
    answered, sets = scores.answered, scores.sets
    if sets is None:
        return
    say()
    nothing: dict[str, Any] = {"share": float("nan"), "right": float("nan"), "by_label": {}, "right_by_label": {}}
    kept = answered or nothing
    shares = (kept["by_label"], kept["right_by_label"], sets["by_label"])
    rows = [
        [label, *(readable.percent(each.get(label, float("nan"))) for each in shares), f"{size:.2f}"]
        for label, size in sets["size_by_label"].items()
    ][:MOST_LABELS]
    total = [kept["share"], kept["right"], sets["held"]]
    rows.insert(0, [str(message("all texts")), *map(readable.percent, total), f"{sets['size']:.2f}"])
    headings = [message("label"), message("answered"), message("of these right"), message("in its set")]
    for line in table(rows, headings=[*headings, message("labels in a set")], widest=WIDEST_LABEL):
        say(line)
    say(click.style(f"  {_said_of_care(answered, sets['asked'])}", dim=True))


def _said_of_care(answered: dict[str, Any] | None, sets: float) -> Message:
    """By what options these figures come."""
    if answered is None:
        return message(
            "no label is sure enough for --min-precision {precise:g}; in its set: with --sets {sets:g}"
        ).filled(precise=PRECISE, sets=sets)
    said = message("answered: with --coverage {asked:g}; in its set: with --sets {sets:g}")
    if answered["how"] == MIN_PRECISION:
        said = message(
            "answered: of the labels that would be given, those that are with --min-precision {asked:g}; in its set: "
            "with --sets {sets:g}"
        )
    return said.filled(asked=answered["asked"], sets=sets)


def _print_confusion(scores: Evaluation) -> None:
    """The matrix where it fits the line, else the most frequent mistakes."""
    if scores.confusion is not None and len(scores.label_names) <= MOST_LABELS:
        lines = _matrix(scores.confusion, scores.label_names)
        if max(cell_len(click.unstyle(line)) for line in lines) <= columns():
            for line in lines:
                say(line)
            return
    unseen = str(message("(unseen)"))
    rows = [[f"{truth or unseen} → {given}", f"{n:,}"] for truth, given, n in scores.confused[:MOST_MISTAKES]]
    for line in table(rows, headings=[message("truth → answer"), message("texts")], widest=60) if rows else []:
        say(line)


def _matrix(confusion: list[list[int]], names: list[str]) -> list[str]:
    """The lines of a confusion matrix."""
    truths = [*names, str(message("(unseen)"))] if sum(confusion[-1]) else list(names)
    heads = [cut(printable(name), 12) for name in names]
    rows = [[cut(truth, WIDEST_LABEL), *(f"{n:,}" for n in row)] for truth, row in zip(truths, confusion, strict=False)]

    def style(row: int, column: int, cell: str) -> str:
        if column == row + 1:
            return click.style(cell, bold=True)
        return click.style(cell, dim=True) if column and cell.strip() == "0" else cell

    return table(rows, headings=[message("truth ↓ answer →"), *heads], style=style)
