"""What ``sadari pretrain`` prints: how a training goes, what it came to, and what a model knows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.cells import cell_len

from sadari.artifact import megabytes
from sadari.cli.arguments.settings import show_settings
from sadari.cli.terminal.printing import bar, columns, headed, note, pad, say, say_json, wrap
from sadari.cli.train.view import sparkline
from sadari.pretraining.bert import Bert, Listener
from sadari.text.subword.wordpiece import INSIDE, MASK
from sadari.train.objectives.bert_segments import LEAST_SCORED_PAIRS
from sadari.train.settings import best_record
from sadari.wording import numbers as readable

if TYPE_CHECKING:
    from sadari.cli.pretrain.input import Texts
    from sadari.cli.terminal.progress import Progress
    from sadari.pretraining.corpus import PreTrainingTexts
    from sadari.pretraining.probe import Filled

INDENT = 12
MOST_BAR = 24
UNDECIDED = 0.05  # so near to a half a probability says neither


class Watching(Listener):
    """Says on standard error how a training goes.

    Args:
        texts: what is read.
        progress: of the command.
        quiet: print nothing on standard output.
    """

    def __init__(self, texts: Texts, progress: Progress, *, quiet: bool) -> None:
        self.texts, self.progress, self.quiet = texts, progress, quiet
        self.losses: list[float] = []

    def reading(self, what: str, tokens: int) -> None:
        self.progress(f"{what}: {tokens:,} tokens" if tokens else what)

    def begin(self, model: Bert, texts: PreTrainingTexts, guess: Mapping[str, float]) -> None:
        if not self.quiet:
            with self.progress.paused():
                _print_texts(model, texts, self.texts, guess)

    def step(self, share: float, loss: float) -> None:
        self.progress(f"training, loss {loss:.3f} {sparkline(self.losses) if self.losses else ''}".rstrip(), share)

    def record(self, record: dict[str, float]) -> None:
        self.losses.append(-record.get("validation_log_likelihood", -record["loss"]))
        with self.progress.paused():
            line = f"step {record['step']:,.0f} · {readable.duration(record['seconds'], 2)} · loss {record['loss']:.3f}"
            line += f" · held out {_scores(record)}" if "masked_loss" in record else ""
            for place, part in enumerate(wrap(line, columns() - 2)):
                note("  " * bool(place) + part)

    def scoring(self) -> None:
        self.progress("scoring the held-out texts")


def print_result(model: Bert, output: str) -> None:
    """What the training came to, and what to do with the model."""
    last = model.history_[-1]
    steps, passes = int(last["step"]), int(last["epoch"])
    parts = [
        str(readable.duration(last["seconds"], 2)),
        f"{steps:,} step{'s' * (steps != 1)}",
        f"{passes:,} pass{'es' * (passes != 1)}",
    ]
    headed("Trained", " · ".join(parts), indent=INDENT)
    if model.scores_:
        headed("Held out", _verdict(model), indent=INDENT)
    size = megabytes(output)
    headed("Saved", f"{output} · {readable.significant(size, 2)} MB · opens in transformers as it is", indent=INDENT)
    headed("Next", f'sadari pretrain probe {shlex.quote(output)} "a text with a {MASK} in it"', indent=INDENT)
    headed("", f"sadari train DATA --rung bert --weights {shlex.quote(output)} -o MODEL", indent=INDENT)


def print_json(model: Bert, output: str, texts: Texts) -> None:
    """The same for programs."""
    say_json(
        {
            "model": output,
            "settings": model.resolved_.settings(),
            "parameters": parameters(model),
            "vocabulary": len(model.pieces_),
            "vocabulary_note": model.pieces_.size_note(model.vocabulary),
            "scores": model.scores_,
            "guess": model.guess_,
            "new": model.new_,
            "seconds": model.history_[-1]["seconds"],
            "history": model.history_,
            "data": {**model.data_, **texts.provenance()},
            "notes": texts.notes,
        }
    )


def say_unknown(model: Bert, text: str, second: str | None) -> None:
    """How much of what is asked the model cannot read, if anything: its answer rests on the rest."""
    texts = [text] if second is None else [text, second]
    ids = model.pieces_.encode(pl.Series(texts, dtype=pl.String), specials=True).values
    unknown = int((ids == model.pieces_.unknown_id).sum())
    if unknown:
        note(f"{unknown:,} of {len(ids):,} tokens {'is' if unknown == 1 else 'are'} unknown to the model's tokenizer")


def print_probe(text: str, second: str | None, fillings: Sequence[Sequence[Filled]], follows: float | None) -> None:
    """Fillings as bars, the text as it reads with the best of them, and whether the second text follows."""
    for number, found in enumerate(fillings, 1):
        say(f"{MASK} {number}" if len(fillings) > 1 else MASK)
        widest = max(cell_len(one.piece) for one in found)
        for one in found:
            length = min(MOST_BAR, columns() - widest - 15)
            share = readable.percent(one.probability)
            say(f"  {pad(one.piece, widest)}  {share:>5} %  {bar(one.probability, 1.0, length)}".rstrip())
    if fillings:
        headed("Reads", filled_text(text if second is None else f"{text} / {second}", fillings), indent=INDENT)
    if follows is not None:
        does = "follows, it seems" if follows >= 0.5 else "does not follow, it seems"
        if abs(follows - 0.5) < UNDECIDED:
            does = "may follow or not"
        headed(
            "Second",
            f"{does}: probability {readable.percent(follows)} % that it follows the first",
            indent=INDENT,
        )


def print_probe_json(
    model: str, text: str, second: str | None, fillings: Sequence[Sequence[Filled]], follows: float | None
) -> None:
    """The same for programs."""
    masks = [[{"piece": one.piece, "probability": one.probability} for one in found] for found in fillings]
    filled = filled_text(text, fillings) if fillings and second is None else None
    say_json({"model": model, "text": text, "second": second, "masks": masks, "filled": filled, "follows": follows})


def filled_text(text: str, fillings: Sequence[Sequence[Filled]]) -> str:
    """The text with the best piece at each mask; one that goes on with a word stands right behind it."""
    head, *rest = text.split(MASK)
    for found, part in zip(fillings, rest, strict=True):
        best = found[0].piece
        head = (head.rstrip() + best.removeprefix(INSIDE) if best.startswith(INSIDE) else head + best) + part
    return head


def parameters(model: Bert) -> int:
    """How many numbers the net learns."""
    net: Any = model.net_
    return sum(parameter.numel() for parameter in net.parameters())


def _print_texts(model: Bert, read: PreTrainingTexts, texts: Texts, guess: Mapping[str, float]) -> None:
    tokens = read.tokens + len(read.held_out.values)
    blank = f" · {read.blank:,} blank" if read.blank else ""
    headed("Read", f"{', '.join(texts.names)} · {read.texts:,} texts{blank} · {tokens:,} tokens", indent=INDENT)
    for line in texts.notes:
        headed("", line, indent=INDENT)
    if read.unknown:
        headed(
            "",
            f"{read.unknown:,} tokens ({100 * read.unknown / tokens:.2f} %) are unknown to the tokenizer",
            indent=INDENT,
        )
    headed("Split", f"train {read.tokens:,} tokens · held out {len(read.held_out.values):,}", indent=INDENT)
    if len(read.held_out.values) <= 1:
        headed("", "too few texts to hold any out: nothing is scored", indent=INDENT)
    own = model.resolved_.settings()
    shown = ("length", "batch_size", "learning_rate", "dropout", "epochs", "steps", "minutes", "precision")
    told = {name: own[name] for name in shown}
    kind = f"BERT {own['size']}" if own["size"] else f"BERT, on from {model.data_['start']}"
    net = f"{kind} · {parameters(model):,} parameters · {len(read.pieces):,} pieces · {show_settings(told)}"
    headed("Net", net, indent=INDENT)
    size = read.pieces.size_note(model.vocabulary)
    if size:
        headed("", size, indent=INDENT)
    if model.new_:
        headed("", f"new, and still to be learned: {' and '.join(model.new_)}", indent=INDENT)
    if guess:
        accuracy, perplexity = readable.percent(guess["guess_accuracy"]), guess["guess_perplexity"]
        headed(
            "Guess", f"by frequency alone: masked accuracy {accuracy} %, perplexity {perplexity:,.0f}", indent=INDENT
        )


def _scores(record: Mapping[str, float]) -> str:
    """``masked 41.2 % (perplexity 28.1) · next 78.3 % · on 131,072 tokens``."""
    said = f"masked {readable.percent(record['masked_accuracy'])} % (perplexity {record['perplexity']:,.1f})"
    if "next_accuracy" in record:
        pairs = record["next_pairs"]
        few = f" of {pairs:,.0f} pair{'s' * (pairs != 1)}" if pairs < LEAST_SCORED_PAIRS else ""
        said += f" · next {readable.percent(record['next_accuracy'])} %{few}"
    # runs that were begun before did not count them
    return f"{said} · on {record['scored_tokens']:,.0f} tokens" if "scored_tokens" in record else said


def _verdict(model: Bert) -> str:
    best = best_record(model.history_)
    guess = f"; guessing by frequency {readable.percent(model.guess_['guess_accuracy'])} %" if model.guess_ else ""
    at = "" if best["step"] == model.history_[-1]["step"] else f" · at step {best['step']:,.0f}, the best"
    return _scores(model.final_).replace(")", guess + ")", 1) + at
