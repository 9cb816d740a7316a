"""What exactly a model was trained on: where from, and one SHA-256 of all texts and labels, however they were read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
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


def provenance(
    source: str,
    texts: Iterable[pl.Series],
    labels: pl.Series,
    *,
    text_columns: Sequence[str],
    label_column: str | None,
    seed: int,
) -> dict[str, Any]:
    """What a model's folder says of its training rows, as plain values for JSON.

    Args:
        source: the file or the data set.
        texts: the training texts, as for `fingerprint`.
        labels: their labels, as for `fingerprint`.
        text_columns: the columns that the texts are from; predicting looks for them again.
        label_column: the column that the labels are from.
        seed: of the split.
    """
    return {
        "source": source,
        "text_columns": list(text_columns),
        "label_column": label_column,
        "rows": len(labels),
        "seed": seed,
        "sha256": fingerprint(texts, labels),
    }


def text_keys(texts: pl.Series) -> np.ndarray:
    """uint64 [n]: of equal texts the same, on every machine and in every version; of others, hardly ever.

    Args:
        texts: String, none missing.
    """
    keys = bytearray()
    for text in texts:
        keys += hashlib.blake2b(text.encode(), digest_size=8).digest()
    return np.frombuffer(bytes(keys), "<u8").astype(np.uint64)
