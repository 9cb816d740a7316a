"""Rung `fasttext`: a classifier of fastText's, taken over from its ``.bin`` or ``.ftz`` file; not trained here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.plain_file import as_path
from sadari.artifact.restore import LARGEST_WEIGHT, TOO_LARGE, text_in
from sadari.errors import DataError, ModelError, SettingError, reason_of
from sadari.messages import Message, beside, counted, message
from sadari.nets.fasttext import hidden_logits, label_tree, leaf_logs, leaf_parts, table_sigmoid
from sadari.rungs.base import Rung
from sadari.rungs.fasttext.folder import file_state, restored_file
from sadari.rungs.portable.forms import Portable
from sadari.text.column import slices
from sadari.text.tokens.scan import Tokens
from sadari.train.labels import LabelCodec, class_array
from sadari.train.solvers.temperature import softmax
from sadari.train.thresholds import USUAL
from sadari.vectors.fasttext.dictionary import Dictionary, readable
from sadari.vectors.fasttext.file import INPUT, OUTPUT, FastTextFile, Matrix, dense, open_fasttext
from sadari.vectors.fasttext.product_quantization import QuantisedMatrix, mean_coded_rows, mean_dense_rows
from sadari.vectors.fasttext.rows import LABEL_PREFIX, RowFinder

MOST_DECODED = 2**27  # numbers of a quantised matrix that are decoded once for all: 512 MiB
MOST_BYTES = 2**31 - 2**20  # of the weights in a model folder


class FastTextModel(Rung):
    """A classifier that fastText trained (Joulin et al. 2016): it predicts here what it predicts there.

    Make one with `from_file`, or load the folder that one was saved to. Texts are cut at white space as fastText does,
    and taken as they are: whoever lower-cased the training texts has to lower-case these too. A line feed is white
    space here, where fastText stops reading.

    Probabilities are those that the net gives. fastText prints each of them 0.00001 larger (with the loss hs: reckons
    with each node's larger by so much), as it adds that before it takes a logarithm. With the loss ns they are each
    label's own, as in fastText, and need not sum to 1; with ova a text may have several labels. A text of which
    nothing but its end is known gets fastText's answer too, and is marked as unknown.

    Attributes:
        classes_: the labels [k], sorted, without their prefix.
        loss_: "softmax", "ova", "hs" or "ns".
        file_: the file's content.
    """

    name = "fasttext"
    class_weight = None

    @classmethod
    def from_file(cls, path: str | Path, *, label_prefix: str = LABEL_PREFIX) -> Self:
        """The model in a file of fastText's.

        Args:
            path: a ``.bin`` or ``.ftz`` file of a supervised model.
            label_prefix: with what its labels begin; it is taken off if all of them do.

        Raises:
            ModelError: it is no such file, damaged, or holds word vectors.
        """
        path = as_path(path)
        where = str(path)
        with open_fasttext(path) as found:
            if not found.arguments.supervised:
                raise ModelError(
                    message("holds word vectors ({model}), not a classifier", model=found.arguments.model),
                    where=where,
                    hint=message("sadari vectors convert reads them"),
                )
            file = FastTextFile(
                found.arguments,
                found.dictionary,
                _loaded(found.input),
                _loaded(found.output),
                found.quantised_output,
                found.version,
            )
        rung = cls()
        try:
            rung._take(file, label_prefix)
        except ValueError as error:
            raise ModelError(message("is refused: {reason}", reason=reason_of(error)), where=where) from None
        several = file.arguments.loss == "ova"
        rung._codec = LabelCodec(class_array(sorted(rung._names)), "several" if several else "one")
        rung.classes_, rung.inverse_temperature_ = rung._codec.classes, 1.0
        rung.thresholds_ = np.full(len(rung.classes_), USUAL)
        rung.prior_ = _shares(file.dictionary, rung._finder.end, several=several)[rung._columns]
        rung.history_, rung.scores_ = [], {}
        rung.data_ = {"file": path.name, "tokens": file.dictionary.tokens}
        rung._ready = True
        return rung

    def fit(self, texts: Any, labels: Any = None, sample_weight: Any = None, **options: Any) -> Self:
        """Refused: such a model comes from a file.

        Args:
            texts: not read.
            labels: not read.
            sample_weight: not read.
            options: not read.

        Raises:
            SettingError: always.
        """
        raise SettingError(
            message("a model of fastText's is taken over from its file, and not trained here"),
            hint=message("the rung embedding-bag is the same net: train that, and export it to fastText"),
        )

    def resolved_settings(self) -> dict[str, Any]:
        return {}

    def _take(self, file: FastTextFile, label_prefix: str) -> None:
        """Take up a file's content.

        Raises:
            ValueError: it cannot be.
        """
        self.file_, self.loss_, self.tokenizer_, self._prefix = file, file.arguments.loss, self.name, label_prefix
        self._names = _label_names(file.dictionary, label_prefix)  # in the file's order
        self._columns = np.argsort(np.array(self._names, object), kind="stable")  # the file's label of each column
        self._finder = RowFinder(file)
        for name, matrix in ((INPUT, file.input), (OUTPUT, file.output)):
            if not _largest(matrix) <= LARGEST_WEIGHT:
                raise DataError(TOO_LARGE.filled(name=name))
        small = file.input.shape[0] * file.input.shape[1] <= MOST_DECODED
        coded = isinstance(file.input, QuantisedMatrix) and not small
        self._input: Matrix = file.input if coded else dense(file.input)
        # logits are summed in fastText's order, and those of all labels at once: from [width, k], lengths coming last
        quantised = file.output if isinstance(file.output, QuantisedMatrix) else None
        self._output = np.ascontiguousarray(dense(quantised.without_lengths() if quantised else file.output).T)
        self._lengths = quantised.row_lengths() if quantised else np.empty(0, np.float32)
        counts = file.dictionary.counts[file.dictionary.words :]
        self._tree = label_tree(counts) if self.loss_ == "hs" else None

    # -- predicting -------------------------------------------------------------------------------------

    def _probabilities(self, logits: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        scaled = logits * np.float64(self.inverse_temperature_)
        probabilities = softmax(scaled) if self.loss_ in ("softmax", "hs") else table_sigmoid(scaled)
        if not self._finder.has_end:  # then fastText has no answer to a text of which it knows nothing
            probabilities[~known] = self.prior_
        return probabilities

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        logits = np.empty((len(column), len(self._columns)), np.float32)
        known = np.empty(len(column), np.bool_)
        done = 0
        for part in slices(column, max_rows=4_096, max_bytes=1 << 22):  # pieces take up to thirty times the text's room
            hidden, known[done : done + len(part)] = self._hidden(part)
            logits[done : done + len(part)] = self._label_logits(hidden)
            done += len(part)
        return logits, known

    def _hidden(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The mean of each text's rows, float32 [n, width], and bool [n]: whether it has any but that of its end."""
        found = self._finder.rows(column)
        ids, offsets, matrix = found.rows.values, found.rows.offsets, self._input
        hidden = np.empty((len(column), len(self._output)), np.float32)
        if isinstance(matrix, QuantisedMatrix):
            mean_coded_rows(ids, offsets, matrix.codes, matrix.centroids, matrix.part, matrix.row_lengths(), hidden)
        else:
            mean_dense_rows(ids, offsets, matrix, hidden)
        return hidden, found.known

    def _label_logits(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of every label, float32 [n, k]; with the loss hs, the logarithms of their probabilities."""
        scores = np.empty((len(hidden), len(self._columns)), np.float32)
        hidden_logits(hidden, self._output, scores)
        if len(self._lengths):
            scores *= self._lengths
        if self._tree is not None:
            nodes, scores = scores, np.empty_like(scores)
            leaf_logs(nodes, self._tree, scores)
        return scores[:, self._columns]

    def description(self) -> Message | str:
        """What kind of model it is, in a line."""
        arguments, words = self.file_.arguments, self.file_.dictionary
        shortest, longest = self.file_.pieces
        said: list[Message | str] = [counted(words.words, "word"), message("{width:,} wide", width=arguments.width)]
        said.append(f"loss {self.loss_}")
        if arguments.word_ngrams > 1:
            said.append(message("n-grams of up to {words} words", words=arguments.word_ngrams))
        if longest:
            pieces = message("pieces of {shortest} to {longest} characters", shortest=shortest, longest=longest)
            said.append(pieces)
        if isinstance(self.file_.input, QuantisedMatrix):
            said.append(message("quantised") if words.pruned is None else message("quantised and pruned"))
        return beside(said)

    def tokens(self, texts: pl.Series) -> Tokens:
        """The words of texts [n], cut as fastText cuts them.

        Args:
            texts: the texts.
        """
        return self._finder.tokens(texts)

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Of each word (its row and its pieces together) and n-gram."""
        found = self._finder.rows(column, grouped=True)
        ids, matrix = found.rows.values, self._input
        rows = matrix.decoded(ids) if isinstance(matrix, QuantisedMatrix) else dense(matrix)[ids]
        groups, place = np.unique(found.groups, return_inverse=True)
        vectors = np.zeros((len(groups), len(self._output)))
        np.add.at(vectors, place, rows.astype(np.float64) / max(1, len(ids)))
        parts, bias = vectors @ self._output.astype(np.float64), np.zeros(len(self._columns))
        if len(self._lengths):
            parts *= self._lengths
        if self._tree is not None:
            parts, bias = leaf_parts(parts[:, :-1], self._tree)
        names = self._finder.names(column[0])
        return [names[group] for group in groups], parts[:, self._columns], bias[self._columns]

    # -- saving -----------------------------------------------------------------------------------------

    def portable(self) -> Portable:
        raise SettingError(
            message("a model that was imported from fastText goes back to a file of fastText's alone"),
            hint=message("--to fasttext writes it; to have ONNX or a page, train embedding-bag, the same net"),
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        tensors, model = file_state(self.file_)
        size = sum(tensor.nbytes for tensor in tensors.values())
        if size > MOST_BYTES:
            raise SettingError(
                message(
                    "the model takes {size:,} bytes, and a model folder holds up to {most_bytes:,}",
                    size=size,
                    most_bytes=MOST_BYTES,
                ),
                hint=message("fastText makes it smaller: fasttext quantize; then import the .ftz"),
            )
        return tensors, {}, {"tokenizer": self.tokenizer_, "label_prefix": self._prefix, **model}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        self._take(restored_file(files, model), text_in(model, "label_prefix"))
        if sorted(self._names) != self._codec.names() or self._codec.multilabel != (self.loss_ == "ova"):
            raise DataError(message("its labels are not those of its dictionary, or not of its loss"))


def _loaded(matrix: Matrix) -> Matrix:
    return matrix if isinstance(matrix, QuantisedMatrix) else dense(matrix)


def _largest(matrix: Matrix) -> float:
    if isinstance(matrix, QuantisedMatrix):
        return matrix.largest
    numbers = dense(matrix)
    return float(max(numbers.max(initial=0), -numbers.min(initial=0)))


def _label_names(dictionary: Dictionary, prefix: str) -> list[str]:
    """The labels, in the file's order, without their prefix if all have it.

    Raises:
        ValueError: fewer than two, or two that cannot be told from each other.
    """
    names = [readable(dictionary.entry(place)) for place in range(dictionary.words, len(dictionary))]
    if all(name.startswith(prefix) for name in names):
        names = [name.removeprefix(prefix) for name in names]
    if len(names) < 2:
        labels = counted(len(names), "label")
        raise DataError(message("it has {labels}, and a classifier has two at least", labels=labels))
    if len(set(names)) < len(names):
        raise DataError(message("two of its labels are alike"))
    return names


def _shares(dictionary: Dictionary, end: int, *, several: bool) -> NDArray[np.float64]:
    """The share of the training texts that have each label, in the file's order, by what the dictionary counted."""
    counts = dictionary.counts[dictionary.words :].astype(np.float64)
    if not several:
        return counts / counts.sum() if counts.any() else np.full(len(counts), 1 / len(counts))
    lines = float(dictionary.counts[end]) if end >= 0 else 0.0  # each line ended once
    return np.minimum(1, counts / max(1.0, lines, counts.max()))
