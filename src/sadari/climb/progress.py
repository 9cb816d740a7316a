"""How far a climb is, for the bar that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sadari.messages import Message, beside
from sadari.rungs import RUNGS


def share_done(names: Sequence[str], position: float) -> float:
    """The share that is done, 0 to 1.

    Args:
        names: of all rungs, in the order in which they are climbed.
        position: among them; 1.5 is half of the second.
    """
    ends = np.cumsum([0, *(RUNGS[name].relative_cost for name in names)])
    return float(np.interp(position, np.arange(len(ends)), ends / max(1, ends[-1])))


class Bar:
    """A bar that never runs back: where time is left over, rungs that were too dear get another turn.

    Args:
        progress: is told what is being done, and the share done.

    Attributes:
        so_far: the verdict as it stands, said behind what is being done; None before there is one.
    """

    def __init__(self, progress: Callable[[Message | str, float], None]) -> None:
        self._progress, self._furthest = progress, 0.0
        self.so_far: Message | None = None

    def __call__(self, what: Message | str, share: float) -> None:
        self._furthest = max(self._furthest, share)
        self._progress(what if self.so_far is None else beside([what, self.so_far]), self._furthest)
