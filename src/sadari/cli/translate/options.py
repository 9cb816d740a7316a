"""Options of ``sadari translate`` that its commands share."""

from __future__ import annotations

import click

from sadari.cli.arguments.options import encoded, together

# How a file is read; for `sadari.cli.translate.input`
table = together(
    click.option(
        "--format",
        type=click.Choice(["csv", "tsv", "jsonl", "parquet"]),
        metavar="KIND",
        help="Of a table: csv, tsv, jsonl or parquet.  [default: detected]",
    ),
    encoded,
)
search = together(
    click.option(
        "--beam",
        type=click.IntRange(1, 1000),
        default=5,
        show_default=True,
        metavar="N",
        help="Translations followed at once; 1 is greedy.",
    ),
    click.option(
        "--length-penalty",
        type=click.FloatRange(0, 10),
        default=1.0,
        show_default=True,
        metavar="N",
        help="0 ranks by probability, 1 by its mean a subword.",
    ),
)
