"""Open labelled texts: files of any kind, whose columns are found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

from sadari.data.columns import Choice as ColumnChoice
from sadari.data.columns import choose_columns, column_names, split_names
from sadari.data.datasets import named
from sadari.data.files.find import DataFiles, data_files, together
from sadari.data.files.like_first import First, open_like
from sadari.data.files.records import FilesRecords
from sadari.data.formats import FORMATS
from sadari.data.formats.byte_stream import STANDARD_INPUT
from sadari.data.formats.format import Asked
from sadari.data.formats.opening import find_format, open_records
from sadari.data.formats.records import OnBadFile, OnBadRow, Records
from sadari.data.source import Missing, Source
from sadari.errors import DataError, SettingError
from sadari.forked import check_threads
from sadari.messages import message
from sadari.settings.limits import Choice, Flag, Text, check

Part = Literal["train", "test"]


def _check_choices(
    on_bad_row: object, on_bad_file: object, missing: object, need_label: object, header: object, format: object
) -> None:
    """Refuse arguments that make no sense, whatever the file."""
    check("format", format, Choice(tuple(FORMATS)), optional=True)
    check("on_bad_row", on_bad_row, Choice(("error", "skip")))
    check("on_bad_file", on_bad_file, Choice(("error", "skip")))
    check("missing", missing, Choice(("error", "empty")))
    check("need_label", need_label, Flag())
    check("header", header, Flag(), optional=True)


def _check_texts(**texts: object) -> None:
    for argument, value in texts.items():
        check(argument, value, Text(), optional=True)
    if texts["label_sep"] == "":
        raise SettingError(message("label_sep must not be empty"))


def open_source(
    path: str | Path | Sequence[str | Path],
    *,
    part: Part = "train",
    text: str | Sequence[str | int] | None = None,
    label: str | int | None = None,
    need_label: bool = True,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
    on_bad_file: OnBadFile = "error",
    missing: Missing = "error",
    label_sep: str | None = None,
    like: First | None = None,
) -> Source:
    """Open texts. What you do not give is detected, and written in `Source.notes`.

    Args:
        path: a CSV, TSV, JSONL, Parquet or fastText file (gzip too), one text a line, a folder of text files per
            label (``folder/label/*.txt``, or names without ending), ``"-"`` for standard input, or a data set's name.
            Many files are one corpus, with the columns of the first: a folder, a pattern, several of these in a list.
        part: of a data set that has a name, "train" or "test".
        text: columns by name or number from 1; several (``"title,description"``) are joined with one space.
        label: the label's column; a ``classes.txt`` beside a CSV file names labels that are 1 to k, one name a line.
        need_label: whether a label column must be there; else one that is named so is read, and blanks are null.
        format: "csv", "tsv", "jsonl", "parquet", "fasttext", "folder" or "lines".
        encoding: a Python codec; else found out: byte order marks, strict UTF-8, what the text looks like.
        delimiter: of CSV.
        header: whether the first record names the columns.
        on_bad_row: "error", or "skip" to leave bad rows out and count them.
        on_bad_file: of many files, "error", or "skip" to leave out one that cannot be read, or has other columns.
        missing: a row without text is "error": a bad row, or "empty": an empty text, as prediction needs it.
        label_sep: splits the label's field into several labels.
        like: `Source.known` of the first, where this file is another of many that are read apart.

    Raises:
        DataError: the file cannot be read as texts; what is wrong and where is in the message.
        SettingError: an argument that makes no sense.
    """
    check_threads()
    _check_choices(on_bad_row, on_bad_file, missing, need_label, header, format)
    _check_texts(encoding=encoding, delimiter=delimiter, label_sep=label_sep)
    files, title, columns = _files_of(path, part, format)
    text, label = columns[0] if text is None else text, columns[1] if label is None else label
    known = [*split_names(text), *column_names(label)]
    asked = Asked(format, encoding, delimiter, header, tuple(map(str, known)), need_label)
    records, where = _open(files, asked, on_bad_file, like)
    return Source(
        where if len(files.paths) == 1 else files.name,
        files.paths,
        records,
        _choice(records, text, label, need_label=need_label, where=where),
        need_label=need_label,
        on_bad_row=on_bad_row,
        missing=missing,
        label_sep=label_sep,
        title=title,
    )


def _files_of(
    path: str | Path | Sequence[str | Path], part: Part, format: str | None
) -> tuple[DataFiles, str | None, tuple[str | None, str | None]]:
    """The files to open; of a data set with a name also its title, and the columns of text and label."""
    check("part", part, Choice(("train", "test")))
    given: list[Any] = list(path) if isinstance(path, (list, tuple)) else [path]
    sets = [named(each) if isinstance(each, str) else None for each in given]
    files = []
    for each, found in zip(given, sets, strict=True):
        if found is None and part == "test":
            raise SettingError(
                message("{path} is a file, which has no part {part!r}", path=str(each), part=part),
                hint=message("open the file of the test texts"),
            )
        file = each if found is None else found.train if part == "train" else found.test
        if file is None:
            raise DataError(message("the data set {name!r} has no test texts", name=found.name if found else each))
        files.append(file)
    title = None
    if any(sets):
        called = [str(each) if found is None else found.name for each, found in zip(given, sets, strict=True)]
        title = together([f"{name} (test)" if part == "test" else name for name in called])
    first = sets[0] if sets else None
    return data_files(files, format=format), title, (None, None) if first is None else (first.text, first.label)


def _open(files: DataFiles, asked: Asked, on_bad_file: OnBadFile, like: First | None) -> tuple[Records, str]:
    """The reader of one file or many, and the name of the file whose columns are taken."""
    if len(files.paths) > 1:
        many = FilesRecords(files.paths, asked, on_bad_file=on_bad_file)
        records, where = cast(Records, many), many.path
    else:
        (where,) = files.paths
        records = open_records(where, asked) if like is None else open_like(where, asked, like)
    records.notes[:0] = files.notes
    return records, STANDARD_INPUT if where == "-" else where


def _choice(
    records: Records,
    text: str | Sequence[str | int] | None,
    label: str | int | None,
    *,
    need_label: bool,
    where: str,
) -> ColumnChoice:
    """The columns to read, which formats such as fastText's name themselves."""
    if find_format(records.format).named:  # nothing to guess
        text = "text" if text is None else text
        label = "label" if label is None and "label" in records.columns else label
    head, twice = records.head, records.repeated
    return choose_columns(head, text=text, label=label, need_label=need_label, where=where, repeated=twice)
