"""One save and one load for every kind of model: its weights and files, its settings, scores, data and history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from sadari.artifact.card import model_card
from sadari.artifact.history import HISTORY, decode_history, encode_history
from sadari.artifact.kinds import check_kind
from sadari.artifact.read import ModelFiles, read_model
from sadari.artifact.restore import build, known_settings, object_in
from sadari.artifact.strict_json import check_object
from sadari.artifact.weights import WEIGHTS
from sadari.artifact.write import write_model

CARD = "README.md"
CALIBRATION = "calibration.json"
State = tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, Any]]


def save_model(
    folder: str | Path,
    manifest: Mapping[str, Any],
    state: State,
    *,
    card: str,
    history: Iterable[Mapping[str, float]] = (),
    weights: str = WEIGHTS,
) -> None:
    """Write the folder of a model, with its card and the records of its training.

    Args:
        folder: where to.
        manifest: what `write_model` wants, but for ``model``.
        state: tensors, text files, and what the manifest says under ``model``.
        card: the template of its card; see `model_card`.
        history: records of the training.
        weights: the name of the file of the tensors.

    Raises:
        OutputError: it could not be written; what was there before is untouched.
        ModelError: a weight is not finite.
    """
    tensors, texts, said = state
    manifest = {**manifest, "model": dict(said)}
    texts = {**texts, HISTORY: encode_history(history), CARD: model_card(card, manifest)}
    write_model(folder, manifest=manifest, tensors=tensors, texts=texts, weights=weights)


def own_texts(files: ModelFiles) -> dict[str, str]:
    """The texts of a folder without those that stand beside a model: its card, its history, what it calibrates on."""
    return {name: text for name, text in files.texts.items() if name not in (CARD, HISTORY, CALIBRATION)}


class Model:
    """What is trained here, and saved with its settings, scores, data and history.

    A class says its ``kind`` and the template of its ``card``, and adds `_state` and `_restore`.

    Attributes:
        history_: records of the training.
        scores_: what it scored.
        data_: what it was trained on.
    """

    kind: ClassVar[str]
    card: ClassVar[str]
    weights_file: ClassVar[str] = WEIGHTS
    history_of: ClassVar[Callable[[list[dict[str, float]]], list[dict[str, float]]]] = list  # how records are held
    history_: list[dict[str, float]]
    scores_: dict[str, Any]
    data_: dict[str, Any]

    def save(
        self,
        folder: str | Path,
        *,
        scores: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the model folder, whole or not at all; an older model there is replaced.

        Args:
            folder: where to.
            scores: what the model card and ``sadari.json`` say it scored, besides what it knows itself.
            data: what it was trained on (name, rows, fingerprint), besides what it knows itself.

        Raises:
            SettingError: scores or data are nothing that JSON can hold.
            OutputError: it could not be written; what was there before is untouched.
        """
        self._check_fitted()
        for name, given in (("scores", scores), ("data", data)):
            check_object(name, given)
        manifest = {
            "kind": self.kind,
            "settings": self._saved_settings(),
            "scores": {**self.scores_, **(scores or {})},
            "data": {**self.data_, **(data or {})},
            **self._head(),
        }
        tensors, texts, said = self._state()
        state = tensors, {**texts, **self._beside()}, said
        save_model(folder, manifest, state, card=self.card, history=self.history_, weights=self.weights_file)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The model of a folder that `save` wrote.

        Args:
            folder: the model folder.

        Raises:
            ModelError: torn, hostile, or another kind of model.
        """
        return cls.from_files(read_model(folder, kind=cls.kind))

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """The model of a folder that is read already.

        Args:
            files: what was read from the folder.

        Raises:
            ModelError: it is of another kind, or its parts do not fit each other.
        """
        where = str(files.folder)
        check_kind(files.manifest, cls.kind, where)
        with build(where):
            model = cls._of_settings(known_settings(files.manifest, cls._setting_names()))
            model._take_up(files)
            model._restore(files, object_in(files.manifest, "model"))
        return model

    def _take_up(self, files: ModelFiles) -> None:
        """What stands beside the model itself: its scores, data and history.

        Raises:
            ValueError: something of it is missing or of a wrong type.
        """
        self.scores_, self.data_ = (object_in(files.manifest, key) for key in ("scores", "data"))
        self.history_ = type(self).history_of(decode_history(files.text(HISTORY)))

    # -- what a kind adds -------------------------------------------------------------------------------

    def _check_fitted(self) -> None:
        """Raise if there is nothing to save yet."""
        raise NotImplementedError

    def _saved_settings(self) -> dict[str, Any]:
        """The settings as plain values."""
        raise NotImplementedError

    @classmethod
    def _setting_names(cls) -> Collection[str]:
        raise NotImplementedError

    @classmethod
    def _of_settings(cls, settings: dict[str, Any]) -> Self:
        """A model before training.

        Raises:
            SettingError: a setting out of its range.
        """
        raise NotImplementedError

    def _head(self) -> dict[str, Any]:
        """What else the manifest says."""
        return {}

    def _beside(self) -> dict[str, str]:
        """Text files that stand beside the model: `_take_up` reads them, if it reads them."""
        return {}

    def _state(self) -> State:
        """Tensors, text files, and what else the manifest must say for `_restore`."""
        raise NotImplementedError

    def _restore(self, files: ModelFiles, said: Mapping[str, Any]) -> None:
        """Take up what `_state` gave.

        Raises:
            ValueError, SettingError, ModelError: the parts do not fit each other.
        """
        raise NotImplementedError
