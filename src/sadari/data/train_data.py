"""What one rung is trained on: rows in memory, or a stream over a file that is larger than that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sadari.data.corpus import Corpus
from sadari.data.fingerprint import provenance
from sadari.data.source import Source, oddities
from sadari.data.split import label_keys, split
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, SettingError
from sadari.messages import Message, counted, message

STREAMED_BYTES = 256 << 20
_PACKED = (".gz", ".parquet", ".pq")  # about a quarter of what it holds

Say = Callable[[Message], None]


@dataclass(frozen=True)
class TrainData:
    """Training and validation texts; no text is in both.

    Attributes:
        texts: (n,) String, or a stream of as many.
        labels: (n,) String or List[String].
        validation: texts that are not trained on, in memory.
        label_names: of all texts.
        rows: read.
        duplicates: repeated rows that were left out.
        blank: rows with an empty text that were left out.
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
    notes: list[Message]

    def provenance(self, *, seed: int) -> dict[str, Any]:
        """What the folder of a model trained on these rows says of them."""
        return provenance(
            self.validation.source,
            [self.texts] if isinstance(self.texts, pl.Series) else self.texts,
            self.labels,
            text_columns=self.validation.text_columns,
            label_column=self.validation.label_column,
            seed=seed,
        )

    def validated_on(self, most: int, *, seed: int) -> TrainData:
        """The same with no more than so many validation rows, drawn by chance; with a note where there were more.

        Args:
            most: rows to keep.
            seed: of the draw.
        """
        there = len(self.validation)
        if there <= most:
            return self
        drawn = np.random.default_rng(seed).choice(there, most, replace=False)
        said = message("{most:,} of {there:,} validation rows are scored: the training is as short as that")
        notes = [*self.notes, said.filled(most=most, there=there)]
        return replace(self, validation=self.validation.take(np.sort(drawn)), notes=notes)


def is_large(source: Source) -> bool:
    """Whether files are too large to be held in memory beside what is made of them."""
    places = [place for place in map(Path, source.files) if place.is_file()]
    return (
        sum(place.stat().st_size * (4 if place.suffix.lower() in _PACKED else 1) for place in places) > STREAMED_BYTES
    )


def gather(source: Source, *, validation: float, seed: int, keep_duplicates: bool, stream: bool, say: Say) -> TrainData:
    """Read the file, drop blank texts and repeats of text and label, and take validation rows out.

    Args:
        source: the training file.
        validation: share.
        seed: of the validation rows.
        keep_duplicates: keep repeats; equal texts stay on one side.
        stream: read the file a batch at a time, three times and more, and hold no text but those of validation.
        say: told what is being done.

    Raises:
        DataError: rows that cannot be read, or too few of them. SettingError: `validation` is no share.
    """
    if not 0 < validation < 1:
        raise SettingError(
            message("validation is {validation}; it must lie between 0 and 1", validation=validation),
            hint=message("such as 0.1"),
        )
    take = _gather_streamed if stream else _gather_held
    return take(source, validation, seed, keep_duplicates, say)


def _gather_held(source: Source, validation: float, seed: int, keep_duplicates: bool, say: Say) -> TrainData:
    say(message("reading"))
    corpus = source.read()
    corpus.check_trainable()
    rows = len(corpus)
    if not keep_duplicates:
        keys = pl.DataFrame({"text": corpus.texts, "label": label_keys(corpus.given_labels)}).with_row_index("at")
        corpus = corpus.take(keys.unique(["text", "label"], keep="first", maintain_order=True)["at"].to_numpy())
    corpus.check_lone()
    train, held_out = corpus.split(validation=validation, seed=seed)
    labels = _checked(train.given_labels, len(held_out), source.path)
    return TrainData(
        train.texts,
        labels,
        held_out,
        corpus.label_names,
        rows + len(corpus.blank_rows),
        rows - len(corpus),
        len(corpus.blank_rows),
        False,
        corpus.notes,
    )


