"""How a run ends: what a user can mend is a line or two and exit code 2, never a traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from sadari.cli.terminal.streams import Text, lost_note, whole_streams
from sadari.display.lines import printable
from sadari.display.warned import each_once
from sadari.errors import SadariError, SadariWarning, reason_of
from sadari.messages import Message, message, of

OURS, USERS, INTERRUPTED, BROKEN_PIPE, TERMINATED = 1, 2, 130, 141, 143
DEBUG = "SADARI_DEBUG"
AGAIN = 0.05  # seconds until a signal that came too early is sent again


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a run as Ctrl-C does: what it was about to write is cleaned away."""


def run_guarded(call: Callable[[], Any]) -> int:
    """Make the call; print what went wrong on stderr, and give the exit code."""
    with whole_streams():
        try:
            return _run_guarded(call)
        except KeyboardInterrupt:  # while it was being said how the run ended
            return INTERRUPTED


def _run_guarded(call: Callable[[], Any]) -> int:
    asked: list[int] = []
    try:
        with _ended_in_order(asked), warnings.catch_warnings():
            if not _debugging():
                warnings.simplefilter("ignore")
            warnings.filterwarnings("always", category=SadariWarning)
            warnings.showwarning = each_once(_tell)
            result = call()
            sys.stdout.flush()
            if lost := lost_note():
                _say(message("note: {what}", what=lost))
    except BaseException as error:
        code = _report(error)
        return TERMINATED if code in (USERS, INTERRUPTED) and signal.SIGTERM in asked else code
    return result if isinstance(result, int) else 0


@contextmanager
def _ended_in_order(asked: list[int]) -> Iterator[None]:
    """SIGTERM meanwhile raises `Terminated`; not in other threads than the main one, nor where it is ignored.

    Both it and Ctrl-C wait until an import is over: a package in C++ that is interrupted there ends the process.
    Where what they raise would be lost (when something is taken apart, or the process forks) they are sent again.

    Args:
        asked: gets SIGTERM, since code in C++ that waits makes a plain `KeyboardInterrupt` of `Terminated`.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    ours = os.getpid()

    def terminate(number: int, frame: Any) -> None:
        if os.getpid() != ours:  # a process that was forked from it has nothing to clean away
            os._exit(TERMINATED)
        if not _put_off(number, frame):
            asked.append(number)
            raise Terminated

    def interrupt(number: int, frame: Any) -> None:
        if not _put_off(number, frame):
            signal.default_int_handler(number, frame)

    def lost(what: Any) -> None:
        if os.getpid() == ours and issubclass(what.exc_type, KeyboardInterrupt):
            _send_again(signal.SIGTERM if issubclass(what.exc_type, Terminated) else signal.SIGINT)
        else:
            unraisable(what)

    interrupted, unraisable = signal.getsignal(signal.SIGINT), sys.unraisablehook
    signal.signal(signal.SIGTERM, terminate)
    sys.unraisablehook = lost
    if interrupted is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        sys.unraisablehook = unraisable
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupted)


def _put_off(number: int, frame: FrameType | None) -> bool:
    """Send a signal again a little later, if it came while something is imported."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib._bootstrap"):
        frame = frame.f_back
    if frame is None:
        return False
    _send_again(number)
    return True


def _send_again(number: int) -> None:
    again = threading.Timer(AGAIN, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _report(error: BaseException) -> int:
    """Say in a line or two what went wrong: the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else OURS
    if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno == errno.EPIPE):
        return BROKEN_PIPE
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        if isinstance(sys.stdout, Text):  # whose reader may be why nothing went on
            sys.stdout.forget()
        _say(message("stopped"))
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    if _debugging() and not isinstance(error, click.ClickException):
        traceback.print_exception(error)
        return error.exit_code if isinstance(error, SadariError) else OURS
    if isinstance(error, SadariError):
        _say(str(error))
        return error.exit_code
    if isinstance(error, click.ClickException):
        return _report_usage(error)
    if isinstance(error, OSError) and error.errno is not None:
        _say(of(error.filename or message("cannot read or write"), reason_of(error)))
        return USERS
    if isinstance(error, MemoryError):
        _say(message("the memory is not enough\n  → give fewer texts at a time, or free some memory"))
        return USERS
    _say(
        message(
            "a fault of Sadari's own: {kind}: {reason:.300}\n  → please report it, with what {debug}=1 prints",
            kind=type(error).__name__,
            reason=" ".join(str(error).split()),
            debug=DEBUG,
        )
    )
    return OURS


def _report_usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USERS
    where = context.command_path if context is not None else "sadari"
    _say(f"{error.format_message()}\n  → {where} --help", name=where)
    return USERS


def _say(said: Message | str, *, name: str = "sadari") -> None:
    with suppress(OSError):
        click.echo(f"{name}: {printable(str(said))}", err=True)


def _tell(warning: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
    """Print a warning."""
    if issubclass(category, SadariWarning) or _debugging():
        _say(message("note: {what}", what=str(warning)))


def _debugging() -> bool:
    return bool(os.environ.get(DEBUG))
