"""What a constructor says of its settings. Checks, ``--set``, ``--settings`` and ``--tune`` read nothing else.

A setting is a parameter of ``__init__``, or a field of a dataclass, with its type and what it may be::

    epochs: Annotated[int, Whole(1, 10_000)] | None = None

``| None`` says that it may be None. A bool needs no limit. `Tried` says what a search tries of it. A subclass that
declares a setting again, for another default, keeps the limit and the search of its base unless it names its own.
`sadari.settings.shared` has the types that several constructors share.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from sadari.settings.limits import Flag, Limit, check
from sadari.settings.search import Tried


@dataclass(frozen=True)
class Setting:
    """One setting, as its constructor declares it.

    Attributes:
        types: of its values, None aside.
        limit: what it may be.
        optional: whether it may be None.
        default: its value where nobody says.
        tried: what a search may try of it; None: nothing.
    """

    types: tuple[Any, ...]
    limit: Limit
    optional: bool
    default: Any
    tried: Limit | None


def settings_of(kind: Any) -> Mapping[str, Setting]:
    """The settings of a class by name, in the order of its constructor. A parameter without a limit is none.

    Args:
        kind: the class of a rung, or another whose constructor declares settings.
    """
    return _declared(kind)


@cache
def _declared(kind: Any) -> Mapping[str, Setting]:
    parameters = inspect.signature(kind).parameters
    types: dict[str, list[Any]] = {}
    marks: dict[str, list[Any]] = {}
    for base in reversed(kind.__mro__):
        # a type is written in the module of the class that names it; what is no setting may be for type checkers alone
        by = base if is_dataclass(base) else vars(base).get("__init__")
        own = {name: hint for name, hint in getattr(by, "__annotations__", {}).items() if name in parameters}
        written = SimpleNamespace(__annotations__=own)
        for name, hint in get_type_hints(written, vars(sys.modules[base.__module__]), include_extras=True).items():
            types[name], more = _parts(hint)
            marks[name] = [*marks.get(name, ()), *more]
    found = {}
    for name, parameter in parameters.items():
        named, said = types.get(name, []), marks.get(name, [])
        limit = _last([mark for mark in said if hasattr(mark, "allows")]) or (Flag() if bool in named else None)
        if limit is not None:
            plain = tuple(one for one in named if one is not NoneType)
            tried = _last([mark.space for mark in said if isinstance(mark, Tried)])
            found[name] = Setting(plain, limit, NoneType in named, parameter.default, tried)
    return found


def _last(limits: list[Limit]) -> Limit | None:
    return limits[-1] if limits else None


def _parts(hint: Any) -> tuple[list[Any], list[Any]]:
    """The types that a hint unites, and what it says of them."""
    if get_origin(hint) is Annotated:
        types, marks = _parts(get_args(hint)[0])
        return types, [*marks, *hint.__metadata__]
    if get_origin(hint) not in (Union, UnionType):
        return [hint], []
    parts = [_parts(part) for part in get_args(hint)]
    return [one for types, _ in parts for one in types], [mark for _, marks in parts for mark in marks]


def values_of(model: Any) -> dict[str, Any]:
    """The values of an object's settings, by name.

    Args:
        model: an object whose class declares settings and keeps them as attributes.
    """
    return {name: getattr(model, name) for name in settings_of(type(model))}


def check_settings(model: Any) -> None:
    """Refuse the first setting of an object that is not what it may be.

    Args:
        model: an object whose class declares settings and keeps them as attributes.

    Raises:
        SettingError: which one, what it is and what it may be.
    """
    for name, setting in settings_of(type(model)).items():
        check(name, getattr(model, name), setting.limit, optional=setting.optional)


def search_space(kind: Any) -> dict[str, Limit]:
    """What a search tries of the settings of a class.

    Args:
        kind: the class of a rung, or another whose constructor declares settings.
    """
    return {name: setting.tried for name, setting in settings_of(kind).items() if setting.tried is not None}


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON has them.

    Args:
        settings: name → value.
    """
    return {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return value
