"""What a climb prints: what was read, what the audit found, the table, the verdict, and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
from rich.cells import cell_len

from sadari.cli.terminal.printing import MARK, NEW_FILE, columns, headed, labels_named, notes_of_both, say, table, wrap
from sadari.climb.columns import WITHOUT_LEAKS, Column, columns_of
from sadari.climb.result import FINAL_NAMES, ClimbResult, said_once
from sadari.climb.verdict.final_model import MODEL
from sadari.data.audit.findings import SCRIPTS
from sadari.data.audit.result import Audit
from sadari.data.corpus import Corpus
from sadari.display.lines import printable
from sadari.messages import Message, beside, counted, message, of, plural


def print_data(train: Corpus, test: Corpus | None, audited: Audit, *, kept: bool) -> None:
    """What was read, with all that was guessed, and the audit in a line or two."""
    headed("Read", _about(train, audited), *notes_of_both(train.notes, test.notes if test else []))
    headed("Audit", *audited.summary(kept=kept))


def print_result(result: ClimbResult, folder: Path, *, report: bool, known: list[Message]) -> None:
    """The split, the table, the verdict, and what to do next."""
    headed("Split", _split(result), *(note for note in result.notes if note not in known))
    say()
    shown, hidden = score_table(result, columns())
    for line in shown:
        say(line)
    _print_remarks(result, hidden)
    say()
    headed("Verdict", *result.verdict.sentences)
    headed("Model", result.model)
    seen = message("report: {path}", path=folder / "report.html") if report else None
    headed("Next", f"sadari predict {shlex.quote(str(folder / MODEL))} {NEW_FILE}", seen)


def _about(train: Corpus, audited: Audit) -> Message | str:
    written = [
        SCRIPTS.get(name, name)
        if share > 0.95
        else message("{name} {share:.0%}", name=SCRIPTS.get(name, name), share=share)
        for name, share in audited.train.scripts.items()
        if share >= 0.05
    ]
    return beside(
        [
            counted(len(train), "text"),
            labels_named(train.label_names),
            message("{names} script", names=written) if written else None,
            message("{words:,.0f} words in the middle text", words=audited.train.lengths["words"]["median"]),
        ]
    )


def _split(result: ClimbResult) -> Message:
    folds = result.rows.get("folds", 0)
    said = message("train {train:,} · validation {validation:,} · {final} {rows:,}, used once")
    if folds:
        said = message("train {train:,}, each validated once in {folds} folds · {final} {rows:,}, used once")
    return said.filled(
        folds=folds,
        train=result.rows["train"],
        validation=result.rows["validation"],
        final=FINAL_NAMES[result.final_name],
        rows=len(result.truth),
    )


def _print_remarks(result: ClimbResult, hidden: list[Message]) -> None:
    remarks = []
    if hidden:
        wider = message("no room here for {columns}: a wider terminal, the report and --json have it", columns=hidden)
        remarks.append(wider)
    notes = said_once((rung.rung, rung.note) for rung in result.rungs if rung.note)
    remarks += [*(of(names, note) for names, note in notes), *result.left_out()]
    if any(rung.accuracy_without_leaks for rung in result.rungs):
        leaks = plural(
            "{count:,} {final} text stands, or nearly stands, in training too: “{column}” is without it",
            "{count:,} {final} texts stand, or nearly stand, in training too: “{column}” is without them",
            int(result.leaked.sum()),
            final=FINAL_NAMES[result.final_name],
            column=WITHOUT_LEAKS.heading,
        )
        remarks.append(leaks)
    for remark in remarks:
        for number, line in enumerate(wrap(printable(str(remark)), columns() - 6)):
            say(click.style(f"{' ' * (6 if number else 4)}{line}", dim=True))


def score_table(result: ClimbResult, width: int) -> tuple[list[str], list[Message]]:
    """The table within `width` cells, the recommended rung marked; and the columns for which there is no room."""
    hidden: list[Message] = []
    every = columns_of(result.rungs)
    while True:
        lines = _lines(result, every)
        too_long = max(cell_len(click.unstyle(line)) for line in lines) > width
        if not too_long or len(every) <= 2:
            return lines, hidden
        least = min(every, key=lambda column: column.rank)
        every.remove(least)
        hidden.append(least.heading)


def _lines(result: ClimbResult, shown: list[Column]) -> list[str]:
    chosen = [rung.rung == result.verdict.rung for rung in result.rungs]
    rows = [
        [f"{MARK if marked else ' '} {rung.rung}", *(column.cell(rung) for column in shown)]
        for rung, marked in zip(result.rungs, chosen, strict=True)
    ]

    def style(row: int, column: int, cell: str) -> str:
        return click.style(cell, bold=True, fg="green" if column == 0 else None) if chosen[row] else cell

    headings: list[Message | str] = [f"  {message('rung')}", *(column.heading for column in shown)]
    return table(rows, headings=headings, indent=0, style=style)
