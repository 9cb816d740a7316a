"""``sadari translate train``: a translator from pairs of texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.train import resume as train_run
from sadari.cli.train import together
from sadari.cli.translate.options import table
from sadari.messages import counted, message

if TYPE_CHECKING:
    from sadari.cli.train.view import Line
    from sadari.data.parallel.pairs import ParallelCorpus
    from sadari.display.terminal import Progress
    from sadari.translation.translator import Translator

TRANSLATE = train_run.Command("translate train", (("texts", "SOURCES"), ("output", "-o")))
MOST_VALIDATION = 1000  # pairs of the training data that are held out, where nobody says how many
MOST_SCORED = 500  # validation pairs that are translated at the end
EXAMPLES = """\b
Examples:
  sadari translate train phrases --source en --target fr -o en-fr
  sadari translate train train.en train.de -o en-de --minutes 60
  sadari translate train pairs.csv --source korean --target english -o ko-en
  sadari translate train ChatbotData.csv --source Q --target A -o chat

\b
The course's encoder-decoder, which reads "milk drink I":
  sadari translate train phrases --source en --target fr -o m \\
      --net lstm --attention none --reverse

\b
Training that can be stopped (Ctrl-C), and resumed to the same bits:
  sadari translate train train.en train.de -o en-de --run runs/en-de
  sadari translate train --resume runs/en-de

\b
By four processes of a Ray cluster:
  sadari translate train train.en train.de -o en-de --run /shared/en-de \\
      --ray head:6379 --workers 4

Two files are read line by line: line 7 of TARGETS translates line 7 of SOURCES.
One file is a table, of which --source and --target name the columns. Validation
pairs are taken from them, and not trained on.

\b
What nobody sets follows the number of pairs, and is said at the start:
  fewer than 10,000  transformer: 2 layers, dropout 0.1, rate 0.003
                     lstm, gru: width 128, dropout 0.1, rate 0.005
  10,000 and more    transformer: 4 layers, dropout 0.3, rate 0.004
                     lstm, gru: width 256, dropout 0.4, rate 0.003

