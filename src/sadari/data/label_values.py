"""A column's values as labels: strings exactly as they are, one or several a text, or named by a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sadari.data.formats.byte_stream import STANDARD_INPUT, open_bytes
from sadari.data.formats.encodings.encoding import UnclearEncodingError, read_text
from sadari.data.formats.records import Records
from sadari.data.formats.remote import is_remote
from sadari.errors import DataError
from sadari.messages import Message, message

CLASSES_FILE = "classes.txt"
"""Beside a file whose labels are 1 to k, this names them, one a line (as AG News and its kin come)."""

SEPARATORS = ("|", ";", ",", "/", "+", "&", "#")  # that labels such as comedy|drama are composed with


def label_values(column: pl.Series, separator: str | None = None) -> pl.Series:
    """String labels, null where the label is missing or blank; or List[String], empty where a text has none.

    Args:
        column: String, whole numbers, Boolean or List[String].
        separator: splits one field into several labels; spaces around each are taken off. An empty field holds none.
    """
    if isinstance(column.dtype, pl.List):
        return _without_blanks(column.cast(pl.List(pl.String)))
    labels = column if column.dtype == pl.String else column.cast(pl.String)
    labels = labels.alias("label")
    if separator is not None:
        return _without_blanks(labels.fill_null("").str.split(separator).list.eval(pl.element().str.strip_chars()))
    blank = labels.str.strip_chars() == ""
    if not blank.any():
        return labels
    return pl.select(label=pl.when(~blank).then(labels)).to_series()


def _without_blanks(labels: pl.Series) -> pl.Series:
    return labels.list.eval(pl.element().filter(pl.element().str.strip_chars() != "").unique(maintain_order=True))


def class_names_beside(paths: Sequence[str], records: Records, label: str) -> tuple[list[str], str]:
    """The names in ``classes.txt`` beside CSV files whose labels are 1 to as many, and its encoding; else none.

    Raises:
        DataError: it is no plain file; or files of several folders have other names beside them.
    """
    used = records.head[label].drop_nulls() if records.untyped else None
    if used is None or paths[0] == STANDARD_INPUT or is_remote(paths[0]) or not used.str.contains(r"^[0-9]+$").all():
        return [], ""
    folders = list(dict.fromkeys(Path(path).parent for path in paths))
    names, encoding = _names_in(folders[0], records.encoding)
    for folder in folders[1:]:
        if _names_in(folder, records.encoding)[0] != names:
            what = message("{file} is not the same in {first} and {second}", file=CLASSES_FILE, first=folders[0])
            raise DataError(what.filled(second=folder), where=paths[0], hint=message("give files of one folder"))
    numbers = [str(i + 1) for i in range(len(names))]
    if len(names) < 2 or len(set(names)) < len(names) or not used.len() or not used.is_in(numbers).all():
        return [], ""
    return names, encoding


def _names_in(folder: Path, neighbours: str | None) -> tuple[list[str], str]:
    content, encoding = _content(folder / CLASSES_FILE, neighbours)
    return [line.strip() for line in content.replace("\r", "\n").split("\n") if line.strip()], encoding


def _content(path: Path, neighbours: str | None) -> tuple[str, str]:
    """A file's text and encoding; where a few names leave a doubt, that of the file they belong to."""
    if not path.exists() or path.is_dir():
        return "", ""
    open_bytes(path, str(path)).close()
    try:
        try:
            return read_text(path)
        except UnclearEncodingError:
            return read_text(path, neighbours)
    except DataError:
        return "", ""


def named_labels(labels: pl.Series, names: Sequence[str]) -> tuple[pl.Series, np.ndarray]:
    """Labels "1" to "k" by their names, and a mask (n,) bool of those that have none."""
    numbers = [str(i + 1) for i in range(len(names))]
    named = labels.replace_strict(numbers, list(names), default=None, return_dtype=pl.String)
    return named, (named.is_null() & labels.is_not_null()).to_numpy()


def composed_labels_note(names: Sequence[str]) -> Message | None:
    """A sentence on labels that seem to be several in one field; None where there are none.

    A separator is taken for one where the parts of at least two labels, and of half of those that hold it, all come
    again in other labels: those of ``Sci/Tech`` or ``sport/tennis`` do not.
    """
    for separator in SEPARATORS:
        composed = [name for name in names if separator in name]
        if len(composed) < 2:
            continue
        parts = {name: {part.strip() for part in name.split(separator)} - {""} for name in names}
        uses = Counter(part for said in parts.values() for part in said)
        meant = [name for name in composed if len(parts[name]) > 1 and all(uses[part] > 1 for part in parts[name])]
        if len(meant) >= 2 and 2 * len(meant) >= len(composed) and len(uses) < len(names):
            return message(
                "labels such as {name!r} look like several in one: "
                "--label-sep {separator!r} would make {parts:,} labels of {labels:,}",
                name=meant[0][:60],
                separator=separator,
                parts=len(uses),
                labels=len(names),
            )
    lists = [name for name in names if name.startswith("[") and name.endswith("]")]
    if len(lists) >= 2 and 2 * len(lists) > len(names):
        return message(
            "labels such as {name!r} look like lists written as text: "
            "join each with one character, and name it with --label-sep",
            name=lists[0][:60],
        )
    return None
