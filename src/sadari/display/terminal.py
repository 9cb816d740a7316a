"""What a long job says while it works: on standard error, a bar on a terminal, else a line now and then."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from sadari.compiling.watching import watchers
from sadari.display.lines import cut, printable
from sadari.display.standing import Standing
from sadari.display.where import on_terminal, shown_on
from sadari.messages import Message, message, outline

QUIET_SECONDS = 2.0  # a job that is done before says nothing
EVERY_SECONDS = 10.0  # and then a line so often, where there is no terminal
BAR = 12
BESIDES = BAR + 16  # cells of what stands beside the words: wheel, bar, share and time


class Progress:
    """A job's progress. Use as a context; then call with what is being done and the share done, 0 to 1.

    What trains meanwhile is shown on it (`sadari.display.watching.Watching`).

    The first run of a version compiles its loops, which takes seconds and happens once: that is said, too.
    """

    def __init__(self) -> None:
        self._start = self._said = time.monotonic()
        self._what: Message | str = ""
        self._bar: Any = None
        self._task: Any = None
        self._warn: Any = None
        self._within = ExitStack()

    def __enter__(self) -> Self:
        self._within.enter_context(CompilingNotice(self._notice))
        self._within.enter_context(shown_on(self))
        if on_terminal():
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
            self._warn, warnings.showwarning = warnings.showwarning, self._warned
        return self

    def __exit__(self, *error: object) -> None:
        self._within.close()
        if self._bar is not None:
            warnings.showwarning = self._warn
            self._bar.stop()

    def __call__(self, what: Message | str, share: float | None = None) -> None:
        """Say what is being done, and how much of it all is done."""
        if self._bar is not None:
            what = cut(str(what), max(10, self._bar.console.width - BESIDES))
            self._bar.update(self._task, description=what, total=None if share is None else 1.0, completed=share or 0)
            return
        if share is not None and share >= 1:  # what comes next says so
            return
        now = time.monotonic()
        fresh = outline(what) != outline(self._what) and now - self._said > QUIET_SECONDS
        if now - self._start > QUIET_SECONDS and (fresh or now - self._said > EVERY_SECONDS):
            self._what, self._said = what, now
            if share is not None:
                what = message("{what} ({share:.0%} done)", what=what, share=share)
            _note(str(message("{seconds:5.0f} s  {what}", seconds=now - self._start, what=what)))

    @contextmanager
    def during(self, what: Message | str) -> Iterator[None]:
        """Say what is being done while the block runs, which says nothing itself.

        Args:
            what: is done; without a terminal it is said if it takes long.
        """
        self(what)
        if self._bar is not None or self._what is what:
            yield
            return
        # Written out here: the timer's thread knows nothing of the language that is spoken in this one.
        taken = time.monotonic() - self._start + QUIET_SECONDS
        line = str(message("{seconds:5.0f} s  {what}", seconds=taken, what=what))

        def tell() -> None:
            self._what, self._said = what, time.monotonic()
            _note(line)

        timer = threading.Timer(QUIET_SECONDS, tell)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar off the screen while something is printed."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()

    def _warned(self, *warning: Any, **more: Any) -> None:
        with self.paused():  # or the line would be glued to the bar
            self._warn(*warning, **more)

    def _notice(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, highlight=False, markup=False)
        else:
            _note(line)


class OnBar:
    """Shows how a training stands on a bar.

    Args:
        bar: of the job.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    def show(self, standing: Standing) -> None:
        """Show it, in place of what was shown before."""
        self._bar(standing.line(), None if standing.doing is not None and not standing.done else standing.share)

    def end(self, standing: Standing, *, completed: bool) -> None:
        """Show how it ended: the bar goes on with what comes next, or goes."""


def _note(line: str) -> None:
    import click

    click.echo(printable(line), err=True)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    return Progress(
        SpinnerColumn("dots" if console.encoding.startswith("utf") else "line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=BAR),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


class CompilingNotice:
    """Says so once if loops are compiled, not found compiled from an earlier run, and it takes long.

    Args:
        say: what prints the line.
    """

    def __init__(self, say: Any) -> None:
        self._say = say
        # Written out here: the timer's thread knows nothing of the language that is spoken in this one.
        self._line = str(message("compiling the inner loops, which takes some seconds in a first run"))
        self._lock = threading.Lock()
        self._depth, self._began, self._spent = 0, 0.0, 0.0
        self._timer: threading.Timer | None = None
        self._told = False

    def __enter__(self) -> Self:
        watchers.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        watchers.remove(self)
        with self._lock:
            self._cancel()

    def begin(self) -> None:
        """A function is being compiled, or is being looked for among those compiled before."""
        with self._lock:
            self._depth += 1
            if self._depth > 1 or self._told:
                return
            self._began = time.monotonic()
            self._timer = threading.Timer(max(0.0, QUIET_SECONDS - self._spent), self._tell)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """It is done."""
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._spent += time.monotonic() - self._began
                self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        with self._lock:
            if self._told or self._depth == 0:
                return
            self._told = True
        self._say(self._line)
