"""Words that are already cut: a column of them as tokens, one a text."""

from __future__ import annotations

import numpy as np
import polars as pl

from sadari.text.column import column_bytes
from sadari.text.table import hash_slices
from sadari.text.tokens.scan import Tokens


def whole_words(column: pl.Series) -> Tokens:
    """Each entry of a column as one token, as it is: spaces, capitals and all."""
    content, offsets = column_bytes(column)
    starts, lengths = offsets[:-1].astype(np.int32), np.diff(offsets).astype(np.int32)
    return Tokens(content, starts, lengths, hash_slices(content, starts, lengths), np.arange(len(column) + 1))
