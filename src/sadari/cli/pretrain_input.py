"""What ``sadari pretrain`` learns from: running text as paragraphs, or the rows of tables as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.errors import SettingError

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
        self.notes: list[str] = []
        self.text_columns: list[str] = []

    def check(self) -> None:
        """Find what is missing before the first file is read.

        Raises:
            DataError: a file, or a data set, is not there.
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
            if not is_there(path):
                first_bytes(Path(path), path, 1)  # it says what is wrong, and what may have been meant

    def __iter__(self) -> Iterator[pl.Series]:
        from sadari.cli.inputs import find_data
        from sadari.cli.vectors_train import is_plain

        self.notes.clear()
        for name in self.names:
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
