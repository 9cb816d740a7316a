"""Suspects on the terminal, and what mending them bought."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sadari import readable
from sadari.cli.terminal.printing import columns, cut, headed, pad, printable, saved, say, table
from sadari.climb.measuring.scores import amount_figure, score_said
from sadari.messages import Message, counted, message
from sadari.trust.suspects.worth import AS_GIVEN, CORRECTED, TEST

if TYPE_CHECKING:
    from sadari.metrics.metric import Metric
    from sadari.trust.suspects.result import Suspects
    from sadari.trust.suspects.worth import Worth

INDENT, SHOWN, LABEL_WIDTH = 10, 8, 14
ON = {
    AS_GIVEN: message("validation rows, labels as they were"),
    CORRECTED: message("validation rows, labels as corrected"),
    TEST: message("test rows"),
}


def print_suspects(found: Suspects, output: Path | None, *, again: str | None) -> None:
    """How many labels are suspects, which label is given for which, and the first of them.

    Args:
        found: the suspects.
        output: the table that was written.
        again: the command that applies what is written into it.
    """
    headed("Read", found.train.source, *found.train.notes, indent=INDENT)
    headed("Voted", ", ".join(found.voters), *found.notes, indent=INDENT)
    headed("Suspects", found.said(), indent=INDENT)
    _print_pairs(found)
    _print_first(found)
    if output is not None:
        saved(output, indent=INDENT)
        next_ = message("write the right label into column corrected, or yes into drop; then")
        headed("Next", next_, again, indent=INDENT)


def _print_pairs(found: Suspects) -> None:
    pairs = found.pairs()
    if not pairs:
        return
    say()
    cells = []
    for label, rather, rows in pairs:
        if not found.train.multi_label:
            said = message("{label}, rather {other}", label=readable.label(label), other=readable.label(rather))
        elif rather:
            said = message("{label}, in error", label=readable.label(label))
        else:
            said = message("{label}, missing", label=readable.label(label))
        cells.append((said, message("about {rows}", rows=counted(round(rows), "row"))))
    for line in table(cells, left=2, widest=columns() // 2):
        say(line)


def _print_first(found: Suspects) -> None:
    rows = found.first(SHOWN).to_dicts()
    if not rows:
        return
    say()
    digits = max(len(f"{row['row']:,}") for row in rows)
    for row in rows:
        labels = f"{_label(row['label'])} → {_label(row['likelier'])}"
        head = f"{row['row']:{digits},}  {row['right']:.2f}  {pad(cut(labels, 2 * LABEL_WIDTH), 2 * LABEL_WIDTH)}  "
        say(cut(head + printable(" ".join(row["text"].split())), columns()))
    say()


def _label(given: str) -> str:
    """A label as a line shows it; of a text without any, no label."""
    return readable.label(given) if given.strip("|") else str(message("no label"))


def print_worth(found: Worth, output: Path | None, model: str | None, *, again: str | None) -> None:
    """What corrections bought, on which rows.

    Args:
        found: what they bought.
        output: the corrected data that was written.
        model: the folder of the model.
        again: the command that climbs on it.
    """
    counts = message("labels corrected: {corrected:,} · rows dropped: {dropped:,}")
    counts = counts.filled(corrected=found.corrected, dropped=found.dropped)
    headed("Applied", counts, *found.notes, indent=INDENT)
    headed("Trained", message("{rung}, with the labels as they were and as corrected", rung=found.rung), indent=INDENT)
    say()
    rows = [
        (
            ON[each.on],
            f"{each.rows:,}",
            score_said(found.metric, each.before.value),
            score_said(found.metric, each.after.value),
            _gain(found.metric, each.after.value - each.before.value),
            readable.p_value(each.test.p_value),
        )
        for each in found.measured
    ]
    headings: list[Message | str] = ["", message("rows"), message("before"), message("after"), message("gain"), ""]
    for line in table(rows, headings=headings):
        say(line)
    say()
    headed("Mind", _mind(found), indent=INDENT)
    if output is not None:
        saved(output, indent=INDENT)
        headed("Next", again, indent=INDENT)
    if model is not None:
        saved(model, indent=INDENT)


def _gain(metric: Metric, gain: float) -> str:
    return ("+" if gain > 0 else "−" if gain < 0 else "") + amount_figure(metric, gain)


def _mind(found: Worth) -> Message:
    between = message(
        "validation rows have wrong labels too: as they were, they count a model that is right as wrong; as corrected, "
        "they lean to the corrections, which were looked for where models disagreed. The truth lies between"
    )
    if any(each.on == TEST for each in found.measured):
        return between
    return message("{between}; --test FILE with labels that somebody has checked shows it", between=between)
