"""Which columns hold the text and the label: as the user says, else by their names, else by their content."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sadari.data.column_names import BODY_NAMES, LABEL_NAMES, TEXT_NAMES, TITLE_NAMES, folded
from sadari.errors import DataError, SettingError
from sadari.messages import Message, both, message, plural
from sadari.settings.limits import MOST, Whole
from sadari.settings.limits import shown as shown_value

_FEW = 10  # rows, with fewer of which every label may be another
_HEAD_ROWS = 1000
_LIKE = 100  # characters: longer names are not compared to find what was meant
_WORDED = r"(?s)\p{L}.*\s.*\p{L}|[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\p{Thai}]"
_MEASURE = "|".join(  # decimals, dates, times
    (
        r"^[-+]?[0-9]*[.,][0-9]+([eE][-+]?[0-9]+)?$",
        r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?$",
        r"^[0-9]{1,2}:[0-9]{2}",
    )
)


@dataclass
class Choice:
    """The columns taken, and a sentence on each guess."""

    texts: list[str]
    label: str | None
    text_note: Message | None = None
    label_note: Message | None = None


def split_names(given: str | Sequence[str | int] | None, columns: Sequence[str] | None = None) -> list[str | int]:
    """``"title,description"`` as a list; a column that is itself called so stays one."""
    if given is None:
        return []
    if isinstance(given, str):
        if columns is not None and given in columns:
            return [given]
        return [part.strip() for part in given.split(",") if part.strip()]
    return column_names(given)


def column_names(given: Any) -> list[str | int]:
    """One column or several, each by its name or number; none where nothing is given.

    Raises:
        SettingError: something else.
    """
    several = isinstance(given, Iterable) and not isinstance(given, str) and not hasattr(given, "shape")
    found = [] if given is None else list(given) if several else [given]
    if not all(isinstance(name, str) or Whole(-MOST, MOST).allows(name) for name in found):
        raise SettingError(
            message("a column is {shown_value}", shown_value=shown_value(given)),
            hint=message("columns are given by name, or by number from 1"),
        )
    return found


def shown_names(columns: Sequence[str], most: int = 12) -> str:
    """The first column names, long ones cut."""
    return ", ".join(map(shown, columns[:most])) + (", …" if len(columns) > most else "")


def shown(name: str, most: int = 60) -> str:
    """A name as messages have it, which may be one of megabytes."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def find_column(asked: str | int, columns: Sequence[str], *, where: str) -> str:
    """A column by its name, or by its number counted from 1.

    Raises:
        DataError: there is no such column.
    """
    if isinstance(asked, str) and asked in columns:
        return asked
    number = int(asked) if str(asked).isdecimal() else 0
    if 1 <= number <= len(columns):
        return columns[number - 1]
    shown = shown_names(columns)
    comparable = [name for name in columns if len(name) <= _LIKE] if len(str(asked)) <= _LIKE else []
    near = difflib.get_close_matches(str(asked), comparable, n=1)
    hint = (
        message("did you mean {near!r}?", near=near[0])
        if near
        else message("by name, or by number from 1 to {count}", count=len(columns))
    )
    raise DataError(
        message("there is no column {asked!r}; the columns are: {shown}", asked=asked, shown=shown),
        where=where,
        hint=hint,
    )


