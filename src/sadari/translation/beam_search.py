"""Beam search: the most probable of many continuations, for many sources at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from sadari.settings.limits import Number, Whole, check

Rule = Callable[[torch.Tensor], torch.Tensor]  # logits float [n, vocab] → logits

WIDEST = 512  # each continuation holds all that its net remembers; wider beams find no better ones


class Stepper(Protocol):
    """What reads one token of each of its rows at a time, and remembers those before it."""

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Read the ids int64 [n]: logits float [n, vocab] of what follows."""

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows int64 [m], in this order; one may be taken several times."""


@dataclass(frozen=True)
class Found:
    """One continuation.

    Attributes:
        ids: without start and end.
        log_probability: of the ids and of the end after them, by the model (nats).
        score: by which continuations are ranked: ``log_probability / steps ** length_penalty``, the end being a step.
    """

    ids: list[int]
    log_probability: float
    score: float


def check_beam(width: Any, length_penalty: Any) -> None:
    """Refuse a beam that would fill the memory, and a penalty by which no two continuations could be told apart.

    Raises:
        SettingError: which of them, and what it may be.
    """
    check("beam", width, Whole(1, WIDEST))
    check("length_penalty", length_penalty, Number(0, 100))


def beam_search(
    stepper: Stepper,
    longest: Sequence[int],
    *,
    start: int,
    end: int,
    width: int = 5,
    length_penalty: float = 1.0,
    rules: Sequence[Rule] = (),
    device: torch.device | str = "cpu",
) -> list[list[Found]]:
    """The best continuations of each source.

    In each step the ``width`` best of all continuations by one more token are kept, those that end put aside. A source
    is done, and leaves the batch, once ``width`` have ended and none that goes on is better now than the best of them.

    Args:
        stepper: with one row for each source, before its first step.
        longest: the most tokens before the end, for each source.
        start: the id that translations are written after.
        end: the id that ends them.
        width: of the beam; 1 is greedy search.
        length_penalty: 0 ranks by probability, which favours short ones; 1 by its mean a token.
        rules: applied to the logits before they become probabilities.
        device: of the stepper.

    Returns:
        for each source at most ``width`` continuations, the best one first.
    """
    check_beam(width, length_penalty)
    found: list[list[Found]] = [[] for _ in longest]
    if not found:
        return found
    with torch.inference_mode():
        search = _Search(stepper, longest, start, end, width, length_penalty, rules, found, device)
        while search.sources:
            search.step()
    return [sorted(each, key=lambda one: -one.score)[:width] for each in found]


class _Search:
    """The sources that are not done: ``m`` of them, with ``k`` continuations each.

    Attributes:
        sources: their numbers.
        scores: float32 [m, k], log-probabilities.
        ids: int64 [m, k, steps].
    """

    def __init__(
        self,
        stepper: Stepper,
        longest: Sequence[int],
        start: int,
        end: int,
        width: int,
        length_penalty: float,
        rules: Sequence[Rule],
        found: list[list[Found]],
        device: torch.device | str,
    ) -> None:
        self.stepper, self.longest, self.end, self.width = stepper, list(longest), end, width
        self.length_penalty, self.rules, self.found = length_penalty, rules, found
        self.sources = list(range(len(found)))
        self.ids = torch.full((len(found), 1, 1), start, device=device)
        self.scores = torch.zeros(len(found), 1, device=device)
        self.steps = 0

    def step(self) -> None:
        """Continue all by one token."""
        self.steps += 1
        scores, tokens, parents = self._candidates()
        ends = tokens == self.end
        self._put_aside(ends[:, : self.width], scores, parents)
        # the best that go on, in their order; there are so many in every source, as each row has one end at most
        keep = min(self.width, int((~ends).sum(dim=1).min()))
        order = torch.sort(ends, dim=1, stable=True).indices[:, :keep]
        scores, tokens, parents = (part.gather(1, order) for part in (scores, tokens, parents))
        best = scores[:, 0].tolist() if keep else []
        going = [place for place, score in enumerate(best) if not self._done(self.sources[place], score)]
        kept = torch.tensor(going, dtype=torch.int64, device=scores.device)
        rows = (kept[:, None] * self.ids.shape[1] + parents[kept]).flatten()
        self.sources = [self.sources[place] for place in going]
        if not going:
            return
        self.scores = scores[kept]
        before = self.ids.flatten(0, 1)[rows].view(len(going), -1, self.steps)
        self.ids = torch.cat([before, tokens[kept].unsqueeze(2)], dim=2)
        self.stepper.select(rows)

    def _candidates(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The best continuations of each source: scores, tokens and the beams they go on from, each [m, 2 · width]."""
        logits = self.stepper.step(self.ids[:, :, -1].flatten()).float()
        for rule in self.rules:
            logits = rule(logits)
        m, k = self.scores.shape
        log_sums = torch.logsumexp(logits, dim=1, keepdim=True)
        # twice as many: as many as there are beams may end
        best, tokens = logits.topk(min(2 * self.width, logits.shape[1]), dim=1)
        ends = logits[:, self.end]
        at_limit = [self.longest[source] < self.steps for source in self.sources]
        if any(at_limit):  # these can only end
            rows = torch.tensor(at_limit, device=logits.device).repeat_interleave(k)
            best[rows], tokens[rows] = -torch.inf, -1
            best[rows, 0], tokens[rows, 0] = ends[rows], self.end
        totals = (self.scores.view(-1, 1) + best - log_sums).view(m, -1)
        scores, places = totals.topk(min(2 * self.width, totals.shape[1]), dim=1)
        return scores, tokens.view(m, -1).gather(1, places), places // best.shape[1]

    def _put_aside(self, ends: torch.Tensor, scores: torch.Tensor, parents: torch.Tensor) -> None:
        """Keep the continuations that end here."""
        places, ranks = torch.nonzero(ends & torch.isfinite(scores[:, : ends.shape[1]]), as_tuple=True)
        ids = self.ids[places, parents[places, ranks], 1:].tolist()
        for place, score, row in zip(places.tolist(), scores[places, ranks].tolist(), ids, strict=True):
            self.found[self.sources[place]].append(Found(row, score, self._ranked(score)))

    def _ranked(self, log_probability: float) -> float:
        return log_probability / self.steps**self.length_penalty

    def _done(self, source: int, best: float) -> bool:
        """Whether a source is done, of whose continuations that go on the best has this log-probability."""
        ended = self.found[source]
        if self.longest[source] < self.steps:
            return True
        return len(ended) >= self.width and self._ranked(best) <= max(one.score for one in ended)
