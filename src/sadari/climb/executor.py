"""A climb's work done in this process: each part when it is asked for, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sadari.climb.budget.budget import Plan, TooDear
from sadari.climb.context import ClimbContext, Job
from sadari.display.watching import OnProgress
from sadari.messages import Message


class InProcess:
    """The `Executor` of a climb on one machine: what is not asked for is not done."""

    notes: Sequence[Message] = ()

    def plan(self, context: ClimbContext, name: str, share: float) -> Plan | TooDear:
        return context.budget.plan(context.new(name), context.frozen, context.seed, share=share)

    def start(
        self, context: ClimbContext, jobs: Iterable[tuple[Job, OnProgress | None]]
    ) -> Iterator[Callable[[], Any]]:
        return (partial(job.run, context, progress) for job, progress in jobs)

    def rungs(
        self, context: ClimbContext, names: Sequence[str], one: Callable[[ClimbContext, str], Any]
    ) -> Callable[[str], Any]:
        return partial(one, context)

    def stop(self) -> Sequence[str]:
        return ()
