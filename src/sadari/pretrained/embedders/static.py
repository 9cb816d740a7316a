"""Static embeddings: one vector a token from a table, averaged. Folders of model2vec and of sentence-transformers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles, State, guarded, parse_json, read_tensors
from sadari.artifact.restore import NO_TOKENIZER, build, check_known, check_weights
from sadari.artifact.weights import CONFIG, TOKENIZER, TRANSFORMERS_WEIGHTS
from sadari.compiling import njit
from sadari.errors import DataError, ModelError
from sadari.messages import message
from sadari.pretrained.embedders.base import MOST_TEXT, Embedded, Embedder
from sadari.pretrained.embedders.modules import Modules
from sadari.pretrained.folder import (
    check_fits,
    check_knows,
    check_not_pickled,
    check_not_zero,
    check_plain,
    json_of,
    text_of,
)
from sadari.ragged import Ragged
from sadari.settings.limits import Flag, Whole, check, value_in
from sadari.text.subword.pretrained import SubwordTokenizer

MODEL2VEC, SENTENCE = "embeddings", "embedding.weight"  # the table's name, by who wrote it
LONGEST = 512  # tokens that model2vec reads where a folder does not say
MOST_WIDTH = 2**16
TABLE = "table"  # in a model folder
_TYPES = ("float16", "float32", "float64", "int8")


class Reader(Protocol):
    """What makes ids of texts: rows of the table, −1 for what has none."""

    kind: str

    def read(self, column: pl.Series) -> Ragged: ...

    def words(self, text: str) -> list[str]:
        """What each of the ids stands for."""
        ...

    def state(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Texts, and what a manifest says."""
        ...


class SubwordReader:
    """Ids of a subword tokenizer.

    Args:
        content: of its ``tokenizer.json``.
        keep_unknown: whether what the tokenizer does not know has a row of the table, too.

    Raises:
        ValueError, ModelError: it is none.
    """

    def __init__(self, content: str, keep_unknown: bool) -> None:
        self.content, self.keep_unknown = content, keep_unknown
        self.pieces = SubwordTokenizer.read(content, 0, None)
        self.kind = self.pieces.kind
        said = parse_json(content.encode())["model"]
        piece, self.unknown_id = said.get("unk_token"), said.get("unk_id")  # the latter of unigram models
        if isinstance(piece, str):
            self.unknown_id = self.pieces.engine.token_to_id(piece)

    def read(self, column: pl.Series) -> Ragged:
        ids = self.pieces.encode(column)
        if self.unknown_id is None or self.keep_unknown:
            return ids
        return Ragged(np.where(ids.values == self.unknown_id, np.int32(-1), ids.values), ids.offsets)

    def words(self, text: str) -> list[str]:
        return [shown.strip() or piece for _, piece, shown in self.pieces.words(text)]

    def state(self) -> tuple[dict[str, str], dict[str, Any]]:
        return {TOKENIZER: self.content}, {"keep_unknown": self.keep_unknown}


