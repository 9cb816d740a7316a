"""What thresholds cannot promise that are learned from few rows, or from none of a label."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sadari import readable
from sadari.messages import Message, counted, message

FEW = 50  # rows: with fewer, what comes out may be far from what was asked
SURE = 0.95  # of the interval that is given
_NAMED = 5  # labels


def doubt_of_few(name: str, share: float, rows: int) -> Message | None:
    """What is to be said of a share that is learned from few rows; None: nothing.

    With n rows the share of new texts that reach a threshold of split conformal prediction is distributed as
    Beta(n + 1 − r, r), r its rank (Vovk 2012): at least as asked in the mean, where that is n / (n + 1) at most.

    Args:
        name: what was asked for: ``coverage``, ``sets``, ``scope`` or ``min_precision``.
        share: how much of it.
        rows: there are to calibrate on.
    """
    told = {"name": name, "share": share, "rows": counted(rows, "row")}
    most, held = rows / (rows + 1), 1 - share if name == "scope" else share
    if name == "coverage" and held > most:
        return message(
            "{name}={share:g} cannot be told with {rows} to calibrate on, from which at most {most:.3g} can be: every "
            "text is answered in which the model knows anything",
            most=math.floor(1000 * most) / 1000,
            **told,
        )
    if rows >= FEW:
        return None
    if name == "min_precision":
        return message("{name}={share:g} is learned from {rows} alone: the share that is right may be lower", **told)
    low, high = share_reached(held, rows)
    if name == "scope":
        low, high = 1 - high, 1 - low
    return message(
        "{name}={share:g} is learned from {rows} alone: of new texts it may be {low} to {high}",
        low=readable.percent(low),
        high=readable.in_percent(high),
        **told,
    )


def doubt_of_labels(missing: Sequence[str]) -> Message | None:
    """What is to be said of labels that no row has to calibrate on; None where there are none.

    Args:
        missing: their names.
    """
    if not missing:
        return None
    shown = ", ".join(map(repr, missing[:_NAMED])) + (", …" if len(missing) > _NAMED else "")
    return message("no row to calibrate on has these labels, of which nothing is promised: {labels}", labels=shown)


def share_reached(share: float, rows: int) -> tuple[float, float]:
    """Between which shares of new texts lies what was to be this one, in 95 of 100 models.

    Args:
        share: that was asked for, at most rows / (rows + 1).
        rows: it was learned from.
    """
    rank = max(1, math.floor((rows + 1) * (1 - share) + 1e-9))
    return tuple(_quantile(rows + 1 - rank, rank, at) for at in ((1 - SURE) / 2, (1 + SURE) / 2))  # type: ignore[return-value]


def _quantile(a: int, b: int, at: float) -> float:
    """Of Beta(a, b): at most x is as likely as that of a + b − 1 trials with the chance x a and more succeed."""
    low, high, trials = 0.0, 1.0, a + b - 1
    for _ in range(40):
        x = (low + high) / 2
        below = sum(math.comb(trials, i) * x**i * (1 - x) ** (trials - i) for i in range(a, trials + 1))
        low, high = (x, high) if below < at else (low, x)
    return (low + high) / 2
