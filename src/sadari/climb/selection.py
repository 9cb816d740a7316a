"""Which rungs are climbed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sadari.errors import SettingError
from sadari.messages import Message, message
from sadari.rungs import RUNGS, find_rung
from sadari.text.column import one_column


def rungs_to_climb(
    rungs: Sequence[str] | None, given: Mapping[str, Any]
) -> tuple[list[str], list[tuple[str, Message]]]:
    """The rungs to climb, in the ladder's order, and those that cannot be, with the reason.

    Args:
        rungs: names from `RUNGS`; None: all that can be trained.
        given: what rungs may start from, by the setting that takes it (`StartsFrom.setting`); None where there is none.

    Raises:
        SettingError: no such rung, none at all, or one without what it starts from, or that without the rung.
    """
    if rungs is not None:
        rungs = list(one_column(rungs, "rungs"))
    for name in rungs or []:
        find_rung(name)
    selected = [name for name in RUNGS if rungs is None or name in rungs]
    if not selected:
        raise SettingError(message("no rung is chosen"), hint=message("choose from: {rungs}", rungs=", ".join(RUNGS)))
    starters = {name: start for name, kind in RUNGS.items() if (start := kind.starts_from) is not None}
    left_out = []
    for start in {start.setting: start for start in starters.values()}.values():
        takers = [name for name in starters if starters[name] is start]
        names = [name for name in takers if name in selected]
        if given.get(start.setting) is not None:
            if not names:
                raise SettingError(
                    message(
                        "{what} are given, and the rung {name!r}, which starts from them, is not asked for",
                        what=start.what,
                        name=takers[0],
                    ),
                    hint=message("add {name} to the rungs, or leave {what} out", name=takers[0], what=start.what),
                )
        elif names and rungs is not None:
            raise SettingError(
                message("the rung {name!r} starts from {what}, and none are given", name=names[0], what=start.what),
                hint=message("give them ({option}), or train some: {how}", option=start.option, how=start.how),
            )
        else:
            why = message("for want of {what} to start from: {option}", what=start.what, option=start.option)
            selected = [name for name in selected if name not in names]
            left_out += [(name, why) for name in names]
    return selected, left_out
