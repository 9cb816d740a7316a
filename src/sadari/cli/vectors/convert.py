"""``sadari vectors convert`` and ``info``: what vectors are, and other formats for them."""

from __future__ import annotations

from typing import Any

import click

from sadari.cli.arguments import options
from sadari.cli.vectors import input as vectors_input
from sadari.cli.vectors.options import FORMATS, reading
from sadari.cli.vectors.output import checked_kind, lost
from sadari.errors import DataError
from sadari.messages import message

CONVERT_EXAMPLES = """\b
Examples:
  sadari vectors convert GoogleNews-vectors-negative300.bin -o models/google
  sadari vectors convert cc.ko.300.bin -o korean.vec --limit 200000
  sadari vectors convert glove.6B.300d.txt -o small.bin --words vocabulary.txt

\b
The format goes by the name: .bin is word2vec binary, .vec and .txt are
word2vec text, a name without an ending is a folder of Sadari's, the quickest
to read. Only sadari and fasttext keep subwords.
"""
INFO_EXAMPLES = """\b
Examples:
  sadari vectors info glove.6B.300d.txt
  sadari vectors info models/vectors --json
"""


@click.command(epilog=CONVERT_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to; an older file is replaced.")
@click.option("--to", type=click.Choice(FORMATS), metavar="KIND", help="The format.  [default: the name's]")
@click.option("--words", metavar="FILE", help="Keep only the words of this file, one a line.")
@reading
def convert(source: str, output: str, to: str | None, words: str | None, **asked: Any) -> None:
    """Write word vectors in another format, or fewer of them."""
    from sadari.cli.vectors import view as vectors_view
    from sadari.display.terminal import Progress

    kind = checked_kind(output, to)
    wanted = None if words is None else vectors_input.word_list(words)
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress, words=wanted)
        if not len(loaded):
            raise DataError(
                message("has none of these words"),
                where=source,
                hint=message("capitals matter; see {words}", words=words),
            )
        from sadari.vectors.formats.files import write_vectors

        progress(message("writing {output}", output=output))
        write_vectors(loaded, output, format=kind)
    vectors_view.print_written(loaded, output, lost=lost(loaded, kind))


@click.command(epilog=INFO_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@reading
@options.as_json("As JSON.")
def info(source: str, as_json: bool, **asked: Any) -> None:
    """Show what a file or folder of word vectors holds."""
    from sadari.cli.terminal.printing import say_json
    from sadari.cli.vectors import view as vectors_view
    from sadari.display.terminal import Progress

    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress, quiet=True)
        found = vectors_view.describe(loaded, source)
    if as_json:
        say_json(found)
    else:
        vectors_view.print_description(found)
