"""Which rows of a training and a test column repeat, contradict or leak into one another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sadari.data.audit.duplicates import NearPairs, first_rows, near_pairs


@dataclass(frozen=True)
class Side:
    """One split's rows; the rows in its answers are positions within this split, int64, ascending.

    Args:
        ids: int64 [rows], a number for each distinct text, the same in both splits.
        blank: bool [rows].
        labels: String [rows], one key a row whatever the number of its labels; null without.
    """

    ids: np.ndarray
    blank: np.ndarray
    labels: pl.Series

    @cached_property
    def duplicates(self) -> np.ndarray:
        """Rows whose text and label an earlier row has."""
        first = first_rows(pl.Series(self.ids), self.labels)
        return np.flatnonzero((first != np.arange(len(first))) & ~self.blank)

    @cached_property
    def contradicting(self) -> np.ndarray:
        """All rows of texts that occur with two labels or more."""
        frame = pl.DataFrame({"text": self.ids, "label": self.labels}).with_row_index()
        frame = frame.filter(~pl.Series(self.blank) & pl.col("label").is_not_null())
        repeated = frame.filter(pl.len().over("text") > 1)
        return repeated.filter(pl.col("label").n_unique().over("text") > 1)["index"].to_numpy().astype(np.int64)

    def first_with(self, ids: np.ndarray) -> np.ndarray:
        """For each id the first row that has it, or -1, int64 [ids]."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        known, rows = np.unique(self.ids, return_index=True)
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return np.where(known[at] == ids, rows[at], -1)


@dataclass(frozen=True)
class Repeats:
    """Both splits, and the pairs of text ids that nearly equal each other."""

    train: Side
    test: Side
    near: NearPairs

    def near_within(self, side: Side) -> np.ndarray:
        """Pairs of rows (earlier, later) of one split with nearly the same text, int64 [pairs, 2]."""
        rows = np.stack([side.first_with(self.near.first), side.first_with(self.near.second)], axis=1)
        return np.sort(rows[(rows >= 0).all(axis=1)], axis=1)

    @cached_property
    def near_across(self) -> np.ndarray:
        """Pairs (training row, test row) of nearly, and nowhere exactly, the same text, int64 [pairs, 2]."""
        # An id is the first row that has the text, training's before the test's: the lower id is training's.
        rows = np.stack([self.train.first_with(self.near.first), self.test.first_with(self.near.second)], axis=1)
        return rows[(rows >= 0).all(axis=1) & (self.train.first_with(self.near.second) < 0)]

    @cached_property
    def leaked_exact(self) -> np.ndarray:
        """Bool [test rows]: the text is in training too."""
        return np.isin(self.test.ids, self.train.ids) & ~self.test.blank

    @cached_property
    def leaked_near(self) -> np.ndarray:
        """Bool [test rows]: training has nearly this text, but not this text."""
        return np.isin(self.test.ids, self.test.ids[self.near_across[:, 1]])

    @cached_property
    def contradicting_across(self) -> np.ndarray:
        """Test rows whose text is in training, always with other labels."""
        if self.train.labels.is_null().all():
            return np.zeros(0, np.int64)
        ids = pl.Series(np.concatenate([self.train.ids, self.test.ids]))
        first = first_rows(ids, pl.concat([self.train.labels, self.test.labels]))[len(self.train.ids) :]
        labelled = self.test.labels.is_not_null().to_numpy()
        return np.flatnonzero(self.leaked_exact & labelled & (first >= len(self.train.ids)))


def find_repeats(folded: pl.Series, labels: pl.Series, train_rows: int, *, width: int, seed: int) -> Repeats:
    """Compare all rows of both splits.

    Args:
        folded: String [training rows + test rows], as `sadari.data.audit.duplicates.fold` returns it.
        labels: String, the same length; null where a row has none.
        train_rows: how many of them are training's.
        width: characters in a shingle.
        seed: of the search for near-duplicates.
    """
    ids = first_rows(folded)
    blank = (folded == "").to_numpy()
    distinct = np.flatnonzero((ids == np.arange(len(ids))) & ~blank)
    near = near_pairs(folded.gather(distinct), width=width, seed=seed, prefer=distinct >= train_rows)
    return Repeats(
        Side(ids[:train_rows], blank[:train_rows], labels[:train_rows]),
        Side(ids[train_rows:], blank[train_rows:], labels[train_rows:]),
        NearPairs(distinct[near.first], distinct[near.second], near.similarity, near.notes),
    )
