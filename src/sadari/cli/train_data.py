"""What one rung is trained on: texts in memory, or a stream over a file that is larger than that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sadari.data.corpus import Corpus, TextStream
from sadari.data.fingerprint import fingerprint
from sadari.data.split import split
from sadari.errors import DataError, SettingError

if TYPE_CHECKING:
    from sadari.data.read import Source

STREAMED_BYTES = 256 << 20
_PACKED = (".gz", ".parquet", ".pq")  # about a quarter of what it holds

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainData:
    """Training and validation texts; no text is in both.

    Attributes:
        texts: (n,) String, or a stream of as many. labels: (n,) String or List[String].
        validation: texts that are not trained on, in memory.
        label_names: of all texts. rows: read. duplicates, blank: left out.
        streamed: whether the texts are read from the file again and again.
        notes: sentences on what was guessed and found.
    """

    texts: pl.Series | TextStream
    labels: pl.Series
    validation: Corpus
    label_names: list[str]
    rows: int
    duplicates: int
    blank: int
    streamed: bool
    notes: list[str]

    def sha256(self) -> str:
        """The fingerprint of texts and labels."""
        parts = [self.texts] if isinstance(self.texts, pl.Series) else self.texts
        return fingerprint(parts, self.labels)


def is_large(path: str) -> bool:
    """Whether a file is too large to be held in memory beside what is made of it."""
    place = Path(path)
    if path == "-" or not place.is_file():
        return False
    packed = place.suffix.lower() in _PACKED
    return place.stat().st_size * (4 if packed else 1) > STREAMED_BYTES


def gather(source: Source, *, validation: float, seed: int, keep_duplicates: bool, stream: bool, say: Say) -> TrainData:
    """Read the file, drop blank texts and repeats of text and label, and take validation rows out.

    Args:
        source: the training file. validation: share. keep_duplicates: keep repeats; equal texts stay on one side.
        stream: read the file a batch at a time, three times and more, and hold no text but those of validation.
        say: told what is being done.
    """
    if not 0 < validation < 1:
        raise SettingError(f"--validation is {validation}", hint="a share between 0 and 1, such as 0.1")
    take = _gather_streamed if stream else _gather_held
    return take(source, validation, seed, keep_duplicates, say)


def _gather_held(source: Source, validation: float, seed: int, keep_duplicates: bool, say: Say) -> TrainData:
    say("reading")
    corpus = source.read()
    corpus.check_trainable()
    rows = len(corpus)
    if not keep_duplicates:
        keys = pl.DataFrame({"text": corpus.texts, "label": _keys(corpus.labels)}).with_row_index("at")
        corpus = corpus.take(keys.unique(["text", "label"], keep="first", maintain_order=True)["at"].to_numpy())
    train, held_out = corpus.split(validation=validation, seed=seed)
    labels = _checked(train.labels, len(held_out), source.path)
    return TrainData(
        train.texts, labels, held_out, corpus.label_names, rows + len(corpus.blank_rows), rows - len(corpus),
        len(corpus.blank_rows), False, corpus.notes,
    )  # fmt: skip


def _gather_streamed(source: Source, validation: float, seed: int, keep_duplicates: bool, say: Say) -> TrainData:
    say("reading labels, looking for duplicates")
    labels, hashes, pairs, blank = _survey(source, say)
    keep = ~blank
    if not keep_duplicates:
        first = np.zeros(keep.size, np.bool_)
        first[np.flatnonzero(keep)[pl.Series(pairs[keep]).is_first_distinct().to_numpy()]] = True
        keep = first
    kept = labels.filter(pl.Series(keep))
    everything = Corpus(kept, kept, np.flatnonzero(keep), source.path, [], source.label_order)
    everything.check_trainable()
    say("splitting")
    train, held_out = split(kept, validation=validation, texts=pl.Series(hashes[keep]), seed=seed)
    places = np.flatnonzero(keep)
    masks = [np.zeros(keep.size, np.bool_) for _ in range(2)]
    masks[0][places[train]], masks[1][places[held_out]] = True, True
    trained = _checked(kept.gather(train), held_out.size, source.path)
    say("reading the validation rows")
    # a tenth of a batch would keep all the batch's bytes alive: adding nothing to it copies just the tenth
    held_texts = pl.concat([texts + "" for texts in TextStream(source, masks[1])], rechunk=True)
    corpus = Corpus(held_texts, kept.gather(held_out), places[held_out] + 1, source.path, [], source.label_order)
    return TrainData(
        TextStream(source, masks[0]), trained, corpus, everything.label_names, keep.size,
        int(np.count_nonzero(~blank) - np.count_nonzero(keep)), int(np.count_nonzero(blank)), True, list(source.notes),
    )  # fmt: skip


def _survey(source: Source, say: Say) -> tuple[pl.Series, np.ndarray, np.ndarray, np.ndarray]:
    """One pass: all labels; uint64 hashes of every text, and of text and label; whether a text is blank."""
    labels: list[pl.Series] = []
    texts: list[np.ndarray] = []
    pairs: list[np.ndarray] = []
    blank: list[np.ndarray] = []
    rows = 0
    for batch in source.batches(whole=False):
        if batch.labels is None:
            raise DataError("there are no labels to train on", where=source.path, hint="name the column with --label")
        labels.append(batch.labels)
        # 64 bits: among ten million texts two different ones share a hash with a chance of 1 in 400,000
        texts.append(batch.texts.hash(seed=1).to_numpy())
        pairs.append(pl.DataFrame({"text": batch.texts, "label": _keys(batch.labels)}).hash_rows(seed=1).to_numpy())
        blank.append((batch.texts.str.strip_chars() == "").to_numpy())
        rows += len(batch.texts)
        say(f"{rows:,} rows surveyed")
    if not labels:
        raise DataError("there are no texts to train on", where=source.path)
    return pl.concat(labels, rechunk=True), np.concatenate(texts), np.concatenate(pairs), np.concatenate(blank)


def _keys(labels: pl.Series | None) -> pl.Series:
    """Labels as one String each; equal for the same labels in whatever order."""
    if labels is None:
        raise SettingError("there are no labels")
    if isinstance(labels.dtype, pl.List):
        return labels.list.unique().list.sort().list.join("\x1f")
    return labels


def _checked(train: pl.Series | None, validation: int, where: str) -> pl.Series:
    """The training labels, if there are two at least, and some rows to validate on."""
    flat = train.explode() if train is not None and isinstance(train.dtype, pl.List) else train
    if train is None or flat is None or flat.drop_nulls().n_unique() < 2:
        raise DataError("fewer than two labels are left to train on", where=where, hint="is --label right?")
    if not validation:
        raise DataError("no row is left to validate on", where=where, hint="give more rows, or a larger --validation")
    return train
