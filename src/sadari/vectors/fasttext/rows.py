"""From texts to rows of a fastText model's input matrix: words, pieces of words, and n-grams of words.

What a line is to fastText: what stands between white space (of ASCII, and NUL) are its words; then comes ``</s>``. A
known word has its own row and those of its pieces, an unknown one its pieces alone; labels are passed over. The hashes
of all words, known or not, make the n-grams. See Bojanowski et al. 2017 and Joulin et al. 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.ragged import Ragged
from sadari.text.column import column_bytes
from sadari.text.subword.hashed import push_pieces
from sadari.text.table import TokenTable
from sadari.text.tokens.ends import END, is_end
from sadari.text.tokens.scan import PART, SEPARATOR, Rules, Tokens, hash_bytes, scan
from sadari.vectors.fasttext.file import FastTextFile

LABEL_PREFIX = "__label__"  # no file says which prefix a model was trained with; fastText itself takes this one
WHITE_SPACE = " \n\r\t\v\f\0"
NGRAM_FACTOR = 116049371
_PREFIX_BYTES = np.frombuffer(LABEL_PREFIX.encode(), np.uint8)
_NO_GROUPS = np.empty(0, np.int32)


@dataclass(frozen=True)
class TextRows:
    """Rows of some texts.

    Attributes:
        rows: of each text: those of its words, one after another, those of ``</s>``, then those of its n-grams.
        groups: int32 [rows], which feature of its text each row belongs to; empty if it was not asked for.
        known: bool [n], whether a text has any row but that of ``</s>``.
    """

    rows: Ragged
    groups: NDArray[np.int32]
    known: NDArray[np.bool_]


class RowFinder:
    """What finds the rows of texts in a model.

    Args:
        model: its arguments and dictionary.

    Raises:
        ValueError: a word stands twice.
    """

    def __init__(self, model: FastTextFile) -> None:
        arguments, dictionary = model.arguments, model.dictionary
        self.table: TokenTable = dictionary.table()
        self.words = dictionary.words
        self.word_ngrams, self.buckets = max(1, arguments.word_ngrams), max(1, arguments.buckets)
        self.shortest, self.longest = model.pieces
        self.end = self.table.find(END)
        self.has_end = 0 <= self.end < self.words
        pruned = dictionary.pruned
        self._is_pruned = pruned is not None
        self._buckets, self._rows = _sorted_pairs(np.empty((0, 2), np.int32) if pruned is None else pruned)

    def rows(self, column: pl.Series, *, grouped: bool = False) -> TextRows:
        """The rows of every text."""
        tokens = self.tokens(column)
        ids = self.table.look_up(tokens)
        pieces = self._piece_room(tokens.lengths.sum(dtype=np.int64), len(tokens))
        room = (len(tokens) + len(column)) * self.word_ngrams + max(0, pieces)
        out, offsets = np.empty(room, np.int32), np.zeros(len(column) + 1, np.int64)
        groups = np.empty(room, np.int32) if grouped else _NO_GROUPS
        known = np.zeros(len(column), np.bool_)
        _find_rows(
            (tokens.content, tokens.starts, tokens.lengths, tokens.hashes, tokens.offsets),
            ids,
            self.words,
            self.end,
            self.word_ngrams,
            self.buckets,
            (self.shortest, self.longest),
            (self._is_pruned, self._buckets, self._rows),
            _PREFIX_BYTES,
            out,
            groups,
            offsets,
            known,
        )
        total = int(offsets[-1])
        return TextRows(Ragged(out[:total], offsets), groups[:total], known)

    def word_rows(self, places: NDArray[np.integer]) -> Ragged:
        """The rows of some words, by their places in the dictionary: their own, then those of their pieces."""
        starts, ends = self.table.offsets[:-1][places], self.table.offsets[1:][places]
        lengths = ends - starts
        room = len(places) + max(0, self._piece_room(lengths.sum(), len(places)))
        out, offsets = np.empty(room, np.int32), np.zeros(len(places) + 1, np.int64)
        _find_word_rows(
            self.table.content,
            starts,
            lengths,
            places.astype(np.int32),
            self.words,
            self.buckets,
            self.shortest,
            self.longest,
            self._is_pruned,
            self._buckets,
            self._rows,
            out,
            offsets,
        )
        return Ragged(out[: offsets[-1]], offsets)

    def _piece_room(self, size: int, words: int) -> int:
        """No more pieces than this have so many words of so many bytes."""
        return (self.longest - max(1, self.shortest) + 1) * (int(size) + 2 * words)

    def tokens(self, column: pl.Series) -> Tokens:
        """The words of every text, labels among them, without ``</s>``; a line feed is white space like any other."""
        return scan(*column_bytes(column), _rules())

    def names(self, text: str) -> list[str]:
        """What each feature of one text is called, by its group."""
        column = pl.Series("text", [text], dtype=pl.String)
        tokens = self.tokens(column)
        ids = self.table.look_up(tokens).tolist()
        read = []
        for token, row in zip(tokens.to_lists()[0], ids, strict=True):
            if token == END:
                break
            if row < self.words and (row >= 0 or not token.startswith(LABEL_PREFIX)):
                read.append(token)
        read.append(END)
        grams = [" ".join(read[i : i + n]) for i in range(len(read)) for n in range(2, self.word_ngrams + 1)]
        return [*read, *grams]  # those that go past the end have no rows


def _rules() -> Rules:
    table = np.full(128, PART, np.uint8)
    table[[ord(character) for character in WHITE_SPACE]] = SEPARATOR
    return Rules(table, np.arange(128, dtype=np.uint8), np.full(5, PART, np.uint8))


def _sorted_pairs(pruned: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Buckets, rising, and their rows; of a bucket that stands there twice the last counts, as in fastText."""
    buckets, first = np.unique(pruned[::-1, 0], return_index=True)
    return buckets, np.ascontiguousarray(pruned[::-1, 1][first])


