"""``sadari generate``: learn from texts, and write."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.generate.input import Texts, read_texts
from sadari.cli.train import resume as train_run
from sadari.cli.train import together
from sadari.cli.train.resume import Command
from sadari.errors import DataError, SettingError
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.display.terminal import Progress

TRAIN_EXAMPLES = """\b
Examples:
  sadari generate train shakespeare.txt -o models/bard
  sadari generate train books/ --net transformer --minutes 5 -o models/gpt
  sadari generate train book.txt --level subword --steps 5000 -o models/book
  sadari generate train news.csv --text title --condition label -o models/news
  sadari generate train chat.csv --text Q -o models/chat --set hidden=512

\b
The course's own model (one-hot characters, one LSTM of 64):
  sadari generate train ag_news -o m --set embed_dim=0 --set hidden=64

\b
Training that can be stopped (Ctrl-C), and resumed to the same bits:
  sadari generate train book.txt -o m --epochs 20 --run runs/book
  sadari generate train --resume runs/book

\b
By four processes of a Ray cluster:
  sadari generate train books/ -o m --run /shared/book --ray head:6379 \\
      --workers 4

\b
A .txt file is running text, and a folder stands for the .txt files in it; of
a table (CSV, TSV, JSONL, Parquet …) every row is a text with a beginning and
an end. With --condition a text can be asked for by its label. Without
--epochs, --steps and --minutes some ten million tokens are read.
"""
SAMPLE_EXAMPLES = """\b
Examples:
  sadari generate sample models/bard "ROMEO:" --length 500
  sadari generate sample models/bard "today " --top-k 40 --top-p 0.9 --seed 1
  sadari generate sample models/news --label Sports --count 5
  echo -n "Once upon" | sadari generate sample models/book -

\b
Temperature 0 writes the likeliest, always; above 1 it grows wild.
"""
EXAMPLES = """\b
Examples:
  sadari generate train shakespeare.txt -o models/bard --minutes 5
  sadari generate sample models/bard "ROMEO:" --temperature 0.8

Each command has its own --help, with more of them.
"""
TRAIN = Command("generate train", (("texts", "TEXT"), ("output", "-o")))


@click.group(epilog=EXAMPLES)
def generate() -> None:
    """Learn to write from texts of your own, and write."""


@generate.command(epilog=TRAIN_EXAMPLES)
@click.argument("texts", nargs=-1, metavar="TEXT…")
@options.model
@click.option("--level", metavar="NAME", help="What a token is: char, word or subword.  [default: char]")
@click.option("--net", metavar="NAME", help="lstm, gru or transformer.  [default: lstm]")
@options.limits("text")
@options.settings()
@click.option("--condition", metavar="COLUMN", help="Learn each row's label with it: its column, or 'label'.")
@click.option("--sample-every", metavar="N", help="Show what it writes every N steps; 0: never.  [default: 10 times]")
@click.option("--sample-prompt", metavar="TEXT", help='What it then writes on from, such as "today ".')
@options.reading
@click.option("--validation", metavar="SHARE", help="Of the text, held out at its end to score on.  [default: 0.1]")
@options.seed
@options.machine()
@options.kept_run()
@together.options
@options.as_json("Settings, history and scores as JSON, and nothing else, on standard output.")
@click.pass_context
def train(context: click.Context, **_: Any) -> None:
    """Train a generator on TEXT… (files, folders, names of data sets, or "-")."""
    from sadari.generation.generator import Generator

    train_run.train_or_list(context, TRAIN, Generator, _train)


def _train(asked: dict[str, Any]) -> None:
    from sadari.cli.generate import view as generate_view
    from sadari.display.terminal import Progress
    from sadari.generation.generator import Generator

    model, kept = train_run.begin(Generator, asked, TRAIN)
    with Progress() as progress, together.fitting(model, asked) as fit:
        progress(message("reading the texts"))
        texts = read_texts(asked)
        _fit(fit, texts, progress, kept, asked)
        if not train_run.is_first():
            return
        progress(message("saving"))
        model.save(asked["output"], data=texts.provenance())
        train_run.discard(asked["run"])
    if asked["as_json"]:
        generate_view.print_json(model, asked["output"], texts)
    else:
        generate_view.print_result(model, asked["output"], texts)


def _fit(
    fit: Callable[..., Any], texts: Texts, progress: Progress, kept: dict[str, Any], asked: Mapping[str, Any]
) -> None:
    from sadari.cli.generate.view import described, glimpsed, note_record
    from sadari.cli.train.view import Told

    told = Told(texts, progress, note_record, quiet=asked["as_json"])
    also = glimpsed if asked["sample_every"] is None else None
    with train_run.says_how_to_resume(kept, TRAIN):
        fit(
            texts.texts,
            texts.labels,
            describe=described,
            on_start=told.start,
            on_record=told.record,
            also=also,
            **kept,
        )


@generate.command(epilog=SAMPLE_EXAMPLES)
@click.argument("model")
@click.argument("prompt", default="")
@click.option("-n", "--length", type=int, default=300, show_default=True, metavar="N", help="Tokens to write, at most.")
@click.option("-t", "--temperature", type=float, default=0.8, show_default=True, metavar="T", help="0: the likeliest.")
@click.option("--top-k", type=int, default=0, metavar="K", help="Choose among the K likeliest tokens.  [default: all]")
@click.option("--top-p", type=float, default=1.0, metavar="P", help="Choose among the likeliest that reach P together.")
@options.seed
@click.option("--count", type=click.IntRange(1, 10_000), default=1, show_default=True, metavar="N", help="Texts.")
@click.option("--label", metavar="LABEL", help="Of the text that is asked for.")
@options.as_json("The texts as JSON, when they are done.")
def sample(model: str, prompt: str, **asked: Any) -> None:
    """Write what goes on from PROMPT, with a trained MODEL (a folder)."""
    from sadari.cli.generate import view as generate_view
    from sadari.generation.generator import Generator
    from sadari.generation.sampling import Rules

    Rules(asked["temperature"], asked["top_k"], asked["top_p"])  # before the model is read, which takes longer
    if asked["length"] < 0:
        raise SettingError(
            message("--length is {length}", length=asked["length"]), hint=message("a number of tokens, 0 or more")
        )
    prompt = _prompt(prompt)
    generator = Generator.load(model)
    notes = generate_view.prompt_notes(generator, prompt)
    how = {name: asked[name] for name in ("length", "temperature", "top_k", "top_p", "label")}
    seeds = [asked["seed"] + number for number in range(asked["count"])]
    streams = [generator.stream(prompt, seed=seed, **how) for seed in seeds]
    if asked["as_json"]:
        generate_view.print_samples_json(model, prompt, how, seeds, streams, notes)
    else:
        generate_view.print_samples(prompt, streams, notes)


def _prompt(given: str) -> str:
    """The prompt itself, or what comes by standard input.

    Raises:
        DataError: it is no text.
    """
    try:
        if given == "-":
            given = sys.stdin.buffer.read().decode("utf-8-sig")
        given.encode()
    except UnicodeError:
        raise DataError(message("the prompt is not UTF-8")) from None
    return given
