"""What ``sadari generate`` prints: how a training goes, what it came to, and what is written."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from sadari.cli.arguments.settings import show_settings
from sadari.cli.generate.input import Texts
from sadari.cli.terminal.printing import columns, labels_named, note, saved, say_json
from sadari.cli.train.view import Line, gone_over, parameters, print_headed, step_reached
from sadari.display.lines import printable
from sadari.generation.corpus import TrainingText
from sadari.generation.generator import Generator
from sadari.messages import Message, beside, counted, message

UNITS = {"char": "character", "word": "word", "subword": "subword"}
MOST_SHOWN = 8  # of unknown characters or words
SHOWN_LINES = 6  # of a sample while it trains
BETWEEN = "---"  # texts, where several are written


def note_record(record: Mapping[str, Any]) -> None:
    """The held-out text was scored, or something was written."""
    if "sample" in record:
        _note_sample(record["sample"])
        return
    held_out = message("held out {scores}", scores=_scores(record)) if "validation_loss" in record else None
    note(step_reached(record, held_out))


def glimpsed(generator: Generator) -> dict[str, str]:
    """What a generator, as it stands, writes; told after each record."""
    return {"sample": generator.glimpse()}


def _note_sample(text: str) -> None:
    for line in text.strip("\n").split("\n")[:SHOWN_LINES]:
        note(f"  │ {line[: columns() - 4]}".rstrip())


def print_result(model: Generator, output: str, texts: Texts) -> None:
    """What the training came to, and what to do with the model."""
    print_headed("Trained", gone_over(model.history_[-1]))
    if model.scores_:
        scores = _scores({name.replace(" ", "_"): value for name, value in model.scores_.items()})
        print_headed("Held out", message("loss {scores}", scores=scores))
    saved(output, indent=12)
    asked = f" --label {shlex.quote(model.codec_.labels[0])}" if model.codec_.labels else " --length 300"
    print_headed("Next", f"sadari generate sample {shlex.quote(output)}{asked}")


def print_json(model: Generator, output: str, texts: Texts) -> None:
    """The same for programs."""
    say_json(
        {
            "model": output,
            "settings": model.resolved_.settings(),
            "parameters": parameters(model.net_),
            "vocabulary": len(model.codec_),
            "vocabulary_note": model.codec_.size_note(model.max_vocab),
            "labels": model.codec_.labels,
            "scores": model.scores_,
            "seconds": model.history_[-1]["seconds"],
            "history": model.history_,
            "data": {**model.data_, **texts.provenance()},
            "notes": texts.notes,
        }
    )


def prompt_notes(model: Generator, prompt: str) -> list[Message]:
    """What a user should know of a prompt: what is unknown in it, and what is too far back."""
    notes = []
    unknown = model.unknown_in(prompt)
    if unknown:
        said = message("{units} of the prompt the model does not know, passed over: {tokens}")
        if model.unknown_learned_:
            said = message("{units} of the prompt the model does not know, read as <unk>: {tokens}")
        shown = ", ".join(repr(token) for token in unknown[:MOST_SHOWN]) + (" …" if len(unknown) > MOST_SHOWN else "")
        notes.append(said.filled(units=counted(len(unknown), UNITS[model.level]), tokens=shown))
    window, length = model.resolved_.window, model.length_of(prompt)
    if model.net == "transformer" and length > window:
        far = message("the prompt has {units}; the model looks back on {most:,} at most")
        notes.append(far.filled(units=counted(length, UNITS[model.level]), most=window))
    return notes


def print_samples(prompt: str, streams: Iterable[Iterator[str]], notes: Sequence[Message]) -> None:
    """Texts as they are written; on a terminal without anything that could move its cursor."""
    note(*notes)
    terminal = sys.stdout.isatty()
    for number, stream in enumerate(streams):
        if number:
            click.echo(BETWEEN)
        click.echo(_for_terminal(prompt) if terminal else prompt, nl=False)
        for piece in stream:
            click.echo(_for_terminal(piece) if terminal else piece, nl=False)
        click.echo()


def print_samples_json(
    model: str,
    prompt: str,
    how: Mapping[str, Any],
    seeds: Sequence[int],
    streams: Iterable[Iterator[str]],
    notes: Sequence[Message],
) -> None:
    """Texts as JSON: each whole, and what of it was written."""
    written = [{"seed": seed, "written": "".join(stream)} for seed, stream in zip(seeds, streams, strict=True)]
    samples = [{**one, "text": prompt + str(one["written"])} for one in written]
    say_json({"model": model, "prompt": prompt, **how, "samples": samples, "notes": list(notes)})


def described(model: Generator, training_text: TrainingText) -> list[Line]:
    """What there is to say of a generator before it learns, and of its text: headings, and what stands under them."""
    unit, codec = UNITS[model.level], training_text.codec
    learned, held_out = training_text.learned, training_text.scored
    tokens = learned + held_out
    many = counted(training_text.texts, "text") if training_text.texts else None
    different = message("{units}, {count:,} ids", units=counted(tokens, unit), count=len(codec))
    read = beside([many, different])
    labels = labels_named(codec.labels) if codec.labels else None
    rare = message("{units} ({share:.1%}) are too rare to learn")
    rare = rare.filled(units=counted(training_text.unknown, unit), share=training_text.unknown / max(1, tokens))
    unknown = rare if training_text.unknown else None
    return [
        ("Read", read, labels, unknown, codec.size_note(model.max_vocab)),
        ("Split", message("train {train:,} · held out {held_out:,}", train=learned, held_out=held_out)),
        ("Net", beside([model.net, counted(parameters(model.net_), "parameter"), show_settings(_telling(model))])),
    ]


def _telling(model: Generator) -> dict[str, Any]:
    """The settings that make this model what it is: those of its net, and those that are not as they always are."""
    own, usual = model.resolved_.settings(), Generator().settings()
    shape = (
        ("embed_dim", "layers", "heads", "inner") if model.net == "transformer" else ("embed_dim", "hidden", "layers")
    )
    always = (*shape, "window", "dropout", "batch_size", "learning_rate")
    given = [name for name in own if own[name] != usual[name] and usual[name] is not None]
    limits = [name for name in ("epochs", "steps", "minutes") if getattr(model, name) is not None]
    limits = limits or ["epochs"]
    kept = dict.fromkeys([*always, *limits, *given])
    return {name: own[name] for name in kept if name not in ("level", "net", "seed")}


def _scores(record: Mapping[str, float]) -> Message:
    """``1.553 (2.24 bits a character)``."""
    said = message("{loss:.3f} (perplexity {own:,.1f})")
    if "bits_per_character" in record:
        said = message("{loss:.3f} ({own:.2f} bits a character)")
    own = record.get("bits_per_character", record.get("perplexity"))
    return said.filled(loss=record["validation_loss"], own=own)


def _for_terminal(text: str) -> str:
    return "".join(c if c == "\t" else printable(c) for c in text)
