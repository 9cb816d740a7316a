"""fastText's model files, ``.bin`` and ``.ftz``: what is in them, believed only once it is checked; and written.

One layout for all: a magic number and a version, the arguments of the training, the dictionary (words, then labels),
the input matrix (a row a word, then one a bucket of n-grams and pieces of words), the output matrix (a row a label, or
a word). All numbers are little-endian. Either matrix may be quantised (`product_quantization`); then the dictionary
may be pruned, and only some buckets have a row.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import atomic_file
from sadari.errors import DataError, ModelError, reason_of
from sadari.messages import Message, message
from sadari.vectors.fasttext.dictionary import Dictionary, read_dictionary, write_dictionary
from sadari.vectors.fasttext.product_quantization import CENTROIDS, QuantisedMatrix
from sadari.vectors.fasttext.reader import FileBytes, open_model_file

MAGIC = 793712314
VERSION = 12
OLDER = 11  # the same layout, but supervised models knew no pieces of words
LOSSES = ("hs", "ns", "softmax", "ova")
MODELS = ("cbow", "skipgram", "supervised")
LONGEST = 64  # n-grams and pieces, in words and characters
LARGEST = 1e12  # sums of products of such numbers stay finite in float32
INPUT, OUTPUT = message("the input matrix"), message("the output matrix")
_HEAD = struct.Struct("<ii")
_ARGUMENTS = struct.Struct("<12id")
_SHAPE = struct.Struct("<qq")
_QUANTISED = struct.Struct("<?qqi")
_PARTS = struct.Struct("<4i")
_BLOCK = 1 << 22  # numbers read or written together


@dataclass(frozen=True)
class Arguments:
    """With what a model was trained, in the file's order.

    Attributes:
        width: of the vectors (dim).
        window: (ws).
        epochs: passes over the texts (epoch).
        min_count: the rarest word's count (minCount).
        negatives: negatives drawn for each word (neg).
        word_ngrams: the longest n-gram, in words (wordNgrams).
        loss: of `LOSSES`.
        model: of `MODELS`.
        buckets: how many rows n-grams and pieces share (bucket).
        shortest: characters of the shortest piece of a word (minn).
        longest: characters of the longest one (maxn); 0: no pieces.
        rate_updates: (lrUpdateRate).
        sample: the threshold of sampling (t).
    """

    width: int
    window: int = 5
    epochs: int = 5
    min_count: int = 1
    negatives: int = 5
    word_ngrams: int = 1
    loss: str = "softmax"
    model: str = "supervised"
    buckets: int = 0
    shortest: int = 0
    longest: int = 0
    rate_updates: int = 100
    sample: float = 1e-4

    @property
    def supervised(self) -> bool:
        return self.model == "supervised"


@dataclass(frozen=True)
class StoredMatrix:
    """A float32 matrix in an open file.

    Attributes:
        source: the file.
        start: where its first number lies.
        shape: rows and width.
        name: for messages.
    """

    source: FileBytes
    start: int
    shape: tuple[int, int]
    name: Message

    def read(self, first: int = 0, end: int | None = None) -> NDArray[np.float32]:
        """The rows from ``first`` to before ``end`` (all of them): float32 [end − first, width].

        Raises:
            ModelError: a number is NaN, infinite or near it.
        """
        first, end, _ = slice(first, end).indices(self.shape[0])
        width = self.shape[1]
        out = np.empty((max(0, end - first), width), np.float32)
        self.source.seek(self.start + 4 * first * width)
        flat = out.reshape(-1)
        for at in range(0, len(flat), _BLOCK):
            block = flat[at : at + _BLOCK]
            self.source.fill(block, self.name)
            # written so that NaN, which is neither larger nor smaller than anything, counts as too large
            if not (block.max() <= LARGEST and block.min() >= -LARGEST):
                row = first + (at + int(np.argmin(np.abs(block) <= LARGEST))) // width
                what = message(
                    "row {row:,} of {name} holds NaN, infinity, or a number too large to calculate with",
                    row=row,
                    name=self.name,
                )
                raise ModelError(what, where=self.source.where)
        return out


class Rows(Protocol):
    """A float32 matrix that is read, or made, a block of rows at a time."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def read(self, first: int = 0, end: int | None = None) -> NDArray[np.float32]: ...


Matrix = NDArray[np.float32] | QuantisedMatrix | Rows


@dataclass(frozen=True)
class FastTextFile:
    """A whole model.

    Attributes:
        arguments: the training's arguments, as they stand in the file.
        dictionary: the words and labels, as they stand in the file.
        input: [words + buckets, width].
        output: [labels, width] of a supervised model, else [words, width].
        quantised_output: what the file says of it (qout); only with a quantised input the output is quantised, too.
        version: of the file.
    """

    arguments: Arguments
    dictionary: Dictionary
    input: Matrix
    output: Matrix
    quantised_output: bool = False
    version: int = VERSION

    @property
    def pieces(self) -> tuple[int, int]:
        """The shortest and longest piece of a word that counts; (0, 0) where none do."""
        if self.version <= OLDER and self.arguments.supervised:
            return 0, 0
        return (self.arguments.shortest, self.arguments.longest) if self.arguments.longest > 0 else (0, 0)


