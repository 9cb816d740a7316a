"""``sadari weights``: small encoders that others have published."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sadari.cli.arguments import options
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.pretrained.published import Published

LIST_EXAMPLES = """\b
Examples:
  sadari weights list
  sadari weights list --json
"""
FETCH_EXAMPLES = """\b
Examples:
  sadari weights fetch all-MiniLM-L6-v2
  sadari weights fetch potion-base-8M -o weights/potion
  HF_ENDPOINT=https://mirror.example sadari weights fetch all-MiniLM-L6-v2

\b
Each file is checked against the checksum that the hub states for the
revision, which is written down; a download that was broken off goes on where
it stopped.
"""


@click.group(epilog="Each command has its own --help, with examples.")
def weights() -> None:
    """List and fetch pre-trained weights."""


@weights.command("list", epilog=LIST_EXAMPLES)
@options.as_json("As JSON.")
def list_(as_json: bool) -> None:
    """Show the weights that have a name: small encoders by language and size."""
    from sadari.cli.terminal.printing import headed, say, say_json
    from sadari.pretrained.published import PUBLISHED

    if as_json:
        say_json(
            [asdict(one) | {"card": one.card, "folder": str(one.folder), "here": one.is_here} for one in PUBLISHED]
        )
        return
    for one in PUBLISHED:
        say(one.name)
        headed("", *_described(one), indent=4)


def _described(one: Published) -> list[Message]:
    kind = message("static embeddings") if one.kind == "static" else message("sentence encoder")
    size = message("{kind} · {languages} · about {megabytes:,} MB")
    terms = message("license: {license}", license=one.license)
    missing = message("not here yet: sadari weights fetch {name}", name=one.name)
    return [
        size.filled(kind=kind, languages=one.languages, megabytes=one.megabytes),
        terms if one.license else message("license: its card states none"),
        message("card: {card}", card=one.card),
        message("in {folder}", folder=one.folder) if one.is_here else missing,
    ]


@weights.command(epilog=FETCH_EXAMPLES)
@click.argument("name")
@click.option("-o", "--output", metavar="FOLDER", help="Where to put them  [default: the user's cache]")
@options.as_json("As JSON, and nothing else, on standard output.")
def fetch(name: str, output: str | None, as_json: bool) -> None:
    """Fetch the weights NAME from the Hugging Face hub, unless they are here."""
    from sadari.cli.terminal.printing import headed, say_json
    from sadari.display.terminal import Progress
    from sadari.pretrained.published import fetch_weights, published

    one = published(name)
    with Progress() as progress:
        progress(message("fetching {name}", name=name))

        def bytes_done(file: str, done: int, total: int) -> None:
            said = message("{name}: {done:,.1f} of {total:,.1f} MB", name=file, done=done / 1e6, total=total / 1e6)
            progress(said, done / total if total else None)

        folder = fetch_weights(name, output, progress=bytes_done)
    if as_json:
        say_json({"weights": str(folder), "card": one.card, "license": one.license})
        return
    headed("Here", f"{folder}")
    headed("Terms", one.license or message("its card states none: {card}", card=one.card))
    headed("Next", f"sadari climb DATA --weights {output or name}")
