"""Who watches a training: the one protocol of all that trains.

`fit` of every kind of model, `train_vectors` and `climb` take the same three arguments:

- ``verbose``: show how it goes, in a notebook or on a terminal.
- ``on_progress``: is called with (done, total, record) as it goes on; see `OnProgress`.
- ``on_record``: is called with every record that the history keeps, and with every sample that is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Protocol, Self

from sadari.display.standing import Standing, Unit
from sadari.display.where import SILENT, asked_by_sklearn, current_bar, kernel, on_terminal, shown_on
from sadari.messages import Message
from sadari.settings.limits import Flag, check

# (done, total, record): so much is done of all there is to do, passes or steps or a share of the time; and the figures
# of now, such as ``loss``, or what is ``doing`` besides learning
OnProgress = Callable[[float, float, Mapping[str, Any]], None]
OnRecord = Callable[[Mapping[str, Any]], None]


class Screen(Protocol):
    """Where it is shown how a training stands."""

    def show(self, standing: Standing) -> None:
        """Show it, in place of what was shown before."""

    def end(self, standing: Standing, *, completed: bool) -> None:
        """Show how it ended."""


class Watching:
    """Tells whoever watches how a training goes. Use as a context, in which it trains.

    Args:
        title: what is trained.
        verbose: whether it is shown; None: in a notebook and on a terminal, unless scikit-learn asks for it, as in
            cross-validation. A part of a larger job is never shown by itself.
        on_progress: is called as it goes on.
        on_record: is called with every record.

    Raises:
        SettingError: ``verbose`` is something else.
    """

    def __init__(
        self,
        title: Message | str,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
    ) -> None:
        check("verbose", verbose, Flag(), optional=True)
        self._verbose, self._on_record = verbose, on_record
        self._listeners = [] if on_progress is None else [on_progress]
        self._standing = Standing(title)
        self._screen: Screen | None = None
        self._within = ExitStack()

    def __enter__(self) -> Self:
        self._screen = self._find_screen()
        self._within.enter_context(shown_on(SILENT))
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if self._screen is not None:
                self._screen.end(self._standing, completed=kind is None)
        finally:
            self._within.close()

    def count(self, unit: Unit) -> None:
        """Say what ``total`` counts from now on: passes, if nobody says anything else."""
        self._standing.unit = unit

    def also(self, on_progress: OnProgress) -> None:
        """Let somebody else be told how it goes on, too.

        Args:
            on_progress: is called after the one that the user gave.
        """
        self._listeners.append(on_progress)

    def progress(self, done: float, total: float, record: Mapping[str, Any]) -> None:
        """Tell how it stands.

        Args:
            done: so much of ``total``.
            total: all there is to do.
            record: the figures of now.
        """
        for listener in self._listeners:
            listener(done, total, record)
        if self._screen is None:
            return
        self._standing.take(done, total, record)
        self._screen.show(self._standing)

    def record(self, done: float, total: float, record: Mapping[str, Any]) -> None:
        """Tell of a record that the history keeps, or of a sample; the arguments are those of `progress`."""
        self.report(record)
        self.progress(done, total, record)

    def report(self, record: Mapping[str, Any]) -> None:
        """Tell of a record that says nothing of how much is done.

        Args:
            record: its figures.
        """
        if self._on_record is not None:
            self._on_record(record)

    def doing(self, what: Message | str, **figures: float) -> None:
        """Tell what is done besides learning.

        Args:
            what: such as "reading".
            figures: how far it is.
        """
        self.progress(self._standing.done, self._standing.total, {"doing": what, **figures})

    def _find_screen(self) -> Screen | None:
        bar, verbose = current_bar(), self._verbose
        if verbose is False or bar == SILENT:
            return None
        if bar is not None:
            from sadari.display.terminal import OnBar

            return OnBar(bar)
        if verbose is None and asked_by_sklearn():
            return None
        if kernel() is not None:
            from sadari.display.notebook import Notebook

            return Notebook()
        if verbose or on_terminal():
            from sadari.display.terminal import OnBar, Progress

            return OnBar(self._within.enter_context(Progress()))
        return None
