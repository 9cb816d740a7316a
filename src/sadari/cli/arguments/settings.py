"""``--set C=0.3``: a rung's settings from text, of the type that its constructor declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from sadari.errors import SettingError
from sadari.messages import Message, alternatives, message
from sadari.settings.declaration import Setting, settings_of

# what is no rung: its class → the command that trains it
_COMMANDS = {"Generator": "generate train", "Translator": "translate train", "Bert": "pretrain"}
_YES, _NO, _NONE = ("true", "yes", "1", "on"), ("false", "no", "0", "off"), ("none", "null")


def parse_settings(rung: type, given: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for a rung's constructor.

    Args:
        rung: the class of the rung, or of another kind of model.
        given: ``name=value`` each, as after ``--set``.
        options: settings that have an option of their own, as text or number; None where it was not given.

    Raises:
        SettingError: no such setting, a value that it cannot be, or one given twice.
    """
    known = settings_of(rung)
    settings: dict[str, Any] = {}
    own = [(name, str(value)) for name, value in options.items() if value is not None]
    for name, value in [*own, *map(_split, given)]:
        if name not in known:
            alike = {one.lower(): one for one in known}
            near = [repr(alike[match]) for match in get_close_matches(name.lower(), alike, n=3)]
            what = message("a {kind} has no setting {name!r}", kind=rung.__name__.lower(), name=name)
            if hasattr(rung, "name"):
                what = message("the rung {rung!r} has no setting {name!r}", rung=rung.name, name=name)
            has = message("all that it has: {command}", command=listed_by(rung))
            if options.get(name) is not None:  # an option of other rungs, and no slip of the pen
                raise SettingError(
                    what, hint=message("leave out --{replace}; {has}", replace=name.replace("_", "-"), has=has)
                )
            if near:
                what = message("{what}; did you mean {near}?", what=what, near=alternatives(near))
            raise SettingError(what, hint=has)
        if name in settings:
            raise SettingError(message("the setting {name!r} is given twice", name=name))
        settings[name] = _parse(name, value, known[name])
    return settings


def show_settings(settings: Mapping[str, Any]) -> str:
    """``C 0.5 · ngram_range 1,2``: all that are not None, False or 0, in words that ``--set`` takes."""
    return " · ".join(f"{name} {_show(value)}" for name, value in settings.items() if value not in (None, False, 0))


def _show(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    if isinstance(value, Mapping):
        return ",".join(f"{key}={weight:g}" for key, weight in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed_by(rung: type, *, listing: bool = True) -> str:
    """The command that trains such a model; or, to copy, the one that lists its settings."""
    name = getattr(rung, "name", None)
    command = f"sadari train --rung {name}" if name else f"sadari {_COMMANDS[rung.__name__]}"
    return f"{command} --settings" if listing else command


def _split(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name.strip():
        raise SettingError(
            message("--set {given!r} is no setting", given=given),
            hint=message("write it as name=value, such as --set C=0.3"),
        )
    return name.strip(), value.strip()


def _parse(name: str, text: str, setting: Setting) -> Any:
    if setting.optional and text.lower() in _NONE:
        return None
    for kind in sorted(setting.types, key=_strictness):
        try:
            return _as(kind, text)
        except ValueError:
            continue
    wanted = alternatives([*map(_name, setting.types), *["none"] * setting.optional])
    raise SettingError(
        message("--set {name}={text}: it cannot be {text!r}", name=name, text=text),
        hint=message("it must be {limit}", limit=wanted),
    )


def _strictness(kind: Any) -> int:
    """The order in which kinds are tried: text takes everything, so it comes last."""
    order = (bool, int, float, tuple, Mapping, str)
    origin = get_origin(kind) or kind
    return next((place for place, one in enumerate(order) if origin is one or _is_mapping(origin, one)), len(order))


def _is_mapping(origin: Any, one: Any) -> bool:
    return one is Mapping and isinstance(origin, type) and issubclass(origin, Mapping)


def _as(kind: Any, text: str) -> Any:
    origin = get_origin(kind) or kind
    if origin is bool:
        if text.lower() in _YES:
            return True
        if text.lower() in _NO:
            return False
        raise ValueError
    if origin in (int, float):
        return origin(text)
    if origin is tuple:
        inner = [one for one in get_args(kind) if one is not Ellipsis] or [str]
        parts = [part.strip() for part in text.strip("()[] ").split(",") if part.strip()]
        if not parts or (Ellipsis not in get_args(kind) and len(parts) != len(inner)):
            raise ValueError
        return tuple(_as(inner[min(i, len(inner) - 1)], part) for i, part in enumerate(parts))
    if _is_mapping(origin, Mapping):
        pairs = [part.rpartition("=") for part in text.split(",")]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError
        return {label.strip(): float(weight) for label, _, weight in pairs}
    if origin is str:
        return text
    raise ValueError


def _name(kind: Any) -> Message | str:
    origin = get_origin(kind) or kind
    if origin is tuple:
        return message("{count} values such as 1,2", count=len(get_args(kind)))
    if _is_mapping(origin, Mapping):
        return "label=number,label=number"
    names = {
        bool: message("true or false"),
        int: message("a whole number"),
        float: message("a number"),
        str: message("text"),
    }
    return names.get(origin, getattr(origin, "__name__", str(origin)))
