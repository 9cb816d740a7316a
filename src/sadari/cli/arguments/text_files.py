"""Texts that are learned from without labels: running text and tables, each alone or as the files of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.errors import DataError, SettingError, reason_of
from sadari.messages import Message, message, notes_of, plural

if TYPE_CHECKING:
    import polars as pl

    from sadari.cli.arguments.inputs import Data, Given
    from sadari.data.plain_text import PlainText

PLAIN = (".txt", ".text", "")
FOLDER_FILES = (".txt", ".txt.gz")


class TextFiles:
    """The texts of some files as columns, one file after another; can be gone through again.

    How a running text and a table are read, those say that derive from it.

    Args:
        names: files, folders, data sets or "-", as the user wrote them.
        asked: the options of the command.

    Attributes:
        files: of all of them; the tables that a folder or a pattern stands for are one corpus.
        notes: sentences on what was found out, once they are read.
    """

    def __init__(self, names: Sequence[str], asked: Mapping[str, Any]) -> None:
        self.names, self.asked = list(names), dict(asked)
        self.files: list[Given] = list(self.names)
        self.notes: list[Message] = []
        self._folders: list[Message] = []

    def check(self) -> None:
        """Find what is missing before the first file is read, and which files are in folders.

        Raises:
            DataError: a file, or a data set, is not there; or nothing that can be read is in a folder.
            SettingError: standard input is named twice.
        """
        if self.names.count("-") > 1:
            raise SettingError(message("standard input can be read only once"), hint=message('name "-" once'))
        self.files, self._folders = find_files(self.names, self.asked)

    def __iter__(self) -> Iterator[pl.Series]:
        from sadari.cli.arguments.inputs import find_data
        from sadari.data.plain_text import PlainText

        self.notes[:] = self._folders
        for name in self.files:
            data = find_data(name)
            if not is_plain(data.first, self.asked):
                yield from self.table(called(name), data)
                continue
            text = PlainText(data.first, encoding=self.asked["encoding"])
            self.notes += notes_of(text.name, text.notes)
            yield from self.running(text)

    def running(self, text: PlainText) -> Iterator[pl.Series]:
        """The texts of a running text."""
        raise NotImplementedError

    def table(self, name: str, data: Data) -> Iterator[pl.Series]:
        """The texts of a table: its name, and what it stands for."""
        raise NotImplementedError


def called(name: Given) -> str:
    """What a file is called, or several together."""
    from sadari.data.files.find import together

    return name if isinstance(name, str) else together(name)


def find_files(names: Sequence[str], asked: Mapping[str, Any]) -> tuple[list[Given], list[Message]]:
    """The files that names stand for, each of which is there; and of every folder, which of its files these are.

    A folder stands for the text files in it, else for its tables; with ``--format folder`` it stays what it is: a
    table. A pattern stands for the files that match it. The tables of one folder or pattern are one corpus.

    Raises:
        DataError: a file, or a data set, is not there; or nothing that can be read is in a folder.
    """
    from sadari.cli.arguments.inputs import find_data
    from sadari.data.datasets import is_there
    from sadari.data.files.find import data_files, is_pattern
    from sadari.data.formats.byte_stream import first_bytes

    files: list[Given] = []
    notes: list[Message] = []
    for name in names:
        path = find_data(name).first
        folder = path != "-" and Path(path).is_dir() and asked.get("format") != "folder"
        if is_pattern(path) or (folder and not _holds_texts(path)):
            found = data_files(path)
            if found.paths != [path]:
                files += [one for one in found.paths if is_plain(one, asked)]
                tables = tuple(one for one in found.paths if not is_plain(one, asked))
                files += [tables] if tables else []
                notes += found.notes
                continue
        if folder:
            texts, note = files_of(path)
            files += texts
            notes.append(note)
            continue
        if path != "-" and not is_there(path):
            first_bytes(Path(path), path, 1)  # it says what is wrong, and what may have been meant
        files.append(name)
    return files, notes


def _holds_texts(folder: str) -> bool:
    try:
        return any(path.name.lower().endswith(FOLDER_FILES) for path in Path(folder).iterdir() if path.is_file())
    except OSError:
        return False


def files_of(folder: str) -> tuple[list[str], Message]:
    """The text files in a folder, in the order of their names, and a sentence on how many.

    Raises:
        DataError: there are none, or it cannot be read.
    """
    try:
        inside = sorted(path for path in Path(folder).iterdir() if not path.name.startswith("."))
        every = [path for path in inside if path.is_file()]
    except OSError as error:
        raise DataError(
            message("the folder cannot be read ({reason})", reason=reason_of(error)), where=folder
        ) from None
    texts = [str(path) for path in every if path.name.lower().endswith(FOLDER_FILES)]
    if not texts:
        hint = message("of folders in it: {path}/*/*.txt, or --format folder", path=Path(folder))
        if len(every) or not inside:
            hint = message("name the files: {every}", every=every[0]) if every else message("name a file")
        raise DataError(message("there are no .txt files in the folder"), where=folder, hint=hint)
    others = len(every) - len(texts)
    found = plural("{folder}: {count:,} .txt file", "{folder}: {count:,} .txt files", len(texts), folder=folder)
    if not others:
        return texts, found
    return texts, plural(
        "{found}, {count:,} other passed over", "{found}, {count:,} others passed over", others, found=found
    )


def is_plain(path: str, asked: Mapping[str, Any]) -> bool:
    """Whether a file is read as running text, and not as a table."""
    if asked["format"] is not None:
        return bool(asked["format"] == "text")
    suffixes = [suffix.lower() for suffix in Path(path).suffixes if suffix.lower() != ".gz"]
    return asked["text"] is None and (suffixes[-1] if suffixes else "") in PLAIN
