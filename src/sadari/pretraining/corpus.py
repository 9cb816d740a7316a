"""What a BERT learns from: texts as documents of sentences, encoded once, some of them held out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.forked import check_threads
from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import TEXTS, as_column, entries_of, slices
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.subword.wordpiece import WordPiece, vocabulary_size
from sadari.text.tokens.sentences import split_sentences
from sadari.train.objectives.bert_segments import Documents, hashes

IN_MEMORY = 2**25  # ids held in memory; more go to a temporary file
MOST_SENTENCES = 64  # of a document: a longer one is several, so that there are others to take sentences from
PIECE_BYTES = 1 << 24  # of texts that are encoded at once
MOST_HELD_OUT = 2**17  # tokens that are scored: more of them say little more, and take time from learning


@dataclass(frozen=True)
class PreTrainingTexts:
    """Texts as a BERT reads them.

    Attributes:
        pieces: the tokenizer.
        learned: documents to learn from.
        held_out: documents to score on. Equal documents are on the same side: their content says which.
        texts: how many there were.
        blank: of them without anything to read.
        unknown: tokens that are ``[UNK]``.
        fingerprint: SHA-256 of all ids and bounds.
    """

    pieces: WordPiece
    learned: Documents
    held_out: Documents
    texts: int
    blank: int
    unknown: int
    fingerprint: str

    @property
    def tokens(self) -> int:
        """To learn from."""
        return len(self.learned.values)

    @property
    def sentences(self) -> int:
        """To learn from."""
        return len(self.learned.sentences) - 1


Told = Callable[[Message, int], None]


def read_texts(
    texts: Any,
    *,
    pieces: WordPiece | None,
    vocabulary: int | None = None,
    lowercase: bool = True,
    length: int,
    packed: bool,
    validation: float,
    told: Told | None = None,
    in_memory: int = IN_MEMORY,
) -> PreTrainingTexts:
    """Learn a tokenizer from texts unless there is one, and encode them.

    Args:
        texts: a column or list of texts, each a document; or what gives such columns one after another, again and
            again, which may be larger than memory.
        pieces: a tokenizer, or None.
        vocabulary: pieces of the one that is learned, at most; None: by the texts.
        lowercase: the one that is learned lower-cases.
        length: tokens of a sequence; sentences that fill more than one are cut.
        packed: documents will stand one after another: ``[SEP]`` goes between them.
        validation: the share of documents that is held out.
        told: what is being done, and how many tokens are read.
        in_memory: so many ids are held in memory; beyond that they lie in a temporary file.

    Raises:
        DataError: there is nothing to learn from, or nothing that the tokenizer knows.
    """
    check_threads()
    columns = _Columns(texts)
    if pieces is None:
        pieces = _learn_pieces(columns, vocabulary, lowercase, told)
    words = ~pieces.special & np.array([any(map(str.isalnum, piece)) for piece in pieces.pieces])  # and no punctuation
    stores = _Store(in_memory), _Store(in_memory)
    digest = hashlib.sha256()
    count = blank = unknown = known = 0
    for part in columns:
        sentences, offsets = _encode(part, pieces, length - 3, pieces.separator_id if packed else None)
        for array in (sentences.values, sentences.offsets, offsets):
            digest.update(np.ascontiguousarray(array).data)
        marks = hashes(sentences.values, sentences.offsets[offsets])
        held_out = (marks >> np.uint64(11)).astype(np.float64) / 2.0**53 < validation
        for store, mine in zip(stores, (~held_out, held_out), strict=True):
            store.append(sentences, offsets, np.flatnonzero(mine & (np.diff(offsets) > 0)))
        count, blank = count + len(part), blank + int((np.diff(offsets) == 0).sum())
        unknown += int(np.count_nonzero(sentences.values == pieces.unknown_id))
        known += int(np.count_nonzero(words[sentences.values]))
        if told is not None:
            told(message("reading"), stores[0].ids.stored)
    learned, rest = (store.documents() for store in stores)
    if not len(learned) and len(rest):
        learned, rest = rest, learned
    _check_learned(learned, known)
    return PreTrainingTexts(pieces, learned, rest, count, blank, unknown, digest.hexdigest())


def _check_learned(learned: Documents, known: int) -> None:
    """Refuse texts of which there is nothing to learn; ``known`` is how many of their words the tokenizer knows."""
    if not len(learned):
        raise DataError(
            message("there is no text to learn from"), hint=message("the files are blank, or every text in them is")
        )
    if not known:
        raise DataError(
            message("the tokenizer knows nothing in the texts: every word is [UNK]"),
            hint=message("go on from a BERT of this language, or begin anew: without --from"),
        )


def _learn_pieces(columns: _Columns, vocabulary: int | None, lowercase: bool, told: Told | None) -> WordPiece:
    if told is not None:
        told(message("learning the vocabulary"), 0)
    size = vocabulary or vocabulary_size(sum(int(part.str.count_matches(r"\S+").sum()) for part in columns))
    return WordPiece.train(columns, size=size, lowercase=lowercase)


def _encode(
    texts: pl.Series, pieces: WordPiece, longest: int, separator: int | None
) -> tuple[Ragged, NDArray[np.int64]]:
    """The sentences of some texts, and int64 [d + 1] with which of them each document begins.

    Sentences without tokens are left out, longer ones than ``longest`` are cut, and documents after `MOST_SENTENCES`.
    """
    split = split_sentences(texts)
    lengths = split.list.len().to_numpy().astype(np.int64)
    flat = split.filter(split.list.len() > 0).explode()
    found = pieces.encode(flat)
    document = np.repeat(np.arange(len(lengths)), lengths)
    filled = found.lengths > 0
    found, document = found.take(np.flatnonzero(filled)), document[filled]
    if separator is not None:
        found = _with_separators(found, document, separator)
    cuts = -(-found.lengths // longest)
    if (cuts > 1).any():
        rank = np.arange(cuts.sum()) - np.repeat(np.cumsum(cuts) - cuts, cuts)
        begins = np.repeat(found.offsets[:-1], cuts) + rank * longest
        found, document = Ragged(found.values, np.append(begins, found.offsets[-1])), np.repeat(document, cuts)
    counts = np.bincount(document, minlength=len(lengths))
    parts = np.maximum(1, -(-counts // MOST_SENTENCES))
    rank = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    begins = np.repeat(offsets_of(counts)[:-1], parts) + rank * MOST_SENTENCES
    return found, np.append(begins, len(found))


def _with_separators(found: Ragged, document: NDArray[np.int64], separator: int) -> Ragged:
    """The last sentence of each document with ``[SEP]`` after it."""
    last = np.append(document[1:] != document[:-1], True)[: len(document)]
    lengths = found.lengths
    offsets = offsets_of(lengths + last)
    values = np.full(int(offsets[-1]), separator, np.int32)
    rank = np.arange(len(found.values)) - np.repeat(found.offsets[:-1], lengths)
    values[np.repeat(offsets[:-1], lengths) + rank] = found.values
    return Ragged(values, offsets)


class _Store:
    """Documents that grow part by part."""

    def __init__(self, in_memory: int) -> None:
        self.ids = GrowingIds(in_memory)
        self._lengths: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        self._counts: list[NDArray[np.int64]] = [np.empty(0, np.int64)]

    def append(self, sentences: Ragged, offsets: NDArray[np.int64], mine: NDArray[np.int64]) -> None:
        counts = np.diff(offsets)[mine]
        rank = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        part = sentences.take(np.repeat(offsets[:-1][mine], counts) + rank)
        self.ids.append(part.values)
        self._lengths.append(part.lengths)
        self._counts.append(counts)

    def documents(self) -> Documents:
        return Documents(
            self.ids.whole(), offsets_of(np.concatenate(self._lengths)), offsets_of(np.concatenate(self._counts))
        )


class _Columns:
    """Texts as String columns of some MB each; can be gone through again."""

    def __init__(self, texts: Any) -> None:
        if isinstance(texts, str):
            raise DataError(
                message("one string was given where a list of texts is wanted"),
                hint=message("put it in a list: [text]"),
            )
        self._texts = texts
        of_columns = isinstance(texts, list | tuple) and bool(texts) and isinstance(texts[0], pl.Series)
        self._is_column = isinstance(texts, pl.Series | np.ndarray | list | tuple) and not of_columns
        if not self._is_column and entries_of(texts, TEXTS) is texts:
            raise DataError(
                message("texts are gone through several times, which {name} cannot be", name=type(texts).__name__),
                hint=message("give a list of texts, or an object whose __iter__ begins anew"),
            )

    def __iter__(self) -> Iterator[pl.Series]:
        for column in [self._texts] if self._is_column else self._texts:
            yield from slices(as_column(column), max_bytes=PIECE_BYTES)
