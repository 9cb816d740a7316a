"""fastText's ``.bin`` as word vectors: read with their subwords, and written so that fastText knows the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.restore import TOO_LARGE
from sadari.compiling import njit
from sadari.errors import ModelError, SettingError, reason_of
from sadari.messages import Message, message
from sadari.text.column import as_column
from sadari.text.subword.hashed import pieces_of
from sadari.text.table import MISSING
from sadari.text.tokens.words import whole_words
from sadari.vectors.fasttext.dictionary import Dictionary, count_sum
from sadari.vectors.fasttext.file import LARGEST, Arguments, FastTextFile, Matrix, open_fasttext, write_fasttext
from sadari.vectors.fasttext.product_quantization import QuantisedMatrix
from sadari.vectors.fasttext.rows import RowFinder
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords

_MOST_DECODED = 2**31  # numbers, 8 GiB: a quantised row may take one byte of the file, however wide it is
_BLOCK, _BLOCK_BYTES = 65_536, 1 << 22  # words whose rows are read, and pieces made, together


def read_vectors_bin(path: str | Path, *, words: Sequence[str] | None = None, limit: int | None = None) -> WordVectors:
    """The word vectors of a fastText model, supervised or not, each as fastText's ``get_word_vector`` gives it.

    A word's vector is the mean of its own row and of those of its pieces, the row of a word never seen in training the
    mean of its pieces; so the subwords come along, whole, however few words are asked for.

    Args:
        path: a ``.bin`` or ``.ftz`` file.
        words: only these; those that the model does not have are left out, which a note counts.
        limit: only so many, the most frequent (as fastText sorts them).

    Raises:
        ModelError: it is no such file, damaged, or has no words.
    """
    with open_fasttext(path) as model:
        try:
            finder = RowFinder(model)
        except ValueError as error:
            raise ModelError(message("is refused: {reason}", reason=reason_of(error)), where=str(path)) from None
        if finder.words == 0:
            raise ModelError(message("has no words"), where=str(path))
        if isinstance(model.input, QuantisedMatrix):
            _check_quantised(model.input, str(path))
        count = finder.words if limit is None else min(limit, finder.words)
        notes: list[Message | str] = []
        places = np.arange(count)
        if words is not None:
            found = finder.table.look_up(whole_words(as_column(words)))
            places = np.unique(found[(found != MISSING) & (found < count)])
            said = message("{found:,} of the {asked:,} words asked for are in it")
            notes = [said.filled(found=len(places), asked=len(set(words)))]
        buckets = _bucket_rows(model)
        matrix = np.empty((len(places), model.arguments.width), np.float32)
        for at, block in _blocks(places, np.diff(model.dictionary.offsets)):
            own = matrix[at : at + len(block)]
            own[:] = _rows(model.input, block)
            found_rows = finder.word_rows(block)
            _add_pieces(found_rows.values, found_rows.offsets, finder.words, buckets, own)
        return _vectors(model, places, matrix, buckets, notes)


def _check_quantised(matrix: QuantisedMatrix, where: str) -> None:
    """Refuse what only shows once it is decoded: numbers that are too large, or too many.

    Raises:
        ModelError: they are.
    """
    if not matrix.largest <= LARGEST:
        raise ModelError(TOO_LARGE.filled(name=message("the input matrix")), where=where)
    rows, width = matrix.shape
    if rows * width > _MOST_DECODED:
        raise ModelError(
            message("its {rows:,} quantised rows of {width:,} numbers are too many to decode", rows=rows, width=width),
            where=where,
        )


def _vectors(
    model: FastTextFile,
    places: NDArray[np.integer],
    matrix: NDArray[np.float32],
    buckets: NDArray[np.float32],
    notes: list[Message | str],
) -> WordVectors:
    dictionary, (shortest, longest), subwords = model.dictionary, model.pieces, None
    if max(1, shortest) <= longest and dictionary.pruned is None:
        subwords = Subwords(buckets, shortest=max(1, shortest), longest=longest)
    elif max(1, shortest) <= longest:
        notes.append(message("the model is pruned: words that are not among its own have no vectors"))
    every = dictionary.texts()
    names = [every[place] for place in places.tolist()]
    odd = sum("\\x" in name for name in names)
    if odd and not _is_utf8(dictionary):
        notes.append(message("{words:,} words have bytes that are not UTF-8, written here as \\xNN", words=odd))
    return WordVectors(names, matrix, counts=dictionary.counts[places], subwords=subwords, notes=notes)


def _is_utf8(dictionary: Dictionary) -> bool:
    try:
        dictionary.content[: dictionary.offsets[dictionary.words]].tobytes().decode()
    except UnicodeDecodeError:
        return False
    return True


def _blocks(places: NDArray[np.integer], lengths: NDArray[np.int64]) -> list[tuple[int, NDArray[np.integer]]]:
    """Rising places, cut where a block of the file's rows ends; each with how many come before.

    Args:
        places: int [m], rising positions of words.
        lengths: int64 [entries], of the words in bytes: long ones have many pieces, and are cut sooner.
    """
    ends = (places[1:] // _BLOCK != places[:-1] // _BLOCK) | (np.diff(lengths[places].cumsum() // _BLOCK_BYTES) != 0)
    cuts = [0, *(np.flatnonzero(ends) + 1).tolist(), len(places)]
    return [(a, places[a:b]) for a, b in pairwise(cuts) if a < b]


def _rows(matrix: Matrix, places: NDArray[np.integer]) -> NDArray[np.float32]:
    """Some rows, all of which lie in one block."""
    if isinstance(matrix, QuantisedMatrix):
        return matrix.decoded(places)
    if isinstance(matrix, np.ndarray):
        return matrix[places]
    first = int(places[0])
    return matrix.read(first, int(places[-1]) + 1)[places - first]


def _bucket_rows(model: FastTextFile) -> NDArray[np.float32]:
    """The rows behind the words', float32 [rows, width]; none where words have no pieces."""
    first, matrix = model.dictionary.words, model.input
    if not model.pieces[1]:
        return np.empty((0, model.arguments.width), np.float32)
    if isinstance(matrix, QuantisedMatrix):
        return matrix.decoded(slice(first, None))
    if isinstance(matrix, np.ndarray):
        return matrix[first:]
    return matrix.read(first, first + model.arguments.buckets)


