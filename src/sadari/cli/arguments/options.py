"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from sadari.data.formats import FORMATS
from sadari.errors import SettingError
from sadari.messages import message

Command = TypeVar("Command", bound=Callable[..., Any])

# For help texts alone: loading the real tables takes a second (a test compares them).
RUNG_NAMES = (
    "bow",
    "ngram",
    "tfidf",
    "char",
    "word-char",
    "embedding-bag",
    "vectors",
    "embed",
    "embedding",
    "rnn",
    "gru",
    "lstm",
    "bilstm",
    "transformer",
    "bert",
    "setfit",
)
TOKENIZER_NAMES = ("characters", "whitespace", "words", "basic_english", "syllables", "morphemes")
METRIC_NAMES = (
    *("accuracy", "macro-f1", "micro-f1", "f1:LABEL", "average-precision", "log-loss"),
    *("recall@precision=0.9", "cost=FILE", "weighted-kappa", "mean-absolute-error"),
)
PREDICT_PRECISIONS = ("fp32", "bf16", "int8")

_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one, in the order of ``--help``."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _encoded(on_bad_row: str) -> Callable[[Command], Command]:
    return together(
        click.option("--encoding", metavar="NAME", help="Encoding of the file, such as cp949.  [default: detected]"),
        click.option("--delimiter", metavar="CHAR", help="What separates the fields of a CSV file; \\t for a tab."),
        click.option("--header/--no-header", default=None, help="Whether the first row names the columns."),
        click.option(
            "--on-bad-row",
            type=click.Choice(["error", "skip"]),
            default=on_bad_row,
            show_default=True,
            help="Stop at a row that cannot be read, or leave it out and count it.",
        ),
        click.option(
            "--on-bad-file",
            type=click.Choice(["error", "skip"]),
            default="error",
            show_default=True,
            help="Of many files: stop at one that cannot be read or has other columns, or leave it out.",
        ),
    )


def _reading(on_bad_row: str) -> Callable[[Command], Command]:
    return together(
        click.option(
            "--text", metavar="COLUMNS", help="Text columns by name or number; several are joined: title,body."
        ),
        click.option("--format", type=click.Choice(FORMATS), metavar="KIND", help=f"One of: {', '.join(FORMATS)}."),
        _encoded(on_bad_row),
    )


# How a table is read; and how any file is. The command gets each as a keyword, for `sadari.cli.arguments.inputs`.
encoded = _encoded("error")
reading = _reading("error")
reading_on = _reading("skip")  # for what looks at a file, bad rows and all
labels = together(  # where the label stands
    click.option("--label", metavar="COLUMN", help="The label's column, by name or number."),
    click.option("--label-sep", metavar="SEP", help="What separates the labels of a text that has several."),
)
# Work on a cluster. Without "=ADDRESS" it is this machine's.
ray = click.option(
    "--ray",
    is_flag=False,
    flag_value="local",
    metavar="[ADDRESS]",
    help="Work on a Ray cluster: host:port, ray://host:port or auto. Without an address: all of this machine.",
)
concurrency = click.option(
    "--concurrency",
    type=click.IntRange(1),
    metavar="N",
    help="With --ray: files worked on at a time.  [default: one a processor, or a GPU]",
)
class_weight = click.option("--class-weight", metavar="WEIGHTS", help="balanced, or Sports=2,World=1.")
model = click.option("-o", "--output", metavar="MODEL", help="The model folder; an older model is replaced.")


def limits(over: str, default: str = "", *, steps: bool = True) -> Callable[[Command], Command]:
    """``--epochs``, ``--steps`` and ``--minutes``: how long is trained; and ``--report-every``.

    Args:
        over: what a pass goes over.
        default: of ``--epochs``.
        steps: whether ``--steps`` is one of them.
    """
    usual = f".  [default: {default}]" if default else ", at most."
    each = [click.option("--epochs", metavar="N", help=f"Passes over the {over}{usual}")]
    if steps:
        each.append(click.option("--steps", metavar="N", help="Steps, at most."))
    each.append(click.option("--minutes", metavar="M", help="Time to train, at most."))
    return together(*each, click.option("--report-every", metavar="N", help="Keep a record every N steps."))


