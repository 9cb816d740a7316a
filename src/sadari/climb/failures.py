"""A rung that could not be trained: the others go on, and the climb says why."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sadari.errors import DataError, SadariError
from sadari.messages import message, render
from sadari.rungs import RUNGS
from sadari.wording import Wording

# What climb has an option of its own for; a rung's other settings it leaves as they are.
_OPTIONS = ("tokenizer", "class_weight", "seed")
# PyTorch has no error of its own for memory.
_NO_MEMORY = re.compile(r"can't allocate memory|out of memory|Cannot allocate memory", re.IGNORECASE)


@dataclass(frozen=True)
class Failed:
    """A rung that raised, and why: a sentence. It keeps nothing of what the rung held in memory."""

    why: str


def why_failed(error: Exception, name: str, words: Wording) -> str:
    """What became of a rung, in a sentence, and what can be done about it in a climb."""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)) or getattr(error, "errno", 0) == errno.ENOMEM:
        return words.say("failed_memory")
    if not isinstance(error, SadariError):
        return words.say("failed_fault", what=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    what = render(error.said, words.lang)
    what = f"{render(error.place, words.lang)}: {what}" if error.place else what
    setting = _setting_in(error.hint or "", name)
    if setting:
        advice = words.say("failed_setting", rung=name, setting=setting)
    else:
        advice = render(error.advice or "", words.lang)
    return " → ".join(filter(None, [what, advice]))


def _setting_in(hint: str, name: str) -> str | None:
    """The setting that an advice tells to change, where a climb has no option for it."""
    kind = RUNGS.get(name)
    settings = [] if kind is None else [one for one in kind._get_param_names() if one not in _OPTIONS]
    return next((one for one in settings if re.search(rf"\b{one}\b", hint)), None)


def none_trained(reasons: Mapping[str, str], words: Wording, *, source: str) -> DataError:
    """What a climb ends with where every rung was left out: each reason once, with its rungs."""
    by_reason: dict[str, list[str]] = {}
    for name, why in reasons.items():
        by_reason.setdefault(why, []).append(name)
    listed = "".join(f"\n  {', '.join(names)}: {why}" for why, names in by_reason.items())
    return DataError(message("{say}{listed}", say=words.say("failed_all"), listed=listed), where=source)
