"""Which rung to take: costs that somebody would notice, against differences that are more than chance.

The rule, its reasons and a simulation of it stand in ``docs/verdict.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr

from sadari.errors import SettingError
from sadari.messages import message
from sadari.metrics.interval import Interval
from sadari.settings.limits import Number, shown

TEXTS_PER_DAY = 1_000_000
MARGIN = 0.005
# Up to these a cost is noticed by nobody; from `FULL` times these on it counts in full, in between by its logarithm.
TRAINING_SECONDS, LABELLING_SECONDS, MEGABYTES = 60.0, 600.0, 500.0
FULL = 10.0
LEVEL = 0.15  # the chance that a dearer rung, where its cost counts in full, is taken though it is no better


@dataclass(frozen=True)
class Cost:
    """What a rung takes.

    Attributes:
        training: seconds to train it once.
        labelling: seconds to label the texts of a day.
        megabytes: of the model.
    """

    training: float
    labelling: float
    megabytes: float

    @property
    def noticed(self) -> float:
        """How far its costs are above what nobody notices, in steps of `FULL` times; 0: nobody notices any of them."""
        pairs = (
            (self.training, TRAINING_SECONDS),
            (self.labelling, LABELLING_SECONDS),
            (self.megabytes, MEGABYTES),
        )
        return sum(math.log(max(1.0, cost / limit), FULL) for cost, limit in pairs)


@dataclass(frozen=True)
class Compared:
    """How much better one rung is than another on the same validation rows.

    Attributes:
        gain: the difference in the score, a share, with its 95 % interval.
        p_value: of a two-sided paired test.
    """

    gain: Interval
    p_value: float

    @property
    def chance(self) -> float:
        """The p-value of the one-sided test: how often chance alone would show a gain as large."""
        half = self.p_value / 2
        return half if self.gain.value > 0 else 1 - half

    def certainty(self, margin: float) -> float:
        """With what certainty the true gain is no more than that margin, by the normal distribution."""
        error = (self.gain.high - self.gain.low) / (2 * 1.959964)
        return float(ndtr((margin - self.gain.value) / error)) if error > 0 else float(self.gain.value <= margin)


Compare = Callable[[str, str], Compared]


def check_margin(margin: float) -> None:
    """Refuse a margin that is no share.

    Raises:
        SettingError: it is not within 0 to 1, 1 not included.
    """
    if not Number(0, 1).allows(margin) or margin == 1:
        raise SettingError(
            message("margin is {shown}", shown=shown(margin)), hint=message("take a share such as 0.005, half a point")
        )


def weight(dearer: Cost, cheaper: Cost) -> float:
    """How much the difference in cost counts, 0 (nobody would notice, or the first is not dearer) to 1 (in full)."""
    return min(1.0, max(0.0, dearer.noticed - cheaper.noticed))


def choose(scores: Mapping[str, float], costs: Mapping[str, Cost], compare: Compare, *, margin: float = MARGIN) -> str:
    """The cheapest of the rungs that no other one beats.

    One rung beats another that is no cheaper by being better, however little. It beats a cheaper one, where the cost
    counts in full, by being better by more than the margin and by more than chance. In between both are asked for
    in proportion, so that a machine that is a little slower today does not turn the choice over.

    Args:
        scores: rung → its score on validation rows, in the order of the ladder, which decides between equals.
        costs: rung → its cost.
        compare: how much better the first of two rungs is than the second.
        margin: what may be lost for a cost that counts in full.
    """
    check_margin(margin)
    names = list(scores)
    standing = [
        name for name in names if not any(_beats(other, name, scores, costs, compare, margin) for other in names)
    ]
    return min(standing, key=lambda name: (costs[name].noticed, -scores[name]))


def _beats(
    one: str, other: str, scores: Mapping[str, float], costs: Mapping[str, Cost], compare: Compare, margin: float
) -> bool:
    if scores[one] < scores[other] or one == other:
        return False
    counts = weight(costs[one], costs[other])
    if scores[one] == scores[other]:
        return not counts and _first(one, other, list(scores), costs)
    if not counts:
        return True
    demanded = 0.5 - (0.5 - LEVEL) * counts
    return scores[one] - scores[other] > margin * counts and compare(one, other).chance < demanded


def _first(one: str, other: str, order: Sequence[str], costs: Mapping[str, Cost]) -> bool:
    """Of two that are as good: the cheaper one, where that is noticed, else the lower on the ladder."""
    if costs[one].noticed != costs[other].noticed:
        return costs[one].noticed < costs[other].noticed
    return order.index(one) < order.index(other)