def choose_columns(
    head: pl.DataFrame,
    *,
    text: str | Sequence[str | int] | None,
    label: str | int | None,
    need_label: bool,
    where: str,
    repeated: Mapping[str, Sequence[int]] | None = None,
) -> Choice:
    """Take the columns asked for and guess the others from the file's head.

    Args:
        head: the first records; text columns are String.
        text: the text columns as the user gave them, or None.
        label: the label column as the user gave it, or None.
        need_label: whether to insist on a label.
        where: the file, for messages.
        repeated: names that several columns have → their numbers; such a column can only be asked for by number.

    Raises:
        DataError: a column is not there, or none can be guessed.
    """
    columns, asked = head.columns, split_names(text, head.columns)
    texts = [find_column(name, columns, where=where) for name in asked]
    chosen = None if label is None else find_column(label, columns, where=where)
    if chosen is not None and chosen in texts:
        raise DataError(message("column {chosen!r} cannot be both text and label", chosen=chosen), where=where)
    choice = Choice(texts, chosen)
    if chosen is None:
        choice.label = _label_by_name(head, texts)
    if not texts:
        _guess_texts(head, choice, need_label, where)
    elif choice.label is None and need_label:
        choice.label = label_by_content(head, texts)
    if chosen is None:
        if choice.label is None and need_label:
            what = _no_label(head, choice.texts).filled(columns=shown_names(columns))
            raise DataError(what, where=where, hint=message("name it with --label"))
        if choice.label is not None:
            choice.label_note = message("label: {columns} (guessed)", columns=columns_named([choice.label]))
    numbers = [int(name) for name in [*asked, label] if name is not None and str(name).isdecimal()]
    by_number = {columns[number - 1] for number in numbers if str(number) not in columns}
    _check_unrepeated([*choice.texts, choice.label], by_number, columns, repeated or {}, where)
    return choice


def _check_unrepeated(
    taken: Sequence[str | None],
    by_number: set[str],
    columns: Sequence[str],
    repeated: Mapping[str, Sequence[int]],
    where: str,
) -> None:
    """Refuse a column that another one is called like, unless its number was given."""
    for name, numbers in repeated.items():
        if {columns[number - 1] for number in numbers} & {*taken} - by_number:
            what = message(
                "the header names {shown!r} twice (columns {names})",
                shown=shown(name),
                names=both(list(map(str, numbers))),
            )
            raise DataError(what, where=where, hint=message("rename one of them, or ask for one by its number"))


def _guess_texts(head: pl.DataFrame, choice: Choice, need_label: bool, where: str) -> None:
    strings = [c for c, kind in head.schema.items() if c != choice.label and kind == pl.String]
    choice.texts = _texts_by_name([c for c in head.columns if c != choice.label])
    if not choice.texts:
        if not strings:
            raise DataError(message("no text column found"), where=where, hint=message("name it with --text"))
        if choice.label is None and need_label and len(strings) > 1:
            choice.label = label_by_content(head, [_longest(head, strings)])
            strings = [c for c in strings if c != choice.label]
        choice.texts = [_longest(head, strings)]
    elif choice.label is None and need_label:
        choice.label = label_by_content(head, choice.texts)
    columns = columns_named(choice.texts)
    if len(choice.texts) > 1:
        choice.text_note = message("text: {columns}, joined (guessed)", columns=columns)
    else:
        choice.text_note = message("text: {columns} (guessed)", columns=columns)


def columns_named(names: Sequence[str]) -> Message | str:
    """``columns title and text``; in a file without header the names say ``column`` themselves."""
    said = [_name_said(name) for name in names]
    if all(isinstance(name, Message) for name in said):
        return both(said)
    return plural("column {names}", "columns {names}", len(names), names=both(said))


def names_said(columns: Sequence[str], most: int = 12) -> list[Message | str]:
    """As `shown_names`, to be rendered."""
    return [*map(_name_said, columns[:most]), *(["…"] if len(columns) > most else [])]


def _name_said(name: str) -> Message | str:
    """A column's name; one that has none of its own is called by its number."""
    word, _, number = name.partition(" ")
    return message("column {number}", number=number) if word == "column" and number.isdecimal() else shown(name)


def _texts_by_name(columns: list[str]) -> list[str]:
    names = {folded(c): c for c in reversed(columns)}
    title = next((names[n] for n in TITLE_NAMES if n in names), None)
    body = next((names[n] for n in BODY_NAMES if n in names), None)
    if title and body and "text" not in names:
        return [title, body]
    return next(([names[n]] for n in TEXT_NAMES if n in names), [])


