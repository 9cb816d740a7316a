"""``sadari pretrain``: BERT from plain texts; and ``sadari pretrain probe``: what it knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.language import spoken
from sadari.cli.pretrain.input import Texts
from sadari.cli.train import resume as train_run
from sadari.cli.train import together
from sadari.cli.train.resume import Command
from sadari.errors import ModelError, SettingError
from sadari.messages import message, translated

if TYPE_CHECKING:
    from sadari.display.terminal import Progress

EXAMPLES = """\b
Examples:
  sadari pretrain book.txt -o models/bert --size tiny --minutes 20
  sadari pretrain ag_news -o models/news --size mini --epochs 40
  sadari pretrain wiki/ -o models/wiki --size base --precision bf16
  sadari pretrain 'news/*.parquet' -o models/news --size mini
  sadari pretrain chat.csv --text Q,A -o models/chat
  sadari pretrain logs.txt --no-nsp --packed --length 256 -o models/logs

\b
Go on from a pre-trained BERT on texts of your own:
  sadari pretrain mails.txt --from models/bert -o models/mails --epochs 3
  sadari pretrain mails.txt --from bert-base-uncased --download -o mail-bert

\b
Training that can be stopped (Ctrl-C), and resumed to the same bits:
  sadari pretrain book.txt -o models/bert --epochs 40 --run runs/bert
  sadari pretrain --resume runs/bert

\b
What it learned, and what it is good for:
  sadari pretrain probe models/bert "She [MASK] fun at the [MASK] party"
  sadari train news.csv --rung bert --weights models/bert -o models/news

\b
A .txt file is running text, its paragraphs parted by blank lines; a folder
stands for the .txt files in it, else for its tables; of a table (CSV, TSV,
JSONL, Parquet …) every row is a text. Half of the pairs of sentences follow
each other; texts of one sentence each need --no-nsp.
Several processes: torchrun --nproc-per-node 2 -m -- sadari pretrain …
Several machines: sadari pretrain … --run /shared/bert --ray --workers 8
"""
PROBE_EXAMPLES = """\b
Examples:
  sadari pretrain probe models/bert "She [MASK] fun at the [MASK] party"
  sadari pretrain probe models/bert "The dog sleeps" "It snores loudly"
  sadari pretrain probe bert-base-uncased/ "Paris is the [MASK] of France"

