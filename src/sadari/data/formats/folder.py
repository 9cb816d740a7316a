"""A folder of plain text files, one folder a label: ``reviews/good/1.txt``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from sadari.data.formats.encodings.encoding import UnclearEncodingError, foreign_lines_of, read_text
from sadari.data.formats.encodings.guess import judge, shown_name
from sadari.data.formats.format import Format
from sadari.data.formats.records import BadRows, Chunk, Records, Wanted, file_place, placed
from sadari.errors import DataError, reason_of
from sadari.messages import message, plural

_HEAD_ROWS = 20
_DOUBTFUL_FILES = 1000  # that are read for a decision on all of them
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")  # a message's number or hash after a point is none


class FolderRecords(Records):
    """Every ``.txt`` (or ``.txt.gz``) file one folder down; the folder's name is the label.

    Where there is none, and most files have names without an ending (mails and posts are kept as ``rec.autos/101551``),
    all of those.

    Records are numbered in the order of labels and file names.

    Args:
        path: the folder.
        encoding: of all files; else it is found out for each, and where one alone leaves a doubt, from all that are
            in doubt together.
    """

    format = "folder"

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self._path, self._given = path, encoding
        self.encoding = encoding
        self.notes = []
        self.columns = ["label", "text", "file"]
        self._files = self._find()
        self.head = self._frame(self._read(self._files[:_HEAD_ROWS], BadRows(str(path), "skip"))[0])

    def _find(self) -> list[tuple[str, Path]]:
        try:
            folders = sorted(p for p in self._path.iterdir() if p.is_dir() and not p.name.startswith("."))
            files = [(folder.name, p) for folder in folders for p in sorted(folder.iterdir())]
        except OSError as error:
            raise DataError(
                message("the folder cannot be read ({reason})", reason=reason_of(error)), where=str(self._path)
            ) from None
        taken = [(label, p) for label, p in files if p.name.endswith((".txt", ".txt.gz"))]
        if not taken:
            return self._without_ending(files)
        other = len(files) - len(taken)
        if other:
            self.notes.append(
                plural("{count:,} file passed over: not .txt", "{count:,} files passed over: not .txt", other)
            )
        return taken

    def _without_ending(self, files: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
        seen = [(label, p) for label, p in files if p.is_file() and not p.name.startswith(".")]
        taken = [(label, p) for label, p in seen if not _ENDING.search(p.name)]
        if 2 * len(taken) <= len(seen):
            what = message("is a folder with no text files in folders of their own (label/*.txt)")
            raise DataError(what, where=str(self._path), hint=message("name a file, or make one folder a label"))
        other = len(seen) - len(taken)
        if other:
            passed = plural(
                "{count:,} file passed over: its name has an ending",
                "{count:,} files passed over: their names have an ending",
                other,
            )
            self.notes.append(passed)
        return taken

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        names = self.columns if wanted.columns is None else list(wanted.columns)
        others = Counter[str]()
        for at in range(0, len(self._files), rows):
            read, numbers, encodings = self._read(self._files[at : at + rows], bad)
            others.update(encoding for encoding in encodings if encoding != "utf-8")
            files = [row[2] for row in read]
            yield Chunk(self._frame(read).select(names), numbers + at, placed(file_place, files))
        if others and self._given is None:
            said = [
                plural(
                    "{count:,} file read as {encoding}",
                    "{count:,} files read as {encoding}",
                    count,
                    encoding=shown_name(codec),
                )
                for codec, count in others.most_common()
            ]
            bad.notes.append(message("encoding: {files}, the others as UTF-8", files=said))

    def _read(
        self, files: list[tuple[str, Path]], bad: BadRows
    ) -> tuple[list[tuple[str, str, str]], np.ndarray, list[str]]:
        """Label, text and file of each readable one; their numbers; their encodings."""
        rows, numbers, encodings = [], [], []
        for number, (label, path) in enumerate(files, 1):
            file = f"{label}/{path.name}"
            try:
                text, encoding = self._text(path)
            except DataError as error:
                bad.report(file_place(file), error.said, error.advice)
                continue
            encodings.append(encoding)
            rows.append((label, text, file))
            numbers.append(number)
        return rows, np.asarray(numbers, np.int64), encodings

    def _text(self, path: Path) -> tuple[str, str]:
        try:
            return read_text(path, self._given)
        except UnclearEncodingError:
            if self._of_doubtful is None:
                raise
            return read_text(path, self._of_doubtful)

    @cached_property
    def _of_doubtful(self) -> str | None:
        """The encoding of the files whose own few characters leave a doubt, judged by all of them."""
        lines = (foreign_lines_of(path) for _, path in self._files)
        best, _ = judge(b"\n".join(islice(filter(None, lines), _DOUBTFUL_FILES)))
        return None if best is None else best.codec

    def _frame(self, rows: list[tuple[str, str, str]]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=dict.fromkeys(self.columns, pl.String), orient="row")


FOLDER = Format(lambda place, asked: FolderRecords(place.path, encoding=asked.encoding), of="folder", named=True)
