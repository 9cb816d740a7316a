"""How far a climb is, for the bar that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sadari.messages import Message
from sadari.rungs import RUNGS


def share_done(names: Sequence[str], position: float) -> float:
    """The share that is done, 0 to 1.

    Args:
        names: of all rungs, in the order in which they are climbed.
        position: among them; 1.5 is half of the second.
    """
    ends = np.cumsum([0, *(RUNGS[name].relative_cost for name in names)])
    return float(np.interp(position, np.arange(len(ends)), ends / max(1, ends[-1])))


def onwards(progress: Callable[[Message | str, float], None]) -> Callable[[Message | str, float], None]:
    """The same bar, which never runs back: where time is left over, rungs that were too dear get another turn."""
    furthest = 0.0

    def told(what: Message | str, share: float) -> None:
        nonlocal furthest
        furthest = max(furthest, share)
        progress(what, furthest)

    return told
