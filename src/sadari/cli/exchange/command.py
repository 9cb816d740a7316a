"""``sadari import`` and ``sadari export``: models of other programs, taken over; models of ours, written for them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.models import load_model
from sadari.cli.exchange.targets import INDENT, TARGETS, print_headed
from sadari.messages import beside, message

IMPORT_EXAMPLES = """\b
Examples:
  sadari import lid.176.ftz -o models/languages
  sadari import reviews.bin -o models/reviews --label-prefix __class__

\b
FILE is a classifier that fastText trained: .bin, or quantised .ftz. The model
predicts here what it predicts there; fastText prints each probability 0.00001
larger. Texts are cut at white space and not lower-cased: give them as the
training texts were. sadari vectors convert reads word vectors in a .bin.
"""
EXPORT_EXAMPLES = """\b
Examples:
  sadari export models/news --to fasttext -o news.bin
  sadari export models/news --to fasttext -o news.bin --lines test.csv
  fasttext test news.bin news.txt
  sadari export models/news --to onnx -o news_onnx
  sadari export models/news --to onnx -o news_onnx --texts test.csv
  sadari export models/news --to html -o news.html --texts t.csv --label label

\b
fasttext is for the rung embedding-bag, and for models that were imported.
fastText predicts the same labels, and the same probabilities to 0.00001, from
texts that are cut as the model cuts them, their tokens joined by spaces;
--lines writes those of a file beside the model.

\b
onnx writes a folder: model.onnx, how texts become ids as data, and readers of
one file each, in Python (NumPy and onnxruntime) and JavaScript. It is written
only if it answers 500 texts, and hostile ones, as the model does: those of
--texts, or else bundled news.

\b
html writes one page that classifies in a browser, from a file and without a
network, proved in the same way. A page larger than --max-size has its weights
rounded, and features left out; what that changes is said, of the accuracy too
where --texts has labels and --label names their column.
"""


@click.command("import", epilog=IMPORT_EXAMPLES)
@click.argument("file")
@click.option("-o", "--output", metavar="MODEL", required=True, help="The model folder; an older model is replaced.")
@click.option(
    "--label-prefix", metavar="TEXT", default="__label__", show_default=True, help="With what the labels begin."
)
def import_(file: str, output: str, label_prefix: str) -> None:
    """Take over a classifier from FILE, which fastText wrote."""
    from sadari.cli.arguments.outputs import check_model_folder
    from sadari.display.terminal import Progress
    from sadari.rungs import import_model

    check_model_folder(Path(output))
    with Progress() as progress:
        progress(message("reading {file}", file=file))
        model = import_model(file, label_prefix=label_prefix)
        progress(message("saving"))
        model.save(output)
    _print_import(model, file, output)


def _print_import(model: Any, file: str, output: str) -> None:
    from sadari.cli.terminal.printing import NEW_FILE, labels_named, saved

    labels = labels_named([str(name) for name in model.classes_.tolist()])
    print_headed("Read", beside([file, "fastText", labels]), model.description())
    saved(output, indent=INDENT)
    print_headed("Next", f"sadari predict {shlex.quote(output)} {NEW_FILE}")


@click.command(epilog=EXPORT_EXAMPLES)
@click.argument("model")
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help="Which program it is for.")
@click.option("-o", "--output", metavar="PLACE", required=True, help="Where to; an older export is replaced.")
@click.option(
    "--lines", metavar="DATA", help="fasttext: also write this file's texts as its lines, into PLACE's name.txt."
)
@click.option("--texts", metavar="DATA", help="onnx, html: the texts on which the export proves itself.")
@click.option("--max-size", type=click.FloatRange(min=0.01), metavar="MB", help="html: the largest page.  [default: 8]")
@options.reading
@options.labels
def export(model: str, target: str, output: str, **asked: Any) -> None:
    """Write a trained MODEL (a folder) for another program."""
    from sadari.cli.terminal.printing import saved
    from sadari.display.terminal import Progress

    to = TARGETS[target]
    to.check(output, asked)
    with Progress() as progress:
        progress(message("loading the model"))
        rung = load_model(model)
        progress(message("writing"))
        finish = to.write(rung, output, asked, progress)
    saved(output, indent=INDENT)
    finish()
