"""What DATA names, opened: a file, a named data set, or standard input."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.cli.arguments.options import parse_delimiter
from sadari.errors import DataError, SettingError
from sadari.labelled.columns import use_columns_of_training
from sadari.messages import Message, message

Given = str | tuple[str, ...]
"""A file, a folder or a pattern as the user writes it; or several, which are one corpus."""

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.datasets import Dataset
    from sadari.data.source import Source

READING = ("text", "format", "encoding", "delimiter", "header", "on_bad_row", "on_bad_file", "label", "label_sep")
_PLAIN_STEMS = frozenset({"train", "training", "data", "dataset", "all", "train_data", "input"})


@dataclass(frozen=True)
class Data:
    """What DATA stands for.

    Args:
        name: what its results are called.
        train: path of the training file, or of several; "-" is standard input.
        test: path of the test file; "-" is standard input.
        columns: ``text`` and ``label``, where a named data set knows them.
        titles: path → what reports call it, for the files of a named data set; others have the user's name for them.
    """

    name: str
    train: Given
    test: str | None
    columns: Mapping[str, str]
    titles: Mapping[Given, str] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """The training file, or the first of them."""
        return self.train if isinstance(self.train, str) else self.train[0]


def find_data(data: Given, test: str | None = None, *, labelled: bool = False) -> Data:
    """A path that exists, a named data set, or standard input; or several of the first two.

    Args:
        data: as the user wrote it.
        test: the user's own test file, or the name of a data set (its test file).
        labelled: whether a data set of translations, which has no labels, is refused.

    Raises:
        DataError: there is neither a file nor a data set of that name, or it has no labels.
    """
    from sadari.data.datasets import NAMES, find, is_there, named

    titles: dict[Given, str] = {}
    data = data[0] if isinstance(data, tuple) and len(data) == 1 else data
    if test is not None and not is_there(test) and test in NAMES:
        found = find(test)
        _check_labelled(found, labelled)
        test = str(found.test or found.train)
        titles[test] = f"{found.name} (test)" if found.test else found.name
    if data == "-":
        return Data("stdin", "-", test, {}, titles)
    if isinstance(data, tuple):
        return _find_several(data, test, titles, labelled)
    if "\0" in data:
        raise DataError(message("a name cannot hold NUL"), where=repr(data))
    known = named(data)
    if known is None:
        return Data(_name_of(Path(data)), data, test, {}, titles)
    _check_labelled(known, labelled)
    titles[str(known.train)] = known.name
    own_test = None
    if known.test is not None:
        own_test = str(known.test)
        titles[own_test] = f"{known.name} (test)"
    columns = {key: value for key, value in (("text", known.text), ("label", known.label)) if value is not None}
    return Data(known.name, str(known.train), test or own_test, columns, titles)


def _find_several(data: tuple[str, ...], test: str | None, titles: dict[Given, str], labelled: bool) -> Data:
    from sadari.data.files.find import together

    each = [find_data(name, labelled=labelled) for name in data]
    files = tuple(one.first for one in each)
    titles[files] = together([one.titles.get(one.train, one.first) for one in each])
    above = {Path(file).parent for file in files}
    name = each[0].name if len(above) > 1 or not Path(*above).name else Path(*above).name
    return Data(name, files, test, each[0].columns, titles)


def _check_labelled(found: Dataset, labelled: bool) -> None:
    if labelled and found.parallel:
        what = message(
            "the data set {name!r} has no labels: it is one text in {count} languages",
            name=found.name,
            count=len(found.parallel),
        )
        hint = message(
            "it is there to translate: sadari translate train {name}; for labels take headlines", name=found.name
        )
        raise DataError(message("{what} ({parallel})", what=what, parallel=", ".join(found.parallel)), hint=hint)


def looks_like_missing_file(text: str) -> bool:
    """Whether an argument that is no file was surely meant as one: ``new.csv``, ``data/new.csv``."""
    return bool(re.fullmatch(r"\S+\.(csv|tsv|tab|txt|jsonl|ndjson|json|parquet|pq|ft|gz)", text, re.IGNORECASE))


def _name_of(path: Path) -> str:
    """``news.csv.gz`` → ``news``; ``ag_news/train.csv`` → ``ag_news``; ``news/*.parquet`` → ``news``."""
    from sadari.data.files.find import fixed_part, is_pattern

    resolved = (fixed_part(path) if is_pattern(str(path)) else path).resolve()
    folder = os.path.isdir(resolved)  # noqa: PTH112 – False where we have no rights
    stem = resolved.name if folder else resolved.name.split(".")[0] or resolved.name.lstrip(".")
    if stem.lower() in _PLAIN_STEMS and resolved.parent.name:
        return resolved.parent.name
    return stem or "data"


def open_named(
    path: Given, reading: Mapping[str, Any], *, known: Mapping[str, Any] | None = None, **more: Any
) -> Source:
    """Open a file as the options say.

    Args:
        path: the file, or several, or "-".
        reading: the options of `sadari.cli.arguments.options.reading` and `labels`.
        known: columns where the options say nothing.
        more: other arguments of `sadari.data.read.open_source`.
    """
    from sadari.data.read import open_source

    return open_source(path, **{**(known or {}), **reading_of(reading), **more})


def reading_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What options say of how to read a file, as arguments of `sadari.data.read.open_source`."""
    asked = {key: options[key] for key in READING if options.get(key) is not None}
    if "delimiter" in asked:
        asked["delimiter"] = parse_delimiter(asked["delimiter"])
    return asked


def open_train(data: Data, reading: Mapping[str, Any], *, need_label: bool = True) -> Source:
    """The training file."""
    source = open_named(data.train, reading, known=data.columns, need_label=need_label)
    source.title = data.titles.get(data.train, source.title)
    source.use_belonging(group=reading.get("group"), time=reading.get("time"))
    return source


def belonging_notes(source: Source) -> list[Message]:
    """What the names of a file's columns suggest of rows that belong together; nothing where somebody has said it."""
    from sadari.data.belonging import belonging_note

    used = [*source.text_columns, *([source.label_column] if source.label_column else [])]
    note = belonging_note(source.columns, used, group=source.group_column, time=source.time_column)
    return [] if note is None else [note]


def open_test(data: Data, reading: Mapping[str, Any], train: Source, *, need_label: bool = True) -> Source:
    """The test file, with the training file's columns where it has them and nobody said otherwise.

    As in predicting, a text that is empty or missing stays.
    """
    if data.test is None:
        raise SettingError(message("there is no test file"))
    if data.test == data.train == "-":
        raise SettingError(message("training and test data cannot both be standard input"))
    known = data.columns if data.test in data.titles else {}
    test = open_named(data.test, reading, known=known, need_label=need_label, missing="empty")
    label = train.label_column or test.label_column
    if {*train.text_columns, label} - {None} <= set(test.columns) and label not in train.text_columns:
        use_columns_of_training(test, train.text_columns, label)
    test.title = data.titles.get(data.test, test.title)
    if train.group_column in test.columns:
        test.use_belonging(group=train.group_column)
    return test


def read_test(data: Data, reading: Mapping[str, Any], train: Source, *, need_label: bool = True) -> Corpus:
    """The texts of `open_test`, blank ones too."""
    return open_test(data, reading, train, need_label=need_label).read(keep_blank=True)


def read_pair(data: Data, reading: Mapping[str, Any]) -> tuple[Corpus, Corpus | None]:
    """Training and test texts in memory."""
    source = open_train(data, reading)
    train = source.read()
    train.notes.extend(belonging_notes(source))
    if data.test is None:
        return train, None
    return train, read_test(data, reading, source)
