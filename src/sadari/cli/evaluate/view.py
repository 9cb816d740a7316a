"""Scores on the terminal: the figures, each label, and what is taken for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.cells import cell_len

from sadari.cli.terminal.printing import columns, cut, headed, printable, say, table
from sadari.data.audit.findings import counted
from sadari.messages import Message
from sadari.wording import numbers as readable

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.metrics.evaluate import Evaluation
    from sadari.metrics.interval import Interval

INDENT = 13
MOST_LABELS = 40  # lines of the table of labels
WIDEST_LABEL = 24
MOST_MISTAKES = 12


def print_scores(scores: Evaluation, corpus: Corpus) -> None:
    """All of an evaluation."""
    _head("Read", f"{corpus.source} · {counted(scores.rows, 'text')} · {counted(len(corpus.label_names), 'label')}")
    for note in corpus.notes:
        _head("", note)
    print_figures(scores)
    say()
    _print_labels(scores)
    if scores.confusion is not None:
        say()
        _print_confusion(scores.confusion, scores.label_names)


def print_figures(scores: Evaluation) -> None:
    """Accuracy, F1 and calibration, and what weighs on them."""
    several = scores.micro_f1 is not None
    _head("Accuracy", _with_interval(scores.accuracy) + (" · all labels of a text right" if several else ""))
    _head("Macro-F1", _with_interval(scores.macro_f1))
    if scores.micro_f1 is not None:
        _head("Micro-F1", f"{readable.percent(scores.micro_f1)} %")
    if scores.calibration_error is not None:
        _head("Calibration", f"its probabilities are {readable.points(scores.calibration_error)} points off on average")
    if scores.unknown_texts:
        unknown = counted(scores.unknown_texts, "text")
        _head("Unknown", f"{unknown} in which the model knows nothing, answered with the labels' shares in training")
    if scores.cut_texts:
        share = readable.percent(scores.cut_texts / scores.rows)
        _head("Long", f"{counted(scores.cut_texts, 'text')} ({share} %) cut: longer than the model reads")
    if scores.window_texts:
        share = readable.percent(scores.window_texts / scores.rows)
        read = f"{counted(scores.window_texts, 'text')} ({share} %) read in {scores.windows:,} windows"
        _head("Long", f"{read}: longer than the model reads at once")
    if scores.unseen_labels:
        rows = sum(scores.unseen_labels.values())
        most = sorted(scores.unseen_labels.items(), key=lambda item: -item[1])
        shown = ", ".join(f"{label!r} ({count:,})" for label, count in most[:5]) + (", …" if len(most) > 5 else "")
        _head("Unseen", f"{counted(rows, 'text')} with labels that training never saw, counted as wrong: {shown}")


def _head(head: str, text: Message | str) -> None:
    headed(head, text, indent=INDENT)


def _with_interval(interval: Interval) -> str:
    value = f"{readable.percent(interval.value)} %"
    if readable.percent(interval.low) == readable.DASH:
        return value
    return f"{value} (95 % interval {readable.percent(interval.low)} to {readable.percent(interval.high)})"


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
    for line in table(rows, headings=["label", "precision", "recall", "F1", "texts"], widest=WIDEST_LABEL):
        say(line)
    if len(shown) < len(records):
        say(click.style(f"  the lowest {len(shown)} of {len(records):,}; --json has all", dim=True))


def _print_confusion(confusion: list[list[int]], names: list[str]) -> None:
    """The matrix where it fits the line, else the most frequent mistakes."""
    truths = [*names, "(unseen)"] if sum(confusion[-1]) else list(names)
    heads = [cut(printable(name), 12) for name in names]
    rows = [[cut(truth, WIDEST_LABEL), *(f"{n:,}" for n in row)] for truth, row in zip(truths, confusion, strict=False)]

    def style(row: int, column: int, cell: str) -> str:
        if column == row + 1:
            return click.style(cell, bold=True)
        return click.style(cell, dim=True) if column and cell.strip() == "0" else cell

    lines = table(rows, headings=["truth ↓  answer →", *heads], style=style)
    if max(cell_len(click.unstyle(line)) for line in lines) <= columns():
        for line in lines:
            say(line)
        return
    mistakes = sorted(
        (
            (n, truths[i], names[k])
            for i, row in enumerate(confusion[: len(truths)])
            for k, n in enumerate(row)
            if i != k
        ),
        key=lambda mistake: -mistake[0],
    )
    rows = [[f"{truth} → {answer}", f"{n:,}"] for n, truth, answer in mistakes[:MOST_MISTAKES] if n]
    for line in table(rows, headings=["truth → answer", "texts"], widest=60) if rows else []:
        say(line)
