"""``sadari vectors train``: word vectors of one's own texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.inputs import Data, open_named
from sadari.cli.arguments.text_files import TextFiles
from sadari.cli.vectors.options import FORMATS
from sadari.cli.vectors.output import checked_kind, lost
from sadari.data.formats import FORMATS as READ_FORMATS
from sadari.errors import SettingError
from sadari.messages import message, notes_of

if TYPE_CHECKING:
    import polars as pl

    from sadari.data.plain_text import PlainText

EXAMPLES = """\b
Examples:
  sadari vectors train articles.txt -o vectors
  sadari vectors train ag_news -o vectors --model cbow --width 200
  sadari vectors train chat.csv --text Q,A -o ko --subwords 3-5 --unit jamo
  sadari vectors train a.txt b.txt.gz -o vectors.vec --deterministic
  sadari vectors train articles/ -o vectors
  sadari vectors train 'news/*.parquet' -o vectors
  cat *.txt | sadari vectors train - -o vectors

\b
A .txt file is read as running text, a line a sentence, and a folder stands
for the .txt files in it (else for its tables); other files are tables, of
which the text column is taken (all columns of --text). The ending of OUT says
the format: none is a folder of Sadari's own, .vec and .txt are word2vec text,
.bin is word2vec binary; only sadari and fasttext (--to) keep subwords.
"""
INPUTS = ("text", *READ_FORMATS)


@click.command(epilog=EXAMPLES)
@click.argument("texts", nargs=-1, required=True, metavar="TEXT…")
@click.option("-o", "--output", required=True, metavar="OUT", help="The vectors' folder or file.")
@click.option("--to", type=click.Choice(FORMATS), metavar="KIND", help="Its format.  [default: the name's]")
@click.option("--model", type=click.Choice(["skipgram", "cbow"]), default="skipgram", show_default=True)
@click.option("--width", type=int, default=100, show_default=True, metavar="N", help="Of the vectors.")
@click.option("--window", type=int, default=5, show_default=True, metavar="N", help="Neighbours on each side.")
@click.option("--negatives", type=int, default=5, show_default=True, metavar="N", help="Drawn for each neighbour.")
@click.option("--epochs", type=int, default=5, show_default=True, metavar="N", help="Passes over the texts.")
@click.option("--min-count", type=int, default=5, show_default=True, metavar="N", help="Rarer words have no vector.")
@click.option("--max-words", type=int, metavar="N", help="The most words.")
@click.option("--sample", type=float, default=1e-3, show_default=True, metavar="SHARE", help="Thin out words above it.")
@click.option("--learning-rate", type=float, default=0.05, show_default=True, metavar="RATE", help="At the first step.")
@click.option("--subwords", metavar="N-M", help="Vectors for pieces of N to M units: unseen words have vectors, too.")
@click.option("--unit", type=click.Choice(["characters", "jamo"]), default="characters", show_default=True)
@click.option("--buckets", type=int, metavar="N", help="Rows that the pieces share.  [default: by their number]")
@click.option(
    "--tokenizer", metavar="NAME", help=f"{', '.join(options.TOKENIZER_NAMES)}, regex:PATTERN.  [default: auto]"
)
@click.option("--workers", type=int, metavar="N", help="Threads.  [default: one a core]")
@click.option("--deterministic", is_flag=True, help="One thread: the same seed gives the same bits, also on a GPU.")
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="cpu, cuda, mps or auto.")
@click.option("--text", metavar="COLUMNS", help="The text columns of a table.")
@click.option("--format", type=click.Choice(INPUTS), metavar="NAME", help=f"Of the files: {', '.join(INPUTS)}.")
@click.option("--encoding", metavar="NAME", help="Of the files.  [default: detected]")
@options.seed
@options.as_json("Settings, words and losses as JSON, and nothing else, on standard output.")
def train(texts: tuple[str, ...], output: str, as_json: bool, **asked: Any) -> None:
    """Train word vectors on TEXT…: files, folders, names of data sets, or "-"."""
    from sadari.cli.arguments.outputs import check_not_read
    from sadari.cli.vectors.view import print_trained
    from sadari.display.terminal import Progress
    from sadari.vectors.formats.files import write_vectors
    from sadari.vectors.word2vec.trainer import Word2Vec

    settings = Word2Vec(**_settings(asked))
    kind = checked_kind(output, asked["to"])
    if kind != "sadari":
        check_not_read(Path(output), *texts)
    corpus = _Corpus(texts, asked)
    corpus.check()
    with Progress() as progress:
        vectors = settings.train(corpus)
        progress(message("saving"))
        write_vectors(vectors, output, format=kind)
    print_trained(vectors, output, corpus.notes, lost(vectors, kind), as_json=as_json)


def _settings(asked: dict[str, Any]) -> dict[str, Any]:
    """The settings of `Word2Vec` among the options."""
    if asked["deterministic"] and asked["workers"] not in (None, 1):
        raise SettingError(
            message("--deterministic is one thread, and --workers {workers} are several", workers=asked["workers"])
        )
    names = (
        "model",
        "width",
        "window",
        "negatives",
        "epochs",
        "min_count",
        "max_words",
        "sample",
        "learning_rate",
        "unit",
        "buckets",
        "workers",
        "device",
        "seed",
    )
    settings = {name: asked[name] for name in names}
    settings["workers"] = 1 if asked["deterministic"] else asked["workers"]
    settings["tokenizer"] = asked["tokenizer"] or "auto"
    if asked["subwords"] is not None:
        shortest, _, longest = asked["subwords"].partition("-")
        if not (shortest.isdecimal() and (longest or shortest).isdecimal()):
            raise SettingError(
                message("--subwords is {subwords!r}", subwords=asked["subwords"]),
                hint=message("shortest-longest, such as 3-6"),
            )
        settings["subwords"] = (int(shortest), int(longest or shortest))
    return settings


class _Corpus(TextFiles):
    """Sentences: the lines of running text, the texts of tables."""

    def running(self, text: PlainText) -> Iterator[pl.Series]:
        """Its lines."""
        yield from text.columns()

    def table(self, name: str, data: Data) -> Iterator[pl.Series]:
        """The text column, or one after another."""
        asked = {key: self.asked[key] for key in ("text", "format", "encoding")}
        source = open_named(data.train, asked, known=data.columns, need_label=False, missing="empty")
        source.use_columns(source.text_columns, None)
        title = message("standard input") if name == "-" else data.titles.get(data.train, name)
        self.notes += notes_of(title, source.notes)
        for batch in source.batches(whole=False):
            yield batch.texts
