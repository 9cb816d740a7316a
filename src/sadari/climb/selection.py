"""Which rungs are climbed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sadari.errors import SettingError
from sadari.messages import message
from sadari.rungs import RUNGS, find_rung
from sadari.rungs.ladder import ENCODER, VECTORS
from sadari.text.column import one_column
from sadari.wording import Wording, wording


def rungs_to_climb(
    rungs: Sequence[str] | None, *, vectors: Any = None, weights: Any = None, words: Wording | None = None
) -> tuple[list[str], list[tuple[str, str]]]:
    """The rungs to climb, in the ladder's order, and those that cannot be, with the reason.

    Args:
        rungs: names from `RUNGS`; None: all that can be trained.
        vectors: word vectors, which some of them start from, or None.
        weights: pre-trained weights, which some of them start from, or None.
        words: in which language the reasons are; None: English.

    Raises:
        SettingError: no such rung, none at all, or one without what it starts from, or that without the rung.
    """
    if rungs is not None:
        rungs = list(one_column(rungs, "rungs"))
    for name in rungs or []:
        find_rung(name)
    chosen = [name for name in RUNGS if rungs is None or name in rungs]
    if not chosen:
        raise SettingError(message("no rung is chosen"), hint=message("choose from: {rungs}", rungs=", ".join(RUNGS)))
    left_out = []
    for start, given in ((VECTORS, vectors), (ENCODER, weights)):
        takers = [name for name in RUNGS if RUNGS[name].starts_from == start]
        names = [name for name in takers if name in chosen]
        if given is not None and not names:
            name = takers[0]
            raise SettingError(
                message(
                    "{what} are given, and the rung {name!r}, which starts from them, is not asked for",
                    what=start.what,
                    name=name,
                ),
                hint=message("add {name} to the rungs, or leave {what} out", name=name, what=start.what),
            )
        if given is not None or not names:
            continue
        if rungs is not None:
            raise SettingError(
                message("the rung {name!r} starts from {what}, and none are given", name=names[0], what=start.what),
                hint=message("give them ({option}), or train some: {how}", option=start.option, how=start.how),
            )
        why = (words or wording("en")).say(f"want_{start.setting}", option=start.option)
        chosen = [name for name in chosen if name not in names]
        left_out += [(name, why) for name in names]
    return chosen, left_out
