"""Pairs of texts as a translator learns from them: which of them, and the ids of their subwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sadari.errors import DataError
from sadari.forked import check_threads
from sadari.messages import message
from sadari.text.column import as_column
from sadari.text.subword.bpe import Subwords

if TYPE_CHECKING:
    from sadari.train.objectives.translation import Pairs


def two_columns(sources: Any, targets: Any, what: str) -> tuple[pl.Series, pl.Series]:
    """Texts and their translations as columns.

    Args:
        sources: the texts.
        targets: their translations.
        what: they are for, in errors.

    Raises:
        DataError: not as many of the one as of the other, or some that are no text.
    """
    check_threads()
    read, written = as_column(sources), as_column(targets)
    if len(read) != len(written):
        raise DataError(
            message(
                "there are {number_of_read:,} {what} sources and {number_of_written:,} targets; each needs the other",
                number_of_read=len(read),
                what=what,
                number_of_written=len(written),
            )
        )
    return read, written


def filled(sources: pl.Series, targets: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The pairs of which both sides have something in them."""
    both = (sources.str.strip_chars() != "") & (targets.str.strip_chars() != "")
    return sources.filter(both), targets.filter(both)


def encode_pairs(
    sources: pl.Series, targets: pl.Series, subwords: tuple[Subwords, Subwords], most: int
) -> tuple[Pairs, int]:
    """What is learned or scored, and how many pairs are too long for it.

    Args:
        sources: n texts.
        targets: their n translations.
        subwords: of either side.
        most: subwords of a text, its end included.
    """
    from sadari.train.objectives.translation import Pairs, with_end

    read, written = (
        with_end(side.encode(texts), Subwords.end_id) for side, texts in zip(subwords, (sources, targets), strict=True)
    )
    fits = np.flatnonzero((read.lengths <= most) & (written.lengths <= most))
    pairs = Pairs(read.take(fits), written.take(fits), Subwords.pad_id, Subwords.start_id)
    return pairs, len(read) - len(fits)
