"""What stays the same while the rungs are climbed, and how a rung is made by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sadari.climb.budget.budget import Budget
from sadari.climb.progress import Bar, share_done
from sadari.climb.result import RungResult
from sadari.climb.split import Frozen
from sadari.errors import SettingError
from sadari.messages import Message, message, of, render
from sadari.metrics.metric import Metric
from sadari.rungs import RUNGS, Rung
from sadari.settings.declaration import settings_of
from sadari.train.tokenizer_choice import TokenizerChoice


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
        trials: settings to try for each.
        refit: whether the recommended rung is trained once more, on validation rows too.
        named: whether the rungs were asked for by name, so that none is left out for being needless.
        to_beat: the best rung so far, where a net that cannot reach it may be given up.
        stopped: whether somebody has asked it to end with what is there.
        tokenizer: chosen by the texts for the rungs that leave it to them; None where none does.
        planned: rung → settings that the budget has chosen.
        tuned: rung → settings that the trials have chosen.
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
    trials: int = 0
    refit: bool = True
    named: bool = False
    to_beat: RungResult | None = None
    stopped: bool = False
    tokenizer: TokenizerChoice | None = None
    planned: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)

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

    def new(self, name: str) -> Rung:
        """The untrained rung.

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
        planned = self.planned.get(name, {})
        return RUNGS[name](**{"seed": self.seed, **planned, **self.tuned.get(name, {}), **settings})
