"""One guard round what other people's packages do with data that nobody vouches for.

A file or a text of a stranger may make them raise any class of theirs, or panic: an error of the Rust side that is no
`Exception`, so that ``except Exception`` lets it through. The line that Rust writes to standard error before it panics
stays: to hold it back, the whole process's standard error would have to be turned away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sadari.errors import ModelError, SadariError, SadariWarning
from sadari.messages import Message, message

MOST_SHOWN = 200  # characters of what a package says


@contextmanager
def guarded(
    what: Message,
    *,
    where: Message | str | None = None,
    hint: Message | None = None,
    kind: type[SadariError] = ModelError,
) -> Iterator[None]:
    """Whatever goes wrong inside is one error of ours, whose reason is the first line of what was said.

    Args:
        what: did not work: ``"the tokenizer cannot be read"``.
        where: the file or folder.
        hint: what to do about it.
        kind: of the error.

    Raises:
        SadariError: of that kind. Our own errors, and what stops a process, pass as they are.
    """
    try:
        yield
    except (SadariError, SadariWarning):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise kind(message("{what}: {reason}", what=what, reason=_reason(error)), where=where, hint=hint) from error


def is_panic(error: BaseException) -> bool:
    """Whether the Rust side of a package has given up; each package has a class of its own for it."""
    return type(error).__name__ == "PanicException"


def _reason(error: BaseException) -> Message | str:
    if isinstance(error, MemoryError):
        return message("it would take more memory than there is")
    if isinstance(error, KeyError) and error.args:  # whose text is the key alone
        return message("{option} is missing", option=f"{error.args[0]!r:.80}")
    # a surrogate in it would break whatever prints it
    said = str(error).strip().partition("\n")[0].encode("utf-8", "replace").decode()
    return said[:MOST_SHOWN] or type(error).__name__