A batch holds a hundredth of their tokens, but from 256 to 2,560. Of 10,000 pairs
and more products are in bf16, where processor or GPU is faster with it.
"""


@click.command(epilog=EXAMPLES, short_help="Train a translator on two files, or two columns.")
@click.argument("texts", nargs=-1, metavar="SOURCES [TARGETS]")
@options.model
@click.option("--source", metavar="COLUMN", help="Of a table: the column of the texts.")
@click.option("--target", metavar="COLUMN", help="Of a table: the column of their translations.")
@click.option("--net", metavar="NAME", help="transformer, lstm or gru.  [default: transformer]")
@click.option("--attention", metavar="NAME", help="Of lstm and gru: additive or none.  [default: additive]")
@click.option("--reverse", is_flag=True, default=None, help="lstm and gru read the source from its last word.")
@click.option("--layers", metavar="N", help="Of encoder and decoder.  [default: by the pairs, see below]")
@click.option("--width", metavar="N", help="Of the embeddings.  [default: 128; lstm, gru: by the pairs]")
@click.option("--dropout", metavar="SHARE", help="In training.  [default: by the pairs]")
@click.option("--subwords", metavar="N", help="Entries of a vocabulary.  [default: by the size of the texts]")
@click.option("--lowercase", is_flag=True, default=None, help="Lower-case texts; so will translations be.")
@options.limits("pairs", "15", steps=False)
@click.option("--patience", metavar="N", help="Stop after N passes without a better validation score.")
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help=f"Of the pairs, only validated on.  [default: 0.1, {MOST_VALIDATION:,} pairs at most]",
)
@click.option("--validation-files", "test", nargs=2, metavar="SOURCES TARGETS", help="Validate on these lines.")
@click.option("--watch-bleu", is_flag=True, help="Translate 200 validation texts after each pass, and show BLEU.")
@options.settings("Any other setting")
@options.machine(precision="fp32, or bf16, which it takes of many pairs where it is faster")
@table
@options.seed
@options.kept_run()
@together.options
@options.as_json("Settings, history and scores as JSON, and nothing else, on standard output.")
@click.pass_context
def train(context: click.Context, **_: Any) -> None:
    """Train a translator on the lines of SOURCES and TARGETS, or on two columns of one table."""
    from sadari.translation.translator import Translator

    train_run.train_or_list(context, TRANSLATE, Translator, _train)


def _train(asked: dict[str, Any]) -> None:
    from sadari.cli.translate import view as translate_view
    from sadari.display.terminal import Progress
    from sadari.metrics.translation import tokenised_bleu
    from sadari.translation.translator import Translator

    model, kept = train_run.begin(Translator, asked, TRANSLATE)
    with Progress() as progress, together.fitting(model, asked) as fit:
        progress(message("reading"))
        pairs, held_out = _read(asked)
        if not asked["as_json"]:
            with progress.paused():
                translate_view.print_data(pairs, held_out, asked)
        with train_run.says_how_to_resume(kept, TRANSLATE):
            fit(
                pairs.sources,
                pairs.targets,
                validation=(held_out.sources, held_out.targets),
                bleu=tokenised_bleu if asked["watch_bleu"] else None,
                describe=partial(translate_view.described, example=held_out.sources[0] if len(held_out) else ""),
                on_start=None if asked["as_json"] else lambda lines: _show_net(lines, progress),
                **kept,
            )
        if not train_run.is_first():
            return
        scores, samples = _score(model, held_out, progress)
        progress(message("saving"))
        model.scores_ = scores
        model.save(asked["output"], data=_data(pairs, asked))
        train_run.discard(asked["run"])
    if asked["as_json"]:
        translate_view.print_trained_json(model, asked["output"], pairs, held_out)
    else:
        translate_view.print_trained(model, asked["output"], samples)


def _read(asked: dict[str, Any]) -> tuple[ParallelCorpus, ParallelCorpus]:
    """Pairs to train on, and pairs to validate on."""
    from sadari.cli.translate.input import read_pairs
    from sadari.data.parallel.pairs import hold_out

    pairs = read_pairs(asked["texts"], asked)
    if asked["test"]:
        columns = {**asked, "source": None, "target": None}
        return pairs, read_pairs(asked["test"], columns)
    share = asked["validation"] or min(0.1, MOST_VALIDATION / len(pairs))
    return hold_out(pairs, share, seed=asked["seed"])


def _show_net(lines: Sequence[Line], progress: Progress) -> None:
    from sadari.cli.train.view import print_lines

    with progress.paused():
        print_lines(lines)


def _score(
    model: Translator, held_out: ParallelCorpus, progress: Progress
) -> tuple[dict[str, float], list[tuple[str, str, str]]]:
    """Scores on the validation pairs, and some of these: source, translation, reference."""
    from sadari.metrics.translation import score_translations

    sources, targets = held_out.sources.head(MOST_SCORED), held_out.targets.head(MOST_SCORED).to_list()

    def told(share: float) -> None:
        progress(message("translating {sources}", sources=counted(len(sources), "validation text")), share)

    told(0.0)
    found = [one.text for one in model.search(sources, progress=told)]
    scored = score_translations(found, targets)
    scores = {"validation tokenised BLEU": scored.tokenised_bleu, "validation exact": scored.exact / 100}
    loss = model.validation_loss_
    if loss is not None:
        scores |= {"validation loss": loss, "validation perplexity": math.exp(min(loss, 700.0))}
    return scores, list(zip(sources.to_list(), found, targets, strict=True))[:3]


def _data(pairs: ParallelCorpus, asked: dict[str, Any]) -> dict[str, Any]:
    """What the model's folder says of its training pairs."""
    from sadari.data.fingerprint import fingerprint

    data: dict[str, Any] = {"source": " ".join(asked["texts"]), "pairs": len(pairs), "seed": asked["seed"]}
    if asked["source"]:
        data |= {"source_column": asked["source"], "target_column": asked["target"]}
    return {**data, "sha256": fingerprint([pairs.sources, pairs.targets])}
