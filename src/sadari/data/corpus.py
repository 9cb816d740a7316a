"""A corpus: texts and labels in memory, and how it is split."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import polars as pl

from sadari.data.fingerprint import provenance
from sadari.data.formats.records import Places
from sadari.data.split import split
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, plural
from sadari.ragged import places_of
from sadari.settings.limits import MOST, Number, Whole, check, shown

__all__ = ["Corpus", "split"]


class Row(NamedTuple):
    """A text with its label: None where there is none, a list where a text has several."""

    text: str
    label: str | list[str] | None


@dataclass(frozen=True, repr=False)
class Corpus:
    """Texts with their labels, in file order: ``for text, label in corpus``, ``corpus[0]``, ``corpus[:100]``.

    Args:
        texts: (n,) String, no nulls.
        labels: (n,) String, or List[String] where a text has several; None without labels.
        rows: (n,) int64, each text's record number in the file, from 1; of many files, among all of them.
        source: the file's name, for messages.
        notes: sentences on what was guessed, dropped or odd.
        label_order: label names in an order known beforehand (such as ``classes.txt``).
        blank_rows: (k,) int64, record numbers of empty texts that were dropped.
        skipped: rows left out because they could not be read.
        text_columns: the columns of the file that the texts are from; empty where nobody said.
        label_column: the column that the labels are from; None where nobody said.
        places: of many files, where each row stands; else None.
        groups: (n,) String, equal of rows that belong together, which no split parts; None where nobody said.
        times: (n,) float64, when each row is from; None where nobody said.
    """

    texts: pl.Series
    labels: pl.Series | None
    rows: np.ndarray
    source: str
    notes: list[Message] = field(default_factory=list)
    label_order: tuple[str, ...] = ()
    blank_rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    skipped: int = 0
    text_columns: tuple[str, ...] = ()
    label_column: str | None = None
    places: Places | None = None
    groups: pl.Series | None = None
    times: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, column in (("texts", self.texts), ("labels", self.labels)):
            if not isinstance(column, pl.Series) and not (column is None and name == "labels"):
                raise SettingError(
                    message("{name} is {shown}", name=name, shown=shown(column)),
                    hint=message("it must be a Polars Series: pl.Series(…)"),
                )
        if self.texts.dtype != pl.String or self.texts.null_count():
            raise SettingError(message("texts must be strings, none missing, not {dtype}", dtype=self.texts.dtype))
        labels = len(self) if self.labels is None else len(self.labels)
        if not isinstance(self.rows, np.ndarray) or self.rows.ndim != 1 or not labels == len(self.rows) == len(self):
            raise SettingError(
                message(
                    "{number_of_self:,} texts need as many labels, and as many rows in an array",
                    number_of_self=len(self),
                )
            )

    def __len__(self) -> int:
        return self.texts.len()

    def __iter__(self) -> Iterator[Row]:
        labels = [None] * len(self) if self.labels is None else self.labels.to_list()
        return map(Row, self.texts.to_list(), labels)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Corpus: ...

    def __getitem__(self, index: int | slice) -> Row | Corpus:
        """One row, or those of a slice.

        Raises:
            IndexError: there is no such row. TypeError: it is asked for by something else than its place.
        """
        place = range(len(self))[index]
        if isinstance(place, range):
            return self.take(np.asarray(place, np.int64))
        label = None if self.labels is None else self.labels[place]
        return Row(self.texts[place], label.to_list() if isinstance(label, pl.Series) else label)

    def head(self, rows: int = 5) -> pl.DataFrame:
        """The first rows as a table of ``row``, ``label`` (where there are labels) and ``text``.

        Args:
            rows: so many, fewer if there are fewer.
        """
        check("rows", rows, Whole(1, MOST))
        labels = None if self.labels is None else self.labels.head(rows)
        return table_of(self.rows[:rows], labels, self.texts.head(rows))

    def __repr__(self) -> str:
        labels = "no labels" if self.labels is None else f"{len(self.label_names):,} labels"
        return f"Corpus of {len(self):,} texts, {labels}, from {self.source}"

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels."""
        return self.labels is not None and self.labels.dtype == pl.List(pl.String)

    @cached_property
    def label_names(self) -> list[str]:
        """The distinct labels: numbers by value, else in the known order, else by the alphabet."""
        if self.labels is None:
            return []
        flat = self.labels.explode() if self.multi_label else self.labels
        return sort_labels(flat.drop_nulls().unique().to_list(), self.label_order)

    @property
    def ordered(self) -> bool:
        """Whether the labels are known to have an order: they are whole numbers, or somebody gave one."""
        return bool(self.label_order) or not self.unordered

    @property
    def unordered(self) -> list[str]:
        """The labels that are no whole numbers, and so have no order by themselves."""
        return [name for name in self.label_names if not _is_whole_number(name)]

    @property
    def given_labels(self) -> pl.Series:
        """`labels`, of a corpus that has some.

        Raises:
            SettingError: it has none.
        """
        if self.labels is None:
            raise SettingError(message("there are no labels"))
        return self.labels

    @cached_property
    def codes(self) -> np.ndarray:
        """(n,) int32: each label's position in this corpus's own `label_names` (a part may lack some).

        Raises:
            SettingError: there are no labels, or several a text (see `indicator`).
        """
        if self.labels is None or self.multi_label:
            raise SettingError(message("codes need exactly one label a text"))
        return _places(self.labels, self.label_names)

    @cached_property
    def indicator(self) -> np.ndarray:
        """(n, labels) bool: which of `label_names` each text has."""
        every = self._by_label
        out = np.zeros((len(self), len(self.label_names)), np.bool_)
        out[every["at"].to_numpy(), _places(every["label"], self.label_names)] = True
        return out

    @cached_property
    def counts(self) -> dict[str, int]:
        """Texts of each label, in the order of `label_names`."""
        found = dict(self._by_label.group_by("label").agg(pl.len()).iter_rows())
        return {name: found[name] for name in self.label_names}

    @property
    def _by_label(self) -> pl.DataFrame:
        """A record for each label of each text: ``label``, the text's ``row``, and where it stands ``at``, from 0."""
        frame = pl.DataFrame({"label": self.given_labels, "row": self.rows, "at": np.arange(len(self))})
        return (frame.explode("label") if self.multi_label else frame).drop_nulls("label")

    def take(self, indices: np.ndarray) -> Corpus:
        """The texts at these places, in that order.

        Args:
            indices: int positions, or a bool mask.

        Raises:
            SettingError: they are neither, or there is no such text.
        """
        indices = places_of(indices, len(self))
        labels = None if self.labels is None else self.labels.gather(indices)
        groups = None if self.groups is None else self.groups.gather(indices)
        times = None if self.times is None else self.times[indices]
        texts, rows = self.texts.gather(indices), self.rows[indices]
        return replace(self, texts=texts, labels=labels, rows=rows, groups=groups, times=times)

    def split(self, *, validation: float = 0.1, seed: int = 0) -> tuple[Corpus, Corpus]:
        """Training and validation texts.

        Both have about the same share of each label, and equal texts are on one side.

        Args:
            validation: the share of the texts that validates.
            seed: of the shuffle; the same seed gives the same split.
        """
        check("validation", validation, Number(0, 1))
        train, held_out = self.parts((1 - validation, validation), seed=seed)
        return self.take(train), self.take(held_out)

    def parts(self, shares: Sequence[float], *, seed: int = 0) -> tuple[np.ndarray, ...]:
        """The rows, int64 and ascending, of parts that have about the same share of each label.

        Equal texts are in one part, and so are rows of one group. Of few rows a part may have none.

        Args:
            shares: of the parts, which add up to 1.
            seed: of the shuffle.

        Raises:
            SettingError: they add up to something else, or one is negative.
        """
        return split(self.given_labels, fractions=shares, texts=self.texts, groups=self.groups, seed=seed)

    def provenance(self, *, seed: int) -> dict[str, Any]:
        """What the folder of a model trained on these rows says of them; see `sadari.data.fingerprint.provenance`.

        Args:
            seed: the seed that the rows were split with.
        """
        return provenance(
            self.source,
            [self.texts],
            self.given_labels,
            text_columns=self.text_columns,
            label_column=self.label_column,
            seed=seed,
        )

    def place(self, row: int) -> Message:
        """Where a row stands: ``news.csv, row 12``.

        Args:
            row: its number, as in `rows`.
        """
        name, number = (self.source, row) if self.places is None else self.places.of(row)
        return message("{source}, row {row:,}", source=name, row=number)

    def check_trainable(self) -> None:
        """Raise unless a classifier can learn from this.

        Raises:
            DataError: no texts, no labels, or one label only.
        """
        if not len(self):
            what = message("there are no texts to train on")
            if self.blank_rows.size:
                what = message("there are no texts to train on ({blank:,} were blank)", blank=self.blank_rows.size)
            raise DataError(what, where=self.source)
        if self.labels is None:
            raise DataError(
                message("there are no labels to train on"),
                where=self.source,
                hint=message("name the column with --label"),
            )
        if len(self.label_names) < 2:
            only = self.label_names[0] if self.label_names else None
            what = plural("no label in {count:,} row", "no label in {count:,} rows", len(self))
            if only is not None:
                what = plural(
                    "only label {only!r} in {count:,} row",
                    "only label {only!r} in {count:,} rows",
                    len(self),
                    only=only,
                )
            raise DataError(
                what, where=self.source, hint=message("training needs two labels at least; is --label right?")
            )

    def check_lone(self) -> None:
        """Raise an error for two labels of which one has a single row: it cannot be both learned from and scored on.

        Raises:
            DataError: which label, and where.
        """
        counts = self.counts
        lone = min(counts, key=lambda name: counts[name])
        if len(counts) == 2 and counts[lone] == 1:
            row = self._by_label.filter(pl.col("label") == lone)["row"][0]
            raise DataError(
                message(
                    "label {lone!r} stands in this row alone, beside one other label: nothing is left to score it by",
                    lone=lone,
                ),
                where=self.place(row),
                hint=message("give more rows with that label; is --label right?"),
            )


