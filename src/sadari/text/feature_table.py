"""Counts or weights of some texts with the names of their features: what a notebook shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sadari.display.html import MOST_COLUMNS, MOST_ROWS, block, muted, rest, table, washed
from sadari.messages import counted, message

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BEGINNING = 40  # letters of a text, before its row


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """A row a text, a column a feature.

    Attributes:
        matrix: scipy CSR matrix [n, size] of counts (whole numbers) or weights (float32).
        names: the size features, in the order of the columns.
        texts: the n texts.
    """

    matrix: csr_matrix
    names: Sequence[str]
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"FeatureTable of {len(self):,} texts and {len(self.names):,} features, {self.matrix.nnz:,} stored"

    def row(self, number: int) -> dict[str, float]:
        """The features of one text and their values, the largest first.

        Args:
            number: of the text, from 0.
        """
        row = self.matrix[[number]]
        order = np.argsort(-row.data, kind="stable")
        return {self.names[column]: row.data[at].item() for at, column in zip(order, row.indices[order], strict=True)}

    def _repr_html_(self) -> str:
        """The first texts, with the features that say most in these."""
        part = self.matrix[: min(len(self), MOST_ROWS)]
        total = np.asarray(part.sum(axis=0)).ravel()
        columns = np.sort(np.argsort(-total, kind="stable")[:MOST_COLUMNS])
        columns = columns[total[columns] > 0]
        dense, reach = part[:, columns].toarray(), float(part.max() if part.nnz else 1) or 1.0
        rows = [
            [text if len(text) <= BEGINNING else f"{text[:BEGINNING]}…", *(_value(value, reach) for value in row)]
            for text, row in zip(self.texts, dense.tolist(), strict=False)
        ]
        said = message(
            "{texts}, {features:,} features: those shown say most in these texts",
            texts=counted(len(self), "text"),
            features=len(self.names),
        )
        return block(
            table(rows, headings=["", *(self.names[column] for column in columns)]),
            muted(said),
            rest(len(rows), len(self)),
        )


def _value(value: float, reach: float) -> str:
    return washed(f"{value:.3f}" if isinstance(value, float) else f"{value:,}", value / reach) if value else ""
