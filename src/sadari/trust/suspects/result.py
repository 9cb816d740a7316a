"""What was found of the labels: every row ranked, and tables to work through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import find

from sadari import readable
from sadari.data.corpus import Corpus
from sadari.display.html import block, cell, muted, table
from sadari.messages import Message, message
from sadari.metrics.label_quality.quality import LabelQuality
from sadari.trust.suspects.reasons import NEAREST, Reason

CORRECTED, DROP = "corrected", "drop"  # the columns that a person fills in
_ROWS = 2**15  # of a table at a time
_SHOWN, _LONG = 10, 160


@dataclass(frozen=True, repr=False)
class Suspects:
    """Every training text, ranked by how likely its label is right.

    Attributes:
        train: the texts with their labels.
        quality: what the vote says of each row.
        voters: who voted: rungs.
        order: int64, positions of the rows that were voted on, the most suspicious first.
        reasons: why, of the first of these.
        notes: how it was found.
    """

    train: Corpus
    quality: LabelQuality
    voters: list[str]
    order: NDArray[np.int64]
    reasons: list[Reason]
    notes: list[Message] = field(default_factory=list)

    def __len__(self) -> int:
        """How many labels are suspects: more likely wrong than right."""
        return int(self.quality.suspect.sum())

    def __repr__(self) -> str:
        return f"Suspects: {len(self):,} of {len(self.train):,} labels, from {self.train.source}"

    def table(self, rows: int | None = None, *, sep: str = "|") -> pl.DataFrame:
        """The rows as a table, the most suspicious first; ``corrected`` and ``drop`` are for a person to fill in.

        Args:
            rows: so many; None: all, those that nobody could vote on at the end.
            sep: between the labels of a text that has several.
        """
        return pl.concat(self.batches(rows, sep=sep))

    def first(self, rows: int) -> pl.DataFrame:
        """The first rows that are suspects, without what speaks against their labels.

        Args:
            rows: so many at most.
        """
        return self._batch(self.order[self.quality.suspect[self.order]][:rows], [], "|")

    def batches(self, rows: int | None = None, *, sep: str = "|") -> Iterator[pl.DataFrame]:
        """The same, some rows at a time.

        Args:
            rows: as above.
            sep: as above.
        """
        unjudged = np.flatnonzero(self.quality.voters == 0)
        every = np.concatenate([self.order, unjudged])[:rows]
        for first in range(0, max(1, len(every)), _ROWS):
            yield self._batch(every[first : first + _ROWS], self.reasons[first : min(len(every), first + _ROWS)], sep)

    def _batch(self, places: NDArray[np.int64], reasons: Sequence[Reason], sep: str) -> pl.DataFrame:
        quality, missing = self.quality, [None] * (len(places) - len(reasons))
        right = pl.Series(quality.right[places].astype(np.float64).round(4)).fill_nan(None)
        words = [", ".join(reason.words) for reason in reasons]
        columns: dict[str, Any] = {
            "row": self.train.rows[places],
            "text": self.train.texts.gather(places),
            "label": self._joined(self.train.given_labels.gather(places), sep),
            "likelier": self._likelier(places, sep),
            "right": right,
            "score": pl.Series(quality.score[places].astype(np.float64).round(4)).fill_nan(None),
            "against": quality.against[places],
            "voters": quality.voters[places],
            "suspect": pl.Series(np.where(quality.suspect[places], "yes", "").tolist(), dtype=pl.String),
            "words": pl.Series([*words, *missing], dtype=pl.String),
        }
        for number in range(NEAREST):
            near = [self._near(reason, number, sep) for reason in reasons]
            columns[f"nearest_{number + 1}"] = pl.Series([*near, *missing], dtype=pl.String)
        empty = pl.Series([None] * len(places), dtype=pl.String)
        return pl.DataFrame({**columns, CORRECTED: empty, DROP: empty})

    def _joined(self, labels: pl.Series, sep: str) -> pl.Series:
        return labels.list.join(sep) if self.train.multi_label else labels

    def _likelier(self, places: NDArray[np.int64], sep: str) -> pl.Series:
        """The label that the vote would give, where it is another; the separator alone where it would give none."""
        names, quality = self.train.label_names, self.quality
        if quality.flips is None:
            other = quality.likelier[places] != self.train.codes[places]
            found = pl.Series(names, dtype=pl.String).gather(quality.likelier[places])
            return pl.select(pl.when(pl.Series(other)).then(found)).to_series()
        flips = quality.flips[places]
        mended = self.train.indicator[places] ^ flips
        return pl.Series(
            [
                (sep.join(names[k] for k in np.flatnonzero(row)) or sep) if any_ else None
                for row, any_ in zip(mended, np.atleast_1d(flips.any(axis=1)), strict=True)
            ],
            dtype=pl.String,
        )

    def _near(self, reason: Reason, number: int, sep: str) -> str | None:
        if number >= len(reason.nearest):
            return None
        text, label = self.train[int(reason.nearest[number])]
        said = sep.join(label) if isinstance(label, list) else label
        return f"[{said}] {' '.join(text.split())[:_LONG]}"

    def pairs(self, count: int = 5) -> list[tuple[str, str, float]]:
        """Which label is given in place of which other, and about how many rows, the most first.

        Of several labels a text: the label, ``""`` where it is missing in error and itself where it is there in error.

        Args:
            count: of the pairs.
        """
        names, shares = self.train.label_names, self.quality.joint * len(self.order)
        if self.train.multi_label:
            found = [
                (name, name if column == 0 else "", float(shares[k, column]))
                for k, name in enumerate(names)
                for column in (0, 1)
            ]
        else:
            cells = zip(*(each.tolist() for each in find(shares)), strict=True)
            found = [(names[i], names[j], rows) for i, j, rows in sorted(cells) if i != j]
        return sorted((each for each in found if each[2] >= 0.5), key=lambda each: -each[2])[:count]

    def to_dict(self, rows: int = 100) -> dict[str, Any]:
        """Plain values for JSON.

        Args:
            rows: of the most suspicious.
        """
        return {
            "source": self.train.source,
            "rows": len(self.train),
            "judged": len(self.order),
            "suspects": len(self),
            "noise": self.quality.noise,
            "voters": self.voters,
            "notes": self.notes,
            "pairs": [dict(zip(("label", "rather", "rows"), pair, strict=True)) for pair in self.pairs()],
            "thresholds": dict(zip(self.train.label_names, self.quality.thresholds.tolist(), strict=True)),
            "ranked": self.table(rows).drop(CORRECTED, DROP).to_dicts(),
        }

    def said(self) -> Message:
        """How many labels are suspects, and how many are wrong as far as one can tell, in a sentence."""
        return message(
            "{suspects:,} of {rows:,} texts have a label that is more likely wrong than right; about {share} of all "
            "labels are wrong",
            suspects=len(self),
            rows=len(self.order),
            share=readable.in_percent(self.quality.noise),
        )

    def _repr_html_(self) -> str:
        """The sentence, and the first suspects."""
        shown = self.table(min(_SHOWN, len(self.order)))
        rows = [
            (row["row"], row["label"], row["likelier"] or "", f"{row['right']:.2f}", cell(row["text"][:_LONG], 600))
            for row in shown.to_dicts()
        ]
        headings = [message("row"), message("label"), message("rather"), message("right"), message("text")]
        return block(cell(self.said(), 600), table(rows, headings=headings, left=5), *map(muted, self.notes))
