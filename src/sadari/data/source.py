"""A file whose columns are known: its rows in batches, or as a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from sadari.data.belonging import moments
from sadari.data.columns import Choice as ColumnChoice
from sadari.data.columns import columns_named, label_by_content
from sadari.data.corpus import Corpus, near_duplicate_labels, table_of
from sadari.data.files.like_first import First, known_of
from sadari.data.formats.encodings.guess import shown_name
from sadari.data.formats.records import BadRows, Chunk, OnBadRow, Places, Records, Wanted, all_numbered
from sadari.data.label_values import (
    CLASSES_FILE,
    class_names_beside,
    composed_labels_note,
    label_values,
    named_labels,
)
from sadari.errors import DataError
from sadari.messages import Message, both, message, plural
from sadari.settings.limits import MOST, Whole, check

Missing = Literal["error", "empty"]


@dataclass
class Batch:
    """Some consecutive rows of a file.

    Args:
        frame: the file's columns (String in formats that know no types).
        texts: (n,) String without nulls; a blank text stays.
        labels: (n,) String, or List[String] where a text has several; None without labels.
        rows: (n,) int64 record numbers, from 1, the header not counted.
        lines: (n,) String, each record's own JSON text; None in other formats, and where not every column was wanted.
    """

    frame: pl.DataFrame
    texts: pl.Series
    labels: pl.Series | None
    rows: np.ndarray
    lines: pl.Series | None = None

    def filter(self, keep: np.ndarray) -> Batch:
        """The rows where `keep`, (n,) bool, is true."""
        mask = pl.Series(keep)
        labels, lines = (None if column is None else column.filter(mask) for column in (self.labels, self.lines))
        return Batch(self.frame.filter(mask), self.texts.filter(mask), labels, self.rows[keep], lines)


class Source:
    """A file whose columns are known. Made by `open_source`.

    Attributes:
        path: the file or folder that was opened.
        format: its format, such as "csv".
        encoding: its encoding.
        delimiter: what separates its columns; None where nothing does.
        title: what a corpus read from it, and reports, call it: the path, unless someone says otherwise.
        columns: names of all columns.
        text_columns: names of the columns that hold texts.
        label_column: name of the label column; None where there is none.
        text_note: what was guessed of the text columns; None where nothing was.
        label_note: the same of the label column.
        notes: sentences on what was guessed; reading adds what it found.
        label_order: label names in a known order (``classes.txt``), else empty.
        skipped: rows that the last pass left out, `skipped_rows`: the first of them with the reason.
        skipped_files: of many files those that the last pass left out, with the reason.
        files: the paths of all files.
        group_column: the column that says which rows belong together; None where nobody said.
        time_column: the column that says when a row is from; None where nobody said.
    """

    def __init__(
        self,
        path: str,
        files: Sequence[str],
        records: Records,
        choice: ColumnChoice,
        *,
        need_label: bool,
        on_bad_row: OnBadRow,
        missing: Missing,
        label_sep: str | None,
        title: str | None = None,
    ) -> None:
        self.path, self.title = path, title or path
        self.files = list(files)
        self.format, self.encoding, self.delimiter = records.format, records.encoding, records.delimiter
        self.columns = list(records.columns)
        self.text_columns: list[str] = []
        self.label_column: str | None = None
        self.group_column: str | None = None
        self.time_column: str | None = None
        self.text_note: Message | None = None
        self.label_note: Message | None = None
        self._found: list[Message] = []
        self.skipped, self.skipped_rows, self.skipped_files = 0, list[Message](), list[Message]()
        self._records, self._need_label = records, need_label
        self._on_bad_row: OnBadRow = on_bad_row
        self._missing: Missing = missing
        self._label_sep = label_sep
        self._rows: int | None = None
        self.use_columns(choice.texts, choice.label)
        self.text_note, self.label_note = choice.text_note, choice.label_note

    @property
    def notes(self) -> list[Message]:
        """What was found out of the file, the columns and, once it was read, the rows."""
        of_columns = [self.text_note, self.label_note, self._names_note]
        return [*self._records.notes, *filter(None, of_columns), *self._found]

    @property
    def known(self) -> First:
        """What others that are cut from the same table are opened by."""
        return known_of(self.path, self._records)

    @property
    def places(self) -> Places | None:
        """Where a row of many files stands."""
        return self._records.places

    def use_columns(self, texts: Sequence[str], label: str | None) -> None:
        """Take these columns, which are among `columns`, for the text and the label, whatever was guessed.

        What was said of a guess that is given up is said no more.

        Raises:
            DataError: a column's type cannot be a text's, or a label's.
        """
        self._records.check_types(texts, label)
        if list(texts) != self.text_columns:
            self.text_note = None
        if label != self.label_column:
            self.label_note = None
        self.text_columns, self.label_column = list(texts), label
        names, encoding = ([], "") if label is None else class_names_beside(self.files, self._records, label)
        self.label_order = tuple(names)
        self._names_note = _names_note(names, encoding) if names else None

    def guess_label(self) -> None:
        """Where no column is asked for as the label or called so, take the one that is most like it."""
        found = label_by_content(self._records.head, self.text_columns) if self.label_column is None else None
        if found is not None and found not in (self._records.repeated or {}):
            self.use_columns(self.text_columns, found)
            self.label_note = message("label: {columns} (guessed)", columns=columns_named([found]))

    def use_belonging(self, *, group: str | None = None, time: str | None = None) -> None:
        """Take columns that say which rows belong together, and when they are from; see `Corpus.groups`.

        Args:
            group: a column's name.
            time: a column's name.

        Raises:
            DataError: there is no such column.
        """
        for name in filter(None, (group, time)):
            if name not in self.columns:
                raise DataError(
                    message("there is no column {name!r}", name=name),
                    where=self.path,
                    hint=message("it has: {columns}", columns=", ".join(self.columns)),
                )
        self.group_column, self.time_column = group, time

    def complete_columns(self) -> None:
        """Make `columns` those of every row, where the first rows of a file (JSONL) may lack some."""
        self._records.complete_columns()
        self.columns = list(self._records.columns)

    def batches(self, rows: int = 65536, *, whole: bool = True) -> Iterator[Batch]:
        """All rows in file order, at most `rows` at a time, in bounded memory; can be called again.

        Args:
            rows: of a batch, at most.
            whole: whether `Batch.frame` holds every column; else just those of text and label.

        Raises:
            DataError: a row without text (unless ``missing="empty"``) or, where labels are needed, without label, or
                one that cannot be read (all of these are left out and counted with ``on_bad_row="skip"``).
        """
        check("rows", rows, Whole(1, MOST))
        bad = BadRows(self.path if self.places is None else None, self._on_bad_row)
        beside = filter(None, (self.label_column, self.group_column, self.time_column))
        needed = tuple(dict.fromkeys([*self.text_columns, *beside]))
        wanted = Wanted(
            tuple(self.text_columns), self.label_column, None if whole else needed, self._missing == "empty"
        )
        total, first = 0, None
        for chunk in self._records.chunks(rows, wanted, bad):
            batch = self._batch(chunk, bad)
            first = batch if first is None else first
            if batch.labels is not None and first.labels is not None and batch.labels.dtype != first.labels.dtype:
                raise _other_labels(batch.labels, chunk.place(0))
            total += batch.texts.len()
            if batch.texts.len():
                yield batch
        self._rows, self.skipped, self.skipped_rows = total, bad.count, [wrong for _, wrong in bad.listed]
        self.skipped_files = bad.files
        if bad.count:
            bad.notes.append(
                plural(
                    "{count:,} bad row left out (the first: {first})",
                    "{count:,} bad rows left out (the first: {first})",
                    bad.count,
                    first=self.skipped_rows[0],
                )
            )
        self._found.extend(note for note in bad.notes if note not in self._found)

    def count_rows(self) -> int:
        """Rows that `batches` gives; the file is read through the first time."""
        if self._rows is None:
            for _ in self.batches(whole=False):
                pass
        return self._rows or 0

    def head(self, rows: int = 5) -> pl.DataFrame:
        """The first rows as a table of ``row``, ``label`` (where there are labels) and ``text``; no more is read.

        Args:
            rows: so many, fewer if there are fewer.

        Raises:
            DataError: as `batches`.
        """
        check("rows", rows, Whole(1, MOST))
        of_label = pl.String if self._label_sep is None else pl.List(pl.String)
        labels = None if self.label_column is None else pl.Series([], dtype=of_label)
        found = [table_of(np.empty(0, np.int64), labels, pl.Series([], dtype=pl.String))]
        for batch in self.batches(rows, whole=False):
            found.append(table_of(batch.rows, batch.labels, batch.texts))
            if sum(map(len, found)) >= rows:
                break
        return pl.concat(found).head(rows)

    def read(self, *, keep_blank: bool = False) -> Corpus:
        """The whole file in memory.

        Args:
            keep_blank: whether empty texts stay, which a note says; else they are dropped, counted and listed in
                `Corpus.blank_rows`.

        Raises:
            DataError: as `batches`, or no row is left.
        """
        texts, labels, rows, blank_rows = [], [], [], []
        beside: dict[str, list[pl.Series]] = {name: [] for name in (self.group_column, self.time_column) if name}
        for batch in self.batches(1 << 20, whole=False):
            blank = ~batch.texts.str.contains(r"\S").to_numpy()
            if blank.any():
                blank_rows.append(batch.rows[blank])
                batch = batch if keep_blank else batch.filter(~blank)
            texts.append(batch.texts)
            rows.append(batch.rows)
            if batch.labels is not None:
                labels.append(batch.labels)
            for name, parts in beside.items():
                parts.append(batch.frame[name])
        if not texts:
            raise DataError(
                message("none of its rows can be used ({skipped:,} left out)", skipped=self.skipped), where=self.path
            )
        blank_rows_in_all = np.concatenate([np.empty(0, np.int64), *blank_rows])
        corpus = Corpus(
            pl.concat(texts, rechunk=True),
            pl.concat(labels, rechunk=True) if labels else None,
            np.concatenate(rows),
            self.title,
            notes=self.notes,
            label_order=self.label_order,
            blank_rows=blank_rows_in_all[:0] if keep_blank else blank_rows_in_all,
            skipped=self.skipped,
            text_columns=tuple(self.text_columns),
            label_column=self.label_column,
            places=self.places,
        )
        corpus = self._with_belonging(corpus, {name: pl.concat(parts) for name, parts in beside.items()})
        corpus.notes.extend(
            oddities(blank_rows_in_all, corpus.label_names, corpus.labels, kept=keep_blank, places=self.places)
        )
        return corpus

    def _with_belonging(self, corpus: Corpus, beside: dict[str, pl.Series]) -> Corpus:
        groups = times = None
        if self.group_column is not None:
            groups = beside[self.group_column].cast(pl.String)
        if self.time_column is not None:
            times = moments(beside[self.time_column], lambda at: corpus.place(int(corpus.rows[at])))
        return corpus if not beside else replace(corpus, groups=groups, times=times)

    def _batch(self, chunk: Chunk, bad: BadRows) -> Batch:
        frame, rows, place = chunk.frame, chunk.rows, chunk.place
        texts = _joined(frame, self.text_columns)
        if self._missing == "empty":
            texts = texts.fill_null("")
        gone = texts.is_null().to_numpy()
        bad.report_all(
            gone, place, message("the text is missing ({columns})", columns=columns_named(self.text_columns))
        )
        labels = None
        if self.label_column is not None:
            labels = label_values(frame[self.label_column], self._label_sep)
            no_label = labels.is_null().to_numpy()
            if self._need_label:
                what = message("the label is missing ({columns})", columns=columns_named([self.label_column]))
                bad.report_all(no_label & ~gone, place, what)
                gone = gone | no_label
            if self.label_order:
                labels, unnamed = named_labels(labels, self.label_order)
                what = message(
                    "the label is not one of the {count} classes of {file}",
                    count=len(self.label_order),
                    file=CLASSES_FILE,
                )
                hint = message("mend the label, or move {file} away", file=CLASSES_FILE)
                bad.report_all(unnamed & ~gone, place, what, hint)
                gone = gone | unnamed
        batch = Batch(frame, texts, labels, rows, chunk.lines)
        return batch.filter(~gone) if gone.any() else batch


def _other_labels(labels: pl.Series, place: Message) -> DataError:
    """What is said of a file whose texts have one label each, after files of several, or the other way round."""
    what = message("a text has one label, and several in the files before it")
    if isinstance(labels.dtype, pl.List):
        what = message("a text has several labels, and one in the files before it")
    hint = message("with --label-sep, a single label is a list of one")
    return DataError(what, where=place, hint=hint)


def _names_note(names: Sequence[str], encoding: str) -> Message:
    """What is said of the labels' names."""
    said = {"file": CLASSES_FILE, "names": ", ".join(names)}
    if encoding == "utf-8":
        return message("label names from {file}: {names}", **said)
    return message("label names from {file} ({encoding}): {names}", encoding=shown_name(encoding), **said)


