"""What ``sadari vectors train`` prints at its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sadari.cli.terminal.printing import note, say_json
from sadari.cli.train.view import sparkline
from sadari.cli.vectors.view import print_headed
from sadari.messages import Message

if TYPE_CHECKING:
    from sadari.vectors.keyed import WordVectors


def print_trained(
    vectors: WordVectors, output: str, notes: Sequence[Message | str], lost: Sequence[str], *, as_json: bool
) -> None:
    """What was read, what was learned, what its format cannot hold, and what to do next."""
    training = vectors.training
    history, settings = training["history"], training["settings"]
    if as_json:
        found = {"vectors": output, "words": len(vectors), "width": vectors.width, "notes": [*notes, *lost]}
        say_json({**found, **training, "tokenizer": vectors.tokenizer})
        return
    from sadari.data.audit.findings import counted

    for line in notes:
        note(line)
    least = "once" if settings["min_count"] == 1 else f"{settings['min_count']:,} times"
    print_headed(
        "Read",
        f"{counted(training['tokens'], 'word')}, {len(vectors) + training['rare']:,} different; "
        f"{len(vectors):,} kept, which stand {least} or more",
    )
    kind = settings["model"] + ("" if settings["subwords"] is None else f", with pieces of {settings['unit']}")
    seconds = sum(record["seconds"] for record in history)
    print_headed("Trained", f"{kind}, {vectors.width} wide, {counted(len(history), 'epoch')} in {seconds:.1f} s")
    losses = [record["loss"] for record in history]
    fall = f" {sparkline(losses)} {losses[-1]:.3f}" if len(losses) > 1 else ""
    print_headed("Loss", f"{losses[0]:.3f}{fall}")
    print_headed("Vectors", output)
    for line in lost:
        print_headed("", line)
    example = next((word for word in vectors.words[20:] if word.isalpha() and len(word) > 3), vectors.words[-1])
    print_headed("Next", f"sadari vectors nearest {shlex.quote(output)} {shlex.quote(example)}")
