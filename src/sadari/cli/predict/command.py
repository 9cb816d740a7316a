"""``sadari predict``: label the texts of a file, of standard input, or of the arguments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.inputs import Given, looks_like_missing_file, reading_of
from sadari.cli.arguments.models import load_model
from sadari.cli.predict.folder import goes_to_folder, label_folder, say_never
from sadari.errors import DataError, SettingError
from sadari.messages import counted, message

if TYPE_CHECKING:
    import polars as pl

    from sadari.display.terminal import Progress
    from sadari.labelled.rows import Answers, Labelled, Wanted
    from sadari.rungs import Rung

EXAMPLES = """\b
Examples:
  sadari predict runs/news/model "Stocks fell on Friday" "A late goal"
  sadari predict runs/news/model new.csv -o labelled.csv
  sadari predict runs/news/model new.csv -o labelled.csv --bom      for Excel
  sadari predict runs/news/model new.jsonl --proba -o labelled.parquet
  sadari predict models/bert new.csv --precision int8 -o labelled.csv
  cat texts.txt | sadari predict runs/news/model - --top 3 > labelled.csv
  sadari predict runs/news/model new.csv --min-precision 0.95 -o labelled.csv
  sadari predict runs/news/model new.csv --sets 0.9 -o sets.csv
  sadari predict runs/news/model --json -- "-5 degrees in May"
  sadari predict runs/news/model 'in/*.csv' -o labelled.csv
  sadari predict runs/news/model 'in/*.parquet' -o labelled/
  sadari predict runs/news/model 'in/*.parquet' -o labelled/ --ray
  sadari predict runs/news/model 'in/*.parquet' -o labelled/ --ray head:6379

\b
A file keeps its rows, their order and all its columns, and gets three more:
  label        the likeliest one (of several: all that reach their thresholds)
  probability  of that label
  note         "empty": no text; "nothing known": no word the model knows;
               "unsure": for a person; "out of scope": seems to fit no label;
               "cut": longer than the model reads
A column that the file has already is called predicted_label, and so on.

\b
With --min-precision or --coverage a label that is not sure enough is
withheld: "label" is empty, "note" says "unsure", "suggestion" has the label
all the same, and "certainty" says how likely it is right. Thresholds are
those by which the rows that a training kept to validate on come out as asked,
for each label.

