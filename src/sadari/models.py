"""Every kind of model that a folder can hold, and the one function that opens them all."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from sadari.artifact import KINDS, read_model
from sadari.errors import ModelError
from sadari.messages import message

# kind → what makes the model of a folder that is read; imported when a folder says so
READERS = {
    "classifier": "sadari.rungs:from_files",
    "generator": "sadari.generation.generator:Generator.from_files",
    "translator": "sadari.translation.translator:Translator.from_files",
    "bert": "sadari.pretraining.bert:Bert.from_files",
    "vectors": "sadari.vectors.formats.folder:from_files",
}


def load(folder: str | Path) -> Any:
    """Load a model, whatever the folder says it is: a classifier, a generator, a translator, a BERT or word vectors.

    Args:
        folder: the model folder.

    Returns:
        A `sadari.rungs.Rung`, `sadari.Generator`, `sadari.Translator`, `sadari.Bert` or `sadari.WordVectors`.

    Raises:
        ModelError: it is no model, torn, hostile, or of a kind or a rung that this version does not have.
    """
    files = read_model(folder)
    kind = files.manifest["kind"]
    if kind not in READERS:
        found = KINDS.get(kind)
        raise ModelError(
            message("this is {found}, and no model", found=found.found)
            if found
            else message("the model is of the kind {kind!r:.40}, which is not known here", kind=kind),
            where=str(folder),
            hint=found.hint if found else message("a newer Sadari may know it"),
        )
    return resolve_name(READERS[kind])(files)
