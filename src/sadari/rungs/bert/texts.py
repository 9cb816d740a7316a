"""Texts as a fine-tuned encoder reads them: pieces, cut or in windows, with those that stand round every text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message
from sadari.ragged import Ragged
from sadari.rungs.bert.settings import longest_read
from sadari.text.long_texts import fit_long
from sadari.text.subword.pretrained import SubwordTokenizer


@dataclass(frozen=True)
class TextReader:
    """How texts are read.

    Attributes:
        pieces: the tokenizer.
        longest: pieces that are read at once, those round a text included.
        way: how longer texts are read, of `sadari.text.long_texts.WAYS`.
    """

    pieces: SubwordTokenizer
    longest: int
    way: str

    @property
    def room(self) -> int:
        """Pieces of a text itself that are read at once."""
        return max(1, self.longest - self.pieces.extra)

    def cut(self, ids: Ragged) -> NDArray[np.bool_]:
        """bool [n]: which texts, as the tokenizer gives them, are not read to the end."""
        return ids.lengths > self.room if self.way != "windows" else np.zeros(len(ids), np.bool_)

    def read(self, ids: Ragged) -> tuple[Ragged, NDArray[np.int64]]:
        """What the net reads [m], and int64 [m], of which text each is: more than one of a text are its windows."""
        part, owners = fit_long(ids, self.room, self.way)
        return self.pieces.closed(part), owners


@dataclass(frozen=True)
class TrainingTexts:
    """What a net learns from.

    Attributes:
        reader: how the texts were read.
        ids: what of them [m].
        owners: int64 [m], of which text each is.
        rows: how many texts there are.
        cut: how many were not read to the end.
    """

    reader: TextReader
    ids: Ragged
    owners: NDArray[np.int64]
    rows: int
    cut: int

    def __len__(self) -> int:
        return self.rows

    @property
    def windowed(self) -> tuple[int, int]:
        """How many texts are read in more than one window, and how many windows these have."""
        counts = np.bincount(self.owners, minlength=self.rows)
        return int(np.count_nonzero(counts > 1)), int(counts[counts > 1].sum())

    @classmethod
    def of(
        cls, columns: Iterable[pl.Series], pieces: SubwordTokenizer, asked: int | None, most: int, way: str
    ) -> TrainingTexts:
        """Read training texts.

        Args:
            columns: String columns of texts.
            pieces: the model's tokenizer.
            asked: pieces that a text may have; None: by the first column's lengths.
            most: what the model takes.
            way: how longer texts are read.

        Raises:
            DataError: the tokenizer knows nothing in them.
        """
        reader = TextReader(pieces, most, way)
        parts: list[Ragged] = []
        owners: list[NDArray[np.int64]] = []
        rows = cut = 0
        for column in columns:
            ids = pieces.encode(column)
            if not parts:
                reader = TextReader(pieces, min(asked or longest_read(ids.lengths + pieces.extra, most), most), way)
                if not pieces.known(ids).any():
                    sample = ", ".join(repr(text[:60]) for text in column.head(3))
                    raise DataError(
                        message("the weights' tokenizer knows nothing in the texts"),
                        where=message("such as {sample}", sample=sample),
                        hint=message("take weights that were trained on this language"),
                    )
            part, owner = reader.read(ids)
            parts.append(part)
            owners.append(owner + rows)
            rows, cut = rows + len(ids), cut + int(reader.cut(ids).sum())
        return cls(reader, Ragged.concat(parts), np.concatenate([np.empty(0, np.int64), *owners]), rows, cut)

    def shares(self, costs: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [m]: what each part costs, so that a text's windows cost together as much as one text."""
        found = costs[self.owners] / np.bincount(self.owners, minlength=self.rows)[self.owners]
        return (found / found.mean()).astype(np.float32)


def averaged(logits: NDArray[np.float32], owners: NDArray[np.int64], texts: int) -> NDArray[np.float32]:
    """Means over the windows of each text: float32 [texts, k]."""
    if len(logits) == texts:
        return logits
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    means = np.add.reduceat(logits, starts, axis=0) / np.diff(np.append(starts, len(owners)))[:, None]
    return means.astype(np.float32)
