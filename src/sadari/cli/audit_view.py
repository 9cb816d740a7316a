"""An audit on the terminal: every line wrapped under its own text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

from sadari.cli.printing import columns, headed, say, wrap

if TYPE_CHECKING:
    from sadari.data.audit import Audit
    from sadari.data.corpus import Corpus

INDENT = 14  # where the text of `Audit.lines` begins


def print_audit(train: Corpus, test: Corpus | None, audited: Audit) -> None:
    """What was read, and all that the audit found."""
    for corpus in [train] if test is None else [train, test]:
        headed("Read", corpus.source, indent=INDENT)
        for note in corpus.notes:
            headed("", note, indent=INDENT)
    say()
    for line in audited.lines():
        _print_wrapped(line)


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
