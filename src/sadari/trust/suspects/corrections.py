"""A table of suspects as a person gave it back: which labels are corrected, and which rows are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import Corpus
from sadari.data.read import open_source
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.trust.suspects.result import CORRECTED, DROP

_LISTED, _NAMED = 5, 10
_YES = frozenset({"yes", "y", "1", "true", "x", "drop", "예", "네", "ㅇ", "o"})
_NO = frozenset({"", "no", "n", "0", "false", "아니요", "아니오"})


@dataclass(frozen=True)
class Corrections:
    """What a table says of rows of the training data.

    Attributes:
        rows: int64, positions of the rows whose label is corrected.
        labels: their new labels, strings or lists of them.
        dropped: int64, positions of the rows that are left out.
        notes: what of the table has no place in the data, and was passed over.
    """

    rows: NDArray[np.int64]
    labels: pl.Series
    dropped: NDArray[np.int64]
    notes: list[Message]

    def touched(self, rows: int) -> NDArray[np.bool_]:
        """bool [rows]: which rows are corrected or dropped."""
        out = np.zeros(rows, np.bool_)
        out[self.rows], out[self.dropped] = True, True
        return out

    def corrected(self, train: Corpus) -> pl.Series:
        """The labels of all rows, corrected where they are."""
        labels = train.given_labels.to_list()
        for row, label in zip(self.rows.tolist(), self.labels.to_list(), strict=True):
            labels[row] = label
        return pl.Series(train.given_labels.name, labels, dtype=train.given_labels.dtype)

    def apply(self, train: Corpus) -> Corpus:
        """The corpus with its labels corrected and without the rows that are dropped."""
        kept = np.setdiff1d(np.arange(len(train)), self.dropped)
        return Corpus(
            train.texts.gather(kept),
            self.corrected(train).gather(kept),
            train.rows[kept],
            train.source,
            label_order=train.label_order,
            text_columns=train.text_columns,
            label_column=train.label_column,
        )


def read_corrections(path: str | Path, train: Corpus, *, sep: str = "|") -> Corrections:
    """Read a table that `Suspects.table` made and a person has filled in, and find its rows in the data.

    A row is found by its number and text; in a file that has changed since, by the text alone, and its label. What is
    found nowhere is passed over and listed. A "correction" that is the row's label as it is corrects nothing.

    Args:
        path: the table: CSV, TSV, JSONL or Parquet with ``row``, ``text``, and ``corrected`` or ``drop``.
        train: the training texts with their labels.
        sep: between the labels of a text that has several; alone in ``corrected`` it says that the text has none.

    Raises:
        DataError: a column is missing, nothing is corrected, a corrected label is none of the data's, or what stands in
            ``drop`` is neither yes nor no.
    """
    asked = _asked(path)
    if not asked:
        raise DataError(
            message("corrects nothing: no row has anything in {corrected} or {drop}", corrected=CORRECTED, drop=DROP),
            where=str(path),
            hint=message("write a label into {corrected}, or yes into {drop}", corrected=CORRECTED, drop=DROP),
        )
    by_row = {int(row): place for place, row in enumerate(train.rows.tolist())}
    by_text: dict[str, list[int]] = {}
    wanted = {entry["text"] for entry in asked}
    for place, text in enumerate(train.texts):
        if text in wanted:
            by_text.setdefault(text, []).append(place)
    labels, dropped, lost, moved = dict[int, Any](), set[int](), list[str](), 0
    for entry in asked:
        drop = _is_yes(entry[DROP], message("{source}, row {row:,}", source=str(path), row=entry["at"]))
        places = _places(entry, by_row, by_text, train, sep)
        moved += bool(places) and by_row.get(entry["row"], -1) not in places
        if not places:
            lost.append(f"{entry['row']}" if entry["row"] else entry["text"][:40])
        for place in places:
            if drop:
                dropped.add(place)
            elif not _is_given(label := _label(entry, train, sep, str(path)), train[place].label):
                labels[place] = label
    rows = np.array(sorted(set(labels) - dropped), np.int64)
    series = pl.Series([labels[row] for row in rows.tolist()], dtype=train.given_labels.dtype)
    return Corrections(rows, series, np.array(sorted(dropped), np.int64), _notes(lost, moved))


def holds_corrections(path: str | Path) -> bool:
    """Whether somebody has filled in a table of suspects.

    Args:
        path: the table.

    Raises:
        DataError: it is none.
    """
    return bool(_asked(path))


def _asked(path: str | Path) -> list[dict[str, Any]]:
    """The rows of the table that ask for something."""
    source = open_source(path, text="text", need_label=False, missing="empty")
    for name in ("text", CORRECTED, DROP):
        if name not in source.columns and name != DROP:
            raise DataError(
                message("has no column {name!r}", name=name),
                where=str(path),
                hint=message("give the table that sadari data suspects wrote"),
            )
    found = []
    for batch in source.batches():
        frame = batch.frame
        columns = {name: _strings(frame, name) for name in ("row", "label", CORRECTED, DROP)}
        for number, text in enumerate(batch.texts.to_list()):
            entry: dict[str, Any] = {name: values[number] for name, values in columns.items()}
            if _folded(entry[DROP]) not in _NO or entry[CORRECTED].strip():
                row = entry["row"].strip()
                found.append(
                    {**entry, "row": int(row) if row.isdecimal() else 0, "text": text, "at": int(batch.rows[number])}
                )
    return found


def _folded(given: str) -> str:
    return given.strip().lower()


def _is_yes(given: str, where: Message) -> bool:
    """Whether a row is to be dropped.

    Raises:
        DataError: nobody can tell.
    """
    if _folded(given) not in _YES | _NO:
        raise DataError(
            message("{column} holds {given!r}", column=DROP, given=given[:40]),
            where=where,
            hint=message("write yes, or leave it empty"),
        )
    return _folded(given) in _YES


def _strings(frame: pl.DataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    return frame[name].cast(pl.String).fill_null("").to_list()


def _places(
    entry: Mapping[str, Any], by_row: Mapping[int, int], by_text: Mapping[str, Sequence[int]], train: Corpus, sep: str
) -> list[int]:
    """Where a row of the table stands in the data: itself, else those of the same text and label, else of the text."""
    same = by_text.get(entry["text"], [])
    own = by_row.get(entry["row"])
    if own is not None and own in same:
        return [own]
    alike = [place for place in same if entry["label"] in ("", _joined(train, place, sep))]
    return alike or list(same[:1] if len(same) == 1 else [])


def _joined(train: Corpus, place: int, sep: str) -> str:
    label = train[place].label
    return sep.join(label) if isinstance(label, list) else str(label)


def _label(entry: Mapping[str, Any], train: Corpus, sep: str, path: str) -> str | list[str]:
    """The corrected label, or labels.

    Raises:
        DataError: one is none of the data's.
    """
    given = entry[CORRECTED].strip()
    names = [part.strip() for part in given.split(sep) if part.strip()] if train.multi_label else [given]
    for name in names:
        if name not in train.label_names:
            near = get_close_matches(name, train.label_names, _NAMED, 0.0)
            near += ["…"] * (len(train.label_names) > len(near))
            raise DataError(
                message("the corrected label {name!r} is none of the data's", name=name),
                where=message("{source}, row {row:,}", source=path, row=entry["at"]),
                hint=message("there are: {names}", names=", ".join(near)),
            )
    return names if train.multi_label else names[0]


def _is_given(label: str | list[str], given: Any) -> bool:
    return set(label) == set(given) if isinstance(label, list) else label == given


def _notes(lost: Sequence[str], moved: int) -> list[Message]:
    notes = []
    if moved:
        notes.append(message("rows of the table that stand elsewhere now, found by their text: {moved:,}", moved=moved))
    if lost:
        shown = ", ".join(lost[:_LISTED]) + (", …" if len(lost) > _LISTED else "")
        said = message("rows of the table that are no longer in the data, passed over: {lost:,} ({rows})")
        notes.append(said.filled(lost=len(lost), rows=shown))
    return notes