def oddities(
    blank_rows: np.ndarray,
    label_names: Sequence[str],
    labels: pl.Series | None,
    *,
    kept: bool = False,
    places: Places | None = None,
) -> list[Message]:
    """Sentences on blank texts, by their row numbers, on texts without any label, and on labels that are almost the
    same, or several in one."""
    notes = []
    count = blank_rows.size
    if count:
        shown = all_numbered(blank_rows, 10, places)
        if kept:
            blank = plural(
                "{count:,} blank text kept (row {rows})", "{count:,} blank texts kept (rows {rows})", count, rows=shown
            )
        else:
            blank = plural(
                "{count:,} blank text dropped (row {rows})",
                "{count:,} blank texts dropped (rows {rows})",
                count,
                rows=shown,
            )
        notes.append(blank)
    if labels is not None and isinstance(labels.dtype, pl.List):
        without = int((labels.list.len() == 0).sum())
        if without:
            notes.append(plural("{count:,} text has no label at all", "{count:,} texts have no label at all", without))
    for group in near_duplicate_labels(label_names):
        notes.append(
            message(
                "labels {labels} differ only in spaces, case or composition; they are kept apart",
                labels=both([repr(name) for name in group]),
            )
        )
    composed = composed_labels_note(label_names)
    if composed is not None:
        notes.append(composed)
    return notes


def _joined(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Columns joined with one space, empty parts left out; null where all are missing."""
    frame = frame.select(pl.col(columns).cast(pl.String))  # of a category's name, else nothing
    if len(columns) == 1:
        return frame[columns[0]].alias("text")
    parts = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in columns]
    joined = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    present = pl.any_horizontal(pl.col(name).is_not_null() for name in columns)
    return frame.select(text=pl.when(present).then(joined)).to_series()
