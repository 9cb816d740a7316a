"""Which rungs are climbed, and what each starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sadari.errors import SettingError
from sadari.messages import Message, message
from sadari.pretrained.folder import shown_weights
from sadari.rungs import RUNGS, find_rung
from sadari.rungs.ladder import ENCODER, StartsFrom
from sadari.settings.declaration import settings_of
from sadari.settings.limits import check
from sadari.settings.shared import WhereWeightsAre
from sadari.text.column import one_column


@dataclass(frozen=True)
class Selection:
    """What is climbed.

    Attributes:
        names: the rungs, in the ladder's order.
        left_out: those that cannot be climbed, with the reason.
        starts: rung → the settings that say what it starts from.
    """

    names: list[str]
    left_out: list[tuple[str, Message]]
    starts: dict[str, dict[str, Any]]


def rungs_to_climb(rungs: Sequence[str] | None, given: Mapping[str, Any]) -> Selection:
    """The rungs to climb, and what each starts from.

    Weights go to every rung that can use them. Of several, a rung takes those that it is made for, else the first; or
    others that it can use, where none would else, if those that it leaves have another rung.

    Args:
        rungs: names from `RUNGS`; None: all that can be trained.
        given: what rungs may start from, by the setting that takes it (`StartsFrom.setting`): of weights one or a list;
            None where there is none; and ``download``.

    Raises:
        SettingError: no such rung, none at all, or one without what it starts from, or that without the rung.
        ModelError, DownloadError: weights that are not there, or damaged.
    """
    settings = {start.setting: start for kind in RUNGS.values() if (start := kind.starts_from) is not None}
    unknown = sorted(set(given) - {*settings, "download"})
    if unknown:
        raise SettingError(
            message("a {kind} has no setting {name!r}", kind="climb", name=unknown[0]),
            hint=message("what rungs start from: {settings}", settings=", ".join(settings)),
        )
    if rungs is not None:
        rungs = list(one_column(rungs, message("rungs")))
    for name in rungs or []:
        find_rung(name)
    selected = [name for name in RUNGS if rungs is None or name in rungs]
    if not selected:
        raise SettingError(message("no rung is chosen"), hint=message("choose from: {rungs}", rungs=", ".join(RUNGS)))
    starting = {name: start for name in selected if (start := RUNGS[name].starts_from) is not None}
    for place in _listed(given.get(ENCODER.setting)):
        check(ENCODER.setting, place, WhereWeightsAre())
    _check_asked_for(settings, starting, given)
    taken = {name: _start_of(name, start, given) for name, start in starting.items()}
    _share_out(_listed(given.get(ENCODER.setting)), taken)
    left_out = []
    for name, start in starting.items():
        if taken[name] is not None:
            continue
        if rungs is not None:
            raise _missing(name, start, _listed(given.get(start.setting)))
        left_out.append((name, _why_left_out(start, given)))
    _check_taken(_listed(given.get(ENCODER.setting)), taken)
    starts = {}
    for name, start in starting.items():
        if taken[name] is not None:
            known = settings_of(RUNGS[name])
            more = {key: value for key, value in given.items() if key in known and key != start.setting}
            starts[name] = {start.setting: taken[name], **more}
    return Selection([name for name in selected if name not in dict(left_out)], left_out, starts)


def _listed(given: Any) -> list[Any]:
    """One or several as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _start_of(name: str, start: StartsFrom, given: Mapping[str, Any]) -> Any:
    """What a rung starts from; None where nothing is given that it can."""
    if start.setting != ENCODER.setting and given.get(start.setting) is not None:
        return given[start.setting]  # by its own option
    weights = _listed(given.get(ENCODER.setting))
    suited = [RUNGS[name].can_start_from(place, download=bool(given.get("download"))) for place in weights]
    return weights[suited.index(max(suited))] if any(suited) else None


def _share_out(weights: Sequence[Any], taken: dict[str, Any]) -> None:
    """Give weights that no rung starts from to one that can, and whose own another rung starts from, too."""

    def users(place: Any) -> list[str]:
        return [name for name, other in taken.items() if place is other or place == other]

    for place in weights:
        if users(place):
            continue
        free = [name for name, other in taken.items() if other in weights and len(users(other)) > 1]
        suited = {name: RUNGS[name].can_start_from(place) for name in free}
        if any(suited.values()):
            taken[max(suited, key=lambda name: suited[name])] = place


def _check_asked_for(
    settings: Mapping[str, StartsFrom], starting: Mapping[str, StartsFrom], given: Mapping[str, Any]
) -> None:
    """Refuse what is given where no rung is climbed that starts from the like."""
    for start in settings.values():
        wanted = starting if start.setting == ENCODER.setting else [n for n in starting if starting[n] is start]
        if _listed(given.get(start.setting)) and not wanted:
            name = next(name for name, kind in RUNGS.items() if kind.starts_from is start)
            raise SettingError(
                message(
                    "{what} are given, and the rung {name!r}, which starts from them, is not asked for",
                    what=start.what,
                    name=name,
                ),
                hint=message("add {name} to the rungs, or leave {what} out", name=name, what=start.what),
            )


def _check_taken(weights: Sequence[Any], taken: Mapping[str, Any]) -> None:
    """Refuse weights that no rung starts from."""
    for place in weights:
        if any(place is other or place == other for other in taken.values()):
            continue
        able = next((name for name in taken if RUNGS[name].can_start_from(place)), None)
        if able is None:
            raise SettingError(
                message("no rung that is climbed can start from {weights}", weights=shown_weights(place)),
                hint=message("leave them out, or ask for other rungs"),
            )
        raise SettingError(
            message(
                "{weights} would not be used: the rung {name!r} starts from {other}",
                weights=shown_weights(place),
                name=able,
                other=shown_weights(taken[able]),
            ),
            hint=message("a rung starts from one of them: climb once with each"),
        )


def _missing(name: str, start: StartsFrom, given: Sequence[Any]) -> SettingError:
    """That a rung was asked for, and nothing that it can start from is given."""
    if given:
        return SettingError(
            message(
                "the rung {name!r} cannot start from {weights}",
                name=name,
                weights=", ".join(shown_weights(place) for place in given),
            ),
            hint=message("give it others, or leave the rung out"),
        )
    return SettingError(
        message("the rung {name!r} starts from {what}, and none are given", name=name, what=start.what),
        hint=message("give them ({option}), or get some: {how}", option=start.option, how=start.how),
    )


def _why_left_out(start: StartsFrom, given: Mapping[str, Any]) -> Message:
    if _listed(given.get(start.setting)):
        return message("it cannot start from the weights that are given")
    return message("for want of {what} to start from: {option}", what=start.what, option=start.option)