\b
MODEL is a folder that `sadari pretrain` or transformers wrote. With two texts
it says whether the second follows the first.
"""
_PROBE = message("Fill masks, and say whether a sentence follows; see probe --help.")
PRETRAIN = Command("pretrain", (("texts", "TEXT"), ("output", "-o")))


class WithProbe(click.Command):
    """A command whose first argument may be the name of another one: ``probe``. (A file of that name is ./probe.)"""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["probe"]:
            context: click.Context = spoken(probe).make_context(f"{info_name} probe", args[1:], parent=parent, **extra)
            return context
        return super().make_context(info_name, args, parent=parent, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(translated("Commands")):
            formatter.write_dl([("probe", str(_PROBE))])
        super().format_options(ctx, formatter)


@click.command(cls=WithProbe, epilog=EXAMPLES)
@click.argument("texts", nargs=-1, metavar="TEXT…")
@options.model
@click.option("--size", metavar="NAME", help="tiny, mini, small, base or large.  [default: tiny]")
@click.option("--from", "start", metavar="FOLDER", help="Go on from this BERT (or hub name), with its tokenizer.")
@click.option("--download", is_flag=True, help="Fetch --from from the Hugging Face hub if it is not here.")
@click.option("--nsp/--no-nsp", default=True, help="Learn whether a sentence follows another.  [default: nsp]")
@click.option("--packed", is_flag=True, help="With --no-nsp: full sequences, texts one after another.")
@click.option("--whole-words", is_flag=True, help="Mask words with all their pieces.")
@click.option("--length", metavar="N", help="Tokens of a sequence, at most.  [default: 128]")
@click.option("--batch-size", metavar="N", help="Sequences of a step.  [default: 64; --packed: 32]")
@click.option("--vocabulary", metavar="N", help="Pieces of the tokenizer, at most.  [default: by the texts]")
@options.limits("texts", "40")
@options.settings()
@options.reading
@click.option("--validation", metavar="SHARE", help="Of the texts, held out to score on.  [default: 0.05]")
@options.seed
@options.machine(precision="fp32, or bf16, which it takes where that is faster")
@options.kept_run()
@together.options
@options.as_json("Settings, history and scores as JSON, and nothing else, on standard output.")
@click.pass_context
def pretrain(context: click.Context, **_: Any) -> None:
    """Pre-train a BERT on TEXT… (files, folders, or names of data sets), from nothing or from another.

    What it knows shows: sadari pretrain probe MODEL TEXT.
    """
    from sadari.pretraining.bert import Bert

    train_run.train_or_list(context, PRETRAIN, Bert, _pretrain)


def _pretrain(asked: dict[str, Any]) -> None:
    from sadari.cli.pretrain import view as pretrain_view
    from sadari.cli.pretrain.input import Texts
    from sadari.display.terminal import Progress
    from sadari.pretraining.bert import Bert

    model, kept = train_run.begin(
        Bert,
        asked,
        PRETRAIN,
        nsp=None if asked["nsp"] else False,
        whole_words=asked["whole_words"] or None,
        packed=asked["packed"] or None,
    )
    texts = Texts(asked)
    texts.check()
    with Progress() as progress, together.fitting(model, asked) as fit:
        _fit(fit, texts, progress, kept, asked)
        if not train_run.is_first():
            return
        progress(message("saving"))
        model.save(asked["output"], data=texts.provenance())
        train_run.discard(asked["run"])
    if asked["as_json"]:
        pretrain_view.print_json(model, asked["output"], texts)
    else:
        pretrain_view.print_result(model, asked["output"])


def _fit(
    fit: Callable[..., Any], texts: Texts, progress: Progress, kept: dict[str, Any], asked: dict[str, Any]
) -> None:
    from sadari.cli.pretrain.view import described, note_record
    from sadari.cli.train.view import Told

    told = Told(texts, progress, note_record, quiet=asked["as_json"])
    with train_run.says_how_to_resume(kept, PRETRAIN):
        fit(
            texts,
            start=asked["start"],
            download=asked["download"],
            describe=described,
            on_start=told.start,
            on_record=told.record,
            **kept,
        )


@click.command(epilog=PROBE_EXAMPLES)
@click.argument("model")
@click.argument("text")
@click.argument("second", required=False)
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True, metavar="N", help="Fillings shown.")
@options.as_json("Fillings and probabilities as JSON.")
def probe(model: str, text: str, second: str | None, top: int, as_json: bool) -> None:
    """Fill each [MASK] of TEXT by MODEL (a folder); with a SECOND text, say whether it follows."""
    from sadari.cli.pretrain import view as pretrain_view
    from sadari.pretraining.bert import Bert
    from sadari.pretraining.probe import with_masks
    from sadari.text.subword.wordpiece import MASK

    text, second = with_masks(text), None if second is None else with_masks(second)
    masked = MASK in text or (second is not None and MASK in second)
    if not masked and second is None:
        raise SettingError(
            message("there is no {mask} in the text, and no second text: there is nothing to find out", mask=MASK),
            hint=message(
                'write {mask} where a word is missing, or give two texts: "The dog sleeps" "It snores loudly"',
                mask=MASK,
            ),
        )
    loaded = Bert.load(model)
    try:
        fillings = loaded.fill(text, second, top=top) if masked else []
        follows = None if second is None or (masked and not loaded.knows_next_) else loaded.follows(text, second)
    except ModelError as error:
        raise ModelError(error.said, where=error.place or model, hint=error.advice) from None
    pretrain_view.say_unknown(loaded, text, second)
    if as_json:
        pretrain_view.print_probe_json(model, text, second, fillings, follows)
    else:
        pretrain_view.print_probe(text, second, fillings, follows)
