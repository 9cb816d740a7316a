"""Two models on the same rows, on the terminal."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sadari import readable
from sadari.cli.terminal.printing import columns, headed, say, signed, table
from sadari.display.lines import cut, printable
from sadari.messages import Message, beside, counted, message
from sadari.metrics.interval import Interval

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.trust.replacement import Replacement

INDENT = 13
_head = partial(headed, indent=INDENT)
MOST_LABELS, WIDEST_LABEL = 20, 24
MOST_TEXTS = 8
CHANGES: dict[str, Message] = {
    "worse": message("now wrong"),
    "better": message("now right"),
    "neither": message("wrong before and now"),
}


def print_replacement(found: Replacement, corpus: Corpus, old: str, new: str) -> None:
    """The scores of both, the gain, each label, and the texts that are answered otherwise."""
    _head("Read", beside([corpus.source, counted(found.rows, "text")]), *corpus.notes)
    say()
    rows: list[list[Message | str]] = [
        [
            name,
            _figure(found, found.scores[key]),
            f"{readable.percent(found.scores[key].low)}–{readable.percent(found.scores[key].high)}"
            if not found.metric.lower_is_better
            else "",
            f"{found.microseconds[key]:,.0f}",
        ]
        for name, key in ((old, "old"), (new, "new"))
    ]
    for line in table(rows, headings=["", found.metric.heading, message("95 %"), message("µs a text")], widest=40):
        say(line)
    say()
    _head(_verdict(found), _gain(found))
    right = found.right
    _head(
        "",
        message(
            "{old:,} texts that only the old model has right, {new:,} only the new one",
            old=right["only_old"],
            new=right["only_new"],
        ),
    )
    say()
    shown = [each for each in found.labels if each["rows"]][:MOST_LABELS]
    lines: list[list[Message | str]] = [
        [
            each["label"],
            f"{each['rows']:,}",
            readable.percent(each["old"]),
            readable.percent(each["new"]),
            signed(100 * (each["new"] - each["old"]), 1),
        ]
        for each in shown
    ]
    headings = [message("label"), message("texts"), message("F1, old"), message("F1, new"), message("gain")]
    for line in table(lines, headings=headings, widest=WIDEST_LABEL):
        say(line)
    _print_changes(found.changes)


def _figure(found: Replacement, score: Interval) -> str:
    return f"{score.value:.4f}" if found.metric.lower_is_better else readable.percent(score.value)


def _verdict(found: Replacement) -> Message:
    return message("Better") if found.better else message("Worse") if found.worse else message("Even")


def _gain(found: Replacement) -> Message:
    """The gain in points, with its interval and p-value."""
    unit = 1 if found.metric.lower_is_better else 100
    value, low, high = (signed(unit * each) for each in (found.gain.value, found.gain.low, found.gain.high))
    p = readable.p_value(found.p_value)
    return message("the new model gains {value} (95 %: {low} to {high}), {p}", value=value, low=low, high=high, p=p)


def _print_changes(changes: pl.DataFrame) -> None:
    if not len(changes):
        return
    say()
    _head("Changed", message("{texts} answered otherwise", texts=counted(len(changes), "text")))
    for row in changes.head(MOST_TEXTS).iter_rows(named=True):
        labels = " → ".join(", ".join(each) if isinstance(each, list) else each for each in (row["old"], row["new"]))
        begin = f"  {row['row']:,}  {CHANGES[row['change']]}  {printable(labels)}  "
        say(cut(begin + printable(" ".join(row["text"].split())), columns()))


def write_changes(changes: pl.DataFrame, place: Path, *, escape: bool = False) -> None:
    """The rows that are answered otherwise, as a file in the format that its name asks for.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
    """
    from sadari.labelled.rows import Labelled
    from sadari.labelled.writers import write_file

    write_file(place, iter([Labelled(changes.drop("change"), changes.select("change"))]), escape=escape)
