"""Which rungs are climbed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sadari.errors import SettingError
from sadari.messages import message
from sadari.rungs import RUNGS, BertClassifier, FromVectors, find_rung
from sadari.text.column import one_column
from sadari.wording import Wording, wording


@dataclass(frozen=True)
class Start:
    """What a rung starts from, and cannot be climbed without.

    Attributes:
        what: it is.
        option: that gives it.
        how: else one comes by it.
    """

    what: str
    option: str
    how: str


STARTS = {
    FromVectors.name: Start("word vectors", "--vectors FILE", "sadari vectors train TEXTS -o FILE"),
    BertClassifier.name: Start("pre-trained weights", "--weights FOLDER", "sadari pretrain TEXTS -o FOLDER"),
}


def rungs_to_climb(
    rungs: Sequence[str] | None, *, vectors: Any = None, weights: Any = None, words: Wording | None = None
) -> tuple[list[str], list[tuple[str, str]]]:
    """The rungs to climb, in the ladder's order, and those that cannot be, with the reason.

    Args:
        rungs: names from `RUNGS`; None: all that can be trained.
        vectors: what the rung ``vectors`` starts from, or None.
        weights: what the rung ``bert`` starts from, or None.
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
    for name, given in ((FromVectors.name, vectors), (BertClassifier.name, weights)):
        start = STARTS[name]
        if given is not None and name not in chosen:
            raise SettingError(
                message(
                    "{what} are given, and the rung {name!r}, which starts from them, is not asked for",
                    what=start.what,
                    name=name,
                ),
                hint=message("add {name} to the rungs, or leave {what} out", name=name, what=start.what),
            )
        if given is not None or name not in chosen:
            continue
        if rungs is not None:
            raise SettingError(
                message("the rung {name!r} starts from {what}, and none are given", name=name, what=start.what),
                hint=message("give them ({option}), or train some: {how}", option=start.option, how=start.how),
            )
        chosen.remove(name)
        left_out.append((name, (words or wording("en")).say(f"want_{name}", option=start.option)))
    return chosen, left_out
