"""What every rung says of the validation rows, by models that did not see them: written with a climb, read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import open_plain, parse_json, read_tensors
from sadari.artifact.weights import encode_weights
from sadari.climb.result import ClimbResult
from sadari.data.corpus import Corpus
from sadari.data.fingerprint import text_keys
from sadari.errors import ModelError, reason_of
from sadari.messages import message
from sadari.rungs import Rung, load

VALIDATION, TABLE = "validation.safetensors", "climb.json"
_NOT_RUNGS = ("row", "truth", "text")
_MOST = 2**26  # bytes of the table


def validation_tensors(result: ClimbResult, validation: Corpus, truth: NDArray[np.integer]) -> bytes:
    """A safetensors file of ``row`` int64 [v], ``truth`` int32 [v], ``text`` uint64 [v] and, by each rung's name,
    its probabilities float32 [v, k]; the labels stand in `climb.json`.

    Args:
        result: of the climb.
        validation: the rows; ``row`` is where each stands in its file, from 1, and ``text`` a key of what it says.
        truth: int [v], the labels' codes.
    """
    tensors = {rung.rung: np.ascontiguousarray(rung.validation_table(), np.float32) for rung in result.rungs}
    tensors |= {"row": validation.rows.astype(np.int64), "truth": truth.astype(np.int32)}
    tensors["text"] = text_keys(validation.texts)
    return b"".join(encode_weights(tensors))


@dataclass(frozen=True)
class Validated:
    """What a climb's folder says of its validation rows.

    Attributes:
        labels: the k labels.
        texts: uint64 [v], a key of each text.
        tables: rung → probabilities float32 [v, k].
    """

    labels: list[str]
    texts: NDArray[np.uint64]
    tables: Mapping[str, NDArray[np.float32]]


def read_validated(folder: str | Path) -> Validated | None:
    """What `validation_tensors` wrote; None where a climb has left none that says which texts they are of.

    Args:
        folder: a climb's.

    Raises:
        ModelError: it is no climb's, or damaged.
    """
    place = Path(folder)
    labels = _labels(place)
    if not (place / VALIDATION).is_file():
        return None
    tensors = read_tensors(place / VALIDATION)
    keys = tensors.get("text")
    if keys is None:
        return None
    tables = {name: table for name, table in tensors.items() if name not in _NOT_RUNGS}
    fits = all(table.dtype == np.float32 and table.shape == (len(keys), len(labels)) for table in tables.values())
    if keys.dtype != np.uint64 or keys.ndim != 1 or not tables or not fits:
        raise ModelError(message("does not fit the labels of the climb"), where=str(place / VALIDATION))
    return Validated(labels, keys, tables)


def _labels(place: Path) -> list[str]:
    """The labels of a climb.

    Raises:
        ModelError: this is none.
    """
    where = str(place / TABLE)
    try:
        with open_plain(place / TABLE) as file:
            found: Any = parse_json(file.read(_MOST))
    except (OSError, ValueError) as error:
        raise ModelError(
            message("is no folder of a climb: {reason}", reason=reason_of(error)),
            where=where,
            hint=message("name the folder that sadari climb wrote, such as runs/news"),
        ) from None
    labels = found.get("labels") if isinstance(found, dict) else None
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(name, str) for name in labels):
        raise ModelError(message("names no labels"), where=where)
    return labels


def recommended(folder: str | Path) -> Rung:
    """The rung that a climb recommends, untrained, with its settings.

    Args:
        folder: the climb's.

    Raises:
        ModelError: there is no model in it.
    """
    trained = load(Path(folder) / "model")
    untrained: Rung = type(trained)(**trained.get_params(deep=False))
    return untrained
