"""A folder of plain text files, one folder a label: ``reviews/good/1.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from sadari.data.encoding import read_text
from sadari.data.formats.records import BadRows, Chunk, Wanted, files_named
from sadari.errors import DataError

_HEAD_ROWS = 20


class FolderRecords:
    """Every ``.txt`` (or ``.txt.gz``) file one folder down; the folder's name is the label.

    Records are numbered in the order of labels and file names.

    Args:
        path: the folder. encoding: of all files; else each is UTF-8, or else CP949.
    """

    format = "folder"
    delimiter: str | None = None

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self._path, self._given = path, encoding
        self.encoding = encoding
        self.notes: list[str] = []
        self.columns = ["label", "text", "file"]
        self._files = self._find()
        self.head = self._frame(self._read(self._files[:_HEAD_ROWS], BadRows(str(path), "skip"))[0])

    def _find(self) -> list[tuple[str, Path]]:
        try:
            folders = sorted(p for p in self._path.iterdir() if p.is_dir() and not p.name.startswith("."))
            files = [(folder.name, p) for folder in folders for p in sorted(folder.iterdir())]
            tables = sorted(p.name for p in self._path.glob("*.*sv*"))
        except OSError as error:
            raise DataError(f"the folder cannot be read ({error.strerror})", where=str(self._path)) from None
        taken = [(label, p) for label, p in files if p.name.endswith((".txt", ".txt.gz"))]
        if not taken:
            what = "is a folder with no text files in folders of their own (label/*.txt)"
            hint = "name a file, or make one folder a label"
            if tables:
                hint = f"did you mean {self._path / tables[0]}?"
            raise DataError(what, where=str(self._path), hint=hint)
        other = len(files) - len(taken)
        if other:
            self.notes.append(f"{other:,} file{'s' * (other > 1)} passed over: not .txt")
        return taken

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        names = self.columns if wanted.columns is None else list(wanted.columns)
        korean = 0
        for at in range(0, len(self._files), rows):
            read, numbers, cp949 = self._read(self._files[at : at + rows], bad)
            korean += cp949
            files = [row[2] for row in read]
            yield Chunk(self._frame(read).select(names), numbers + at, files_named(files))
        if korean and self._given is None:
            count = f"{korean:,} file{'s' * (korean > 1)}"
            bad.notes.append(f"encoding: {count} read as CP949, the others as UTF-8")

    def _read(self, files: list[tuple[str, Path]], bad: BadRows) -> tuple[list[tuple[str, str, str]], np.ndarray, int]:
        """Label, text and file of each readable one; their numbers; how many were CP949."""
        rows, numbers, cp949 = [], [], 0
        for number, (label, path) in enumerate(files, 1):
            file = f"{label}/{path.name}"
            try:
                text, encoding = read_text(path, self._given)
            except DataError as error:
                bad.report(f"file {file}", error.what, error.hint)
                continue
            cp949 += encoding == "cp949"
            rows.append((label, text, file))
            numbers.append(number)
        return rows, np.asarray(numbers, np.int64), cp949

    def _frame(self, rows: list[tuple[str, str, str]]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=dict.fromkeys(self.columns, pl.String), orient="row")
