"""The table of rungs, what each may start from, what every trained one shows, and the model of a folder.

It stands below the classes, since a student opens the folder of its teacher; `sadari.rungs` fills the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sadari.artifact import ModelFiles, read_model
from sadari.errors import ModelError, SettingError
from sadari.messages import Message, message

RUNGS: dict[str, Any] = {}  # name → class
IMPORTED: dict[str, Any] = {}


@dataclass(frozen=True)
class StartsFrom:
    """What a rung starts from.

    Attributes:
        setting: the rung's setting that takes it; `climb` gives it by the same name.
        what: its name in a sentence.
        reading: what the progress bar says while it is read.
        option: the option of the command line that gives it.
        how: the command that makes or names some.
    """

    setting: str
    what: Message
    reading: Message
    option: str
    how: str


VECTORS = StartsFrom(
    "vectors",
    message("word vectors"),
    message("reading the vectors"),
    "--vectors FILE",
    "sadari vectors train TEXTS -o FILE",
)
ENCODER = StartsFrom(
    "weights",
    message("pre-trained weights"),
    message("looking at the weights"),
    "--weights FOLDER",
    "sadari weights list",
)


def given_weights(weights: str | Path | None, rung: str) -> str | Path:
    """The pre-trained weights that a rung is given.

    Args:
        weights: its setting.
        rung: its name.

    Raises:
        SettingError: there are none.
    """
    if weights is None:
        raise SettingError(
            message("the rung {name!r} starts from pre-trained weights, and none are given", name=rung),
            hint=message("give a folder of them (--weights FOLDER), a name of sadari weights list, or one of the hub"),
        )
    return weights


def load(folder: str | Path) -> Any:
    """The classifier of a folder, whichever rung it is of.

    Raises:
        ModelError: it is none, torn, hostile, or of a rung that this version does not have.
    """
    return from_files(read_model(folder, kind="classifier"))


def from_files(files: ModelFiles) -> Any:
    """The classifier of a folder that is read already.

    Raises:
        ModelError: it is of a rung that this version does not have, or its parts do not fit each other.
    """
    name, known = files.manifest.get("rung"), {**RUNGS, **IMPORTED}
    if not isinstance(name, str) or name not in known:
        raise ModelError(
            message("the model is of the rung {name!r}, which is not known here", name=name),
            where=str(files.folder),
            hint=message("known rungs: {known}; a newer Sadari may know it", known=", ".join(known)),
        )
    return known[name].from_files(files)
