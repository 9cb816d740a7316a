"""Which texts of a file may be asked: each once, blank ones never, and of very many a random part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.source import Source
from sadari.errors import DataError
from sadari.messages import Message, counted, message, some_of

MOST = 20_000  # texts: more make every step behind the page longer, and tell little that these do not
RESERVED = 0.1  # the share that is asked in random order only, to estimate by
SHOWN, LISTED = 60, 10  # characters of a text that is listed, and texts
_SEED = 7


@dataclass(frozen=True)
class Candidates:
    """Texts that may be asked, in random order, which the texts alone decide.

    Attributes:
        texts: String [n], as they stand in the file.
        rows: int64 [n], where each stands first, from 1; 0: it is answered and no longer in the file.
        reserved: bool [n], which are asked in this order only; a learner never chooses among them.
        all: rows of the file.
        blank: rows without a text.
        different: texts that differ by more than white space at their ends.
    """

    texts: pl.Series
    rows: NDArray[np.int64]
    reserved: NDArray[np.bool_]
    all: int
    blank: int
    different: int

    def __len__(self) -> int:
        return len(self.texts)

    def notes(self) -> list[Message]:
        """What there is to say of a file that is to be labelled."""
        found = []
        double = self.all - self.blank - self.different
        asked = int((self.rows > 0).sum())
        if self.blank or double:
            found.append(
                message(
                    "of {count}, {blank:,} without a text and {double:,} that stand twice are not asked",
                    count=counted(self.all, "row"),
                    blank=self.blank,
                    double=double,
                )
            )
        if asked < self.different:
            found.append(
                message(
                    "{count} drawn at random are asked, of {all:,}", count=counted(asked, "text"), all=self.different
                )
            )
        gone = self.texts.filter(pl.Series(self.rows == 0)).to_list()
        if gone:
            shown = [repr(text.strip()[:SHOWN]) for text in gone]
            found.append(
                message(
                    "{count} that were labelled are not in the file any more; their labels stay: {texts}",
                    count=counted(len(gone), "text"),
                    texts=some_of(shown, LISTED),
                )
            )
        return found


def read_candidates(source: Source, answered: Sequence[str] = (), most: int = MOST) -> Candidates:
    """The candidates of a file, in bounded memory: of more than `most` texts those with the smallest hashes.

    Args:
        source: the file; a row without text must be no error.
        answered: texts that are among them in any case, also those that are not in the file.
        most: texts that are not answered.

    Raises:
        DataError: there is no text.
    """
    gathered = _Gathered(_hashes(pl.Series(answered, dtype=pl.String)), most)
    for batch in source.batches(whole=False):
        gathered.add(batch.texts, batch.rows)
    if not gathered.different:
        raise DataError(message("there is no text"), where=source.path)
    table = gathered.table(answered)
    share = np.arange(len(table)) < np.ceil(RESERVED * len(table))
    return Candidates(table["text"], table["row"].to_numpy(), share, gathered.all, gathered.blank, gathered.different)


def _hashes(texts: pl.Series) -> pl.Series:
    """UInt64 [n]: the same of texts that differ in white space at their ends alone."""
    return texts.str.strip_chars().hash(_SEED)


class _Gathered:
    """What was kept of the rows so far.

    Args:
        wanted: UInt64, hashes of texts that are kept in any case.
        most: others to keep.
    """

    def __init__(self, wanted: pl.Series, most: int) -> None:
        self._wanted, self._most, self.all, self.blank = wanted.implode(), most, 0, 0
        self._kept: list[pl.DataFrame] = []
        self._limit, self._size, self._seen = 2**64 - 1, 0, list[NDArray[np.uint64]]()

    def add(self, texts: pl.Series, rows: NDArray[np.int64]) -> None:
        """Some rows more."""
        table = pl.DataFrame({"text": texts, "row": rows, "hash": _hashes(texts)})
        full = table.filter(pl.col("text").str.strip_chars() != "")
        self.all += len(table)
        self.blank += len(table) - len(full)
        self._seen.append(full["hash"].unique().to_numpy())
        self._kept.append(full.filter((pl.col("hash") <= self._limit) | pl.col("hash").is_in(self._wanted)))
        self._size += len(self._kept[-1])
        if self._size > 4 * self._most + 1_000:
            self._reduce()

    @property
    def different(self) -> int:
        """How many texts there are."""
        self._seen = [np.unique(np.concatenate(self._seen))] if self._seen else []
        return sum(map(len, self._seen))

    def _reduce(self) -> None:
        once = pl.concat(self._kept).unique("hash", keep="first", maintain_order=True)
        is_wanted = pl.col("hash").is_in(self._wanted)
        others = once.filter(~is_wanted).sort("hash").head(self._most)
        if len(others) == self._most:
            self._limit = int(others["hash"][-1])
        self._kept = [once.filter(is_wanted), others]
        self._size = sum(map(len, self._kept))

    def table(self, answered: Sequence[str]) -> pl.DataFrame:
        """Text, row and hash of each, by hash."""
        self._reduce()
        given = pl.Series("text", answered, dtype=pl.String)
        nowhere = pl.DataFrame({"text": given, "row": np.zeros(len(given), np.int64), "hash": _hashes(given)})
        return pl.concat([*self._kept, nowhere]).unique("hash", keep="first", maintain_order=True).sort("hash")