def table_of(rows: np.ndarray, labels: pl.Series | None, texts: pl.Series) -> pl.DataFrame:
    """Some rows for the eye: ``row``, ``label`` (where there are labels) and ``text``."""
    frame = pl.DataFrame({"row": rows, "text": texts})
    return frame if labels is None else frame.insert_column(1, labels.alias("label"))


def _places(labels: pl.Series, names: Sequence[str]) -> np.ndarray:
    """(n,) int32: each label's place among the names."""
    if not names:  # Polars cannot replace by an empty table
        return np.empty(0, np.int32)
    return labels.replace_strict(names, range(len(names)), return_dtype=pl.Int32).to_numpy()


def check_corpora(**corpora: Any) -> None:
    """Refuse what is no corpus; there may be none to test on.

    Args:
        corpora: the name of each argument, and what was given for it.

    Raises:
        SettingError: what it is.
    """
    for name, given in corpora.items():
        if not isinstance(given, Corpus) and not (given is None and name == "test"):
            raise SettingError(
                message("{name} is {shown}", name=name, shown=shown(given)),
                hint=message("it must be a Corpus: sadari.open_source(path).read()"),
            )


def sort_labels(names: Sequence[str], order: Sequence[str] = ()) -> list[str]:
    """Labels by number if all are whole numbers, else in the known `order`, else by the alphabet."""
    known = {name: i for i, name in enumerate(order)}
    if known and all(name in known for name in names):
        return sorted(names, key=known.__getitem__)
    if names and all(_is_whole_number(name) for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _is_whole_number(name: str) -> bool:
    digits = name[1:] if name[:1] in "+-" else name
    return digits.isascii() and digits.isdecimal() and len(digits) < 19


def near_duplicate_labels(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Groups of labels that differ only in spaces around them, case, or Unicode composition (NFC)."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(unicodedata.normalize("NFC", name).strip().casefold(), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]