@njit(cache=True, nogil=True)
def _add_pieces(ids, offsets, words, buckets, own):  # type: ignore[no-untyped-def]
    """own[t] = mean of itself and the rows of its pieces, which come behind it in ids; in fastText's order."""
    width = own.shape[1]
    for t in range(len(offsets) - 1):
        vector = own[t]
        for i in range(offsets[t] + 1, offsets[t + 1]):
            row = buckets[ids[i] - words]
            for j in range(width):
                vector[j] += row[j]
        scale = np.float32(1.0 / (offsets[t + 1] - offsets[t]))
        for j in range(width):
            vector[j] *= scale


# -- writing ----------------------------------------------------------------------------------------------


def write_vectors_bin(vectors: WordVectors, path: str | Path) -> None:
    """Write an unsupervised ``.bin`` in which fastText finds the same vectors, of words known and unknown, to 1e-5.

    A word's own row is recovered from its vector and those of its pieces. Where the output vectors are not known, the
    file has none: it can be asked for vectors, and not trained further.

    Raises:
        SettingError: a word that holds NUL, or subwords of jamo, which fastText has not.
        OutputError: it could not be written; what was there before is untouched.
    """
    subwords = vectors.subwords
    if subwords is not None and subwords.unit != "characters":
        raise SettingError(
            message("fastText has no subwords of {unit}", unit=subwords.unit),
            hint=message("write word2vec's format, which holds the vectors of the words alone"),
        )
    words = [word.encode() for word in vectors.words]
    wrong = next((word for word in vectors.words if "\0" in word), None)
    if wrong is not None:
        raise SettingError(
            message("the word {wrong!r:.60} holds NUL, which ends a word in fastText's files", wrong=wrong)
        )
    counts = np.ones(len(words), np.int64) if vectors.counts is None else np.maximum(vectors.counts, 0)
    arguments = Arguments(
        vectors.width,
        loss="ns",
        **_trained(vectors.training.get("settings")),
        buckets=subwords.buckets if subwords else 0,
        shortest=subwords.shortest if subwords else 0,
        longest=subwords.longest if subwords else 0,
    )
    outputs = np.empty((0, vectors.width), np.float32) if vectors.outputs is None else vectors.outputs
    write_fasttext(
        FastTextFile(
            arguments,
            Dictionary.of(words, [], counts, count_sum(counts)),
            _OwnRows(vectors),
            outputs,
        ),
        path,
    )


def _trained(settings: Any) -> dict[str, Any]:
    """How the vectors were trained, as fastText's arguments say it, as far as it is known."""
    said = settings if isinstance(settings, Mapping) else {}
    numbers = ("window", "epochs", "min_count", "negatives")
    # a folder may say anything of its training; what the file cannot hold is left out
    found = {name: said[name] for name in numbers if type(said.get(name)) is int and 0 <= said[name] < 2**31}
    return {"model": "cbow" if said.get("model") == "cbow" else "skipgram", **found}


class _OwnRows:
    """The input matrix of a model in which words have these vectors: each word's own row, then the buckets."""

    def __init__(self, vectors: WordVectors) -> None:
        self._vectors, self._subwords = vectors, vectors.subwords
        self.shape = (len(vectors) + (self._subwords.buckets if self._subwords else 0), vectors.width)

    def read(self, first: int = 0, end: int | None = None) -> NDArray[np.float32]:
        first, end, _ = slice(first, end).indices(self.shape[0])
        words = len(self._vectors)
        matrix, subwords = self._vectors.matrix[first : min(end, words)], self._subwords
        if subwords is None:
            return matrix
        names = self._vectors.words[first : min(end, words)]
        pieces = pieces_of(names, subwords.shortest, subwords.longest, subwords.buckets, subwords.unit)
        own = np.empty(matrix.shape, np.float32)
        _recover(pieces.values, pieces.offsets, matrix, subwords.matrix, own)
        return np.concatenate([own, subwords.matrix[max(0, first - words) : max(0, end - words)]])


@njit(cache=True, nogil=True)
def _recover(ids, offsets, vectors, buckets, own):  # type: ignore[no-untyped-def]
    """own[t] = what, with the rows of its pieces, has the mean vectors[t]."""
    width = own.shape[1]
    total = np.empty(width, np.float64)
    for t in range(len(offsets) - 1):
        total[:] = 0
        for i in range(offsets[t], offsets[t + 1]):
            for j in range(width):
                total[j] += buckets[ids[i], j]
        parts = 1 + offsets[t + 1] - offsets[t]
        for j in range(width):
            own[t, j] = vectors[t, j] * np.float64(parts) - total[j]
