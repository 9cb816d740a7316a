"""What stays the same while the rungs are climbed, how a rung is made by it, and who does its work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sadari.climb.budget.budget import Budget, Plan, TooDear
from sadari.climb.progress import Bar, share_done
from sadari.climb.result import RungResult
from sadari.climb.split import Frozen
from sadari.display.watching import OnProgress
from sadari.errors import SettingError
from sadari.messages import Message, message, of, render
from sadari.metrics.metric import Metric
from sadari.rungs import RUNGS, Rung
from sadari.settings.declaration import settings_of
from sadari.train.tokenizer_choice import TokenizerChoice

Look = tuple[NDArray[np.int64], NDArray[np.floating], float]  # validation rows, their probabilities, what is hoped


class Job(Protocol):
    """A part of a climb's work that needs nothing but the split and what it holds: the same wherever it is done.

    Attributes:
        rung: whose it is.
    """

    @property
    def rung(self) -> str: ...

    def run(self, context: ClimbContext, progress: OnProgress | None) -> Any:
        """Do it.

        Args:
            context: the climb.
            progress: told how far it is.
        """


class Executor(Protocol):
    """Who does the work of a climb: this process, one job after another, or a cluster.

    Attributes:
        notes: what is to be said of it beside what was found.
    """

    @property
    def notes(self) -> Sequence[Message]: ...

    def plan(self, context: ClimbContext, name: str, share: float) -> Plan | TooDear:
        """How a rung is trained in that share of the time left."""

    def start(
        self, context: ClimbContext, jobs: Iterable[tuple[Job, OnProgress | None]]
    ) -> Iterable[Callable[[], Any]]:
        """Have jobs done.

        Args:
            context: the climb.
            jobs: with who is told how far each is. They may be made as they are begun.

        Returns:
            what waits for each and gives what came of it, or raises what it raised, in the order of the jobs.
        """

    def rungs(
        self, context: ClimbContext, names: Sequence[str], one: Callable[[ClimbContext, str], Any]
    ) -> Callable[[str], Any]:
        """Train rungs, as soon as they may be.

        Args:
            context: the climb.
            names: of the rungs.
            one: trains one of them.

        Returns:
            what waits for a rung, and gives what came of it, or raises what it raised.
        """

    def stop(self) -> Sequence[str]:
        """End what is being done, as Ctrl-C asks; the rungs that came to their end before."""


@dataclass
class ClimbContext:
    """A climb under way.

    Attributes:
        frozen: the split.
        seed: of it and of every rung.
        budget: of time.
        folder: where it is written for the moment.
        place: where it will be.
        curves: whether learning curves are drawn.
        settings: rung → the settings in which it differs from its defaults.
        progress: told what is being done and the share done.
        data: what a model's folder says of its rows.
        names: of the rungs.
        metric: what counts.
        executor: who does the work.
        trials: settings to try for each.
        refit: whether the recommended rung is trained once more, on validation rows too.
        named: whether the rungs were asked for by name, so that none is left out for being needless.
        to_beat: the best rung so far, where a net that cannot reach it may be given up.
        stopped: whether somebody has asked it to end with what is there.
        tokenizer: chosen by the texts for the rungs that leave it to them; None where none does.
        planned: rung → settings that the budget has chosen.
        tuned: rung → settings that the trials have chosen.
        at_once: whether rungs are trained side by side, so that what was seen of a net is kept for when it is its turn.
        looks: rung → what was seen of it on validation rows, and kept.
        too_dear: rungs that the budget has left out.
        given_up: rungs that were surely worse than the best while they trained.
    """

    frozen: Frozen
    seed: int
    budget: Budget
    folder: Path | None
    place: Path
    curves: bool
    settings: Mapping[str, Mapping[str, Any]]
    progress: Bar
    data: dict[str, Any]
    names: Sequence[str]
    metric: Metric
    executor: Executor
    trials: int = 0
    refit: bool = True
    named: bool = False
    to_beat: RungResult | None = None
    stopped: bool = False
    tokenizer: TokenizerChoice | None = None
    planned: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)
    at_once: bool = False
    looks: dict[str, list[Look]] = field(default_factory=dict)
    too_dear: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def say(self, name: str, what: Message, position: float) -> None:
        """Tell what is done with a rung.

        Args:
            name: the rung.
            what: what is being done.
            position: among the rungs; 1.5 is half of the second.
        """
        self.progress(of(name, what), self.along(position))

    def along(self, position: float) -> float:
        """The share of the climb that is done there."""
        return share_done(self.names, position)

    def stop(self, asked: KeyboardInterrupt) -> None:
        """End with what is there, as Ctrl-C asks; what else ends a program (a kind of its own) ends this too."""
        if type(asked) is not KeyboardInterrupt:
            raise asked
        self.executor.stop()
        self.stopped = True

    def data_of(self, model: Rung) -> dict[str, Any]:
        """What a model's folder says of its rows, and of its tokenizer."""
        chosen = self.tokenizer if model.auto_by_texts else None
        if chosen is None or model.tokenizer_ != chosen.name:
            return self.data
        return {**self.data, "tokenizer": render(chosen.said(), "en")}

    def set(self, name: str, **settings: Any) -> None:
        """Add to a rung's settings."""
        self.settings = {**self.settings, name: {**self.settings.get(name, {}), **settings}}

    def own(self, name: str) -> dict[str, Any]:
        """What budget and trials have chosen for a rung."""
        return {**self.planned.get(name, {}), **self.tuned.get(name, {})}

    def new(self, name: str, own: Mapping[str, Any] | None = None) -> Rung:
        """The untrained rung.

        Args:
            name: its name.
            own: what budget and trials have chosen; None: what they have chosen so far.

        Raises:
            SettingError: one of the settings is none of its.
        """
        settings = dict(self.settings.get(name, {}))
        known = settings_of(RUNGS[name])
        unknown = sorted(set(settings) - set(known))
        if unknown:
            raise SettingError(
                message("the rung {name!r} has no setting {unknown!r}", name=name, unknown=unknown[0]),
                hint=message("it has: {its}", its=", ".join(known)),
            )
        own = self.own(name) if own is None else own
        return RUNGS[name](**{"seed": self.seed, **own, **settings})
