"""What ``sadari pretrain`` prints: how a training goes, what it came to, and what a model knows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.cells import cell_len

from sadari import readable
from sadari.cli.arguments.settings import show_settings
from sadari.cli.pretrain.input import Texts
from sadari.cli.terminal.printing import bar, columns, note, pad, saved, say, say_json, wrap
from sadari.cli.train.view import INDENT, Line, gone_over, parameters, print_headed, step_reached
from sadari.messages import Message, beside, counted, message, plural
from sadari.pretraining.bert import Bert
from sadari.pretraining.corpus import PreTrainingTexts
from sadari.pretraining.probe import Filled
from sadari.text.subword.wordpiece import INSIDE, MASK
from sadari.train.objectives.bert_segments import LEAST_SCORED_PAIRS
from sadari.train.settings import best_record

MOST_BAR = 24
UNDECIDED = 0.05  # so near to a half a probability says neither


def note_record(record: Mapping[str, Any]) -> None:
    """The held-out texts were scored, or a part of them."""
    held_out = message("held out {scores}", scores=_scores(record)) if "masked_loss" in record else None
    for place, part in enumerate(wrap(str(step_reached(record, held_out)), columns() - 2)):
        note("  " * bool(place) + part)


def print_result(model: Bert, output: str) -> None:
    """What the training came to, and what to do with the model."""
    print_headed("Trained", gone_over(model.history_[-1]))
    if model.scores_:
        print_headed("Held out", _verdict(model))
    saved(output, message("opens in transformers as it is"), indent=INDENT)
    example = message("a text with a {mask} in it", mask=MASK)
    then = f"sadari train DATA --rung bert --weights {shlex.quote(output)} -o MODEL"
    print_headed("Next", f'sadari pretrain probe {shlex.quote(output)} "{example}"', then)


def print_json(model: Bert, output: str, texts: Texts) -> None:
    """The same for programs."""
    say_json(
        {
            "model": output,
            "settings": model.resolved_.settings(),
            "parameters": parameters(model.net_),
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
        said = plural(
            "{count:,} of {tokens:,} tokens is unknown to the model's tokenizer",
            "{count:,} of {tokens:,} tokens are unknown to the model's tokenizer",
            unknown,
            tokens=len(ids),
        )
        note(said)


def print_probe(text: str, second: str | None, fillings: Sequence[Sequence[Filled]], follows: float | None) -> None:
    """Fillings as bars, the text as it reads with the best of them, and whether the second text follows."""
    for number, found in enumerate(fillings, 1):
        say(f"{MASK} {number}" if len(fillings) > 1 else MASK)
        widest = max(cell_len(one.piece) for one in found)
        for one in found:
            length = min(MOST_BAR, columns() - widest - 15)
            share = pad(str(readable.in_percent(one.probability)), 7, right=True)
            say(f"  {pad(one.piece, widest)}  {share}  {bar(one.probability, 1.0, length)}".rstrip())
    if fillings:
        print_headed("Reads", filled_text(text if second is None else f"{text} / {second}", fillings))
    if follows is not None:
        does = message("follows, it seems: probability {share} that it follows the first")
        if abs(follows - 0.5) < UNDECIDED:
            does = message("may follow or not: probability {share} that it follows the first")
        elif follows < 0.5:
            does = message("does not follow, it seems: probability {share} that it follows the first")
        print_headed("Second", does.filled(share=readable.in_percent(follows)))


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


def described(model: Bert, read: PreTrainingTexts) -> list[Line]:
    """What there is to say of a BERT before it learns, and of the texts: headings, and what stands under them."""
    held_out = len(read.held_out.values)
    tokens = read.tokens + held_out
    blank = message("{texts:,} blank", texts=read.blank) if read.blank else None
    of_texts = beside([counted(read.texts, "text"), blank, counted(tokens, "token")])
    unknown = message("{tokens} ({share:.2f} %) are unknown to the tokenizer")
    unknown = unknown.filled(tokens=counted(read.unknown, "token"), share=100 * read.unknown / max(1, tokens))
    lines: list[Line] = [("Read", of_texts, unknown if read.unknown else None)]
    split = message("train {train:,} tokens · held out {held_out:,}", train=read.tokens, held_out=held_out)
    lines.append(
        ("Split", split, message("too few texts to hold any out: nothing is scored") if held_out <= 1 else None)
    )
    own = model.resolved_.settings()
    shown = ("length", "batch_size", "learning_rate", "dropout", "epochs", "steps", "minutes", "precision")
    told = {name: own[name] for name in shown}
    kind = f"BERT {own['size']}" if own["size"] else message("BERT, on from {start}", start=model.data_["start"])
    pieces = message("{count:,} pieces", count=len(read.pieces))
    net = beside([kind, counted(parameters(model.net_), "parameter"), pieces, show_settings(told)])
    new = message("new, and still to be learned: {parts}", parts=model.new_) if model.new_ else None
    lines.append(("Net", net, read.pieces.size_note(model.vocabulary), new))
    if guess := model.guess_:
        said = message("by frequency alone: masked accuracy {share}, perplexity {perplexity:,.0f}")
        share = readable.in_percent(guess["guess_accuracy"])
        lines.append(("Guess", said.filled(share=share, perplexity=guess["guess_perplexity"])))
    return lines


def _scores(record: Mapping[str, float], guess: Mapping[str, float] | None = None) -> Message | str:
    """``masked 41.2 % (perplexity 28.1) · next 78.3 % · on 131,072 tokens``."""
    masked = message("masked {share} (perplexity {perplexity:,.1f})")
    if guess:
        masked = message("masked {share} (perplexity {perplexity:,.1f}; guessing by frequency {guessed})")
        masked = masked.filled(guessed=readable.in_percent(guess["guess_accuracy"]))
    said = [masked.filled(share=readable.in_percent(record["masked_accuracy"]), perplexity=record["perplexity"])]
    if "next_accuracy" in record:
        following = message("next {share}")
        if record["next_pairs"] < LEAST_SCORED_PAIRS:
            following = message("next {share} of {pairs}", pairs=counted(int(record["next_pairs"]), "pair"))
        said.append(following.filled(share=readable.in_percent(record["next_accuracy"])))
    if "scored_tokens" in record:  # runs that were begun before did not count them
        said.append(message("on {tokens}", tokens=counted(int(record["scored_tokens"]), "token")))
    return beside(said)


def _verdict(model: Bert) -> Message | str:
    best = best_record(model.history_)
    last = best["step"] == model.history_[-1]["step"]
    at = None if last else message("at step {step:,.0f}, the best", step=best["step"])
    return beside([_scores(model.final_, model.guess_), at])
