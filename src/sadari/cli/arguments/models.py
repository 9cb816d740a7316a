"""A model folder that the user names, loaded; and the file that it is to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sadari.cli.arguments.inputs import Given, open_named
from sadari.errors import SettingError
from sadari.labelled.columns import use_columns_of_model
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.data.source import Source
    from sadari.rungs import Rung


def load_model(folder: str, *, precision: str | None = None) -> Rung:
    """The model of a folder.

    Args:
        folder: the model's folder.
        precision: in which it is to predict; None: as it is saved.

    Raises:
        ModelError: it is none.
        SettingError: it predicts in one precision alone.
    """
    from sadari.rungs import load

    model = load(folder)
    if precision is None:
        return model
    if "predict_precision" not in model.get_params(deep=False):
        raise SettingError(
            message("a model of the rung {name!r} predicts in one precision alone", name=model.name),
            where=folder,
            hint=message("leave out --precision, which is for the rung bert"),
        )
    model.set_params(predict_precision=precision)
    return model


def open_for_model(
    path: Given, reading: Mapping[str, Any], model: Rung, *, need_label: bool, known: Mapping[str, str] | None = None
) -> Source:
    """A file for a model: without ``--text``, from the text columns of its training, where the file has them.

    Several labels in a field are parted as they were in training.

    Texts that are missing are empty ones, which a model answers too.
    """
    parted = model.data_.get("label_sep")
    if need_label and isinstance(parted, str) and not reading.get("label_sep"):
        reading = {**reading, "label_sep": parted}
    source = open_named(path, reading, known=known, need_label=need_label, missing="empty")
    if not reading.get("text"):
        use_columns_of_model(source, model, need_label=need_label)
    return source