@njit(cache=True, nogil=True)
def _row_of(bucket, buckets, rows):  # type: ignore[no-untyped-def]
    """The row of a bucket where not all have one; −1 if it has none."""
    low, high = 0, len(buckets)
    while low < high:
        middle = (low + high) >> 1
        if buckets[middle] < bucket:
            low = middle + 1
        else:
            high = middle
    return np.int64(rows[low]) if low < len(buckets) and buckets[low] == bucket else np.int64(-1)


@njit(cache=True, nogil=True)
def _is_label(content, start, length, prefix):  # type: ignore[no-untyped-def]
    if length < len(prefix):
        return False
    for i in range(len(prefix)):  # noqa: SIM110 - compiled: a loop, not a generator
        if content[start + i] != prefix[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _push_pieces(  # type: ignore[no-untyped-def]
    content, start, length, word, buckets_of, shortest, longest, words, is_pruned, buckets, rows, group, out, groups, n
):
    """Write the rows of all pieces of one word: how many rows there are then."""
    end = push_pieces(content, start, length, word, shortest, longest, buckets_of, out, n)
    for i in range(n, end):
        row = np.int64(out[i])
        if is_pruned:
            row = _row_of(row, buckets, rows)
            if row < 0:
                continue
        out[n] = words + row
        if len(groups) > 0:
            groups[n] = group
        n += 1
    return n


@njit(cache=True, nogil=True)
def _push_ngrams(  # type: ignore[no-untyped-def]
    hashes, word_ngrams, buckets_of, words, is_pruned, buckets, rows, out, groups, n
):
    """Write the rows of all n-grams of words with these hashes: how many rows there are then."""
    read = len(hashes)
    for i in range(read):
        h = np.uint64(np.int64(np.int32(hashes[i])))
        for j in range(i + 1, min(read, i + word_ngrams)):
            h = h * np.uint64(NGRAM_FACTOR) + np.uint64(np.int64(np.int32(hashes[j])))
            row = np.int64(h % np.uint64(buckets_of))
            if is_pruned:
                row = _row_of(row, buckets, rows)
                if row < 0:
                    continue
            out[n] = words + row
            if len(groups) > 0:
                groups[n] = read + i * (word_ngrams - 1) + j - i - 1
            n += 1
    return n


@njit(cache=True, nogil=True)
def _find_rows(  # type: ignore[no-untyped-def]
    tokens, ids, words, end_id, word_ngrams, buckets_of, sizes, pruned, prefix, out, groups, out_offsets, known
):
    (content, starts, lengths, token_hashes, offsets), (is_pruned, buckets, rows) = tokens, pruned
    (shortest, longest), most_tokens, most_bytes = sizes, 0, 0
    for t in range(len(offsets) - 1):
        most_tokens = max(most_tokens, offsets[t + 1] - offsets[t])
    for i in range(len(lengths)):
        most_bytes = max(most_bytes, lengths[i])
    word, hashes = np.empty(most_bytes + 2, np.uint8), np.empty(most_tokens + 1, np.uint32)
    end_hash = hash_bytes(np.array([60, 47, 115, 62], np.uint8), 0, 4)
    n = 0
    for t in range(len(offsets) - 1):
        first, read = n, 0
        for i in range(offsets[t], offsets[t + 1]):
            if is_end(content, starts[i], lengths[i]):
                break  # fastText reads no further
            if ids[i] >= words or (ids[i] < 0 and _is_label(content, starts[i], lengths[i], prefix)):
                continue
            if ids[i] >= 0:
                out[n] = ids[i]
                if len(groups) > 0:
                    groups[n] = read
                n += 1
            if longest > 0:
                n = _push_pieces(
                    content,
                    starts[i],
                    lengths[i],
                    word,
                    buckets_of,
                    shortest,
                    longest,
                    words,
                    is_pruned,
                    buckets,
                    rows,
                    read,
                    out,
                    groups,
                    n,
                )
            hashes[read] = token_hashes[i]
            read += 1
        known[t] = n > first
        if 0 <= end_id < words:
            out[n] = end_id
            if len(groups) > 0:
                groups[n] = read
            n += 1
        hashes[read] = end_hash
        read += 1
        before = n
        n = _push_ngrams(hashes[:read], word_ngrams, buckets_of, words, is_pruned, buckets, rows, out, groups, n)
        known[t] = known[t] or n > before
        out_offsets[t + 1] = n


@njit(cache=True, nogil=True)
def _find_word_rows(  # type: ignore[no-untyped-def]
    content, starts, lengths, places, words, buckets_of, shortest, longest, is_pruned, buckets, rows, out, offsets
):
    word = np.empty((lengths.max() if len(lengths) > 0 else 0) + 2, np.uint8)
    groups = np.empty(0, np.int32)
    n = 0
    for t in range(len(places)):
        out[n] = places[t]
        n += 1
        if longest > 0:
            n = _push_pieces(
                content,
                starts[t],
                lengths[t],
                word,
                buckets_of,
                shortest,
                longest,
                words,
                is_pruned,
                buckets,
                rows,
                0,
                out,
                groups,
                n,
            )
        offsets[t + 1] = n
