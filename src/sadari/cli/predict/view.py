"""The answers to texts given as arguments, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import polars as pl
from rich.cells import cell_len

from sadari import readable
from sadari.cli.terminal.printing import columns, say, table
from sadari.display.lines import cut, printable
from sadari.labelled.label_file import notes_said
from sadari.labelled.rows import NOTES, Answers
from sadari.messages import Message, counted, message


def print_answers(frame: pl.DataFrame, answers: Answers) -> None:
    """``Business  71.3 %  Stocks fell on Friday``, and the other labels behind where they are asked for."""
    rows = []
    sets = answers.wanted.caution.sets is not None
    for record in frame.iter_rows(named=True):
        label = record["suggestion"] if record.get("suggestion") is not None else record["label"]
        said = [label] if isinstance(label, str) else label
        sure = [record["probability"]] if isinstance(label, str) else record["probability"]
        others = [(record[f"label_{n}"], record[f"probability_{n}"]) for n in range(2, answers.top + 1)]
        if answers.wanted.proba:
            each = [(name, record[f"probability_{name}"]) for name in answers.names]
            others = sorted((pair for pair in each if pair[0] not in said), key=lambda pair: -pair[1])
        rows.append(
            [
                ", ".join(said) or str(message("no label")),
                ", ".join(str(readable.in_percent(p)) for p in sure),
                record["text"],
                " · ".join(
                    [*(_set(record) if sets else []), *(f"{name} {readable.in_percent(p)}" for name, p in others)]
                ),
                str(NOTES[record["note"]]) if record["note"] else "",
            ]
        )
    _print(rows)


def _set(record: dict[str, Any]) -> list[str]:
    return ["{" + ", ".join(record["set"]) + "}"]


def _print(rows: list[list[str]]) -> None:
    lines = table([row[:2] for row in rows], indent=0, style=lambda _, column, cell: _bold(cell, column == 0))
    for line, (_, _, text, others, note) in zip(lines, rows, strict=True):
        room = columns() - cell_len(click.unstyle(line)) - 2
        tail = click.style(f"  ({note})", dim=True) if note else ""
        say(f"{line}  {cut(printable(text), max(20, room - cell_len(note) - 4 * bool(note)))}{tail}")
        if others:
            say(click.style(f"    {printable(others)}", dim=True))


def _bold(cell: str, yes: bool) -> str:
    return click.style(cell, bold=True) if yes else cell


def remark(rows: int, notes: Mapping[str, int], output: Path | str) -> Message:
    """How many texts were labelled, and how many of them were empty or unknown, if any."""
    said = message("{texts} labelled: {output}", texts=counted(rows, "text"), output=output)
    return message("{labelled} ({notes})", labelled=said, notes=notes_said(notes)) if notes else said
