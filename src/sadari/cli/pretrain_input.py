"""What ``sadari pretrain`` learns from: running text as paragraphs, or the rows of tables as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.errors import DataError, SettingError

if TYPE_CHECKING:
    import polars as pl


class Texts:
    """The texts of some files as columns, one file after another; can be gone through again.

    Attributes:
        names: of the files. notes: sentences on what was found out, once they are read.
        text_columns: of the last table.
    """

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self.names, self.asked = list(asked["texts"]), dict(asked)
        self._files = self.names
        self.notes: list[str] = []
        self.text_columns: list[str] = []

    def check(self) -> None:
        """Find what is missing before the first file is read.

        Raises:
            DataError: a file, or a data set, is not there; or nothing that can be read is in a folder.
            SettingError: standard input is named, which cannot be gone through again.
        """
        from sadari.cli.inputs import find_data, is_there
        from sadari.data.byte_stream import first_bytes

        for name in self.names:
            path = find_data(name).train
            if path == "-":
                raise SettingError(
                    "standard input can be read only once, and texts are gone through three times",
                    hint="put them in a file",
                )
            if Path(path).is_dir():
                continue
            if not is_there(path):
                first_bytes(Path(path), path, 1)  # it says what is wrong, and what may have been meant

        self._files = [file for name in self.names for file in files_of(name)]

    def __iter__(self) -> Iterator[pl.Series]:
        from sadari.cli.inputs import find_data
        from sadari.cli.vectors_train import is_plain

        self.notes.clear()
        for name in self._files:
            data = find_data(name)
            yield from self._running(data.train) if is_plain(data.train, self.asked) else self._table(name)

    def provenance(self) -> dict[str, Any]:
        """What the model's folder says of the files."""
        return {"source": ", ".join(self.names), **({"text_columns": self.text_columns} if self.text_columns else {})}

    def _running(self, path: str) -> Iterator[pl.Series]:
        from sadari.data.paragraphs import paragraphs
        from sadari.data.plain_text import PlainText

        text = PlainText(path, encoding=self.asked["encoding"])
        self.notes += [f"{text.name}: {note}" for note in text.notes]
        yield from paragraphs(text)

    def _table(self, name: str) -> Iterator[pl.Series]:
        """Each row is a text; where it has several columns, such as title and body, each is a part of it."""
        import polars as pl

        from sadari.cli.inputs import find_data, open_named

        data = find_data(name)
        source = open_named(data.train, self.asked, known=data.columns, need_label=False, missing="empty")
        self.text_columns = list(source.text_columns)
        for batch in source.batches(whole=True):
            if len(self.text_columns) == 1:
                yield batch.texts
                continue
            parts = [pl.col(column).cast(pl.String) for column in self.text_columns]
            yield batch.frame.select(text=pl.concat_str(parts, separator="\n", ignore_nulls=True)).to_series()
        title = data.titles.get(data.train, name)
        kept = [note for note in source.notes if not note.startswith("label")]
        self.notes += [f"{title}: {note.replace(', joined', ', one after the other')}" for note in kept]


def files_of(name: str) -> list[str]:
    """A file or data set itself; of a folder the text files in it, in the order of their names.

    Raises:
        DataError: there are none in the folder.
    """
    folder = Path(name)
    if not folder.is_dir():
        return [name]
    try:
        every = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"the folder cannot be read ({error.strerror})", where=name) from None
    texts = [str(path) for path in every if path.name.lower().endswith((".txt", ".txt.gz"))]
    if not texts:
        hint = f"name the files: {every[0]}" if every else f"of folders in it: {folder}/*/*.txt"
        raise DataError("there are no .txt files in the folder", where=name, hint=hint)
    return texts
