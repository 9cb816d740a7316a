"""What the letters of two languages say about how to cut them into subwords."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SAMPLE = 5_000  # texts looked at
LIKE = 0.5  # the share of letters that two languages have in common, to be of one script
MOST, LEAST = 8_000, 500
WORDS_EACH = 20


def same_script(first: pl.Series, second: pl.Series) -> bool:
    """Whether two languages are written in the same letters, so that one vocabulary of subwords serves both."""
    shares = [_shares(column.head(SAMPLE)) for column in (first, second)]
    common = sum(min(share, shares[1].get(letter, 0.0)) for letter, share in shares[0].items())
    return common >= LIKE


def vocabulary_size(columns: Sequence[pl.Series]) -> int:
    """How many subwords texts can do with: each should be seen often enough to be learned."""
    words = sum(int(column.str.count_matches(r"\S+").sum()) for column in columns)
    return min(MOST, max(LEAST, words // WORDS_EACH))


def _shares(texts: pl.Series) -> dict[str, float]:
    """Each lower-case letter's share of all."""
    letters = texts.str.to_lowercase().str.extract_all(r"\p{L}").explode().drop_nulls()
    counts = letters.value_counts(normalize=True)
    return dict(zip(counts.to_series(0).to_list(), counts.to_series(1).to_list(), strict=True))
