"""What went wrong, where, and what to do: the base of every error that a user sees.

A user's mistake never shows a traceback. The command line prints ``str(error)`` and leaves with `exit_code`;
from Python the same sentence is the exception's message, and its parts stay readable as attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari.messages import Message, message, render


class SadariError(Exception):
    """Something a user can mend.

    Args:
        what: what is wrong, with the offending value: ``message("the label is blank")``.
        where: the file, row, line or field: ``"news.csv, row 12"``.
        hint: what to do about it: ``message("fill it in, or pass --on-bad-row skip")``.

    Attributes:
        said: what was said, as it was given: a message that nobody has written out yet.
        advice: what to do, as it was given.
    """

    exit_code = 2

    def __init__(
        self, what: Message | str, *, where: Message | str | None = None, hint: Message | str | None = None
    ) -> None:
        super().__init__(what)
        self.said, self.place, self.advice = what, where, hint

    @property
    def what(self) -> str:
        """What is wrong, in the current language."""
        return render(self.said)

    @property
    def where(self) -> str | None:
        """The file, row, line or field, in the current language."""
        return None if self.place is None else render(self.place)

    @property
    def hint(self) -> str | None:
        """What to do about it, in the current language."""
        return None if self.advice is None else render(self.advice) or None

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        hint = self.hint
        return f"{sentence}\n  → {hint}" if hint else sentence


class DataError(SadariError, ValueError):
    """A file or a column of texts or labels that cannot be used as it is."""


class SettingError(SadariError, ValueError):
    """A setting out of its range, or settings that contradict each other."""


class ModelError(SadariError):
    """A model folder that is torn, hostile, or made by something else."""


class OutputError(SadariError, OSError):
    """A result that could not be written; what was there before is untouched."""


class DownloadError(SadariError, OSError):
    """A download that failed, or whose content is not what was pinned."""


class ClusterError(SadariError, ConnectionError):
    """A Ray cluster that does not answer, or that is not fit for the job."""


class MissingExtraError(SadariError, ImportError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: Message | str, extra: str) -> None:
        super().__init__(
            message("{feature} needs packages that are not installed", feature=feature),
            hint=f"pip install 'sadari[{extra}]'",
        )


class ForkError(SadariError, RuntimeError):
    """A forked process that would wait for ever for threads that its parent had.

    Args:
        library: whose threads they are.
    """

    def __init__(self, library: str) -> None:
        super().__init__(
            message(
                "{library} was used before this process was forked, and its threads stayed behind", library=library
            ),
            hint=message(
                'start processes with "spawn": multiprocessing.get_context("spawn"), '
                'joblib\'s "loky", DataLoader(multiprocessing_context="spawn")'
            ),
        )
        self.library = library

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.library,)  # such errors travel from worker to parent


# what the system says of files, which Python knows in English
_OF_THE_SYSTEM = (
    message("No such file or directory"),
    message("Permission denied"),
    message("Operation not permitted"),
    message("Is a directory"),
    message("Not a directory"),
    message("Directory not empty"),
    message("File exists"),
    message("File name too long"),
    message("Too many levels of symbolic links"),
    message("No space left on device"),
    message("Read-only file system"),
    message("File too large"),
    message("Too many open files"),
    message("Input/output error"),
    message("Invalid argument"),
    message("Connection refused"),
    message("Connection reset by peer"),
    message("Address already in use"),
    message("Connection timed out"),
    message("Network is unreachable"),
    message("Name or service not known"),
    message("Temporary failure in name resolution"),
)
_BY_SENTENCE: Mapping[str, Message] = {said.id: said for said in _OF_THE_SYSTEM}


def reason_of(error: BaseException) -> Message | str:
    """What an error says, to be a part of another sentence.

    Args:
        error: one of ours, whose message is taken as it was given; one of the system; or any other, of which there
            is only a text.
    """
    if isinstance(error, SadariError):
        return error.said
    if isinstance(error, OSError) and error.strerror:
        said: Any = error.strerror  # a message where we raised it
        return said if isinstance(said, Message) else _BY_SENTENCE.get(said, str(said))
    return str(error) or type(error).__name__


class SadariWarning(UserWarning):
    """Something a user should know that does not stop the work.

    Args:
        said: what it is; written out where the warning is shown.
    """

    def __init__(self, said: Message | str) -> None:
        super().__init__(said)
        self.said = said

    def __str__(self) -> str:
        return render(self.said)
