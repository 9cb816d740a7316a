"""Options of ``sadari translate`` that its commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_TABLE = (
    click.option("--format", type=click.Choice(["csv", "tsv", "jsonl", "parquet"]), metavar="KIND",
                 help="Of a table: csv, tsv, jsonl or parquet.  [default: found out]"),
    click.option("--encoding", metavar="NAME", help="Such as cp949.  [default: UTF-8, else CP949]"),
    click.option("--delimiter", metavar="CHAR", help="Between the fields of a CSV file; \\t for a tab."),
    click.option("--header/--no-header", default=None, help="Whether the first row names the columns."),
    click.option("--on-bad-row", type=click.Choice(["error", "skip"]), default="error", show_default=True,
                 help="Stop at a row that cannot be read, or leave it out and count it."),
)  # fmt: skip
_SEARCH = (
    click.option("--beam", type=click.IntRange(1, 1000), default=5, show_default=True, metavar="N",
                 help="Translations followed at once; 1 is greedy."),
    click.option("--length-penalty", type=click.FloatRange(0, 10), default=1.0, show_default=True, metavar="N",
                 help="0 ranks by probability, 1 by its mean a subword."),
)  # fmt: skip


def table(command: Command) -> Command:
    """How a file is read; for `sadari.cli.translate_input`."""
    return _all(_TABLE, command)


def search(command: Command) -> Command:
    """``--beam`` and ``--length-penalty``."""
    return _all(_SEARCH, command)


def _all(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
