"""What a climb prints: what was read, what the audit found, the table, the verdict, and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.cells import cell_len

from sadari.cli.climb.phrases import PHRASES
from sadari.cli.terminal.printing import MARK, columns, headed, printable, say, table, wrap
from sadari.climb.columns import WITHOUT_LEAKS, Column, columns_of
from sadari.climb.verdict.final_model import MODEL
from sadari.messages import Message, message, render
from sadari.wording import numbers as readable
from sadari.wording import wording

if TYPE_CHECKING:
    from sadari.climb.result import ClimbResult
    from sadari.data.audit.result import Audit
    from sadari.data.corpus import Corpus

MOST_LABELS = 8
# Findings that the audit's first line has already counted.
_COUNTED = frozenset({"duplicates_training", "leaked_exact", "leaked_near", "contradictions_training"})


class View:
    """Prints a climb in one language, as it goes."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.words = wording(lang)
        self.phrases = PHRASES[lang]

    def data(self, train: Corpus, test: Corpus | None, audited: Audit, *, kept: bool) -> None:
        """What was read, with all that was guessed, and the audit in a line or two."""
        headed(self.phrases["read"], " · ".join(self._about(train, audited)))
        own = [note for note in (test.notes if test else []) if note not in train.notes]
        for note in [*train.notes, *(message("test: {note}", note=note) for note in own)]:
            headed("", render(note, self.lang))
        for number, line in enumerate(self._audit_lines(audited, kept)):
            headed(self.phrases["audit"] if number == 0 else "", line)

    def result(self, result: ClimbResult, folder: Path, *, report: bool, known: list[Message]) -> None:
        """The split, the table, the verdict, and what to do next."""
        headed(self.phrases["split"], self._split(result))
        for note in result.notes:
            if note not in known:
                headed("", render(note, self.lang))
        say()
        shown, hidden = score_table(result, self.lang, columns())
        for line in shown:
            say(line)
        self._remarks(result, hidden)
        say()
        for number, sentence in enumerate(result.verdict.sentences):
            headed("" if number else self.phrases["verdict"], sentence)
        self._next(result, folder, report)

    def _about(self, train: Corpus, audited: Audit) -> list[str]:
        names = [readable.label(name) for name in train.label_names]
        more = [self.phrases["more"].format(count=f"{len(names) - MOST_LABELS:,}")] if len(names) > MOST_LABELS else []
        shown = ", ".join([*names[:MOST_LABELS], *more])
        scripts = {self.words.script(name): share for name, share in audited.train.scripts.items() if share >= 0.05}
        written = ", ".join(name if share > 0.95 else f"{name} {share:.0%}" for name, share in scripts.items())
        written = self.phrases["script"].format(names=written) if written else ""
        middle = audited.train.lengths["words"]["median"]
        return [
            self.phrases["texts"].format(rows=readable.count(len(train))),
            self.phrases["labels"].format(count=readable.count(len(names)), names=shown),
            *([written] if written else []),
            self.phrases["words"].format(words=f"{middle:,.0f}"),
        ]

    def _audit_lines(self, audited: Audit, kept: bool) -> list[str]:
        if self.lang == "en":
            lines = audited.summary()
            return [lines[0].replace(" dropped from training", " kept in training"), *lines[1:]] if kept else lines
        duplicates = len(audited.duplicate_rows)
        parts = [f"학습에 중복 {duplicates:,}건{'' if kept or not duplicates else '(제외함)'}"]
        if across := audited.across:
            parts += [f"시험에도 있는 글 {across['exact']:,}건", f"시험에도 거의 같게 있는 글 {across['near']:,}건"]
        parts.append(f"레이블이 둘 이상인 글 {audited.train.contradictions:,}건")
        rest = [f for f in audited.findings if f.severity != "note" and f.key not in _COUNTED]
        said = [render(finding.what, self.lang) for finding in rest[:2]]
        return [" · ".join(parts), *([" · ".join(said)] if said else [])]

    def _split(self, result: ClimbResult) -> str:
        folds = result.rows.get("folds", 0)
        return self.phrases["split_folds" if folds else "split_line"].format(
            folds=folds,
            train=readable.count(result.rows["train"]),
            validation=readable.count(result.rows["validation"]),
            final=self.words.name("final", result.final_name),
            rows=readable.count(len(result.truth)),
        )

    def _remarks(self, result: ClimbResult, hidden: list[str]) -> None:
        remarks = [self.phrases["hidden"].format(columns=", ".join(hidden))] if hidden else []
        remarks += [f"{rung.rung}: {render(rung.note, self.lang)}" for rung in result.rungs if rung.note]
        remarks += [
            f"{rung}: {render(message('not trained, {why}', why=why), self.lang)}" for rung, why in result.skipped
        ]
        if any(rung.accuracy_without_leaks for rung in result.rungs):
            remarks.append(
                self.phrases["leaks"].format(
                    count=readable.count(int(result.leaked.sum())),
                    final=self.words.name("final", result.final_name),
                    column=render(WITHOUT_LEAKS.heading, self.lang),
                )
            )
        for remark in remarks:
            for line in wrap(printable(remark), columns() - 4):
                say(click.style(f"    {line}", dim=True))

    def _next(self, result: ClimbResult, folder: Path, report: bool) -> None:
        if result.model is not None:
            headed(self.phrases["model"], render(result.model, self.lang))
        headed(self.phrases["next"], f"sadari predict {shlex.quote(str(folder / MODEL))} {self.phrases['new_file']}")
        if report:
            headed("", self.phrases["report"].format(path=folder / "report.html"))


def score_table(result: ClimbResult, lang: str, width: int) -> tuple[list[str], list[str]]:
    """The table within `width` cells, the recommended rung marked; and the columns for which there is no room."""
    hidden: list[str] = []
    every = columns_of(result.rungs)
    while True:
        lines = _lines(result, every, lang)
        too_long = max(cell_len(click.unstyle(line)) for line in lines) > width
        if not too_long or len(every) <= 2:
            return lines, hidden
        least = min(every, key=lambda column: column.rank)
        every.remove(least)
        hidden.append(render(least.heading, lang))


def _lines(result: ClimbResult, shown: list[Column], lang: str) -> list[str]:
    chosen = [rung.rung == result.verdict.rung for rung in result.rungs]
    rows = [
        [f"{MARK if marked else ' '} {rung.rung}", *(render(column.cell(rung), lang) for column in shown)]
        for rung, marked in zip(result.rungs, chosen, strict=True)
    ]

    def style(row: int, column: int, cell: str) -> str:
        return click.style(cell, bold=True, fg="green" if column == 0 else None) if chosen[row] else cell

    headings = [f"  {render(message('rung'), lang)}", *(render(column.heading, lang) for column in shown)]
    return table(rows, headings=headings, indent=0, style=style)