class StaticEmbedder(Embedder):
    """A table of vectors, one a token; a text's vector is their mean.

    There is no cache: a text is embedded sooner than it would be looked up on a disk.

    Args:
        reader: what makes ids of texts.
        table: float [rows, width].
        normalise: whether each vector is brought to length 1.
        longest: tokens that are read of a text; None: all.
        weights: float32 [ids], by how much each token's row is multiplied; None: all alike.
        mapping: int32 [ids], the row of each token; None: its own number.
    """

    kind = "static"

    def __init__(
        self,
        reader: Reader,
        table: NDArray[Any],
        *,
        normalise: bool,
        longest: int | None,
        weights: NDArray[np.float32] | None = None,
        mapping: NDArray[np.int32] | None = None,
    ) -> None:
        self.reader, self.stored, self.normalise, self.longest = reader, table, normalise, longest
        self.table = np.ascontiguousarray(table, np.float32)
        self.weights, self.mapping = weights, mapping
        self.width, self.tokenizer = int(table.shape[1]), reader.kind

    def rows(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """float32 [n, width]: what each of these tokens adds."""
        found = self.table[ids if self.mapping is None else self.mapping[ids]]
        return found if self.weights is None else found * self.weights[ids][:, None]

    def _read(self, column: pl.Series) -> Ragged:
        ids = self.reader.read(column)
        return ids if self.longest is None else ids.truncate(self.longest)[0]

    def cut(self, column: pl.Series) -> NDArray[np.bool_]:
        if self.longest is None:
            return np.zeros(len(column), np.bool_)
        return self.reader.read(column).lengths > self.longest

    def token_counts(self, column: pl.Series) -> NDArray[np.int64]:
        return self._read(column).lengths

    def _embed(self, column: pl.Series) -> Embedded:
        ids = self._read(column)
        out, known = np.empty((len(ids), self.width), np.float32), np.empty(len(ids), np.bool_)
        weights = np.ones(0, np.float32) if self.weights is None else self.weights
        rows = ids.values if self.mapping is None else np.where(ids.values < 0, -1, self.mapping[ids.values])
        _mean_rows(ids.values, rows, ids.offsets, self.table, weights, self.normalise, out, known)
        return out, known

    def contributions(
        self, text: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        column = pl.Series([text], dtype=pl.String)
        ids = self._read(column).values
        kept = np.flatnonzero(ids >= 0)
        if not len(kept):
            raise DataError(message("there is no token in the text to look at"))
        ids, names = ids[kept], self.reader.words(text)
        rows = self.rows(ids).astype(np.float64) / len(ids)
        length = np.linalg.norm(rows.sum(axis=0)) if self.normalise else 1.0
        return [names[place] for place in kept], rows @ weight / max(length, 1e-12), bias.astype(np.float64)

    def state(self) -> State:
        texts, said = self.reader.state()
        tensors = {TABLE: self.stored, "token_weights": self.weights, "mapping": self.mapping}
        found = {name: value for name, value in tensors.items() if value is not None}
        return found, texts, {**said, "normalise": self.normalise, "longest": self.longest}


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _mean_rows(ids, rows, offsets, table, weights, normalise, out, known):  # type: ignore[no-untyped-def]
    """out[t] = mean of ``table[rows]`` over the ids of text t that are not negative, times their weights.

    Shapes: ids, rows int32 [stored]; offsets [n + 1]; table float32 [rows, width]; weights float32 [ids] or [0]; out
    float32 [n, width]; known bool [n].
    """
    width = table.shape[1]
    for t in range(len(offsets) - 1):
        count = 0
        out[t] = 0
        for i in range(offsets[t], offsets[t + 1]):
            if ids[i] >= 0:
                count += 1
                share = weights[ids[i]] if len(weights) else np.float32(1)
                for j in range(width):
                    out[t, j] += share * table[rows[i], j]
        scale = np.float32(1.0 / max(count, 1))
        if normalise:
            total = 0.0
            for j in range(width):
                total += np.float64(out[t, j]) * out[t, j]
            scale = np.float32(1.0 / np.sqrt(total)) if total > 0 else np.float32(0)
        for j in range(width):
            out[t, j] *= scale
        known[t] = count > 0


def is_static(folder: Path) -> bool:
    """Whether a folder says that it is one of model2vec's."""
    return (folder / CONFIG).is_file() and json_of(folder / CONFIG).get("model_type") == "model2vec"


def read_static(modules: Modules, max_length: int | None) -> StaticEmbedder:
    """The static embeddings of a folder.

    Args:
        modules: what the folder says of itself.
        max_length: tokens to read of a text; None: as many as the folder says.

    Raises:
        ModelError: they cannot be read, or their parts do not fit each other.
    """
    folder, where = modules.encoder, str(modules.encoder)
    check_plain(folder)
    if not (folder / TRANSFORMERS_WEIGHTS).is_file():
        check_not_pickled(folder, "AutoModel")
        raise ModelError(
            message("there are no weights: no {safe}", safe=TRANSFORMERS_WEIGHTS),
            where=where,
            hint=message("copy it from where the configuration is from"),
        )
    content = text_of(folder / TOKENIZER)
    if content is None:
        raise ModelError(message("there is no tokenizer beside the weights"), where=where)
    found = read_tensors(folder / TRANSFORMERS_WEIGHTS)
    own = MODEL2VEC in found
    with build(str(folder / TOKENIZER), NO_TOKENIZER):
        reader = SubwordReader(content, keep_unknown=not own)
    said = json_of(folder / CONFIG) if own and (folder / CONFIG).is_file() else {}
    with build(where):
        normalise = value_in({"normalize": False, **said}, "normalize", Flag()) or modules.normalise
        longest = said.get("max_length", LONGEST if own else None)
        check("max_length", longest, Whole(1, MOST_TEXT), optional=True)
        check_known(found, {MODEL2VEC, "weights", "mapping"} if own else {SENTENCE})
        table = found.get(MODEL2VEC if own else SENTENCE)
        made = _put_together(
            reader, table, found.get("weights"), found.get("mapping"), normalise, max_length or longest, where
        )
    check_not_zero(made.table, str(folder / TRANSFORMERS_WEIGHTS))
    with guarded(message("the tokenizer cannot be read"), where=where):
        vocabulary = reader.pieces.engine.get_vocab()
    check_knows(vocabulary, lambda texts: bool(made.embed(texts)[1].any()), where)
    return made


def restored_static(files: ModelFiles, said: Mapping[str, Any]) -> StaticEmbedder:
    """The static embeddings of a model folder that `StaticEmbedder.state` describes.

    Raises:
        ValueError, ModelError: its parts do not fit each other.
    """
    reader = SubwordReader(files.text(TOKENIZER), value_in(said, "keep_unknown", Flag()))
    return static_of(files, said, reader)


def static_of(files: ModelFiles, said: Mapping[str, Any], reader: Reader) -> StaticEmbedder:
    """The same with a reader that is there already."""
    longest = said.get("longest")
    check("longest", longest, Whole(1, MOST_TEXT), optional=True)
    table, weights, mapping = (files.tensors.get(name) for name in (TABLE, "token_weights", "mapping"))
    normalise = value_in(said, "normalise", Flag())
    return _put_together(reader, table, weights, mapping, normalise, longest, str(files.folder))


def _put_together(
    reader: Reader, table: Any, weights: Any, mapping: Any, normalise: bool, longest: int | None, where: str
) -> StaticEmbedder:
    """Static embeddings, once their parts have been compared.

    Raises:
        ValueError, ModelError: they do not fit each other.
    """
    if table is None or table.ndim != 2 or not 1 <= table.shape[1] <= MOST_WIDTH or str(table.dtype) not in _TYPES:
        raise DataError(message("there is no table of vectors of floating-point numbers"))
    check_weights(where, table=table.astype(np.float32), **({} if weights is None else {"weights": weights}))
    ids = len(table)
    if mapping is not None:
        if mapping.ndim != 1 or mapping.dtype.kind not in "iu" or not len(mapping):
            raise DataError(message("'mapping' must hold whole numbers"))
        if int(mapping.min()) < 0 or int(mapping.max()) >= len(table):
            raise DataError(
                message(
                    "'mapping' names a row that the table of {number_of_table:,} rows has not",
                    number_of_table=len(table),
                )
            )
        mapping, ids = mapping.astype(np.int32), len(mapping)
    if weights is not None:
        if weights.ndim != 1 or len(weights) < ids or weights.dtype.kind != "f":
            raise DataError(message("'weights' must hold a number for each of {ids:,} tokens", ids=ids))
        weights, ids = weights.astype(np.float32), ids if mapping is not None else min(ids, len(weights))
    if isinstance(reader, SubwordReader):
        check_fits(reader.pieces.largest_id, ids, where)
    return StaticEmbedder(reader, table, normalise=normalise, longest=longest, weights=weights, mapping=mapping)
