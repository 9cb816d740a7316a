"""``sadari vectors convert`` and ``info``: what vectors are, and other formats for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli import options
from sadari.cli.vectors_options import FORMATS, reading
from sadari.errors import SettingError

if TYPE_CHECKING:
    from sadari.vectors.keyed import WordVectors

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
    from sadari.cli import vectors_input, vectors_view
    from sadari.cli.progress import Progress

    kind = _checked_kind(output, to)
    wanted = None if words is None else vectors_input.word_list(words)
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress, words=wanted)
        from sadari.vectors.files import write_vectors

        progress(f"writing {output}")
        write_vectors(loaded, output, format=kind)
    vectors_view.print_written(loaded, output, lost=_lost(loaded, kind))


def _checked_kind(output: str, to: str | None) -> str:
    """The format to write, and whether that may be written there: known before anything is read."""
    from sadari.cli.outputs import check_file, check_model_folder
    from sadari.vectors.files import SUFFIXES

    kind = to or SUFFIXES.get(Path(output).suffix.lower())
    if kind is None:
        known = ", ".join(suffix for suffix in SUFFIXES if suffix)
        raise SettingError(
            f"the ending of {output!r} names no format", hint=f"end it in one of {known}, or name the format with --to"
        )
    if kind == "sadari":
        check_model_folder(Path(output))
    else:
        check_file(Path(output))
    return kind


def _lost(loaded: WordVectors, kind: str) -> list[str]:
    """What the format cannot hold."""
    lost = []
    if loaded.subwords is not None and kind not in ("sadari", "fasttext"):
        lost.append("without subwords, which only sadari and fasttext hold: words not among these have no vector now")
    if loaded.counts is not None and kind not in ("sadari", "fasttext"):
        lost.append("without counts, which this format does not hold")
    return lost


@click.command(epilog=INFO_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@reading
@options.as_json("As JSON.")
def info(source: str, as_json: bool, **asked: Any) -> None:
    """Show what a file or folder of word vectors holds."""
    from sadari.cli import vectors_input, vectors_view
    from sadari.cli.printing import say_json
    from sadari.cli.progress import Progress

    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress, quiet=True)
        found = vectors_view.describe(loaded, source)
    if as_json:
        say_json(found)
    else:
        vectors_view.print_description(found)
