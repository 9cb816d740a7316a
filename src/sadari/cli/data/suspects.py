"""``sadari data suspects``: which labels are wrong, and what it buys to mend them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import inputs, options
from sadari.cli.arguments.language import language
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.source import Source
    from sadari.rungs import Rung
    from sadari.trust.suspects.result import Suspects

EXAMPLES = """\b
Examples:
  sadari data suspects news.csv                        news.suspects.csv
  sadari data suspects news.csv --run runs/news        the climb's rungs vote
  sadari data suspects few.csv --weights all-MiniLM-L6-v2
  sadari data suspects tags.csv --label-sep '|'
  sadari data suspects news.csv --apply news.suspects.csv -o clean.csv
  sadari data suspects news.csv --apply news.suspects.csv --test test.csv

\b
Every text is voted on by models that did not see it, and the table is ranked,
the most suspicious label first. Write the right label into its column
corrected, or yes into drop, and give the table back with --apply.
"""
_WIDTH = 20


@click.command(epilog=EXAMPLES)
@click.argument("data", default="headlines", metavar="DATA")
@click.option(
    "--run", metavar="RUN", help="Folder of a climb on DATA: its rungs vote on the rows they were validated on."
)
@click.option(
    "--rungs", metavar="NAMES", help="Rungs that vote in folds.  [default: a few cheap ones of different kind]"
)
@click.option(
    "--folds",
    type=click.IntRange(2, 100),
    metavar="N",
    default=5,
    show_default=True,
    help="Parts the rows are cut into.",
)
@click.option(
    "--weights", metavar="FOLDER", multiple=True, help="An encoder or embeddings, or a hub name: embed votes too."
)
@click.option("--download", is_flag=True, help="Fetch --weights from the Hugging Face hub if they are not here.")
@click.option("--vectors", metavar="FILE", help="Word vectors, for rungs that start from some.")
@click.option(
    "--reasons",
    type=click.IntRange(min=0),
    metavar="N",
    default=1000,
    show_default=True,
    help="Say why, of the first N rows: words, and near texts with another label.",
)
@click.option(
    "--apply", "apply_", metavar="TABLE", help="Train with the corrections of this table, and say what they bought."
)
@click.option(
    "--rung", metavar="NAME", help="What --apply trains.  [default: the run's model, or the first that would vote]"
)
@click.option("--model", metavar="MODEL", help="Keep what --apply trained in this folder.")
@click.option("--test", metavar="FILE", help="Labelled texts on which --apply scores too.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The table, or with --apply the corrected data: .csv, .tsv, .jsonl or .parquet."
    "  [default: DATA's name and .suspects.csv]",
)
@click.option("--escape-formulas", is_flag=True, help="Make cells harmless that a spreadsheet would run.")
@options.reading
@options.labels
@options.seed
@language
@options.as_json("As JSON, and nothing else, on standard output; no table is written without -o.")
def suspects(data: str, **asked: Any) -> None:
    """Find wrong labels in DATA: each text with the probability that its label is right, the lowest first."""
    from sadari.cli.arguments import outputs
    from sadari.display.terminal import Progress
    from sadari.labelled.writers import format_of
    from sadari.metrics.evaluate import check_some_known

    _check_applied(asked)
    found = inputs.find_data(data, asked["test"], labelled=True)
    output = _output(found.name, asked)
    if output is not None:
        format_of(output)
        outputs.check_file(output)
        outputs.check_not_read(output, found.train, found.test, asked["apply_"], format=asked["format"])
    if asked["model"] is not None:
        outputs.check_model_folder(Path(asked["model"]))
    with Progress() as progress:
        progress(message("reading {name}", name=found.name))
        source = inputs.open_train(found, asked)
        train = source.read()
        if asked["apply_"] is not None:
            test = None if asked["test"] is None else inputs.read_test(found, asked, source)
            if test is not None:
                check_some_known(test, train.label_names)
            _apply(source, train, test, output, asked)
            return
        if output is not None:
            _check_kept(output, train, asked)
        result = _find(train, asked)
    if output is not None:
        _write(output, result, asked)
    if asked["as_json"]:
        from sadari.cli.terminal.printing import say_json

        say_json(result.to_dict())
        return
    from sadari.cli.data.suspects_view import print_suspects

    print_suspects(result, output, again=_again(data, asked, output))


def _check_applied(asked: Mapping[str, Any]) -> None:
    """Refuse what says how corrections are applied where none are.

    Raises:
        SettingError: it is asked for without ``--apply``.
    """
    from sadari.errors import SettingError

    if asked["apply_"] is not None:
        return
    for name in ("rung", "model", "test"):
        if asked[name] is not None:
            raise SettingError(
                message("--{name} is for --apply", name=name), hint=message("give the table with its corrections")
            )


def _output(name: str, asked: Mapping[str, Any]) -> Path | None:
    if asked["output"] is not None:
        return Path(asked["output"])
    return None if asked["as_json"] or asked["apply_"] is not None else Path(f"{name}.suspects.csv")


def _find(train: Corpus, asked: Mapping[str, Any]) -> Suspects:
    from sadari.trust.suspects.find import suspects as find

    same = ("run", "folds", "reasons", "seed", "download")
    starts = {name: asked[name] for name in ("weights", "vectors") if asked[name]}
    return find(train, rungs=options.parse_names(asked["rungs"]), **{name: asked[name] for name in same}, **starts)


def _separator(asked: Mapping[str, Any]) -> str:
    return asked["label_sep"] or "|"


def _check_kept(output: Path, train: Corpus, asked: Mapping[str, Any]) -> None:
    """Refuse to write over a table that somebody has filled in.

    Raises:
        OutputError: it holds corrections.
    """
    from sadari.errors import DataError, OutputError
    from sadari.trust.suspects.corrections import holds_corrections

    if not output.exists():
        return
    try:
        filled = holds_corrections(output)
    except DataError:  # some other file: the user's own word is enough where it was named
        filled = asked["output"] is None
    if filled:
        raise OutputError(
            message("holds corrections already, which would be lost"),
            where=str(output),
            hint=message("apply them with --apply, or write elsewhere with -o"),
        )


def _write(output: Path, result: Suspects, asked: Mapping[str, Any]) -> None:
    from sadari.labelled.rows import Labelled
    from sadari.labelled.writers import write_file

    batches = result.batches(sep=_separator(asked))
    rows = (Labelled(frame.drop("corrected", "drop"), frame.select("corrected", "drop")) for frame in batches)
    write_file(output, rows, escape=asked["escape_formulas"], bom=output.suffix.lower() in (".csv", ".tsv"))


def _again(data: str, asked: Mapping[str, Any], output: Path | None) -> str | None:
    """The command that applies what a person writes into the table."""
    if output is None:
        return None
    run = ["--run", asked["run"]] if asked["run"] else []
    read = options.as_given(asked, inputs.READING)
    return shlex.join(["sadari", "data", "suspects", data, *read, *run, "--apply", str(output), "-o", "clean.csv"])


def _apply(source: Source, train: Corpus, test: Corpus | None, output: Path | None, asked: Mapping[str, Any]) -> None:
    """Train with corrections, say what they bought, and write what was asked for."""
    from sadari.cli.data.suspects_view import print_worth
    from sadari.cli.terminal.printing import say_json
    from sadari.display.watching import Watching
    from sadari.trust.suspects.corrections import read_corrections
    from sadari.trust.suspects.worth import worth

    corrections = read_corrections(asked["apply_"], train, sep=_separator(asked))
    with Watching(message("suspects")) as watching:

        def say(what: Message | str, share: float) -> None:
            watching.progress(share, 1.0, {"doing": what})

        found = worth(train, corrections, _untrained(asked), test=test, seed=asked["seed"], say=say)
    cleaned = corrections.apply(train)
    if output is not None:
        _write_cleaned(output, source, cleaned, asked)
    if asked["model"] is not None:
        found.model.save(asked["model"], data=cleaned.provenance(seed=asked["seed"]))
    if asked["as_json"]:
        say_json(found.to_dict())
    else:
        again = ["sadari", "climb", str(output), *options.as_given(asked, ("text", "label", "label_sep"))]
        print_worth(found, output, asked["model"], again=shlex.join(again))


def _write_cleaned(output: Path, source: Source, cleaned: Corpus, asked: Mapping[str, Any]) -> None:
    """All columns of the data, with the corrected labels, and without the rows that are dropped."""
    import numpy as np
    import polars as pl

    from sadari.labelled.rows import Labelled
    from sadari.labelled.writers import write_file

    labels = cleaned.given_labels
    joined = labels.list.join(_separator(asked)) if cleaned.multi_label else labels
    column, first = str(source.label_column), 0

    def rows() -> Iterator[Labelled]:
        nonlocal first
        for batch in source.batches():
            kept = batch.filter(np.isin(batch.rows, cleaned.rows)).frame
            yield Labelled(kept.with_columns(joined[first : first + len(kept)].alias(column)), pl.DataFrame())
            first += len(kept)

    write_file(output, rows(), escape=asked["escape_formulas"])


def _untrained(asked: Mapping[str, Any]) -> Rung:
    """What ``--apply`` trains: a named rung, the run's own model, or the first that would vote."""
    from sadari.climb.validated import recommended
    from sadari.rungs import RUNGS, find_rung
    from sadari.trust.suspects.folds import usual_voters

    if asked["rung"] is not None:
        return find_rung(asked["rung"])().set_params(seed=asked["seed"])
    if asked["run"] is not None:
        return recommended(asked["run"])
    return RUNGS[usual_voters({})[0]]().set_params(seed=asked["seed"])
