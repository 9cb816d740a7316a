"""What the budget left out, or cut short, and could matter: that a larger one would show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sadari.climb.result import RungResult
from sadari.climb.training import LONG
from sadari.climb.verdict.learned import at_the_ceiling
from sadari.messages import Message, message
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric
from sadari.rungs import RUNGS

ENOUGH = 2  # long nets of one kind that are surely worse than the best: the others of it are no promise


def larger_budget(
    rungs: Sequence[RungResult],
    gains: Mapping[str, Interval],
    metric: Metric,
    *,
    rows: int,
    too_dear: Collection[str],
    given_up: Collection[str],
) -> list[Message]:
    """Say what a larger budget would show; nothing where the best cannot be beaten by much.

    Args:
        rungs: those that were trained.
        gains: rung → how much better it is than the recommended one, which is not among them.
        metric: what counts.
        rows: training rows.
        too_dear: rungs that the budget has left out.
        given_up: rungs that were surely worse than the best while they trained.
    """
    if at_the_ceiling(rungs, metric):
        return []
    worse = {name for name, gain in gains.items() if gain.high < 0} | set(given_up)
    left = [name for name in RUNGS if name in too_dear and not _no_promise(name, worse, {r.rung for r in rungs})]
    cut = [rung.rung for rung in rungs if rung.cut and (rung.rows < rows or rung.rung not in worse)]
    if left and cut:
        said = message(
            "Not trained for want of time: {left}; cut short: {cut}. With a larger --budget the verdict may be another."
        )
    elif left:
        said = message("Not trained for want of time: {left}. With a larger --budget the verdict may be another.")
    elif cut:
        said = message("Cut short for want of time: {cut}. With a larger --budget the verdict may be another.")
    else:
        return []
    values: dict[str, Any] = {"left": left, "cut": cut}
    return [said.filled(**{name: names for name, names in values.items() if names})]


def _no_promise(name: str, worse: Collection[str], trained: Collection[str]) -> bool:
    """Whether enough long nets that read and start as this one were tried, and all of them are surely worse."""
    kind = _kind(name)
    tried = [other for other in {*trained, *worse} if _kind(other) == kind]
    return RUNGS[name].relative_cost >= LONG and len(tried) >= ENOUGH and set(tried) <= set(worse)


def _kind(name: str) -> tuple[Any, ...]:
    kind = RUNGS[name]
    return kind.reads, kind.starts_from, kind.relative_cost >= LONG
