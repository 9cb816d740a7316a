"""What the commands of ``sadari vectors`` read: the vectors, words from standard input, lists and tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.errors import DataError
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.display.terminal import Progress
    from sadari.vectors.keyed import WordVectors

MOST_LIST_BYTES = 1 << 28


def load(
    source: str,
    reading: Mapping[str, Any],
    progress: Progress,
    *,
    words: Sequence[str] | None = None,
    quiet: bool = False,
) -> WordVectors:
    """Read vectors as the options of `sadari.cli.vectors.options.reading` say.

    What was noticed goes to standard error, unless `quiet`.
    """
    from sadari.cli.terminal.printing import note
    from sadari.vectors.formats.files import read_vectors

    progress(message("reading {source}", source=source))
    loaded = read_vectors(
        source,
        format=reading["format"],
        words=words,
        limit=reading["limit"],
        encoding=reading["encoding"],
        on_bad_row=reading["on_bad_row"],
        progress=progress,
    )
    with progress.paused():
        note(*([] if quiet else loaded.notes))
    return loaded


def lines_unless(given: Sequence[str], what: Message) -> Iterator[str] | None:
    """The lines of standard input, where nothing was given, or only "-"; None where something was.

    Raises:
        UsageError: nothing was given, and standard input is a terminal, where nobody knows that it waits.
    """
    if given and tuple(given) != ("-",):
        return None
    if not given and (sys.stdin is None or sys.stdin.isatty()):
        said = message("give {what}, or - to type line by line", what=what)
        raise click.UsageError(str(said), click.get_current_context())
    return _lines()


def _lines() -> Iterator[str]:
    """Each line of standard input that is not blank, as it comes."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise DataError(
                message("is not UTF-8"), where=message("standard input, line {number:,}", number=number)
            ) from None
        if text:
            yield text


def check_test(path: str, kind: str | None) -> str:
    """The kind of a file to evaluate with, "pairs" or "analogies", which is read through before the vectors are.

    Raises:
        DataError: it cannot be read, or a line is not of its kind.
    """
    from sadari.vectors.evaluation_files import holds_analogies, read_pairs, read_questions

    if kind is None:
        kind = "analogies" if holds_analogies(path) else "pairs"
    read = read_pairs if kind == "pairs" else read_questions
    read(Path(path))
    return kind


def word_list(path: str) -> list[str]:
    """The words of a file, one a line.

    Raises:
        DataError: it cannot be read, or holds none.
    """
    from sadari.data.formats.encodings.encoding import open_stream

    content, whole = open_stream(Path(path)).head(MOST_LIST_BYTES)
    if not whole:
        raise DataError(
            message("is longer than {most_list_bytes} MiB", most_list_bytes=MOST_LIST_BYTES >> 20), where=path
        )
    words = [line.strip() for line in content.decode("utf-8").split("\n")]
    words = list(dict.fromkeys(word for word in words if word))
    if not words:
        raise DataError(message("holds no words"), where=path, hint=message("one a line"))
    return words
