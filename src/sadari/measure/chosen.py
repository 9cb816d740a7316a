"""Which rungs are climbed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sadari.errors import SettingError
from sadari.rungs import RUNGS, BertClassifier, FromVectors, find_rung

NO_VECTORS = "for want of word vectors to start from: --vectors FILE"
NO_WEIGHTS = "for want of pre-trained weights"


def rungs_to_climb(rungs: Sequence[str] | None, vectors: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The rungs to climb, in the ladder's order, and those that cannot be, with the reason.

    Args:
        rungs: names from `RUNGS`; None: all that can be trained.
        vectors: what one of them starts from, or None.

    Raises:
        SettingError: no such rung, none at all, or one that starts from vectors without them, or them without it.
    """
    for name in rungs or []:
        find_rung(name)
    chosen = [name for name in RUNGS if rungs is None or name in rungs]
    left_out = []
    if rungs is None:
        chosen.remove(BertClassifier.name)
        left_out = [(BertClassifier.name, NO_WEIGHTS)]
    if not chosen:
        raise SettingError("no rung is chosen", hint=f"choose from: {', '.join(RUNGS)}")
    started = FromVectors.name
    if vectors is not None and started not in chosen:
        raise SettingError(f"vectors are given, and the rung {started!r}, which starts from them, is not asked for")
    if vectors is not None or started not in chosen:
        return chosen, left_out
    if rungs is not None:
        raise SettingError(
            f"the rung {started!r} starts from word vectors, and none are given",
            hint="give a file of them (--vectors FILE), or train some: sadari vectors train TEXTS -o FILE",
        )
    chosen.remove(started)
    return chosen, [(started, NO_VECTORS), *left_out]
