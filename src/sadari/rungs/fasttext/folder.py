"""A model of fastText's as tensors and JSON of a model folder, and back; every part checked as one from a file is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.restore import object_in
from sadari.errors import DataError
from sadari.messages import message
from sadari.settings.limits import Flag, Whole, value_in
from sadari.vectors.fasttext.dictionary import Dictionary
from sadari.vectors.fasttext.file import (
    INPUT,
    LOSSES,
    OLDER,
    OUTPUT,
    VERSION,
    Arguments,
    FastTextFile,
    Matrix,
    check_fits,
    dense,
)
from sadari.vectors.fasttext.product_quantization import CENTROIDS, QuantisedMatrix

_INT32, _INT64 = Whole(-(2**31), 2**31 - 1), Whole(-(2**63), 2**63 - 1)


def file_state(file: FastTextFile) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tensors, and what else there is to say, of a model."""
    words = file.dictionary
    tensors: dict[str, Any] = {
        "entry_bytes": words.content,
        "entry_offsets": words.offsets,
        "entry_counts": words.counts,
    }
    if words.pruned is not None:
        tensors["pruned"] = words.pruned
    parts = {}
    for name, matrix in (("input", file.input), ("output", file.output)):
        tensors |= _tensors(name, matrix)
        parts[name] = matrix.part if isinstance(matrix, QuantisedMatrix) else None
    return tensors, {
        "version": file.version,
        "arguments": asdict(file.arguments),
        "words": words.words,
        "tokens": words.tokens,
        "pruned": words.pruned is not None,
        "parts": parts,
        "quantised_output": file.quantised_output,
    }


def restored_file(files: ModelFiles, model: Mapping[str, Any]) -> FastTextFile:
    """The model in a folder.

    Raises:
        ValueError, ModelError: its parts cannot be, or do not fit each other.
    """
    parts, quantised_output = object_in(model, "parts"), value_in(model, "quantised_output", Flag())
    arguments = _arguments(model.get("arguments"))
    file = FastTextFile(
        arguments,
        _dictionary(files, model),
        _matrix(files, "input", parts.get("input"), arguments.width),
        _matrix(files, "output", parts.get("output"), arguments.width),
        quantised_output,
        value_in(model, "version", Whole(OLDER, VERSION)),
    )
    check_fits(file)
    if not arguments.supervised:
        raise DataError(message("holds word vectors ({model}), not a classifier", model=arguments.model))
    return file


def _tensors(name: str, matrix: Matrix) -> dict[str, Any]:
    if not isinstance(matrix, QuantisedMatrix):
        return {name: dense(matrix)}
    found: dict[str, Any] = {f"{name}_codes": matrix.codes, f"{name}_centroids": matrix.centroids}
    if matrix.length_codes is not None:
        found |= {f"{name}_length_codes": matrix.length_codes, f"{name}_lengths": matrix.lengths}
    return found


def _matrix(files: ModelFiles, name: str, part: Any, width: int) -> NDArray[np.float32] | QuantisedMatrix:
    if part is None:
        return np.ascontiguousarray(files.tensor(name, shape=(None, None), dtype="float32"))
    if type(part) is not int or not 1 <= part <= width:
        matrix = INPUT if name == "input" else OUTPUT
        raise DataError(message("{name} is quantised in parts of {part!r:.80}", name=matrix, part=part))
    codes = files.tensor(f"{name}_codes", shape=(None, -(-width // part)), dtype="uint8")
    centroids = files.tensor(f"{name}_centroids", shape=(width * CENTROIDS,), dtype="float32")
    if f"{name}_length_codes" not in files.tensors:
        return QuantisedMatrix(codes, centroids, width, part)
    length_codes = files.tensor(f"{name}_length_codes", shape=(len(codes),), dtype="uint8")
    lengths = files.tensor(f"{name}_lengths", shape=(CENTROIDS,), dtype="float32")
    return QuantisedMatrix(codes, centroids, width, part, length_codes, lengths)


def _dictionary(files: ModelFiles, model: Mapping[str, Any]) -> Dictionary:
    content = files.tensor("entry_bytes", shape=(None,), dtype="uint8")
    counts = files.tensor("entry_counts", shape=(None,), dtype="int64")
    offsets = files.tensor("entry_offsets", shape=(len(counts) + 1,), dtype="int64")
    sound = offsets[0] == 0 and offsets[-1] == len(content) and bool((offsets[1:] >= offsets[:-1]).all())
    if not sound or (content == 0).any() or counts.min(initial=0) < 0:
        raise DataError(message("the entries of its dictionary cannot be"))
    pruned = files.tensor("pruned", shape=(None, 2), dtype="int32") if model.get("pruned") is True else None
    words, tokens = value_in(model, "words", Whole(0, len(counts))), value_in(model, "tokens", _INT64)
    return Dictionary(content, offsets, counts, words, tokens, pruned)


def _arguments(given: Any) -> Arguments:
    if not isinstance(given, dict) or set(given) != {field.name for field in fields(Arguments)}:
        raise DataError(message("its arguments are not fastText's"))
    if given["loss"] not in LOSSES or given["model"] != "supervised" or type(given["sample"]) not in (int, float):
        raise DataError(message("its loss, its model or its sampling is unknown"))
    numbers = {name: value_in(given, name, _INT32) for name in given if name not in ("loss", "model", "sample")}
    return Arguments(**numbers, loss=given["loss"], model=given["model"], sample=float(given["sample"]))
