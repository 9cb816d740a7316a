"""A trained model on its way from one process to another: its folder, and what a folder does not keep of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.climb.context import ClimbContext
from sadari.rungs import RUNGS, Rung

Files = Mapping[str, NDArray[np.uint8]]  # name within a folder → its bytes

_OF_TRAINING = (
    *("train_seconds_", "dropped_rows_", "shortened_", "coverage_", "cut_", "windowed_"),
    *("tokenizer_choice_", "held_out_", "history_"),
)


def files_of(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """All files of a folder, as arrays: Ray copies these but once."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): np.frombuffer(path.read_bytes(), np.uint8) for path in files}


def write_files(files: Files, folder: Path) -> None:
    """Write them into a folder.

    Args:
        files: what `files_of` gave.
        folder: where to.
    """
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.tobytes())


@dataclass(frozen=True)
class Parcel:
    """A trained rung.

    Attributes:
        rung: its name.
        own: the settings that budget and trials chose for it.
        files: of its folder.
        training: what its folder does not keep.
    """

    rung: str
    own: Mapping[str, Any]
    files: Files
    training: Mapping[str, Any]

    @classmethod
    def of(cls, model: Rung, own: Mapping[str, Any]) -> Parcel:
        """Pack a model.

        Args:
            model: trained.
            own: the settings that budget and trials chose for it.
        """
        with TemporaryDirectory() as folder:
            model.save(Path(folder) / "model")
            files = files_of(Path(folder) / "model")
        kept = {name: getattr(model, name) for name in _OF_TRAINING}
        return cls(model.name, own, files, kept)

    def opened(self, context: ClimbContext) -> Rung:
        """The model, with the settings that it was trained with.

        Args:
            context: the climb.
        """
        with TemporaryDirectory() as folder:
            write_files(self.files, Path(folder))
            model: Rung = RUNGS[self.rung].load(folder)
        model.set_params(**context.new(self.rung, self.own).get_params(deep=False))
        for name, value in self.training.items():
            setattr(model, name, value)
        return model
