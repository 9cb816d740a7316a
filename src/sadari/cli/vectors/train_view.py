"""What ``sadari vectors train`` prints at its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sadari.cli.terminal.printing import note, say_json
from sadari.cli.train.view import sparkline
from sadari.cli.vectors.view import print_headed
from sadari.messages import Message, counted, message, plural

if TYPE_CHECKING:
    from sadari.vectors.keyed import WordVectors


def print_trained(
    vectors: WordVectors, output: str, notes: Sequence[Message | str], lost: Sequence[Message], *, as_json: bool
) -> None:
    """What was read, what was learned, what its format cannot hold, and what to do next."""
    training = vectors.training
    history, settings = training["history"], training["settings"]
    if as_json:
        found = {"vectors": output, "words": len(vectors), "width": vectors.width, "notes": [*notes, *lost]}
        say_json({**found, **training, "tokenizer": vectors.tokenizer})
        return

    for line in notes:
        note(line)
    said = plural(
        "{words}, {different:,} different; {kept:,} kept, which stand once or more",
        "{words}, {different:,} different; {kept:,} kept, which stand {count:,} times or more",
        settings["min_count"],
        words=counted(training["tokens"], "word"),
        different=len(vectors) + training["rare"],
        kept=len(vectors),
    )
    print_headed("Read", said)
    kind = message("{model}, {width} wide, {epochs} in {seconds:.1f} s")
    if settings["subwords"] is not None:
        kind = message("{model}, with pieces of {unit}, {width} wide, {epochs} in {seconds:.1f} s")
    kind = kind.filled(epochs=counted(len(history), "pass"), seconds=sum(record["seconds"] for record in history))
    print_headed("Trained", kind.filled(model=settings["model"], unit=settings["unit"], width=vectors.width))
    losses = [record["loss"] for record in history]
    fall = f" {sparkline(losses)} {losses[-1]:.3f}" if len(losses) > 1 else ""
    print_headed("Loss", f"{losses[0]:.3f}{fall}")
    print_headed("Vectors", output)
    for line in lost:
        print_headed("", line)
    example = next((word for word in vectors.words[20:] if word.isalpha() and len(word) > 3), vectors.words[-1])
    print_headed("Next", f"sadari vectors nearest {shlex.quote(output)} {shlex.quote(example)}")