def _label_by_name(head: pl.DataFrame, texts: list[str]) -> str | None:
    """A column called as labels are; one with a single value only where no other is."""
    names = {folded(c): c for c in reversed(head.columns) if c not in texts}
    called = [names[n] for n in LABEL_NAMES if n in names]
    values = {name: _distinct(head[name]) for name in called}
    return next((name for least in (2, 1) for name in called if values[name] >= least), None)


def _longest(head: pl.DataFrame, columns: list[str]) -> str:
    """The column of the longest texts: of those that hold words, if any does, and not one and the same text."""
    given = dict(zip(head.columns, head.get_columns(), strict=True))
    worded = [c for c in columns if _is_worded(given[c])]
    return max(worded or columns, key=lambda c: mean_length(given[c]))


def _is_worded(column: pl.Series) -> bool:
    said = column.drop_nulls()
    return (
        said.len() > 0
        and (said.n_unique() > 1 or said.len() == 1)
        and bool(
            said.str.contains(_WORDED).mean() > 0.5  # type: ignore[operator]
        )
    )


def mean_length(column: pl.Series) -> float:
    """Characters of a text on average, a missing one having none."""
    return float(column.str.len_chars().fill_null(0).to_numpy().mean()) if len(column) else 0.0


def _distinct(column: pl.Series) -> int:
    """How many values there are, blank ones left out."""
    if column.dtype.is_nested():
        return column.len() - column.null_count()
    if column.dtype == pl.String:
        column = column.filter(column.str.strip_chars() != "")
    return column.drop_nulls().n_unique()


def label_by_content(head: pl.DataFrame, texts: list[str]) -> str | None:
    """The column with the fewest distinct values, all short and repeated: rather one without gaps, and no measure.

    A column of one value is none, but for the only one there is above rows that are not looked at here.

    Args:
        head: the first records.
        texts: the text columns.

    Returns:
        Its name; None where no column is like labels.
    """
    best: tuple[bool, bool, int] | None = None
    found = constant = None
    for column in head.get_columns():
        name, kind = column.name, column.dtype
        if name in texts or kind.is_nested() or (kind == pl.String and mean_length(column) > 40):
            continue
        distinct = _distinct(column)
        constant = name if distinct == 1 else constant
        if distinct < 2 or not _repeats(column, distinct, head.width == 2):
            continue
        said = column.drop_nulls()
        measure = kind.is_float() or (kind == pl.String and bool(said.str.contains(_MEASURE).all()))
        rank = (said.len() < column.len(), measure, distinct)
        if best is None or rank < best:
            best, found = rank, name
    sorted_by_label = found is None and head.width == 2 and head.height >= _HEAD_ROWS
    return constant if sorted_by_label else found


def _repeats(column: pl.Series, distinct: int, only: bool) -> bool:
    """Whether values come again as labels do: half the rows at most have one of their own.

    Args:
        column: the values.
        distinct: how many different ones there are.
        only: whether no other column can be the label.
    """
    if not only:
        return distinct <= max(2, column.len() // 2)
    numbers = column.dtype == pl.String and bool(column.drop_nulls().str.contains(r"^[0-9]+$").all())
    return distinct < column.len() or (column.len() < _FEW and not (numbers and column.len() > 2))


def _no_label(head: pl.DataFrame, texts: Sequence[str]) -> Message:
    """What to say where no column is one of labels: which of them hold nothing, or one value."""
    others = [column for column in head.get_columns() if column.name not in texts]
    single = [column.name for column in others if _distinct(column) < 2]
    if not single:
        return message("no label column found; the columns are: {columns}")
    return plural(
        "no label column found; the columns are: {columns} (of which {single} has not two values)",
        "no label column found; the columns are: {columns} (of which {single} have not two values)",
        len(single),
        single=shown_names(single),
    )
