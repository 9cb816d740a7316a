"""Signs by which a record is known for a header, and a column for row names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from sadari.data.column_names import folded, is_known, names_both
from sadari.data.columns import mean_length

_LONGEST_NAME = 40
_NUMBER = r"^[-+]?[0-9]+([.,][0-9]+)?$"
_MOMENT = r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?$"
_RULE = re.compile(r"\s*[:+|]?[-=]{2}[-=:+|\s]*")
_IMPORT_ID = re.compile(r'\{\s*"?ImportId"?\s*:.*\}', re.DOTALL)
_ANSWERS = frozenset(("response", "open-ended response"))
_ENOUGH = 8  # rows from which a value that does not come again says something


def is_ag_news_layout(rows: pl.DataFrame) -> bool:
    """Headerless class (a small whole number), title, description: what AG News and its kin have.

    Args:
        rows: the file's first records, the very first included, all String.
    """
    if rows.width != 3:
        return False
    classes = rows.to_series(0)
    if not classes.str.contains(r"^[1-9][0-9]?$").fill_null(False).all():
        return False
    if rows.height > 4 and classes.n_unique() == rows.height:  # row numbers
        return False
    title, description = rows.to_series(1), rows.to_series(2)
    worded = int(description.str.contains(r"\p{L}").fill_null(False).sum())
    return worded > 0.9 * rows.height and mean_length(description) > 20 and mean_length(title) > 0


def are_row_names(rows: pl.DataFrame) -> bool:
    """Whether the first column has what R writes there: numbers that count on, or a name without spaces a row.

    A text cut in two at a comma looks otherwise: its second half begins with a space.
    """
    first, second = rows.to_series(0), rows.to_series(1)
    if not rows.height or first.null_count() or first.n_unique() < rows.height:
        return False
    if first.str.contains(r"^[0-9]+$").all():
        return True
    return not (first.str.contains(r"\s").any() or second.str.contains(r"^\s").any()) and rows.height > 2


def is_rule(record: Sequence[str]) -> bool:
    """Whether a record is the line that programs draw below a header: ``-----,------`` (sqlcmd), ``|---|---|``."""
    cells = [cell for cell in record if cell.strip()]
    return len(cells) > 0 and all(map(_RULE.fullmatch, cells))


def are_import_ids(record: Sequence[str]) -> bool:
    """Whether a record is the third of Qualtrics' header: ``{"ImportId":"QID1_TEXT"}`` in every cell."""
    cells = [cell.strip() for cell in record if cell.strip()]
    return len(cells) > 0 and all(map(_IMPORT_ID.fullmatch, cells))


def second_lines(records: Sequence[Sequence[str]], below: pl.DataFrame) -> int:
    """How many records below a header say more of its columns, as programs write them that know several headers.

    Args:
        records: the header and the first ones below it.
        below: the rows below the header, String.
    """
    for number, record in enumerate(records[1:3], 1):
        if are_import_ids(record):
            return number  # Qualtrics: what was asked, and the ids of the questions
    if len(records) < 2 or len(records[1]) != below.width or below.width < 2:
        return 0
    first, *others = records[1]
    if not first.strip():  # SurveyMonkey: the kinds of answers; the rows begin with who gave them
        who = below.to_series(0)[1:].str.contains(r"^[0-9]+$").fill_null(False)
        return int(not _ANSWERS.isdisjoint(map(folded, others)) and bool(who.all()))
    named = not records[0][0].strip() and not first.strip().isdecimal()
    return int(named and not any(cell.strip() for cell in others))  # pandas: the index's name, below two levels


def looks_like_header(first: Sequence[str], rest: pl.DataFrame, known: Sequence[str]) -> bool:
    """Whether a record names the columns.

    Args:
        first: its fields.
        rest: the rows below it.
        known: column names the user gave.
    """
    if any(not name.isdecimal() for name in known):
        return True  # a name can only be found in a header
    cells = [cell.strip() for cell in first]
    rest = _without(first, rest)
    if names_both(cells):
        return True
    if max(map(len, cells)) <= _LONGEST_NAME:
        for i, cell in enumerate(cells):
            if is_known(cell) and not (rest.to_series(i) == first[i]).any():
                return True
    if _counts_columns(cells):
        return any(mean_length(rest.to_series(i)) > 3 for i, cell in enumerate(cells) if cell)
    if not any(cells) or any(_is_number(cell) for cell in cells):
        return False
    return sum(_vote(cell, rest.to_series(i).drop_nulls()) for i, cell in enumerate(cells)) > 0


def _without(first: Sequence[str], rest: pl.DataFrame) -> pl.DataFrame:
    """The rows that do not say again what the first record says, as they do where files were joined: never at once."""
    wanted = [folded(cell) for cell in first]
    begin = next((i for i, cell in enumerate(wanted) if cell), 0)
    needle = wanted[begin][:_LONGEST_NAME]  # Polars makes a regular expression of it
    alike = rest.to_series(begin).str.to_lowercase().str.contains(needle, literal=True).fill_null(False)
    again = [row for row in alike.arg_true() if [folded(cell or "") for cell in rest.row(row)] == wanted]
    return rest.filter(~pl.int_range(rest.height, eager=True).is_in(again)) if again and again[0] > 0 else rest


def _counts_columns(cells: Sequence[str]) -> bool:
    """What pandas writes where columns have no names: 0, 1, 2, after a blank cell for the index."""
    said = cells[1:] if not cells[0] else cells
    return len(said) > 0 and len(cells) > 1 and all(cell == str(i) for i, cell in enumerate(said))


def _vote(cell: str, column: pl.Series) -> int:
    """How much a column speaks for its cell being a name, or against it."""
    if not column.len():
        return 0
    if column.str.contains(_NUMBER).all() or (cell and column.str.contains(_MOMENT).all()):
        return 2 if cell else 1
    if not cell:
        return 0
    if (column == cell).any():
        return -2
    length = mean_length(column)
    if length >= 20 and len(cell) * 2 >= length and " " in cell:
        return -2  # a text like those below
    if len(cell) <= 30 and length > 3 * len(cell):
        return 1
    counts = column.unique_counts()
    categories = column.len() >= _ENOUGH and counts.len() * 4 <= column.len() and (counts.min() or 0) > 1  # type: ignore[operator]
    return int(categories)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
