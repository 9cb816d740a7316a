"""``sadari translate``: train a translator on pairs of texts, score it, and translate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.translate.options import search, table
from sadari.cli.translate.train import train
from sadari.errors import SettingError
from sadari.messages import counted, message

if TYPE_CHECKING:
    from sadari.translation.translator import Translator

EXAMPLES = """\b
Examples:
  sadari translate train phrases --source en --target fr -o en-fr
  sadari translate run en-fr "I drink milk" --show-alignment
  sadari translate train train.en train.de -o en-de --minutes 60
  sadari translate evaluate en-de test.en test.de

\b
Each command has its own --help, with more.
"""
EVALUATE_EXAMPLES = """\b
Examples:
  sadari translate evaluate en-de test.en test.de
  sadari translate evaluate en-de test.csv --source english --target german
  sadari translate evaluate en-de test.en test.de -o translations.txt --json

\b
BLEU and chrF are sacreBLEU's, with the signatures to publish with them.
"""
RUN_EXAMPLES = """\b
Examples:
  sadari translate run en-fr "I drink milk"
  sadari translate run en-de test.en -o translations.txt --beam 10
  cat news.txt | sadari translate run en-de -
  sadari translate run en-fr "I drink milk" --show-alignment
  sadari translate run en-fr "I drink milk" --picture alignment.svg

\b
One line is written for each text; an empty one has an empty translation.
"""


@click.group(epilog=EXAMPLES)
def translate() -> None:
    """Train a translator on pairs of texts, score it, and translate."""


translate.add_command(train)


@translate.command(epilog=EVALUATE_EXAMPLES)
@click.argument("model", metavar="MODEL")
@click.argument("texts", nargs=-1, required=True, metavar="SOURCES [REFERENCES]")
@click.option("--source", metavar="COLUMN", help="Of a table: the column of the sources.  [default: as in training]")
@click.option("--target", metavar="COLUMN", help="Of a table: the column of the references.")
@search
@click.option(
    "--bleu-tokenizer",
    metavar="NAME",
    default="13a",
    show_default=True,
    help="sacreBLEU's: 13a, intl, char, zh or none.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the translations here, a line each.")
@table
@options.as_json("Scores as JSON, and nothing else, on standard output.")
def evaluate(model: str, texts: tuple[str, ...], **asked: Any) -> None:
    """Score MODEL's translations of SOURCES against REFERENCES."""
    from sadari.cli.arguments.outputs import check_file, check_not_read
    from sadari.cli.translate import input as translate_input
    from sadari.cli.translate import view as translate_view
    from sadari.display.terminal import Progress
    from sadari.metrics.translation import check_tokenizer, score_translations

    check_tokenizer(asked["bleu_tokenizer"])
    if asked["output"] is not None:
        check_file(Path(asked["output"]))
        check_not_read(Path(asked["output"]), *texts)
    with Progress() as progress:
        progress(message("loading the model"))
        loaded = translate_input.load(model)
        progress(message("reading"))
        pairs = translate_input.read_for(loaded, texts, asked)
        found = _search(loaded, pairs.sources, asked, progress, references=pairs.targets)
        scores = score_translations(found.texts, pairs.targets.to_list(), tokenizer=asked["bleu_tokenizer"])
        if asked["output"] is not None:
            translate_input.write_lines(asked["output"], found.texts)
    if asked["as_json"]:
        translate_view.print_scores_json(scores, found, pairs, asked)
    else:
        translate_view.print_scores(scores, found, pairs, asked)


@translate.command("run", epilog=RUN_EXAMPLES, short_help="Translate texts, a file or standard input.")
@click.argument("model", metavar="MODEL")
@click.argument("texts", nargs=-1, metavar="[TEXT…|FILE|-]")
@click.option("--source", metavar="COLUMN", help="Of a table: the column of the texts.")
@search
@click.option("--show-alignment", is_flag=True, help="Show which source words each word looked at.")
@click.option("--picture", metavar="FILE", help="Draw that: .svg, .png or .pdf (of one text).")
@click.option("-o", "--output", metavar="FILE", help="Write the translations here, a line each.")
@table
@options.as_json("One object a text: source, translation, log-probability; with --show-alignment that, too.")
def run_(model: str, texts: tuple[str, ...], **asked: Any) -> None:
    """Translate TEXT…, the lines of FILE, or those of standard input (-)."""
    from sadari.cli.arguments.outputs import check_file, check_not_read
    from sadari.cli.translate import input as translate_input
    from sadari.display.terminal import Progress

    wanted = translate_input.wanted(texts, asked)
    if asked["output"] is not None:
        if asked["show_alignment"] or asked["as_json"]:
            raise SettingError(message("-o takes plain lines: leave out --show-alignment and --json"))
        check_file(Path(asked["output"]))
        if not isinstance(wanted, list):
            check_not_read(Path(asked["output"]), wanted)
    if asked["picture"] is not None:
        from sadari.plots.picture import check_picture

        check_file(check_picture(asked["picture"]))
        if not isinstance(wanted, list) or len(wanted) != 1:
            raise SettingError(message("--picture draws one text"), hint=message("give it as an argument"))
    with Progress() as progress:
        progress(message("loading the model"))
        loaded = translate_input.load(model)
        if asked["show_alignment"] or asked["picture"] is not None:
            translate_input.check_attention(loaded, model)
        _translate(loaded, wanted, asked, progress)


def _translate(loaded: Translator, wanted: Any, asked: dict[str, Any], progress: Any) -> None:
    """Translate batch by batch, as the texts come."""
    from sadari.cli.translate import input as translate_input
    from sadari.cli.translate import view as translate_view
    from sadari.plots.alignment import draw_alignment

    lost = translate_input.Lost()
    with translate_input.lines_to(asked["output"]) as write:
        for batch in translate_input.batches(wanted, asked):
            found = _search(loaded, batch, asked, progress)
            lost.add(found)
            for source, translation in zip(batch.to_list(), found.translations, strict=True):
                align = (asked["show_alignment"] or asked["picture"] is not None) and translation.text
                seen = loaded.alignment(source, translation.text) if align else None
                with progress.paused():
                    translate_view.print_translation(write, source, translation, seen, loaded, asked)
                if asked["picture"] is not None and seen is not None:
                    draw_alignment(seen, asked["picture"])
                elif asked["picture"] is not None:
                    lost.undrawn = True
    with progress.paused():
        translate_view.print_lost(lost, loaded, asked["output"])


def _search(loaded: Translator, texts: Any, asked: dict[str, Any], progress: Any, references: Any = None) -> Any:
    from sadari.cli.translate.input import Answers

    def told(share: float) -> None:
        progress(message("translating {texts}", texts=counted(len(texts), "text")), share)

    found = loaded.search(texts, beam=asked["beam"], length_penalty=asked["length_penalty"], progress=told)
    return Answers(found, loaded.read(texts), loaded.looks_swapped(texts, references))
