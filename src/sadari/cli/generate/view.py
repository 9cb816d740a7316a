"""What ``sadari generate`` prints: how a training goes, what it came to, and what is written."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from sadari.artifact import megabytes
from sadari.cli.arguments.settings import show_settings
from sadari.cli.terminal.failures import printable
from sadari.cli.terminal.printing import columns, headed, note, say_json
from sadari.cli.train.view import sparkline
from sadari.generation.generator import Generator, Listener
from sadari.wording import numbers as readable

if TYPE_CHECKING:
    from sadari.cli.generate.input import Texts
    from sadari.cli.terminal.progress import Progress
    from sadari.generation.corpus import TrainingText

UNITS = {"char": "characters", "word": "words", "subword": "subwords"}
MOST_SHOWN = 8  # of unknown characters or words
SHOWN_LINES = 6  # of a sample while it trains
BETWEEN = "---"  # texts, where several are written


class Watching(Listener):
    """Says on standard error how a training goes.

    Args:
        texts: what was read.
        progress: of the command.
        quiet: print nothing on standard output.
        samples: write something with every record.
    """

    def __init__(self, texts: Texts, progress: Progress, *, quiet: bool, samples: bool) -> None:
        self.texts, self.progress, self.quiet, self.samples = texts, progress, quiet, samples
        self.generator: Generator | None = None
        self.losses: list[float] = []

    def begin(self, generator: Generator, training_text: TrainingText) -> None:
        self.generator = generator
        if not self.quiet:
            with self.progress.paused():
                _print_training_text(generator, training_text, self.texts)

    def step(self, share: float, loss: float) -> None:
        self.progress(f"training, loss {loss:.3f} {sparkline(self.losses) if self.losses else ''}".rstrip(), share)

    def record(self, record: dict[str, float]) -> None:
        self.losses.append(record.get("validation_loss", record["loss"]))
        with self.progress.paused():
            note(
                f"step {record['step']:,.0f} · {readable.duration(record['seconds'], 2)} · loss {record['loss']:.3f}"
                + (f" · held out {_scores(record)}" if "validation_loss" in record else "")
            )
        if self.samples and self.generator is not None:
            self.sample(int(record["step"]), self.generator.sample(length=200, temperature=0.8))

    def sample(self, step: int, text: str) -> None:
        with self.progress.paused():
            for line in text.strip("\n").split("\n")[:SHOWN_LINES]:
                note(f"  │ {line[: columns() - 4]}".rstrip())


def print_result(model: Generator, output: str, texts: Texts) -> None:
    """What the training came to, and what to do with the model."""
    last = model.history_[-1]
    steps, passes = int(last["step"]), int(last["epoch"])
    parts = [str(readable.duration(last["seconds"], 2)), f"{steps:,} steps", f"{passes:,} pass{'es' * (passes != 1)}"]
    headed("Trained", " · ".join(parts), indent=12)
    if model.scores_:
        scores = _scores({name.replace(" ", "_"): value for name, value in model.scores_.items()})
        headed("Held out", f"loss {scores}", indent=12)
    size = megabytes(output)
    headed("Saved", f"{output} · {readable.significant(size, 2)} MB", indent=12)
    asked = f" --label {shlex.quote(model.codec_.labels[0])}" if model.codec_.labels else " --length 300"
    headed("Next", f"sadari generate sample {shlex.quote(output)}{asked}", indent=12)


def print_json(model: Generator, output: str, texts: Texts) -> None:
    """The same for programs."""
    say_json(
        {
            "model": output,
            "settings": model.resolved_.settings(),
            "parameters": parameters(model),
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


def prompt_notes(model: Generator, prompt: str) -> list[str]:
    """What a user should know of a prompt: what is unknown in it, and what is too far back."""
    notes = []
    unknown = model.unknown_in(prompt)
    if unknown:
        shown = ", ".join(repr(token) for token in unknown[:MOST_SHOWN]) + (" …" if len(unknown) > MOST_SHOWN else "")
        read = "read as <unk>" if model.unknown_learned_ else "passed over"
        units = UNITS[model.level][: None if len(unknown) > 1 else -1]
        notes.append(f"{len(unknown):,} {units} of the prompt the model does not know, {read}: {shown}")
    window, length = model.resolved_.window, model.length_of(prompt)
    if model.net == "transformer" and length > window:
        notes.append(f"the prompt has {length:,} {UNITS[model.level]}; the model looks back on {window:,} at most")
    return notes


def print_samples(prompt: str, streams: Iterable[Iterator[str]], notes: Sequence[str]) -> None:
    """Texts as they are written; on a terminal without anything that could move its cursor."""
    for line in notes:
        note(line)
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
    notes: Sequence[str],
) -> None:
    """Texts as JSON: each whole, and what of it was written."""
    written = [{"seed": seed, "written": "".join(stream)} for seed, stream in zip(seeds, streams, strict=True)]
    samples = [{**one, "text": prompt + str(one["written"])} for one in written]
    say_json({"model": model, "prompt": prompt, **how, "samples": samples, "notes": list(notes)})


def parameters(model: Generator) -> int:
    """How many numbers the net learns."""
    net: Any = model.net_
    return sum(parameter.numel() for parameter in net.parameters())


def _print_training_text(model: Generator, training_text: TrainingText, texts: Texts) -> None:
    units = UNITS[model.level]
    learned, held_out = training_text.learned, training_text.scored
    many = "" if not training_text.texts else f"{training_text.texts:,} texts · "
    tokens = learned + held_out
    headed("Read", f"{', '.join(texts.names)} · {many}{tokens:,} {units}, {len(training_text.codec):,} ids", indent=12)
    for line in texts.notes:
        headed("", line, indent=12)
    if training_text.codec.labels:
        headed(
            "",
            f"{len(training_text.codec.labels):,} labels: {', '.join(training_text.codec.labels[:MOST_SHOWN])}",
            indent=12,
        )
    if training_text.unknown:
        headed(
            "",
            f"{training_text.unknown:,} {units} ({training_text.unknown / tokens:.1%}) are too rare to learn",
            indent=12,
        )
    size = training_text.codec.size_note(model.max_vocab)
    if size:
        headed("", size, indent=12)
    headed("Split", f"train {learned:,} · held out {held_out:,}", indent=12)
    headed("Net", f"{model.net} · {parameters(model):,} parameters · {show_settings(_telling(model))}", indent=12)


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


def _scores(record: Mapping[str, float]) -> str:
    """``1.553 (2.24 bits a character)``."""
    own = (
        f"{record['bits_per_character']:.2f} bits a character"
        if "bits_per_character" in record
        else f"perplexity {record['perplexity']:,.1f}"
    )
    return f"{record['validation_loss']:.3f} ({own})"


def _for_terminal(text: str) -> str:
    return "".join(c if c == "\t" else printable(c) for c in text)
