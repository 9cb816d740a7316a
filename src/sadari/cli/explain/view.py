"""An explanation as a table with bars: words down, labels across, and the sums."""

from __future__ import annotations

import click
import numpy as np
from rich.cells import cell_len

from sadari import readable
from sadari.cli.terminal.printing import HEAD, bar, columns, headed, pad, say, signed
from sadari.display.lines import cut, printable
from sadari.messages import Message, beside, message, render
from sadari.rungs import Explanation
from sadari.rungs.explanation import bar_lengths

BAR = 12
WIDEST_FEATURE = 28
NUMBER = 7  # cells of a column of numbers, at least
WIDEST_LABEL = 14
SUM = message("sum")
MUCH = 0.5  # of what the strongest character adds
MOST_LINES = 8  # of the text itself


def print_explanation(found: Explanation, *, label: str | None, top: int, known: bool) -> None:
    """The label explained (default: the likeliest), its strongest features, and their sums for every label that fits.

    Args:
        found: of one text.
        label: the label to explain; None: the likeliest.
        top: so many features; the others are one line.
        known: whether the model knew any.
    """
    order = found.places
    chosen = found.labels.index(label) if label is not None else order[0]
    _head(found, chosen, order)
    if not known:
        headed(
            "",
            message(
                "Nothing in this text is known to the model: it answers with the shares of the labels in training."
            ),
        )
        return
    names, values = _grouped(found)
    strongest = np.argsort(-np.abs(values[:, chosen]), kind="stable")
    shown, others = strongest[:top], strongest[top:]
    rows = [(names[i], values[i]) for i in shown]
    totals = [(message("{others:,} more", others=len(others)), values[others].sum(axis=0))] if len(others) else []
    if found.bias.any():
        totals.append((message("bias"), found.bias))
    if not bar_lengths(values).any():  # of no label: what moves another moves this one, too
        headed("", message("No single word or n-gram of this text moves the probability by as much as 0.1 %."))
    if found.characters:
        _print_characters(found, chosen)
    say()
    _print_table(found, chosen, [k for k in order if k != chosen], rows, [*totals, (SUM, found.logits)])


def _head(found: Explanation, chosen: int, order: list[int]) -> None:
    sure = [f"{found.labels[k]} {readable.in_percent(float(found.probabilities[k]))}" for k in order]
    headed("Label", beside(sure))
    if chosen != order[0]:
        headed("Why", found.labels[chosen])


def _print_characters(found: Explanation, chosen: int) -> None:
    """The text, each character in the colour of what it adds to a label: bold where that is much."""
    values = found.by_character[:, chosen]
    room, used, head = columns() - HEAD, 0, render(message("Text"))
    lines = [""]
    for character, value, length in zip(found.characters, values, bar_lengths(values), strict=True):
        shown = printable(character)
        if used + cell_len(shown) > room:
            lines.append("")
            used = 0
        if used or character != " ":
            colour = "green" if value > 0 else "red"
            much = True if length >= MUCH else None
            lines[-1] += click.style(shown, fg=colour, bold=much) if length else click.style(shown, dim=True)
            used += cell_len(shown)
    for line in [*lines[:MOST_LINES], *["…"] * (len(lines) > MOST_LINES)]:
        say(click.style(pad(head, HEAD), bold=True) + line)
        head = ""


def _grouped(found: Explanation) -> tuple[list[str], np.ndarray]:
    """Features by name, each once, with the sum of what its occurrences add [features, labels]."""
    names = list(dict.fromkeys(found.features))
    first = {name: place for place, name in enumerate(names)}
    values = np.zeros((len(names), len(found.labels)))
    np.add.at(values, [first[name] for name in found.features], found.contributions)
    return names, values


def _print_table(
    found: Explanation,
    chosen: int,
    others: list[int],
    rows: list[tuple[str, np.ndarray]],
    totals: list[tuple[Message, np.ndarray]],
) -> None:
    """Features with bars, then what adds up to the sum, which is the last of `totals`."""
    words = min(WIDEST_FEATURE, max(cell_len(printable(str(name))) for name, _ in [*rows, *totals]))
    heads = {k: cut(printable(found.labels[k]), WIDEST_LABEL) for k in [chosen, *others]}
    widths = {k: max(NUMBER, cell_len(head)) for k, head in heads.items()}
    room = columns() - 2 - words - 2 - widths[chosen] - 2 - BAR
    fitting: list[int] = []
    for k in others:
        room -= widths[k] + 2
        if room < 0:
            break
        fitting.append(k)
    lengths = bar_lengths([row[chosen] for _, row in rows])

    def line(name: str, cells: dict[int, str], drawn: str, **style: bool) -> None:
        first = f"{pad(name, words)}  {pad(cells[chosen], widths[chosen], right=True)}  "
        rest = "".join(f"  {pad(cells[k], widths[k], right=True)}" for k in fitting)
        say("  " + click.style(first, **style) + drawn + click.style(rest, **style))

    line("", heads, pad("", BAR), bold=True)
    for (name, row), length in zip(rows, lengths.tolist(), strict=True):
        drawn = click.style(pad(bar(length, 1.0, BAR), BAR), fg="green" if row[chosen] > 0 else "red")
        line(printable(name), {k: signed(float(row[k])) for k in heads}, drawn)
    for said, row in totals:
        cells = {k: signed(float(row[k])) for k in heads}
        line(str(said), cells, pad("", BAR), bold=said == SUM, dim=said != SUM)
    if len(fitting) < len(others):
        say(
            click.style(
                f"  {message('{count:,} more labels: --json, or a wider terminal', count=len(others) - len(fitting))}",
                dim=True,
            )
        )
