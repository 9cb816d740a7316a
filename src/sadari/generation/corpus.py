"""What a generator learns from: texts as one long row of ids, of which the last part is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import sort_labels
from sadari.data.fingerprint import fingerprint
from sadari.errors import DataError
from sadari.forked import check_threads
from sadari.generation.codec import END_ID, UNKNOWN_ID, TextCodec, decode, learn_codec
from sadari.messages import message
from sadari.ragged import Ragged, positions_of
from sadari.text.column import as_column
from sadari.train.labels import as_labels

MOST_HELD_OUT = 2**18  # tokens: scoring more of them says little more, and takes time from learning
CONTEXT = 256  # tokens before the held-out ones that are given with them
MOST_LABELS = 10_000


@dataclass(frozen=True)
class TrainingText:
    """Texts as ids.

    Attributes:
        codec: what the ids mean.
        ids: int32 [n], to learn from.
        held_out: int32 [m], to score on; of these the first `known` ones are the end of `ids`. Empty: none.
        characters: of the held-out tokens; None where some are ``<unk>``.
        texts: how many texts there are; 0 for one running text.
        blank: texts left out because there is nothing in them.
        unknown: tokens that are ``<unk>``.
        fingerprint: SHA-256 of texts and labels.
    """

    codec: TextCodec
    ids: NDArray[np.int32]
    held_out: NDArray[np.int32]
    known: int
    characters: int | None
    texts: int
    blank: int
    unknown: int
    fingerprint: str

    @property
    def learned(self) -> int:
        """Tokens of the texts themselves that are learned: without ends and labels."""
        return self._written(self.ids)

    @property
    def scored(self) -> int:
        """Tokens of the texts themselves that are held out."""
        return self._written(self.held_out[self.known :])

    def _written(self, ids: NDArray[np.int32]) -> int:
        marks = (ids == END_ID) | ((ids > END_ID) & (ids <= END_ID + len(self.codec.labels)))
        return len(ids) - int(np.count_nonzero(marks))


def _different(names: pl.Series) -> list[str]:
    """The labels, each once, in their order."""
    known = sort_labels(names.unique().to_list(), ())
    if len(known) > MOST_LABELS:
        raise DataError(
            message("there are {number_of_known_labels:,} different labels", number_of_known_labels=len(known)),
            hint=message("is it the right column?"),
        )
    return known


def gather(
    texts: Any,
    labels: Any = None,
    *,
    level: str = "char",
    min_freq: int = 1,
    max_vocab: int | None = None,
    validation: float = 0.1,
    seed: int = 0,
) -> TrainingText:
    """Texts as one row of ids: ``<end>``, then the text; or of several, in random order, each with its label and end.

    Args:
        texts: one running text, or a column or sequence of them.
        labels: one a text, or None.
        level: see `learn_codec`.
        min_freq: see `learn_codec`.
        max_vocab: see `learn_codec`.
        validation: the share of all tokens that is held out, at the end.
        seed: of the order.

    Raises:
        DataError: there is nothing to learn from, or the labels do not fit the texts.
    """
    check_threads()
    running = isinstance(texts, str)
    column = as_column([texts] if running else texts)
    names = None if labels is None else _labels(labels, len(column))
    if names is not None and running:
        raise DataError(
            message("a label was given, and one running text"),
            hint=message("give a list of texts, and a label for each"),
        )
    kept = column.str.contains(r"\S")
    blank = int((~kept).sum())
    column, names = column.filter(kept), None if names is None else names.filter(kept)
    if not len(column):
        raise DataError(
            message("there is no text to learn from"), hint=message("the file is blank, or every text in it is")
        )
    known_labels = [] if names is None else _different(names)
    codec = learn_codec(level, column, labels=known_labels, min_freq=min_freq, max_vocab=max_vocab)
    encoded = codec.encode(column)
    unknown = int(np.count_nonzero(encoded.values == UNKNOWN_ID))
    ids = _running(encoded) if running else _documents(encoded, names, known_labels, seed)
    count = min(len(ids) - int(len(ids) * (1 - validation)), MOST_HELD_OUT) if validation else 0
    split = len(ids) - count
    before = max(0, split - CONTEXT) if count else split
    held_out = ids[before:] if count else ids[:0]
    return TrainingText(
        codec,
        ids[:split],
        held_out,
        split - before,
        characters_of(codec, ids[split:]),
        0 if running else len(column),
        blank,
        unknown,
        fingerprint([column], names),
    )


def characters_of(codec: TextCodec, ids: NDArray[np.int32]) -> int | None:
    """How many characters some ids are written in; None where some of them cannot be written."""
    return None if (ids == UNKNOWN_ID).any() else len(decode(codec, ids.tolist()))


def _labels(labels: Any, texts: int) -> pl.Series:
    names = as_labels(labels)
    if isinstance(names, np.ndarray) or isinstance(names.dtype, pl.List):
        raise DataError(message("a text has several labels"), hint=message("a text can be asked for by one"))
    names = names.cast(pl.String)
    if len(names) != texts:
        raise DataError(
            message("there are {texts:,} texts and {number_of_names:,} labels", texts=texts, number_of_names=len(names))
        )
    return names


def _running(encoded: Ragged) -> NDArray[np.int32]:
    return np.concatenate([np.full(1, END_ID, np.int32), encoded.values])


def _documents(encoded: Ragged, names: pl.Series | None, known_labels: Sequence[str], seed: int) -> NDArray[np.int32]:
    """``<end>``, and then every text, in random order, between its label and its end."""
    order = np.random.default_rng(seed).permutation(len(encoded))
    head = 0 if names is None else 1
    source, offsets = positions_of(encoded.offsets, order)
    extra = head + 1
    ids = np.full(1 + len(source) + extra * len(order), END_ID, np.int32)
    lengths = np.diff(offsets)
    # every text moves back by the ends and labels before it
    place = np.arange(len(source)) + np.repeat(extra * np.arange(len(order)), lengths) + 1 + head
    ids[place] = encoded.values[source]
    if names is not None:
        first = 2 + names.replace_strict(known_labels, range(len(known_labels)), return_dtype=pl.Int32).to_numpy()
        ids[offsets[:-1] + extra * np.arange(len(order)) + 1] = first[order]
    return ids
