"""How far a climb is, for the bar that shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sadari.climb.result import RungResult
from sadari.display.watching import Watching
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
        watching: is told what is being done, and the share done; and of each rung that was measured.

    Attributes:
        so_far: the verdict as it stands, said behind what is being done; None before there is one.
    """

    def __init__(self, watching: Watching) -> None:
        self._watching, self._furthest = watching, 0.0
        self.so_far: Message | None = None

    def __call__(self, what: Message | str, share: float) -> None:
        self._furthest = max(self._furthest, share)
        said = what if self.so_far is None else beside([what, self.so_far])
        self._watching.progress(self._furthest, 1.0, {"doing": said})

    def measured(self, result: RungResult) -> None:
        """A rung was measured.

        Args:
            result: what came of it.
        """
        score = result.validation_score or result.validation_accuracy
        record = {"rung": result.rung, f"validation_{result.metric}": score.value, "seconds": result.train_seconds}
        self._watching.report(record)