\b
With -o FOLDER/ each file gets one of its own there, written whole or not at
all. Stopped or killed, the same command goes on with what is missing.
"""

OF_EXCEL = ("cp949", "utf-16-le", "utf-16-be")  # what its files come in
SHARE = click.FloatRange(0.01, 0.9999)  # as calibration takes it; loading that takes long (a test compares them)


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("inputs", nargs=-1, metavar="[FILE…|-|TEXT…]")
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER/",
    help=".csv, .tsv, .jsonl or .parquet; a folder gets a file for each that is read.  [default: standard output]",
)
@click.option("--proba", is_flag=True, help="Add the probability of every label.")
@click.option("--top", type=click.IntRange(1), default=1, metavar="K", help="Add the labels in second, third … place.")
@click.option(
    "--min-precision", type=SHARE, metavar="P", help="Only labels of which this share is right, such as 0.95."
)
@click.option("--coverage", type=SHARE, metavar="C", help="Only labels of the surest texts, this share of all: 0.9.")
@click.option("--sets", type=SHARE, metavar="C", help="Add sets of labels that hold the right one this often: 0.9.")
@click.option("--scope", type=SHARE, metavar="S", help="Note texts of no label; of others at most this share: 0.05.")
@click.option("--escape-formulas", is_flag=True, help="Put ' before CSV cells that a spreadsheet would run: = + - @")
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark: Excel reads it as UTF-8 then.")
@options.predict_precision
@options.reading
@options.ray
@options.concurrency
@options.as_json("One JSON object a line on standard output.")
def predict(model: str, inputs: tuple[str, ...], **asked: Any) -> None:
    """Label texts with a trained MODEL (a folder).

    An argument that is an existing file is read as data, and "-" is standard input; all others are texts. Files are
    read a batch at a time, so they may be larger than memory; several are answered into one output, one after another.
    With -o FOLDER/ each file gets an output of its own, and all arguments are files, folders of files, or patterns.
    """
    if goes_to_folder(asked):
        label_folder(model, inputs, asked, _wanted)
        return
    path = files_among(inputs)
    output = None if asked["output"] is None else Path(asked["output"])
    if asked["bom"] and asked["as_json"]:
        raise SettingError(message("--bom is for CSV and TSV alone"))
    if output is not None:
        _check_output(output, path, asked)
    from sadari.display.terminal import Progress

    with Progress() as progress:
        progress(message("loading the model"))
        rung = load_model(model, precision=asked["precision"])
        if path is not None:
            _predict_file(rung, path, output, asked, progress)
            return
        frame = _argument_frame(inputs)
        from sadari.labelled.rows import Answers, Labelled

        answers = Answers(rung, frame.columns, _wanted(asked))
        say_never(answers)
        rows = iter([Labelled(frame, answers.answer(frame["text"]))])
        _give(rows, answers, output, asked, readable=True, progress=progress)


def _wanted(asked: dict[str, Any]) -> Wanted:
    """Which columns are asked for."""
    from sadari.labelled.rows import Wanted
    from sadari.rungs.cautious import Caution

    care = {name: asked[name] for name in ("min_precision", "coverage", "sets", "scope")}
    return Wanted(asked["proba"], asked["top"], Caution(**care))


def files_among(inputs: tuple[str, ...]) -> Given | None:
    """The file to read or all of them, "-" for standard input, or None where the arguments are texts."""
    if not inputs:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError(
                str(message("give a file, a text, or - for standard input")), click.get_current_context()
            )
        return "-"
    files = [text for text in inputs if text == "-" or _is_file(text)]
    if files and (len(files) < len(inputs) or ("-" in files and len(files) > 1)):
        raise SettingError(
            message(
                "{files!r} is {files_2}, and stands beside other arguments",
                files=files[0],
                files_2=message("standard input") if files[0] == "-" else message("a file"),
            ),
            hint=message("give only files, or only texts"),
        )
    if files:
        return files[0] if len(files) == 1 else tuple(files)
    from sadari.cli.terminal.printing import note

    missing = [text for text in inputs if looks_like_missing_file(text)]
    if missing:
        raise DataError(
            message("there is no such file"),
            where=missing[0],
            hint=message("check the path; a text may come through -"),
        )
    for text in inputs:
        if text.strip() and _is_folder(text):
            note(message("{text!r} is taken as a text; for the folder of this name write {text}/", text=text))
    return None


def _is_file(text: str) -> bool:
    if not text.strip():
        return False
    if _is_folder(text):  # a single word may well be a folder's name
        return "/" in text or "\\" in text
    from sadari.data.datasets import is_there
    from sadari.data.files.find import is_pattern
    from sadari.data.formats.remote import is_remote

    # a text may well hold a ? or a *
    return is_there(text) or is_remote(text) or (is_pattern(text) and (looks_like_missing_file(text) or _matches(text)))


def _matches(text: str) -> bool:
    """Whether a text that looks like a pattern of paths is one, of files that are there."""
    from sadari.data.files.find import expanded

    return "/" in text and bool(expanded(text))


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _check_output(output: Path, path: Given | None, asked: dict[str, Any]) -> None:
    from sadari.cli.arguments.outputs import check_file, check_not_read
    from sadari.labelled.writers import format_of

    if asked["as_json"]:
        raise SettingError(
            message("--json prints on standard output, and -o writes a file"),
            hint=message("for JSON write -o NAME.jsonl"),
        )
    if asked["escape_formulas"] and format_of(output) not in ("csv", "tsv"):
        raise SettingError(message("--escape-formulas is for CSV and TSV alone"))
    if asked["bom"] and format_of(output) not in ("csv", "tsv"):
        raise SettingError(message("--bom is for CSV and TSV alone"))
    format_of(output)
    check_file(output)
    check_not_read(output, path, format=asked["format"])


def _argument_frame(inputs: tuple[str, ...]) -> pl.DataFrame:
    import polars as pl

    try:
        return pl.DataFrame({"text": pl.Series(list(inputs), dtype=pl.String)})
    except UnicodeEncodeError:
        raise DataError(message("an argument is not valid text in this terminal's encoding")) from None


def _predict_file(rung: Rung, path: Given, output: Path | None, asked: dict[str, Any], progress: Progress) -> None:
    from sadari.cli.terminal.printing import note
    from sadari.labelled.label_file import answered, open_unlabelled
    from sadari.labelled.rows import Answers

    source = open_unlabelled(rung, path, reading_of(asked))
    note(*source.notes)
    progress(message("looking at the columns"))
    source.complete_columns()
    answers = Answers(rung, source.columns, _wanted(asked))
    say_never(answers)
    if answers.renamed:
        pairs = [message("{key} is called {name}", key=key, name=name) for key, name in answers.renamed.items()]
        note(message("the file has such columns already: {pairs}", pairs=pairs))
    said = len(source.notes)
    _give(answered(source, answers), answers, output, asked, readable=False, progress=progress)
    note(*source.notes[said:])
    if output is not None and output.suffix.lower() == ".csv" and not asked["bom"] and source.encoding in OF_EXCEL:
        note(message("it is UTF-8: Excel shows it well with --bom"))


def _give(
    labelled: Iterator[Labelled],
    answers: Answers,
    output: Path | None,
    asked: dict[str, Any],
    *,
    readable: bool,
    progress: Progress,
) -> None:
    """Write the rows where they are asked for: a file, or standard output."""
    from sadari.labelled.label_file import Counted
    from sadari.labelled.writers import write_file, write_stream

    how = {"escape": asked["escape_formulas"], "bom": asked["bom"]}
    seen = Counted(labelled, lambda rows: progress(message("{texts} labelled", texts=counted(rows, "text"))))
    labelled = iter(seen)
    if output is not None:
        from sadari.cli.predict.view import remark
        from sadari.cli.terminal.printing import note

        write_file(output, labelled, **how)
        note(remark(seen.rows, seen.notes, output))
    elif asked["as_json"]:
        write_stream(sys.stdout.buffer, labelled, "jsonl")
    elif readable and not any(how.values()):
        from sadari.cli.predict.view import print_answers

        for rows in labelled:
            print_answers(rows.table(), answers)
    else:
        write_stream(sys.stdout.buffer, labelled, "csv", **how)
