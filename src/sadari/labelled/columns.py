"""Which columns of a file a model reads: those of its training, where the file has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sadari.messages import both, message

if TYPE_CHECKING:
    from sadari.data.source import Source
    from sadari.rungs import Rung


def use_columns_of_model(source: Source, model: Rung, *, need_label: bool) -> None:
    """Take the text columns of a model's training, where a file has them.

    Args:
        source: the file, opened; nobody has said which columns hold its texts.
        model: that answers.
        need_label: whether its labels are read too.
    """
    told = model.data_.get("text_columns")
    trained_on = [name for name in told if isinstance(name, str)] if isinstance(told, list) else []
    if not trained_on or trained_on == source.text_columns:
        return
    if set(trained_on) <= set(source.columns) - {source.label_column if need_label else None}:
        use_columns_of_training(source, trained_on, source.label_column)


def use_columns_of_training(source: Source, texts: list[str], label: str | None) -> None:
    """Take these columns of a file and not those that were guessed, and say so where they are others."""
    other_texts, other_label = texts != source.text_columns, label != source.label_column
    source.use_columns(texts, label)
    if other_texts:
        source.text_note = message("text: {columns}, as in training", columns=both(texts))
    if other_label:
        source.label_note = message("label: {column}, as in training", column=label)
