"""Where the commands of ``sadari vectors`` write vectors, known before they work for them; and what a format loses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sadari.errors import SettingError
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.vectors.keyed import WordVectors


def checked_kind(output: str, to: str | None) -> str:
    """The format to write, and whether that may be written there: known before anything is read.

    Args:
        output: the file or folder to write.
        to: the format, where the user names one.

    Raises:
        SettingError: the name says no format. OutputError: something is in the way.
    """
    from sadari.cli.arguments.outputs import check_file, check_model_folder
    from sadari.vectors.formats.files import SUFFIXES

    kind = to or SUFFIXES.get(Path(output).suffix.lower())
    if kind is None:
        known = ", ".join(suffix for suffix in SUFFIXES if suffix)
        raise SettingError(
            message("the ending of {output!r} names no format", output=output),
            hint=message(
                "end it in one of {known}, leave it out (a folder of Sadari's), or name the format with --to",
                known=known,
            ),
        )
    if kind == "sadari":
        check_model_folder(Path(output))
    else:
        check_file(Path(output))
    return kind


def lost(vectors: WordVectors, kind: str) -> list[Message]:
    """What the format cannot hold."""
    found = []
    if vectors.subwords is not None and kind not in ("sadari", "fasttext"):
        found.append(
            message("without subwords, which only sadari and fasttext hold: words not among these have no vector now")
        )
    if vectors.counts is not None and kind not in ("sadari", "fasttext"):
        found.append(message("without counts, which this format does not hold"))
    return found
