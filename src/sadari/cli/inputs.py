"""What DATA names, opened: a file, a named data set, or standard input."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.cli.options import parse_delimiter
from sadari.errors import DataError, SettingError

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.read import Source

READING = ("text", "format", "encoding", "delimiter", "header", "on_bad_row", "label", "label_sep")
_PLAIN_STEMS = frozenset({"train", "training", "data", "dataset", "all", "train_data", "input"})


@dataclass(frozen=True)
class Data:
    """What DATA stands for.

    Args:
        name: what its results are called. train, test: paths; "-" is standard input.
        columns: ``text`` and ``label``, where a named data set knows them.
    """

    name: str
    train: str
    test: str | None
    columns: Mapping[str, str]


def find_data(data: str, test: str | None = None) -> Data:
    """A path that exists, a named data set, or standard input.

    Args:
        data: as the user wrote it. test: the user's own test file, or the name of a data set (its test file).

    Raises:
        DataError: there is neither a file nor a data set of that name.
    """
    from sadari.data.datasets import NAMES, find

    if test is not None and not Path(test).exists() and test in NAMES:
        found = find(test)
        test = str(found.test or found.train)
    if data == "-":
        return Data("stdin", "-", test, {})
    if "\0" in data:
        raise DataError("a name cannot hold NUL", where=repr(data))
    path = Path(data)
    if path.exists() or (data not in NAMES and _looks_like_path(data)):
        return Data(_name_of(path), data, test, {})
    known = find(data)
    own_test = str(known.test) if known.test is not None else None
    columns = {key: value for key, value in (("text", known.text), ("label", known.label)) if value is not None}
    return Data(known.name, str(known.train), test or own_test, columns)


def looks_like_missing_file(text: str) -> bool:
    """Whether an argument that is no file was surely meant as one: ``new.csv``, ``data/new.csv``."""
    return bool(re.fullmatch(r"\S+\.(csv|tsv|tab|txt|jsonl|ndjson|json|parquet|pq|ft|gz)", text, re.IGNORECASE))


def _looks_like_path(data: str) -> bool:
    return "/" in data or "\\" in data or "." in data


def _name_of(path: Path) -> str:
    """``news.csv.gz`` → ``news``; ``ag_news/train.csv`` → ``ag_news``."""
    resolved = path.resolve()
    stem = resolved.name if resolved.is_dir() else resolved.name.split(".")[0] or resolved.name.lstrip(".")
    if stem.lower() in _PLAIN_STEMS and resolved.parent.name:
        return resolved.parent.name
    return stem or "data"


def open_named(
    path: str, reading: Mapping[str, Any], *, known: Mapping[str, Any] | None = None, need_label: bool = True
) -> Source:
    """Open a file as the options say.

    Args:
        path: the file, or "-". reading: the options of `sadari.cli.options.reading` and `labels`.
        known: columns where the options say nothing.
    """
    from sadari.data.read import open_source

    asked = {key: reading[key] for key in READING if reading.get(key) is not None}
    if "delimiter" in asked:
        asked["delimiter"] = parse_delimiter(asked["delimiter"])
    return open_source(path, need_label=need_label, **{**(known or {}), **asked})


def open_train(data: Data, reading: Mapping[str, Any], *, need_label: bool = True) -> Source:
    """The training file."""
    return open_named(data.train, reading, known=data.columns, need_label=need_label)


def open_test(data: Data, reading: Mapping[str, Any], train: Source, *, need_label: bool = True) -> Source:
    """The test file, with the training file's columns where it has them and nobody said otherwise."""
    if data.test is None:
        raise SettingError("there is no test file")
    if data.test == data.train == "-":
        raise SettingError("training and test data cannot both be standard input")
    test = open_named(data.test, reading, known=data.columns, need_label=need_label)
    wanted = [*train.text_columns, train.label_column]
    if wanted != [*test.text_columns, test.label_column] and set(wanted) <= set(test.columns):
        known = {"text": train.text_columns, "label": train.label_column}
        return open_named(data.test, reading, known=known, need_label=need_label)
    return test


def read_pair(data: Data, reading: Mapping[str, Any], *, need_label: bool = True) -> tuple[Corpus, Corpus | None]:
    """Training and test texts in memory."""
    source = open_train(data, reading, need_label=need_label)
    train = source.read()
    if data.test is None:
        return train, None
    test = open_test(data, reading, source, need_label=need_label).read()
    return train, test
