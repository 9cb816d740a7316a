"""How the next token is chosen: rules that change what may be drawn, one after another, and the draw.

A rule takes logits float [n, vocabulary] to logits of the same shape; what it forbids is −∞. Rules are plain functions,
so others can be put between them:

    rules = Rules(temperature=0.8, top_k=40, top_p=0.9)
    ids = choose(logits, rules, torch.Generator().manual_seed(1))
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sadari.errors import SettingError
from sadari.messages import message
from sadari.nets.token_rules import forbid
from sadari.settings.limits import Number, Whole, check

if TYPE_CHECKING:
    import torch

    from sadari.nets.token_rules import Rule

HOTTEST = 1e6


def temperature(value: float) -> Rule:
    """Logits divided by ``value``: below 1 likely tokens become likelier, above 1 all become more alike.

    0 leaves the likeliest token alone; of several, the one with the lowest id.
    """
    check("temperature", value, Number(0, HOTTEST))

    def rule(logits: torch.Tensor) -> torch.Tensor:
        if value == 0:
            return top_k(1)(logits)
        # from the highest on, so that nothing overflows, however cold it is
        return (logits.double() - logits.amax(dim=1, keepdim=True)) / value

    return rule


def top_k(count: int) -> Rule:
    """The ``count`` likeliest tokens are left; of equals, those with the lower ids. 0: all are."""
    check("top_k", count, Whole(0, 2**63 - 1))

    def rule(logits: torch.Tensor) -> torch.Tensor:
        if count == 0 or count >= logits.shape[1]:
            return logits
        order = logits.argsort(dim=1, descending=True, stable=True)
        return logits.scatter(1, order[:, count:], -math.inf)

    return rule


def top_p(share: float) -> Rule:
    """The likeliest tokens are left that together have a probability of ``share`` or just more (Holtzman et al. 2020).

    The likeliest is always left; of equals, those with the lower ids. 1: all are.
    """
    check("top_p", share, Number(0, 1))

    def rule(logits: torch.Tensor) -> torch.Tensor:
        if share >= 1:
            return logits
        ranked, order = logits.double().sort(dim=1, descending=True, stable=True)
        shares = ranked.softmax(dim=1)
        beyond = shares.cumsum(dim=1) - shares >= share  # what stands before has reached it
        beyond[:, 0] = False
        return logits.masked_fill(beyond.gather(1, order.argsort(dim=1)), -math.inf)

    return rule


@dataclass(frozen=True)
class Rules:
    """The usual rules in their usual order: what is forbidden, temperature, top-k, top-p; itself a rule.

    Args:
        temperature: 0 for the likeliest token, always.
        top_k: 0 for all tokens.
        top_p: 1 for all tokens.
        forbidden: ids that are never chosen.

    Raises:
        SettingError: a temperature below 0, or a share outside 0 to 1, or none at all (NaN).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    forbidden: Collection[int] = ()

    def __post_init__(self) -> None:
        self.steps()

    def steps(self) -> list[Rule]:
        """The rules that are needed, in order."""
        found = [temperature(self.temperature), top_k(self.top_k), top_p(self.top_p)]
        return [forbid(self.forbidden), *found] if self.forbidden else found

    @property
    def greedy(self) -> bool:
        """Whether there is nothing to draw."""
        return self.temperature == 0 or self.top_k == 1 or self.top_p == 0

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        for rule in self.steps():
            logits = rule(logits)
        return logits


def choose(logits: torch.Tensor, rules: Rule, generator: torch.Generator | None = None) -> torch.Tensor:
    """One token for each row of logits, drawn by its probability under the rules.

    Args:
        logits: float [n, vocabulary].
        rules: a `Rules`, or any rule.
        generator: on the CPU; its seed says what is drawn. None: torch's own.

    Returns:
        int64 [n], on the device of the logits.

    Raises:
        SettingError: the rules leave no token, or the logits are no numbers.
    """
    import torch

    # on the CPU in float64: the draw is the same on any device, as far as the logits are
    left = rules(logits.detach().double().cpu())
    highest, chosen = left.max(dim=1)
    if not bool(torch.isfinite(highest).all()):
        raise SettingError(message("there is no token to choose: the rules leave none, or the logits are no numbers"))
    if not (isinstance(rules, Rules) and rules.greedy):
        # by the cumulative sum, so that one number decides and logits that differ by a rounding choose alike
        sums = left.softmax(dim=1).cumsum(dim=1)
        point = torch.rand(len(sums), 1, dtype=torch.float64, generator=generator) * sums[:, -1:]
        chosen = torch.searchsorted(sums, point, right=True).squeeze(1).clamp(max=sums.shape[1] - 1)
    return chosen.to(logits.device)
