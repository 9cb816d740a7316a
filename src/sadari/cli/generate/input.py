"""What ``sadari generate train`` learns from: running text, of files or folders of them, or the rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sadari.cli.arguments.text_files import called, find_files, is_plain
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, notes_of

if TYPE_CHECKING:
    import polars as pl

    from sadari.cli.arguments.inputs import Given


@dataclass
class Texts:
    """What was read.

    Attributes:
        texts: one running text, or a column of texts.
        labels: a column, or None.
        names: of the files.
        notes: sentences on what was found out.
        text_columns: names of the text columns of a table.
        label_column: name of its label column.
    """

    texts: str | pl.Series
    labels: pl.Series | None
    names: list[str]
    notes: list[Message] = field(default_factory=list)
    text_columns: tuple[str, ...] = ()
    label_column: str | None = None

    def provenance(self) -> dict[str, Any]:
        """What the model's folder says of the files."""
        said: dict[str, Any] = {"source": ", ".join(self.names)}
        if self.text_columns:
            said["text_columns"] = list(self.text_columns)
        if self.labels is not None:
            said["label_column"] = self.label_column
        return said


def read_texts(asked: Mapping[str, Any]) -> Texts:
    """Read the files that the command names.

    Raises:
        DataError: one cannot be read, or running texts and tables are mixed.
        SettingError: labels are asked for where there are none.
    """
    from sadari.cli.arguments.inputs import find_data

    names, notes = find_files(asked["texts"], asked)
    found = [find_data(name) for name in names]
    plain = [data.train == "-" or is_plain(data.first, asked) for data in found]
    if any(plain) and not all(plain):
        raise DataError(
            message("is running text, and stands beside a table"),
            where=called(names[plain.index(True)]),
            hint=message("train on files of one kind; --format lines reads each line of a text as a row"),
        )
    read = Texts("", None, list(asked["texts"]), notes)
    if not all(plain):
        return _tables(read, names, asked)
    if asked["condition"] is not None:
        raise SettingError(message("--condition needs a table with labels, and this is running text"))
    return _running(read, names, asked)


def _running(read: Texts, names: list[Given], asked: Mapping[str, Any]) -> Texts:
    from sadari.cli.arguments.inputs import find_data
    from sadari.data.plain_text import PlainText

    parts = []
    for name in names:
        text = PlainText(find_data(name).first, encoding=asked["encoding"])
        read.notes += notes_of(text.name, text.notes)
        content = text.read()
        parts.append(content if content.endswith("\n") or len(names) == 1 else content + "\n")
    read.texts = "".join(parts)
    return read


def _tables(read: Texts, names: list[Given], asked: Mapping[str, Any]) -> Texts:
    import polars as pl

    from sadari.cli.arguments.inputs import find_data, open_named

    condition = asked["condition"]
    columns, labels = [], []
    for name in names:
        data = find_data(name)
        # the word "label" means whichever column holds it
        named = {"label": None if condition == "label" else condition}
        source = open_named(
            data.train, {**asked, **named}, known=data.columns, need_label=condition is not None, missing="empty"
        )
        source.title = data.titles.get(data.train, called(name))
        if condition is None:
            source.use_columns(source.text_columns, None)
        corpus = source.read()
        read.notes += notes_of(source.title, corpus.notes)
        columns.append(corpus.texts)
        if condition is not None and corpus.labels is not None:
            labels.append(corpus.labels)
        read.text_columns, read.label_column = tuple(source.text_columns), source.label_column
    read.texts = pl.concat(columns)
    read.labels = pl.concat(labels) if labels else None
    return read
