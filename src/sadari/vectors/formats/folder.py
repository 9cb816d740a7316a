"""Our own folder of vectors: safetensors, the words as JSON, and a card for whoever finds it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import ModelFiles, check_kind, read_model, save_model
from sadari.artifact.history import HISTORY, decode_history
from sadari.artifact.restore import NO_VECTORS, TOO_LARGE, VOCABULARY, build, object_in, read_words, text_in
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import LARGEST, Subwords

KIND = "vectors"


def save_vectors(vectors: WordVectors, folder: str | Path) -> None:
    """Write a folder of vectors, whole or not at all; an older model there is replaced.

    Counts and subwords go with them, and any word can be written.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
        ModelError: a vector is not finite.
    """
    subwords, training = vectors.subwords, vectors.training
    tensors: dict[str, Any] = {"vectors": vectors.matrix}
    if vectors.counts is not None:
        tensors["counts"] = np.asarray(vectors.counts, np.int64)
    if vectors.outputs is not None:
        tensors["outputs"] = vectors.outputs
    pieces = None
    if subwords is not None:
        tensors["subwords"] = subwords.matrix
        pieces = {"shortest": subwords.shortest, "longest": subwords.longest, "unit": subwords.unit}
        pieces["buckets"] = subwords.buckets
    manifest = {
        "kind": KIND,
        "settings": training.get("settings", {}),
        "scores": {},
        "data": {name: value for name, value in training.items() if name not in ("settings", "history")},
        "tokenizer": vectors.tokenizer,
    }
    said = {
        "words": len(vectors),
        "width": vectors.width,
        "counts": vectors.counts is not None,
        "subwords": pieces,
    }
    texts = {VOCABULARY: json.dumps(vectors.words, ensure_ascii=False)}
    history = training.get("history", [])
    save_model(folder, manifest, (tensors, texts, said), card="vectors/formats/card.md.jinja", history=history)


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder, as far as one can see: whoever reads it says what is wrong with it."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def load_vectors(folder: str | Path, *, words: Iterable[str] | None = None, limit: int | None = None) -> WordVectors:
    """The vectors of a folder that `save_vectors` wrote.

    Args:
        folder: what `save_vectors` wrote.
        words: keep only these words' rows; subwords are kept whole.
        limit: look at the first so many rows only.

    Raises:
        ModelError: it is no folder of vectors, torn, hostile, or its parts do not fit each other.
    """
    return from_files(read_model(folder, kind=KIND), words=words, limit=limit)


def from_files(files: ModelFiles, *, words: Iterable[str] | None = None, limit: int | None = None) -> WordVectors:
    """The vectors of a folder that is read already; as `load_vectors`."""
    where = str(files.folder)
    check_kind(files.manifest, KIND, where)
    with build(where, NO_VECTORS):
        names = read_words(files)
        matrix = files.tensor("vectors", shape=(len(names), None), dtype="float32")
        subwords = _subwords(files, matrix.shape[1])
        counts = _counts(files, len(names))
        outputs = files.tensor("outputs", shape=matrix.shape, dtype="float32") if "outputs" in files.tensors else None
        notes: list[Message | str] = []
        if words is not None or limit is not None:
            rows, notes = _chosen(names, words, limit)
            counts = None if counts is None else counts[rows]
            outputs = None if outputs is None else outputs[rows]
            names, matrix = [names[row] for row in rows], matrix[rows]
        return WordVectors(
            names, matrix, counts=counts, subwords=subwords, notes=notes, outputs=outputs, **_training(files)
        )


def _counts(files: ModelFiles, words: int) -> NDArray[np.int64] | None:
    if "counts" not in files.tensors:
        return None
    counts = files.tensor("counts", shape=(words,), dtype="int64")
    if words and counts.min() < 0:
        raise DataError(message("'counts' holds a number below 0"))
    return counts


def _training(files: ModelFiles) -> dict[str, Any]:
    """How the vectors were trained, as far as the folder says."""
    tokenizer = files.manifest.get("tokenizer")
    if tokenizer is not None:
        text_in(files.manifest, "tokenizer")
    settings, data = (object_in(files.manifest, key) for key in ("settings", "data"))
    history = decode_history(files.text(HISTORY))
    training = {"settings": settings, "history": history, **data} if settings or history else data
    return {"tokenizer": tokenizer, "training": training}


def _subwords(files: ModelFiles, width: int) -> Subwords | None:
    settings = object_in(files.manifest, "model").get("subwords")
    if settings is None and "subwords" not in files.tensors:
        return None
    matrix = files.tensor("subwords", shape=(None, width), dtype="float32")
    if len(matrix) == 0 or not isinstance(settings, dict):
        raise DataError(message("the subwords have no buckets, or no settings"))
    shortest, longest, unit = (settings.get(key) for key in ("shortest", "longest", "unit"))
    if type(shortest) is not int or type(longest) is not int or not isinstance(unit, str):
        raise DataError(message("the subwords' settings must be two whole numbers and a unit"))
    if not (matrix.max(initial=0) <= LARGEST and matrix.min(initial=0) >= -LARGEST):
        raise DataError(TOO_LARGE.filled(name=message("tensor {name!r:.80}", name="subwords")))
    return Subwords(matrix, shortest=shortest, longest=longest, unit=unit)


def _chosen(
    names: list[str], words: Iterable[str] | None, limit: int | None
) -> tuple[NDArray[np.int64], list[Message | str]]:
    """The rows that are wanted, in the folder's order, and a note on how many were."""
    if words is None:
        return np.arange(len(names[:limit])), []
    wanted = set(words)
    rows = np.array([row for row, name in enumerate(names[:limit]) if name in wanted], np.int64)
    said = message("{found:,} of the {asked:,} words asked for are in it", found=len(rows), asked=len(wanted))
    return rows, [said]