def dense(matrix: Matrix) -> NDArray[np.float32]:
    """All rows of a matrix, wherever and however it lies."""
    if isinstance(matrix, np.ndarray):
        return matrix
    return matrix.decoded() if isinstance(matrix, QuantisedMatrix) else matrix.read()


# -- reading ----------------------------------------------------------------------------------------------


@contextmanager
def open_fasttext(path: str | Path) -> Iterator[FastTextFile]:
    """A model file, its sizes checked; its dense matrices are read when they are asked for, while the block lasts.

    Raises:
        ModelError: it is no such file, cut off, or says what cannot be; with the file and the reason.
    """
    with open_model_file(path) as source:
        version = _read_version(source)
        arguments = _read_arguments(source)
        dictionary = read_dictionary(source)
        quantised = source.flag(INPUT)
        first = _read_matrix(source, INPUT, quantised=quantised)
        quantised_output = source.flag(OUTPUT)
        second = _read_matrix(source, OUTPUT, quantised=quantised and quantised_output)
        if source.left:
            raise ModelError(message("goes on for {left:,} bytes behind its end", left=source.left), where=source.where)
        model = FastTextFile(arguments, dictionary, first, second, quantised_output, version)
        try:
            check_fits(model)
        except ValueError as error:
            raise ModelError(message("is refused: {reason}", reason=reason_of(error)), where=source.where) from None
        yield model


def _read_version(source: FileBytes) -> int:
    magic, version = source.unpack(_HEAD, message("its head")) if source.left >= _HEAD.size else (0, 0)
    if magic != MAGIC:
        raise source.not_fasttext()
    if version not in (OLDER, VERSION):
        raise ModelError(
            message(
                "is of fastText's format {version}; formats {older} and {version_2} are read",
                version=version,
                older=OLDER,
                version_2=VERSION,
            ),
            where=source.where,
            hint=message("load and save it with fastText 0.9.2, which writes 12") if version < OLDER else None,
        )
    return int(version)


def _read_arguments(source: FileBytes) -> Arguments:
    values: list[Any] = list(source.unpack(_ARGUMENTS, message("the arguments")))
    places = {field.name: place for place, field in enumerate(fields(Arguments))}
    for name, names in (("loss", LOSSES), ("model", MODELS)):
        number = values[places[name]]
        if not 1 <= number <= len(names):
            raise ModelError(message("has the unknown {name} {number}", name=name, number=number), where=source.where)
        values[places[name]] = names[number - 1]
    return Arguments(*values)


def _read_matrix(source: FileBytes, name: Message, *, quantised: bool) -> StoredMatrix | QuantisedMatrix:
    if quantised:
        return _read_quantised(source, name)
    rows, width = source.unpack(_SHAPE, name)
    start = source.at
    source.skip(_counted(source, name, rows, width) * 4, name)
    return StoredMatrix(source, start, (rows, width), name)


def _read_quantised(source: FileBytes, name: Message) -> QuantisedMatrix:
    has_lengths, rows, width, size = source.unpack(_QUANTISED, name)
    codes = source.array(np.uint8, max(0, size), name)
    centroids, part, parts = _read_centroids(source, name, width)
    if rows < 0 or size < 0 or rows * parts != size:
        raise ModelError(
            message("says that {name} has {rows:,} rows in {size:,} bytes", name=name, rows=rows, size=size),
            where=source.where,
        )
    codes = codes.reshape(rows, parts)
    if not has_lengths:
        return QuantisedMatrix(codes, centroids, width, part)
    length_codes = source.array(np.uint8, rows, name)
    return QuantisedMatrix(codes, centroids, width, part, length_codes, _read_centroids(source, name, 1)[0])


