"""An audit on the terminal: every line wrapped under its own text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sadari.cli.terminal.printing import headed, say
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.data.audit.result import Audit
    from sadari.data.corpus import Corpus
    from sadari.data.read import Source

INDENT = 14
MOST_BAD_ROWS = 8


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
