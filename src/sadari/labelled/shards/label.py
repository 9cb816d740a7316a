"""One file of many, labelled: what became of it is told as plain values, whatever became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sadari.errors import DataError, OutputError, SadariError, reason_of
from sadari.labelled.label_file import Labelling, label_file
from sadari.labelled.shards.place import Place
from sadari.labelled.shards.plan import Shard, digest
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.rungs import Rung


@dataclass(frozen=True)
class Problem:
    """Why a file has no answers.

    Args:
        what: what is wrong.
        where: the file, or the place in it.
        hint: what to do about it.
        ends: whether others would fail too: a full disk.
    """

    what: Message | str
    where: Message | str | None = None
    hint: Message | str | None = None
    ends: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Args:
        shard: the file.
        said: of the answers, for the manifest; None where there are none.
        problem: why there are none.
    """

    shard: Shard
    said: dict[str, Any] | None = None
    problem: Problem | None = None


def label_shard(model: Rung, shard: Shard, place: Place, how: Labelling) -> Outcome:
    """Label one file into a folder. Nothing is raised but what ends the process."""
    start = time.monotonic()
    try:
        if not shard.is_still():
            raise DataError(message("has changed since the work was planned"), where=shard.source)
        with place.target(shard.name) as target:
            rows, skipped = label_file(model, shard.source, target, how)
            size = target.stat().st_size
        content = digest(shard.source)
        if not shard.is_still():
            raise DataError(message("has changed since the work was planned"), where=shard.source)
        said = {
            "sha256": content,
            "rows": rows.rows,
            "skipped": skipped,
            "notes": rows.notes,
            "bytes": size,
            "seconds": round(time.monotonic() - start, 3),
        }
    except Exception as error:
        return Outcome(shard, problem=problem_of(error, shard))
    return Outcome(shard, said)


def problem_of(error: BaseException, shard: Shard) -> Problem:
    """What an error says of a file."""
    if isinstance(error, SadariError):
        return Problem(error.said, error.place or shard.source, error.advice, ends=isinstance(error, OutputError))
    if isinstance(error, MemoryError):
        return Problem(message("the memory is not enough"), shard.source)
    if isinstance(error, OSError):
        return Problem(message("cannot be read: {reason}", reason=reason_of(error)), shard.source)
    kind = type(error).__name__
    return Problem(
        message("a fault of Sadari's own: {kind}: {reason}", kind=kind, reason=str(error)[:300]), shard.source
    )
