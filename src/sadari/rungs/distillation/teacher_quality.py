"""Whether a teacher knows more of its pupil's labels than which is the commonest: else it has nothing to teach."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.data.text_stream import TextStream
from sadari.errors import SadariWarning
from sadari.messages import Message, both, message
from sadari.rungs.answering import Answering
from sadari.text.column import columns

CHANCE = 0.05  # the p-value from which on a teacher is taken to be no better


@dataclass(frozen=True)
class Worth:
    """What a teacher gets right of texts whose labels are known.

    Attributes:
        rows: texts.
        right: the share of them that the teacher gets right.
        commonest: the share that the most frequent answer alone gets right.
        answer: the labels of that one answer.
        chance: the probability that a teacher which is no better than that answer would do as well: one-sided, of the
            rows that just one of the two gets right (the sign test).
    """

    rows: int
    right: float
    commonest: float
    answer: tuple[str, ...]
    chance: float

    @classmethod
    def of(cls, chosen: NDArray[np.int8], targets: NDArray[np.int8], names: list[str]) -> Worth:
        """Of what a teacher chooses, int8 [n, k], and what is true, int8 [n, k]."""
        from scipy.special import bdtr  # takes long to load, and a prediction needs none

        answer = _commonest(targets)
        right, easy = (chosen == targets).all(axis=1), (targets == answer).all(axis=1)
        won, lost = int((right & ~easy).sum()), int((easy & ~right).sum())
        return cls(
            len(targets),
            float(right.mean()),
            float(easy.mean()),
            tuple(name for name, has in zip(names, answer, strict=True) if has),
            float(bdtr(lost, won + lost, 0.5)),
        )

    def warn(self, kind: Message) -> None:
        """Say so if the teacher is at chance.

        Args:
            kind: of the rows, such as "labelled rows".
        """
        if self.chance < CHANCE:
            return
        always = both(list(map(repr, self.answer))) if self.answer else message("no label")
        than = message("no better") if self.right <= self.commonest else message("not clearly better")
        warnings.warn(
            SadariWarning(
                message(
                    "the teacher is right in {right:.1f} % of {rows:,} {kind}, {beside} than "
                    "always answering {always} ({commonest:.1f} %): it may have nothing to teach",
                    right=100 * self.right,
                    rows=self.rows,
                    kind=kind,
                    beside=than,
                    always=always,
                    commonest=100 * self.commonest,
                )
            ),
            stacklevel=2,
        )


def learned_from(teacher: Answering, texts: pl.Series | TextStream, labels: pl.Series | NDArray[np.int8]) -> bool:
    """Whether a teacher was trained on these very rows, as far as its folder tells."""
    known = teacher.data_.get("sha256")
    if known is None or isinstance(labels, np.ndarray) or teacher.data_.get("rows", len(labels)) != len(labels):
        return False  # of as many rows alone a stream is read once more
    inner = pl.List(pl.String) if isinstance(labels.dtype, pl.List) else pl.String
    return bool(known == fingerprint(columns(texts), labels.cast(inner)))


def _commonest(targets: NDArray[np.int8]) -> NDArray[np.int8]:
    """int8 [k]: the labels that most rows of int8 [n, k] have, all of them and no others."""
    if (targets.sum(axis=1, dtype=np.int64) == 1).all():
        return (np.arange(targets.shape[1]) == targets.sum(axis=0, dtype=np.int64).argmax()).astype(np.int8)
    rows, counts = np.unique(targets, axis=0, return_counts=True)
    return rows[counts.argmax()]
