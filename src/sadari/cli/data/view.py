"""An audit on the terminal: every line wrapped under its own text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from sadari.cli.terminal.printing import columns, cut, headed, pad, printable, say
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.data.audit.result import Audit
    from sadari.data.corpus import Corpus
    from sadari.data.source import Source

INDENT = 14
MOST_BAD_ROWS = 8
LABEL_WIDTH = 20


def print_head(source: Source, rows: Sequence[dict[str, Any]]) -> None:
    """Some rows below each other, each cut to the terminal's width, and what was guessed of the file.

    Args:
        source: where they are from.
        rows: ``row``, ``text`` and, where there are labels, ``label`` of each.
    """
    headed("Read", source.title, indent=INDENT)
    for said in source.notes:
        headed("", said, indent=INDENT)
    say()
    labels = [labels_of(row) for row in rows]
    widest = min(LABEL_WIDTH, max(map(cell_len, labels), default=0))
    digits = max(len(f"{row['row']:,}") for row in rows) if rows else 0
    for row, label in zip(rows, labels, strict=True):
        begin = f"{row['row']:{digits},}  " + (f"{pad(cut(label, widest), widest)}  " if widest else "")
        say(cut(begin + printable(" ".join(row["text"].split())), columns()))


def labels_of(row: dict[str, Any]) -> str:
    """The label of a row, or its labels with commas between; empty where there is none."""
    label = row.get("label")
    return printable(", ".join(label) if isinstance(label, list) else label or "")


def print_audit(sources: Sequence[Source], corpora: Sequence[Corpus], audited: Audit) -> None:
    """What was read, the rows that could not be, and all that the audit found.

    Args:
        sources: training and test files, read through.
        corpora: what was in them.
        audited: what was found in these.
    """
    for corpus in corpora:
        headed("Read", corpus.source, *corpus.notes, indent=INDENT)
    for source in sources:
        _print_bad_rows(source)
    for section in audited.sections():
        say()
        headed(section.title, section.about, indent=INDENT)
        for head, text in section.lines:
            headed(f"  {head}", text, indent=INDENT)


def _print_bad_rows(source: Source) -> None:
    """The first rows that were left out, each with its reason: a training stops at the first of them."""
    if not source.skipped:
        return
    stops = message(
        "{file}: {rows:,} · climb and train stop at such a row: mend it, or pass --on-bad-row skip",
        file=source.title,
        rows=source.skipped,
    )
    more = "…" if source.skipped > MOST_BAD_ROWS else None
    headed("Bad rows", stops, *source.skipped_rows[:MOST_BAD_ROWS], more, indent=INDENT)
