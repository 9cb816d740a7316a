"""What exactly a model was trained on: one SHA-256 of all texts and labels, the same however they were read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import polars as pl

_BETWEEN = "\x1e"  # record separator


def fingerprint(texts: Iterable[pl.Series], labels: pl.Series | None = None) -> str:
    """SHA-256 (hex) of texts, in order, and their labels.

    Args:
        texts: the texts, in any number of columns.
        labels: String, or List[String], one entry a text.
    """
    digest = hashlib.sha256()
    for column in texts:
        if len(column):
            digest.update((column.str.join(_BETWEEN).item() + _BETWEEN).encode())
    if labels is not None and len(labels):
        flat = labels.list.join(_BETWEEN) if isinstance(labels.dtype, pl.List) else labels
        digest.update(("\x1d" + flat.cast(pl.String).str.join(_BETWEEN).item()).encode())
    return digest.hexdigest()