def _gather_streamed(source: Source, validation: float, seed: int, keep_duplicates: bool, say: Say) -> TrainData:
    say(message("reading labels, looking for duplicates"))
    seen = _survey(source, say)
    keep = ~seen.blank
    if not keep_duplicates:
        keep[np.flatnonzero(keep)[~pl.Series(seen.pairs[keep]).is_first_distinct().to_numpy()]] = False
    kept, places = seen.labels.filter(pl.Series(keep)), np.flatnonzero(keep)
    about: dict[str, Any] = {
        "source": source.title,
        "label_order": source.label_order,
        "text_columns": tuple(source.text_columns),
        "label_column": source.label_column,
        "places": source.places,
    }
    no_texts = pl.repeat("", kept.len(), dtype=pl.String, eager=True)  # its labels alone are asked about
    everything = Corpus(no_texts, kept, seen.rows[places], **about)
    everything.check_trainable()
    everything.check_lone()
    say(message("splitting"))
    train, held_out = split(kept, validation=validation, texts=pl.Series(seen.texts[keep]), seed=seed)
    masks = [np.zeros(keep.size, np.bool_) for _ in range(2)]
    masks[0][places[train]], masks[1][places[held_out]] = True, True
    trained = _checked(kept.gather(train), held_out.size, source.path)
    say(message("reading the validation rows"))
    # a tenth of a batch would keep all the batch's bytes alive: adding nothing to it copies just the tenth
    held_texts = pl.concat([texts + "" for texts in TextStream(source, masks[1])], rechunk=True)
    corpus = Corpus(held_texts, kept.gather(held_out), seen.rows[places[held_out]], **about)
    blank = int(np.count_nonzero(seen.blank))
    return TrainData(
        TextStream(source, masks[0]),
        trained,
        corpus,
        everything.label_names,
        keep.size,
        keep.size - blank - places.size,
        blank,
        True,
        [*source.notes, *oddities(seen.rows[seen.blank], everything.label_names, kept, places=source.places)],
    )


@dataclass(frozen=True)
class _Survey:
    """What one pass over a file tells, a value a row: its label, uint64 hashes of its text, and of text and label,
    whether the text is blank, its number in the file."""

    labels: pl.Series
    texts: np.ndarray
    pairs: np.ndarray
    blank: np.ndarray
    rows: np.ndarray


def _survey(source: Source, say: Say) -> _Survey:
    labels: list[pl.Series] = []
    rows: list[list[np.ndarray]] = []
    for batch in source.batches(whole=False):
        if batch.labels is None:
            raise DataError(
                message("there are no labels to train on"),
                where=source.path,
                hint=message("name the column with --label"),
            )
        labels.append(batch.labels)
        # 64 bits: among ten million texts two different ones share a hash with a chance of 1 in 400,000
        texts = batch.texts.hash(seed=1).to_numpy()
        pairs = pl.DataFrame({"text": batch.texts, "label": label_keys(batch.labels)}).hash_rows(seed=1).to_numpy()
        rows.append([texts, pairs, (batch.texts.str.strip_chars() == "").to_numpy(), batch.rows])
        say(message("{rows} surveyed", rows=counted(batch.rows[-1], "row")))
    if not labels:
        raise DataError(message("there are no texts to train on"), where=source.path)
    return _Survey(pl.concat(labels, rechunk=True), *map(np.concatenate, zip(*rows, strict=True)))


def _checked(train: pl.Series, validation: int, where: str) -> pl.Series:
    """The training labels, if there are two at least, and some rows to validate on."""
    flat = train.explode() if isinstance(train.dtype, pl.List) else train
    if flat.drop_nulls().n_unique() < 2:
        raise DataError(
            message("fewer than two labels are left to train on"), where=where, hint=message("is --label right?")
        )
    if not validation:
        raise DataError(
            message("no row is left to validate on"),
            where=where,
            hint=message("give more rows, or a larger --validation"),
        )
    return train
