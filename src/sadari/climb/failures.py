"""A rung that could not be trained: the others go on, and the climb says why."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sadari.climb.result import said_once
from sadari.errors import DataError, SadariError
from sadari.messages import Message, message
from sadari.rungs import RUNGS
from sadari.settings.declaration import settings_of

# What climb has an option of its own for; a rung's other settings it leaves as they are.
_OPTIONS = ("tokenizer", "class_weight", "seed")
# PyTorch has no error of its own for memory.
_OF_MEMORY = re.compile(r"can't allocate memory|out of memory|Cannot allocate memory", re.IGNORECASE)

NO_MEMORY = message("the memory is not enough for it → give fewer texts, or free some memory")


@dataclass(frozen=True)
class Failed:
    """A rung that raised, and why. It keeps nothing of what the rung held in memory."""

    why: Message | str


class JobFailed(Exception):
    """A job that was done in another process, which could not do it.

    Args:
        why: what is to be said of it.
    """

    def __init__(self, why: Message | str) -> None:
        super().__init__(str(why))
        self.why = why


def why_failed(error: Exception, name: str) -> Message | str:
    """What became of a rung, and what can be done about it in a climb."""
    if isinstance(error, JobFailed):
        return error.why
    if isinstance(error, SadariError):
        said = message("{where}: {what}", where=error.place, what=error.said) if error.place else error.said
        advice = _advice(error.advice, name)
        return message("{what} → {advice}", what=said, advice=advice) if advice else said
    if isinstance(error, MemoryError) or _OF_MEMORY.search(str(error)) or getattr(error, "errno", 0) == errno.ENOMEM:
        return NO_MEMORY
    what = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return message("a fault of Sadari's own: {what} → please report it", what=what)


def _advice(hint: Message | str | None, name: str) -> Message | str | None:
    """The advice; where it is to change a setting that a climb has no option for, how that is done."""
    setting = hint.values.get("setting") if isinstance(hint, Message) else None
    kind = RUNGS.get(name)
    if kind is None or setting in _OPTIONS or setting not in settings_of(kind):
        return hint
    how = message("with another {setting} it may: sadari train DATA --rung {rung} --set {setting}=… -o MODEL")
    return how.filled(setting=setting, rung=name)


def none_trained(reasons: Mapping[str, Message | str], *, source: str) -> DataError:
    """What a climb ends with where every rung was left out: each reason once, with its rungs."""
    said = message("no rung could be trained:")
    for names, why in said_once(reasons.items()):
        said = message("{before}\n  {rungs}: {why}", before=said, rungs=names, why=why)
    return DataError(said, where=source)
