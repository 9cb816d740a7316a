"""``sadari import`` and ``sadari export``: models of other programs, taken over; models of ours, written for them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.errors import SettingError
from sadari.messages import Message, beside, counted, message

if TYPE_CHECKING:
    from sadari.cli.terminal.progress import Progress
    from sadari.rungs import Rung

INDENT = 10

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

\b
fasttext is for the rung embedding-bag, and for models that were imported.
fastText predicts the same labels, and the same probabilities to 0.00001, from
texts that are cut as the model cuts them, their tokens joined by spaces;
--lines writes those of a file beside the model.
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
    from sadari.cli.terminal.progress import Progress
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

    _head("Read", beside([file, "fastText", labels_named([str(name) for name in model.classes_.tolist()])]))
    _head("", model.description())
    saved(output, indent=INDENT)
    _head("Next", f"sadari predict {shlex.quote(output)} {NEW_FILE}")


@click.command(epilog=EXPORT_EXAMPLES)
@click.argument("model")
@click.option("--to", "target", type=click.Choice(["fasttext"]), required=True, help="Which program it is for.")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to; an older file is replaced.")
@click.option("--lines", metavar="DATA", help="Also write this file's texts as fastText's lines, into FILE's name.txt.")
@options.reading
@options.labels
def export(model: str, target: str, output: str, **asked: Any) -> None:
    """Write a trained MODEL (a folder) for another program."""
    from sadari.cli.arguments.models import load_model
    from sadari.cli.arguments.outputs import check_file
    from sadari.cli.terminal.printing import saved
    from sadari.cli.terminal.progress import Progress

    check_file(Path(output))
    with Progress() as progress:
        progress(message("loading the model"))
        rung = load_model(model)
        progress(message("writing"))
        finish = TARGETS[target](rung, output, asked, progress)
    saved(output, indent=INDENT)
    finish()


def _to_fasttext(rung: Rung, output: str, asked: dict[str, Any], progress: Progress) -> Callable[[], None]:
    """Write a ``.bin``, and lines beside it: what prints the rest."""
    from sadari.rungs.fasttext.export import export_fasttext, line_content

    lines = None if asked["lines"] is None else _lines_path(output, asked["lines"])
    export_fasttext(rung, output)
    if lines is None:
        holds = message("FILE holds {lines}: see --lines", lines=line_content(rung))
        return lambda: _head("Next", f"fasttext predict-prob {shlex.quote(output)} FILE; {holds}")
    rows = _write_lines(rung, lines, asked, progress)

    def finish() -> None:
        _head("", beside([str(lines), counted(rows, "line")]))
        _head("Next", f"fasttext test {shlex.quote(output)} {shlex.quote(str(lines))}")

    return finish


TARGETS: dict[str, Callable[[Any, str, dict[str, Any], Any], Callable[[], None]]] = {"fasttext": _to_fasttext}


def _lines_path(output: str, data: str) -> Path:
    """``m.txt`` for ``m.bin``."""
    from sadari.cli.arguments.outputs import check_file

    lines = Path(output).with_suffix(".txt")
    taken = ((message("the model's"), Path(output)), (message("that of --lines"), Path(data)))
    for whose, path in taken:
        if lines.resolve() == path.resolve():
            raise SettingError(
                message("the lines would lie in {lines}, and that name is {whose}", lines=lines, whose=whose),
                hint=message("choose another name with -o"),
            )
    check_file(lines)
    return lines


def _write_lines(rung: Rung, path: Path, asked: dict[str, Any], progress: Progress) -> int:
    """A file's texts as lines: how many."""
    from sadari.artifact import atomic_file
    from sadari.cli.arguments.models import open_for_model
    from sadari.cli.terminal.printing import note
    from sadari.rungs.fasttext.export import fasttext_lines

    reading = {name: value for name, value in asked.items() if name != "lines"}
    source = open_for_model(asked["lines"], reading, rung, need_label=bool(asked["label"]))
    done = 0
    with atomic_file(path) as stream:
        for batch in source.batches():
            stream.write(fasttext_lines(rung, batch.texts, batch.labels))
            done += len(batch.texts)
            progress(counted(done, "line"))
    for line in source.notes:
        note(line)
    return done


def _head(head: str, text: Message | str) -> None:
    from sadari.cli.terminal.printing import headed

    headed(head, text, indent=INDENT)
