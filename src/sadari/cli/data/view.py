"""An audit on the terminal: every line wrapped under its own text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from sadari.cli.data import korean as audit_korean
from sadari.cli.terminal.printing import columns, headed, say, wrap
from sadari.messages import render
from sadari.wording import Wording, wording

if TYPE_CHECKING:
    from sadari.data.audit.result import Audit
    from sadari.data.corpus import Corpus
    from sadari.data.read import Source

INDENT = 14  # where the text of `Audit.lines` begins


MOST_BAD_ROWS = 8


def print_audit(sources: Sequence[Source], corpora: Sequence[Corpus], audited: Audit, lang: str) -> None:
    """What was read, the rows that could not be, and all that the audit found.

    Args:
        sources: training and test files, read through.
        corpora: what was in them.
        audited: what the audit found in them.
        lang: ``"en"`` or ``"ko"``.
    """
    words, korean = wording(lang), lang == "ko"
    for corpus in corpora:
        headed("읽음" if korean else "Read", corpus.source, indent=INDENT)
        for note in corpus.notes:
            headed("", render(note, lang), indent=INDENT)
    for source in sources:
        _print_bad_rows(source, words)
    say()
    if korean:
        for head, text in audit_korean.lines(audited):
            if head or text:
                headed(head, text, indent=INDENT)
            else:
                say()
    else:
        for line in audited.lines():
            _print_wrapped(line)


def _print_bad_rows(source: Source, words: Wording) -> None:
    """The first rows that were left out, each with its reason: a training stops at the first of them."""
    if not source.skipped:
        return
    korean = words.lang == "ko"
    stops = "이런 행이 있으면 climb과 train은 멈춥니다. 고치거나 --on-bad-row skip을 주세요"
    if not korean:
        stops = "climb and train stop at such a row: mend it, or pass --on-bad-row skip"
    headed("나쁜 행" if korean else "Bad rows", f"{source.title}: {source.skipped:,} · {stops}", indent=INDENT)
    for wrong in source.skipped_rows[:MOST_BAD_ROWS]:
        headed("", render(wrong, words.lang), indent=INDENT)
    if source.skipped > MOST_BAD_ROWS:
        headed("", "…", indent=INDENT)


def _print_wrapped(line: str) -> None:
    """A line whose text begins at `INDENT`, the part before it kept on the first line."""
    head, text = line[:INDENT], line[INDENT:]
    if cell_len(line) <= columns() or re.search(r"\S$", head):
        say(line)
        return
    first, *rest = wrap(text, columns() - INDENT) or [""]
    say((head + first).rstrip())
    for more in rest:
        say(" " * INDENT + more)
