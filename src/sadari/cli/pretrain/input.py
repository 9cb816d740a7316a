"""What ``sadari pretrain`` learns from: running text as paragraphs, or the rows of tables as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sadari.cli.arguments.inputs import Data, open_named
from sadari.cli.arguments.text_files import TextFiles
from sadari.errors import SettingError
from sadari.messages import message, notes_of

if TYPE_CHECKING:
    import polars as pl

    from sadari.data.plain_text import PlainText


class Texts(TextFiles):
    """Documents, each a text.

    Attributes:
        text_columns: of the last table.
    """

    def __init__(self, asked: Mapping[str, Any]) -> None:
        super().__init__(asked["texts"], asked)
        self.text_columns: list[str] = []

    def check(self) -> None:
        """As for all text files.

        Raises:
            SettingError: standard input is named, which cannot be gone through again.
        """
        if "-" in self.names:
            raise SettingError(
                message("standard input can be read only once, and texts are gone through three times"),
                hint=message("put them in a file"),
            )
        super().check()

    def provenance(self) -> dict[str, Any]:
        """What the model's folder says of the files."""
        return {"source": ", ".join(self.names), **({"text_columns": self.text_columns} if self.text_columns else {})}

    def running(self, text: PlainText) -> Iterator[pl.Series]:
        """Paragraphs."""
        from sadari.data.paragraphs import paragraphs

        yield from paragraphs(text)

    def table(self, name: str, data: Data) -> Iterator[pl.Series]:
        """Each row is a text; where it has several columns, such as title and body, each is a part of it."""
        import polars as pl

        from sadari.data.columns import columns_named

        source = open_named(data.train, self.asked, known=data.columns, need_label=False, missing="empty")
        source.use_columns(source.text_columns, None)
        self.text_columns = list(source.text_columns)
        for batch in source.batches(whole=True):
            if len(self.text_columns) == 1:
                yield batch.texts
                continue
            parts = [pl.col(column).cast(pl.String) for column in self.text_columns]
            yield batch.frame.select(text=pl.concat_str(parts, separator="\n", ignore_nulls=True)).to_series()
        title = data.titles.get(data.train, name)
        if source.text_note is not None and len(self.text_columns) > 1:
            source.text_note = message(
                "text: {columns}, one after the other (guessed)", columns=columns_named(self.text_columns)
            )
        self.notes += notes_of(title, source.notes)