def settings(what: str = "Any setting") -> Callable[[Command], Command]:
    """``--set``, and ``--settings``, which lists what it takes."""
    return together(
        click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=f"{what}; repeatable."),
        click.option("--settings", "list_settings", is_flag=True, help="List what --set takes, and do nothing else."),
    )


def machine(whose: str = "", *, precision: str = "fp32, or bf16 where that is faster") -> Callable[[Command], Command]:
    """``--device`` and ``--precision``.

    Args:
        whose: in brackets, where not all that the command trains has them.
        precision: what may be said.
    """
    return together(
        click.option("--device", metavar="NAME", help=f"cpu, cuda, mps or auto{whose}."),
        click.option("--precision", metavar="NAME", help=f"{precision}{whose}."),
    )


predict_precision = click.option(
    "--precision",
    type=click.Choice(PREDICT_PRECISIONS),
    metavar="NAME",
    help="Precision of a BERT: fp32; bf16 and int8 are faster, and change logits by some hundredths."
    "  [default: the model's own]",
)


def kept_run(whose: str = "") -> Callable[[Command], Command]:
    """``--run`` and ``--resume``, for `sadari.cli.train.resume`.

    Args:
        whose: in brackets, where not all that the command trains keeps runs.
    """
    return together(
        click.option("--run", metavar="RUN", help=f"Keep checkpoints in this folder while it trains{whose}."),
        click.option("--resume", metavar="RUN", help="Go on with a run that was stopped; nothing else need be given."),
    )


no_cache = click.option(
    "--no-cache", is_flag=True, help="Embed every text anew, and keep no vector in the user's cache (embed)."
)


def as_json(what: str) -> Callable[[Command], Command]:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help=what)


belonging = together(
    click.option(
        "--group", metavar="COLUMN", help="Keep rows of one customer, thread or document on one side of every split."
    ),
    click.option("--time", metavar="COLUMN", help="When a text is from: validate and test on the latest."),
)


def seed(command: Command) -> Command:
    """``--seed``."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        metavar="N",
        default=0,
        show_default=True,
        help="Seed of every random choice; the same seed gives the same bits.",
    )(command)


def validation(command: Command) -> Command:
    """``--validation``."""
    return click.option(
        "--validation",
        type=float,
        metavar="SHARE",
        default=0.1,
        show_default=True,
        help="Share of the training rows set aside for validation.",
    )(command)


def as_given(asked: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Options as the user gave them, for a command that is to read the same; those that were left out are not there.

    Args:
        asked: the options.
        names: those that are wanted.
    """
    found: list[str] = []
    for name in names:
        value, option = asked.get(name), f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            found.append(option if value else f"--no-{option[2:]}")
        elif value is not None and value != "error":
            found += [option, str(value)]
    return found


def parse_duration(text: str | None) -> float | None:
    """Seconds of ``"90"``, ``"90s"``, ``"10m"`` or ``"1.5h"``; None of ``"none"``.

    Raises:
        SettingError: it is none of these, or not above 0.
    """
    if text is None or text.strip() == "none":
        return None
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|m|min|h|)\s*", text, re.ASCII)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not seconds:
        raise SettingError(
            message("--budget is {text!r}", text=text), hint=message("give a time such as 90s, 10m or 1.5h, or none")
        )
    return seconds


def parse_names(text: str | None) -> list[str] | None:
    """``"bow, tfidf"`` as a list; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def parse_delimiter(text: str | None) -> str | None:
    """The delimiter itself: ``\\t`` may be written with a backslash."""
    return "\t" if text in ("\\t", "tab") else text