def _read_centroids(source: FileBytes, name: Message, width: int) -> tuple[NDArray[np.float32], int, int]:
    """Centroids, how wide a part is, and how many there are."""
    found, parts, part, last = source.unpack(_PARTS, name)
    sound = found == width >= 1 and 1 <= part <= width and parts == -(-width // part)
    if not sound or last != width - (parts - 1) * part:
        raise ModelError(
            message(
                "cuts rows of {name}, {width} wide, into {parts} parts of {part} and {last}",
                name=name,
                width=width,
                parts=parts,
                part=part,
                last=last,
            ),
            where=source.where,
        )
    centroids = source.array(np.float32, CENTROIDS * width, name)
    if not np.isfinite(centroids).all():
        raise ModelError(message("the centroids of {name} hold NaN or infinity", name=name), where=source.where)
    return centroids, part, parts


def _counted(source: FileBytes, name: Message, rows: int, width: int) -> int:
    if rows < 0 or width < 0:
        raise ModelError(
            message("says that {name} has {rows:,} rows of {width:,} numbers", name=name, rows=rows, width=width),
            where=source.where,
        )
    return rows * width


def check_fits(model: FastTextFile) -> None:
    """Check that the parts of a model fit each other, so that compiled loops need not look.

    Raises:
        ValueError: with what does not fit.
    """
    arguments, dictionary = model.arguments, model.dictionary
    _check_arguments(arguments)
    for name, matrix in ((INPUT, model.input), (OUTPUT, model.output)):
        if matrix.shape[1] != arguments.width:
            raise DataError(
                message(
                    "{name} is {shape} wide and the model {width}",
                    name=name,
                    shape=matrix.shape[1],
                    width=arguments.width,
                )
            )
    rows = dictionary.words
    hashes = model.pieces[1] > 0 or arguments.word_ngrams > 1
    if hashes and (dictionary.pruned is None or len(dictionary.pruned)):
        if arguments.buckets < 1:
            raise DataError(message("there are {buckets} buckets for n-grams and pieces", buckets=arguments.buckets))
        if dictionary.pruned is None:
            rows += arguments.buckets
    if dictionary.pruned is not None:
        if not isinstance(model.input, QuantisedMatrix):
            raise DataError(message("its dictionary is pruned and its input matrix is not quantised"))
        rows += int(dictionary.pruned[:, 1].max(initial=-1)) + 1
        if dictionary.pruned.min(initial=0) < 0:
            raise DataError(message("its dictionary is pruned to negative rows"))
    if model.input.shape[0] < rows:
        raise DataError(
            message("the input matrix has {shape:,} rows and needs {rows:,}", shape=model.input.shape[0], rows=rows)
        )
    if arguments.supervised and model.output.shape[0] != dictionary.labels:
        raise DataError(
            message(
                "the output matrix has {shape:,} rows for {labels:,} labels",
                shape=model.output.shape[0],
                labels=dictionary.labels,
            )
        )


def _check_arguments(arguments: Arguments) -> None:
    if not 1 <= arguments.width <= 2**20:
        raise DataError(message("its vectors are {width} wide", width=arguments.width))
    if arguments.word_ngrams > LONGEST or arguments.longest > LONGEST:
        raise DataError(
            message(
                "its n-grams have up to {word_ngrams:,} words and {longest:,} characters; {longest_2} is the limit",
                word_ngrams=arguments.word_ngrams,
                longest=arguments.longest,
                longest_2=LONGEST,
            )
        )
    if not math.isfinite(arguments.sample):
        raise DataError(message("its sampling threshold is not a number"))


# -- writing ----------------------------------------------------------------------------------------------


def write_fasttext(model: FastTextFile, path: str | Path) -> None:
    """Write a model file, whole or not at all; the same model gives the same bytes.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
    """
    arguments: list[Any] = list(astuple(model.arguments))
    places = {field.name: place for place, field in enumerate(fields(Arguments))}
    arguments[places["loss"]] = LOSSES.index(model.arguments.loss) + 1
    arguments[places["model"]] = MODELS.index(model.arguments.model) + 1
    with atomic_file(path) as stream:
        stream.write(_HEAD.pack(MAGIC, model.version))
        stream.write(_ARGUMENTS.pack(*arguments))
        write_dictionary(stream, model.dictionary)
        stream.write(bytes([isinstance(model.input, QuantisedMatrix)]))
        _write_matrix(stream, model.input)
        stream.write(bytes([model.quantised_output]))
        _write_matrix(stream, model.output)


def _write_matrix(stream: BinaryIO, matrix: Matrix) -> None:
    if isinstance(matrix, QuantisedMatrix):
        _write_quantised(stream, matrix)
        return
    rows, width = matrix.shape
    stream.write(_SHAPE.pack(rows, width))
    step = max(1, _BLOCK // max(1, width))
    for first in range(0, rows, step):
        end = first + step
        block = matrix[first:end] if isinstance(matrix, np.ndarray) else matrix.read(first, end)
        stream.write(np.ascontiguousarray(block, dtype="<f4").reshape(-1).view(np.uint8).data)


def _write_quantised(stream: BinaryIO, matrix: QuantisedMatrix) -> None:
    rows, width = matrix.shape
    has_lengths = matrix.length_codes is not None
    stream.write(_QUANTISED.pack(has_lengths, rows, width, matrix.codes.size))
    stream.write(np.ascontiguousarray(matrix.codes).tobytes())
    _write_centroids(stream, matrix.centroids, width, matrix.part)
    if matrix.length_codes is not None and matrix.lengths is not None:
        stream.write(matrix.length_codes.tobytes())
        _write_centroids(stream, matrix.lengths, 1, 1)


def _write_centroids(stream: BinaryIO, centroids: NDArray[np.float32], width: int, part: int) -> None:
    parts = -(-width // part)
    stream.write(_PARTS.pack(width, parts, part, width - (parts - 1) * part))
    stream.write(centroids.astype("<f4").tobytes())
