"""What went wrong, where, and what to do: the base of every error that a user sees.

A user's mistake never shows a traceback. The command line prints ``str(error)`` and leaves with `exit_code`;
from Python the same sentence is the exception's message, and its parts stay readable as attributes.
"""

from __future__ import annotations


class SadariError(Exception):
    """Something a user can mend.

    Args:
        what: what is wrong, with the offending value: ``"the label is blank"``.
        where: the file, row, line or field: ``"news.csv, row 12"``.
        hint: what to do about it: ``"fill it in, or pass --on-bad-row skip"``.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what, self.where, self.hint = what, where, hint
        message = f"{where}: {what}" if where else what
        super().__init__(f"{message}\n  → {hint}" if hint else message)


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


class MissingExtraError(SadariError, ImportError):
    """A feature whose optional packages are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs packages that are not installed", hint=f"pip install 'sadari[{extra}]'")


class ForkError(SadariError, RuntimeError):
    """A forked process that would wait for ever for threads that its parent had.

    Args:
        library: whose threads they are.
    """

    def __init__(self, library: str) -> None:
        super().__init__(
            f"{library} was used before this process was forked, and its threads stayed behind",
            hint='start processes with "spawn": multiprocessing.get_context("spawn"), '
            'joblib\'s "loky", DataLoader(multiprocessing_context="spawn")',
        )

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.what.partition(" ")[0],)  # such errors travel from worker to parent


class SadariWarning(UserWarning):
    """Something a user should know that does not stop the work."""
