"""The worker that labels files on a node: it loads the model once."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sadari.errors import ClusterError, SadariError
from sadari.labelled.label_file import Labelling
from sadari.labelled.shards.label import Outcome, Problem, label_shard
from sadari.labelled.shards.plan import Shard
from sadari.labelled.shards.run import place_of
from sadari.messages import message
from sadari.scale.model_files import as_folder

if TYPE_CHECKING:
    from sadari.rungs import Rung


class Labeller:
    """An actor. It never raises: what it cannot do is told by `problem`, and by each `Outcome`.

    Args:
        model: the files of the model's folder, or its path where they are too many bytes to send.
        output: the folder of the answers, which every node has to see.
        mark: the first line of that folder's manifest.
        how: files are labelled.
        device: "cuda" for a worker that has a GPU to itself; None: the processor.
    """

    def __init__(
        self, model: Mapping[str, np.ndarray] | str, output: str, mark: bytes, how: Labelling, device: str | None
    ) -> None:
        self._output, self._how = place_of(output), how
        self._problem: Problem | None = None
        try:
            self._check_sees(mark)
            self._model = _loaded(model)
            if device is not None or how.precision is not None:  # else all of scikit-learn is imported for nothing
                self._model.answer_on(device, how.precision)
        except SadariError as error:
            self._problem = Problem(error.said, error.place, error.advice, ends=True)
        except (OSError, MemoryError) as error:
            self._problem = Problem(
                message("a worker cannot start: {reason}", reason=str(error) or type(error).__name__),
                message("node {name}", name=socket.gethostname()),
            )

    def problem(self) -> Problem | None:
        """Why it cannot work; None where it can. It ends the work where the same would happen on any node."""
        return self._problem

    def label(self, shard: Shard) -> Outcome:
        """Label one file."""
        with self._output.writing():
            return label_shard(self._model, shard, self._output, self._how)

    def _check_sees(self, mark: bytes) -> None:
        _check_there(self._output.head() == mark, self._output.name)


def _check_there(seen: bool, folder: str) -> None:
    """Raise `ClusterError` where this node does not see a folder."""
    if not seen:
        raise ClusterError(
            message("node {name} does not see this folder", name=socket.gethostname()),
            where=folder,
            hint=message("choose one on storage that all nodes share, by the same path"),
        )


def _loaded(model: Mapping[str, Any] | str) -> Rung:
    from sadari.rungs import load

    if isinstance(model, str):
        _check_there(Path(model).exists(), model)
        return load(model)
    with as_folder(model) as folder:
        return load(folder)
