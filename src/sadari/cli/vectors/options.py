"""How the commands of ``sadari vectors`` read vectors: the options they share."""

from __future__ import annotations

import click

from sadari.cli.arguments.options import together

# For help texts alone: loading the real tables takes a second (a test compares them).
FORMATS = ("word2vec-binary", "word2vec-text", "glove", "fasttext", "sadari")

reading = together(  # of vectors, for `sadari.cli.vectors.input`
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Read the first N words only."),
    click.option("--format", type=click.Choice(FORMATS), metavar="KIND", help=f"One of: {', '.join(FORMATS)}."),
    click.option("--encoding", metavar="NAME", help="Of the words.  [default: detected]"),
    click.option(
        "--on-bad-row",
        type=click.Choice(["error", "skip"]),
        default="error",
        show_default=True,
        help="Stop at a row that cannot be read, or leave it out and count it.",
    ),
)
