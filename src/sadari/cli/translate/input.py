"""What the commands of ``sadari translate`` read: a model, pairs of texts, texts to translate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from sadari.artifact import atomic_file
from sadari.cli.arguments.inputs import Given, find_data, open_named
from sadari.cli.arguments.options import parse_delimiter
from sadari.cli.predict.command import files_among
from sadari.cli.terminal.printing import note, say
from sadari.errors import DataError, SettingError
from sadari.messages import message

if TYPE_CHECKING:
    import polars as pl

    from sadari.data.parallel.pairs import ParallelCorpus
    from sadari.translation.translator import Sources, Translation, Translator

BATCH_ROWS = 4096
_FILE_NAME = re.compile(r"[^\s.]\S*\.[a-z][a-z0-9]{1,4}")
_TABLE = ("format", "encoding", "delimiter", "header", "on_bad_row")


@dataclass(frozen=True)
class Answers:
    """Translations of some texts, and the texts as the model read them; whether these look the wrong way round."""

    translations: list[Translation]
    sources: Sources
    swapped: bool = False

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.translations]


@dataclass
class Lost:
    """Texts that were counted as they were translated: how many, of how many something was lost, which way round.

    Attributes:
        undrawn: a picture was asked for of a translation that is empty.
    """

    texts: int = 0
    cut: int = 0
    unknown: int = 0
    swapped: bool = False
    undrawn: bool = False

    def add(self, found: Answers) -> None:
        self.texts += len(found.translations)
        self.cut += int(found.sources.cut.sum())
        self.unknown += int((found.sources.unknown > 0).sum())
        self.swapped |= found.swapped


def load(folder: str) -> Translator:
    """The translator of a folder.

    Raises:
        ModelError: it is none.
    """
    from sadari.translation.translator import Translator

    return Translator.load(folder)


def check_attention(model: Translator, folder: str) -> None:
    """Refuse a model that looks at nothing.

    Raises:
        SettingError: there is no attention.
    """
    if model.attention == "none":
        raise SettingError(
            message("the model has no attention, so there is no alignment to see"),
            hint=message("train {folder} with it", folder=folder),
        )


def read_pairs(
    texts: Sequence[str], asked: Mapping[str, Any], *, known: tuple[str, str] | None = None, keep_blank: bool = False
) -> ParallelCorpus:
    """Pairs of texts: of two files line by line, or of two columns of one.

    Args:
        texts: one or two names.
        asked: ``source`` and ``target`` columns, and the options of a table.
        known: columns, where nobody names any.
        keep_blank: whether pairs with an empty side, or one that is far too long for the other, stay.

    Raises:
        click.UsageError: more than two names. SettingError: columns that are missing, or too many.
        DataError: they cannot be read.
    """
    from sadari.data.parallel.pairs import MAX_RATIO
    from sadari.data.parallel.read import read_pairs, read_parallel

    ratio = None if keep_blank else MAX_RATIO
    columns = asked["source"], asked["target"]
    if len(texts) == 2:
        if any(columns):
            raise SettingError(
                message("two files are read line by line, and have no columns"),
                hint=message("leave out --source and --target, or name one table"),
            )
        return read_parallel(
            *texts, encoding=asked["encoding"], on_bad_row=asked["on_bad_row"], max_ratio=ratio, keep_blank=keep_blank
        )
    if len(texts) > 2:
        raise click.UsageError(str(message("{file!r} is one too many: give two files, or one table", file=texts[2])))
    if not any(columns) and known is not None:
        columns = known
    if not all(columns):
        raise SettingError(
            message("which columns of {texts} are the texts and their translations?", texts=texts[0]),
            hint=message("--source COLUMN --target COLUMN, or a second file, line by line"),
        )
    options = {key: asked[key] for key in _TABLE if asked[key] is not None}
    if "delimiter" in options:
        options["delimiter"] = parse_delimiter(options["delimiter"])
    data = find_data(texts[0])
    pairs = read_pairs(
        str(data.train),
        source_column=columns[0],
        target_column=columns[1],
        max_ratio=ratio,
        keep_blank=keep_blank,
        **options,
    )
    return replace(pairs, source=data.titles.get(data.train, pairs.source))


def read_for(model: Translator, texts: Sequence[str], asked: Mapping[str, Any]) -> ParallelCorpus:
    """Pairs to score a model on; of one table, the columns of its training unless others are named."""
    told = [model.data_.get(key) for key in ("source_column", "target_column")]
    known = (str(told[0]), str(told[1])) if all(told) else None
    return read_pairs(texts, asked, known=known, keep_blank=True)


def wanted(texts: tuple[str, ...], asked: Mapping[str, Any]) -> Given | list[str]:
    """What is to be translated: a file, "-", or texts."""
    path = files_among(texts)
    if path is None and asked["source"] is not None:
        raise SettingError(message("--source names a column of a table, and here are texts"))
    for text in texts if path is None else ():
        if _FILE_NAME.fullmatch(text):  # test.en, which may well be a text, too
            note(message("{text!r} is taken as a text: there is no file of this name", text=text))
    return list(texts) if path is None else path


def batches(given: Given | list[str], asked: Mapping[str, Any]) -> Iterator[pl.Series]:
    """The texts in columns of at most `BATCH_ROWS`, in their order."""
    import polars as pl

    if isinstance(given, list):
        try:
            yield pl.Series("text", given, pl.String)
        except UnicodeEncodeError:
            raise DataError(message("an argument is not valid text in this terminal's encoding")) from None
        return

    reading = {key: asked[key] for key in _TABLE}
    if asked["source"] is None:
        if asked["format"] is not None:
            raise SettingError(
                message("which column of {given} is to be translated?", given=given), hint=message("--source COLUMN")
            )
        reading["format"] = "lines"
    else:
        reading["text"] = asked["source"]
    source = open_named(given, reading, need_label=False, missing="empty")
    for batch in source.batches(BATCH_ROWS, whole=False):
        yield batch.texts


def write_lines(path: str, lines: Sequence[str]) -> None:
    """A file of these lines, whole or not at all."""
    with lines_to(path) as write:
        for line in lines:
            write(line)


@contextmanager
def lines_to(path: str | None) -> Iterator[Callable[[str], None]]:
    """What writes a line: to a file, which is there whole at the end or not at all, or to standard output."""
    if path is None:
        yield say
        return
    with atomic_file(path) as file:
        yield lambda line: _write(file, line)


def _write(file: Any, line: str) -> None:
    file.write(f"{line}\n".encode())
