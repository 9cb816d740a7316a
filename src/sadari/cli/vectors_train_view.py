"""What ``sadari vectors train`` prints at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sadari.cli.printing import note, say_json
from sadari.cli.train_view import sparkline

if TYPE_CHECKING:
    from sadari.vectors.keyed import WordVectors


def print_trained(vectors: WordVectors, output: str, notes: Sequence[str], *, as_json: bool) -> None:
    """What was read, what was learned, and what to do next."""
    training = vectors.training
    history, settings = training["history"], training["settings"]
    if as_json:
        found = {"vectors": output, "words": len(vectors), "width": vectors.width, "notes": list(notes)}
        say_json({**found, **training, "tokenizer": vectors.tokenizer})
        return
    for line in notes:
        note(line)
    seconds = sum(record["seconds"] for record in history)
    losses = [record["loss"] for record in history]
    click.echo(
        f"Read        {training['tokens']:,} words, {len(vectors) + training['rare']:,} different; "
        f"{len(vectors):,} stand {settings['min_count']} times or more"
    )
    kind = settings["model"] + ("" if settings["subwords"] is None else f", with pieces of {settings['unit']}")
    click.echo(f"Trained     {kind}, {vectors.width} wide, {len(history)} epochs in {seconds:.1f} s")
    if len(losses) > 1:
        click.echo(f"Loss        {losses[0]:.3f} {sparkline(losses)} {losses[-1]:.3f}")
    else:
        click.echo(f"Loss        {losses[0]:.3f}")
    click.echo(f"Vectors     {output}")
    example = next((word for word in vectors.words[20:] if len(word) > 3), vectors.words[-1])
    click.echo(f"Next        sadari vectors nearest {output} {example}")
