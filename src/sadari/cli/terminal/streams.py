"""Standard input, output and error that lose nothing: every byte is written, or there is an error that says so.

Python's own streams lose bytes where a write is short (unbuffered, or a pipe that does not block), are None where a
process is started without them, and end a run at the first character that their encoding has not.
"""

from __future__ import annotations

import codecs
import io
import locale
import os
import select
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from sadari.errors import DataError, OutputError, reason_of
from sadari.messages import Message, message, plural

# What stands for the characters of our own lines where an encoding lacks them: as wide, but for “…”, “→” and “±”.
PLAIN = {
    "µ": "u",
    "–": "-",
    "—": "-",
    "−": "-",
    "·": "|",
    "•": "*",
    "●": "*",
    "…": "...",
    "→": "->",
    "±": "+/-",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "█": "#",
    "▉": "#",
    "▊": "#",
    "▋": "#",
    "▌": "=",
    "▍": "=",
    "▎": "-",
    "▏": "-",
    "▁": "_",
    "▂": ".",
    "▃": "-",
    "▄": "=",
    "▅": "+",
    "▆": "*",
    "▇": "%",
    "░": ".",
    "▒": "+",
    "▓": "%",
    "━": "-",
    "╸": "-",
    "╺": "-",
    "│": "|",
    "─": "-",
    "\u00a0": " ",
}
_STDOUT = "standard output"


class Whole(io.RawIOBase):
    """A descriptor to which every byte is written, however few it takes at once, or there is an error, once.

    Args:
        descriptor: where to; None: it is closed.
        needed: whether it is an error that it cannot be written.

    Attributes:
        drop: whether everything is dropped from now on: after an error, and what is not `needed`.
    """

    def __init__(self, descriptor: int | None, *, needed: bool) -> None:
        self._descriptor, self._needed, self.drop = descriptor, needed, False

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The descriptor, if there is one."""
        return super().fileno() if self._descriptor is None else self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        """Write all of it, waiting where the reader is slow.

        Raises:
            BrokenPipeError: the reader went away. OutputError: it cannot be written for another reason.
        """
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and not self.drop:
                left = left[self._write_some(left) :]
        except OSError:
            self.drop = True
            if self._needed:
                raise
        return size

    def _write_some(self, data: memoryview) -> int:
        if self._descriptor is None:
            raise OutputError(
                message("is closed"), where=_STDOUT, hint=message("lead it somewhere: > FILE, or > /dev/null")
            )
        try:
            return os.write(self._descriptor, data)
        except BrokenPipeError:
            raise
        except BlockingIOError:
            _wait_for(self._descriptor)
            return 0
        except OSError as error:
            raise OutputError(message("cannot be written: {reason}", reason=reason_of(error)), where=_STDOUT) from error


def _wait_for(descriptor: int) -> None:
    """Until it takes more."""
    try:
        select.select([], [descriptor], [])
    except (OSError, ValueError):  # Windows, which waits for sockets alone
        time.sleep(0.01)


class Text(io.TextIOWrapper):
    """Text of which is written what the encoding has; other characters are replaced, and those counted that are lost.

    Args:
        raw: where the bytes go.
        encoding: theirs.
        errors: a codec error handler that the user asked for; None: `PLAIN`, what is likest, or ``?``.
        escape: write ``\\u20a9`` and not ``?`` for what is lost.
    """

    def __init__(self, raw: io.RawIOBase, encoding: str, errors: str | None, *, escape: bool = False) -> None:
        self.raw, self.limit, self.lost, self._errors, self._escape = raw, encoding, 0, errors, escape
        # click takes ASCII for a mistake, and would write UTF-8.
        wider = "latin-1" if codecs.lookup(encoding).name == "ascii" else encoding
        super().__init__(io.BufferedWriter(raw), wider, errors, line_buffering=raw.isatty())

    def write(self, text: str) -> int:
        """Write it, and something else for what the encoding lacks."""
        super().write(text if self._has(text) else self._replaced(text))
        return len(text)

    def forget(self) -> None:
        """Drop what is still to be written."""
        if isinstance(self.raw, Whole):
            self.raw.drop = True

    def _has(self, text: str) -> bool:
        try:
            text.encode(self.limit)
        except UnicodeEncodeError:
            return False
        return True

    def _replaced(self, text: str) -> str:
        if self._errors is not None:
            return text.encode(self.limit, self._errors).decode(self.limit)
        composed = unicodedata.normalize("NFC", text)
        return "".join(c if self._has(c) else PLAIN[c] if c in PLAIN else self._likest(c) for c in composed)

    def _likest(self, lost: str) -> str:
        self.lost += 1
        if self._escape:
            return lost.encode("ascii", "backslashreplace").decode()
        same = unicodedata.normalize("NFKC", lost)
        if self._has(same):
            return same
        letters = unicodedata.normalize("NFKD", lost).encode("ascii", "ignore").decode()
        return letters or ("??" if unicodedata.east_asian_width(lost) in "WF" else "?")


class _NoInput(io.RawIOBase):
    """Standard input of a process that was started without one."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise DataError(
            message("is closed"),
            where=message("standard input"),
            hint=message("give a file, or lead something into it"),
        )


@contextmanager
def whole_streams() -> Iterator[None]:
    """The process's own streams, mended meanwhile; what stands in their place (in a test, say) is left alone."""
    before = sys.stdin, sys.stdout, sys.stderr
    _occupy_closed()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_NoInput()))
    if sys.stdout is sys.__stdout__:
        sys.stdout = _mended(sys.stdout, 1, needed=True)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _mended(sys.stderr, 2, needed=False)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, Text):
                with suppress(OSError):
                    stream.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _mended(stream: Any, descriptor: int, *, needed: bool) -> Text:
    if stream is None:
        return Text(Whole(None, needed=needed), locale.getencoding(), None)
    with suppress(OSError):
        stream.flush()
    # A console of Windows has no bytes, but Python's own stream to it.
    raw = stream.buffer if os.name == "nt" and stream.isatty() else Whole(descriptor, needed=needed)
    asked_for = None if not needed or stream.errors in ("strict", "surrogateescape") else stream.errors
    return Text(raw, stream.encoding, asked_for, escape=not needed)


def _occupy_closed() -> None:
    """Let no file that is opened later take the place of a stream that is closed, and receive what is meant for it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if descriptor == 0 else os.O_RDONLY)


def lost_note() -> Message | None:
    """What to say of characters that standard output could not hold, if there were any."""
    lost = getattr(sys.stdout, "lost", 0)
    if not lost:
        return None
    return plural(
        "{limit} lacks {count:,} character of the output\n  → PYTHONIOENCODING=utf-8 keeps it",
        "{limit} lacks {count:,} characters of the output\n  → PYTHONIOENCODING=utf-8 keeps them",
        lost,
        limit=cast(Text, sys.stdout).limit,
    )
