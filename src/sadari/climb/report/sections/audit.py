"""The audit: what is wrong with the data, then all that was counted. It comes as nested plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sadari.climb.report.environment import empty
from sadari.climb.report.sections.view import View

_LONGEST = 40  # entries of one table or list
_SHARES = ("scripts", "tokenizers")  # from 0 to 1; other bars are counts


def audit(view: View) -> dict[str, Any] | None:
    """The findings, and the figures of each file; keys that are missing or new do no harm."""
    found = view.result.audit
    if not found:
        return None
    findings = found.get("findings")
    return {
        "findings": findings if isinstance(findings, list | tuple) else None,
        "blocks": {
            str(name): _block(str(name), value)
            for name, value in found.items()
            if name != "findings" and not empty(value)
        },
    }


def _block(name: str, value: object) -> dict[str, Any]:
    """One part of the audit: shares and labels as bars, lengths as a table, the rest as it comes."""
    if not isinstance(value, Mapping):
        return {"rest": value, "tables": {}}
    if name in _SHARES:
        made: dict[str, Any] = {name: bars(value, shares=True)}
    else:
        made = {
            "lengths": grid(value.get("lengths")),
            "labels": bars(value.get("labels"), shares=False),
            "scripts": bars(value.get("scripts"), shares=True),
        }
    drawn = {key: table for key, table in made.items() if table}
    rest = {key: inner for key, inner in value.items() if key not in drawn}
    return {"rest": None if name in drawn else rest, "tables": drawn}


def bars(values: object, *, shares: bool) -> list[tuple[str, int | None, float, float]]:
    """Numbers with bars: shares from 0 to 1, or counts with their share of the sum.

    Args:
        values: name → number; what is no number is left out.
        shares: whether they are shares.

    Returns:
        Name, count (None of a share), share, and the length of the bar from 0 to 1; nothing if all are 0.
    """
    if not isinstance(values, Mapping):
        return []
    numbers = {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    longest, total = max(numbers.values(), default=0.0), sum(numbers.values())
    if longest <= 0:
        return []
    if shares:
        longest = total = 1.0
    return [(name, None if shares else round(value), value / total, value / longest) for name, value in numbers.items()]


def grid(values: object) -> dict[str, dict[str, object]]:
    """Things with the same figures each, as a table: ``{"words": {"min": 5, "max": 177}, …}``.

    Args:
        values: thing → name → figure; what is not of this kind is left out.

    Returns:
        The same, each with the names of all.
    """
    if not isinstance(values, Mapping):
        return {}
    things = {str(thing): inner for thing, inner in values.items() if isinstance(inner, Mapping) and inner}
    names = list(dict.fromkeys(name for inner in things.values() for name in inner))[:_LONGEST]
    return {thing: {str(name): inner.get(name) for name in names} for thing, inner in list(things.items())[:_LONGEST]}
