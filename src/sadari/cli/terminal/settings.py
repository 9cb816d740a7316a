"""``--settings``: what ``--set`` takes, one line a setting."""

from __future__ import annotations

from typing import Any

import click
from rich.cells import cell_len

from sadari.cli.arguments.settings import listed_by
from sadari.cli.terminal.printing import columns, headed, pad, say, say_json, wrap
from sadari.messages import Message, message
from sadari.settings.declaration import settings_of
from sadari.settings.limits import MOST, Flag, Limit, Range, Text, Whole
from sadari.settings.shared import ClassWeights

# What reads in Python otherwise than behind --set
_IN_WORDS = {
    Flag: message("yes or no"),
    Text: message("cpu, cuda, mps or auto"),  # of devices alone
    Range: message("two whole numbers, such as 1,2"),
    ClassWeights: message("balanced, or a number above 0 for each label: spam=5,ham=1"),
}
WIDEST_DEFAULT = 12


def print_settings(kind: Any, *, as_json: bool) -> None:
    """Every setting of a rung, or of another kind of model: its name, its default, and what it may be."""
    rows = described(kind)
    if as_json:
        say_json({"of": _name(kind), "settings": rows})
        return
    name_width = max(cell_len(row["name"]) for row in rows)
    start = 2 + name_width + 2 + WIDEST_DEFAULT + 2
    heads = pad(str(message("setting")), name_width), pad(str(message("default")), WIDEST_DEFAULT)
    say(click.style(f"  {'  '.join(heads)}  {message('what it may be')}", dim=True))
    for row in rows:
        default = pad(_shown(row["default"]), WIDEST_DEFAULT)
        first, *rest = wrap(str(row["may_be"]), columns() - start)
        say(f"  {click.style(pad(row['name'], name_width), bold=True)}  {default}  {first}")
        for line in rest:
            say(" " * start + line)
    say()
    headed("None", message("by the texts, the weights or the other settings; or without"))
    headed("Next", f"{listed_by(kind, listing=False)} --set {rows[0]['name']}=…")


def described(kind: Any) -> list[dict[str, Any]]:
    """Each setting: ``name``, ``default`` and, in words, what it ``may_be``."""
    return [
        {
            "name": name,
            "default": setting.default,
            "may_be": _in_words(setting.limit, optional=setting.optional),
        }
        for name, setting in settings_of(kind).items()
    ]


def _in_words(allowed: Limit, *, optional: bool) -> Message:
    said = _IN_WORDS.get(type(allowed), allowed.said)
    if isinstance(allowed, Whole) and allowed.high >= MOST:
        said = message("a whole number, {low} or more", low=allowed.low)
    return message("{what}, or none", what=said) if optional else said


def _name(kind: Any) -> str:
    return str(getattr(kind, "name", None) or kind.__name__.lower())


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
