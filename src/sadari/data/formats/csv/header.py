"""Where a CSV file's header is, what it names, and how that fits the rows below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from sadari.data.column_names import folded, is_known, names_both
from sadari.data.columns import names_said, shown, shown_names
from sadari.data.formats.csv.header_signs import (
    are_import_ids,
    are_row_names,
    is_ag_news_layout,
    is_rule,
    looks_like_header,
    second_lines,
)
from sadari.errors import DataError
from sadari.messages import Message, both, message, plural

LEAD = 8
"""Records at the beginning of a file among which the header is looked for."""

_AG_COLUMNS = ("class", "title", "description")


@dataclass
class Head:
    """The first records of a file.

    Args:
        lead: the cells of the very first ones, as many as each has.
        rows: those with as many fields as most have, String.
        at: the place of each of these among all records.
        found: how many records there are in all.
    """

    lead: list[list[str]]
    rows: pl.DataFrame
    at: list[int]
    found: int

    def below(self, record: int) -> pl.DataFrame:
        """The rows after this record."""
        return self.rows.filter(pl.Series(self.at) > record)


@dataclass
class Header:
    """What the columns are called.

    Args:
        columns: a name each, no two the same.
        cells: what the header says, without case; empty without one.
        records: above the first row.
        repeated: a name that stands there more than once → the numbers of its columns.
        drawn: whether a line of dashes stands below it, so that spaces around cells are there for the eye.
    """

    columns: list[str]
    cells: list[str] = field(default_factory=list)
    records: int = 0
    repeated: dict[str, list[int]] = field(default_factory=dict)
    drawn: bool = False
    notes: list[Message] = field(default_factory=list)


def find_header(head: Head, given: bool | None, known: Sequence[str], name: str, *, skip: int = 0) -> Header:
    """Find the header, if there is one.

    Args:
        head: the first records of the file.
        given: whether there is one, as the user says, or None.
        known: column names that the user gave.
        name: the file, for messages.
        skip: records at the beginning that are known to be no row.

    Raises:
        DataError: there is one that does not fit the rows.
    """
    if given is not True and len(head.lead[0]) == head.rows.width and is_ag_news_layout(head.rows):
        said = message("no header: columns class, title, description, as AG News has them")
        return Header(list(_AG_COLUMNS), notes=[said])
    at = None if given is False else _place(head, given, known, skip)
    width = head.rows.width
    if at is None:
        header = Header([f"column {i + 1}" for i in range(width)], records=skip)
        if given is None:
            header.notes.append(
                plural(
                    "no header: {count} column, called by its number",
                    "no header: {count} columns, called by their numbers",
                    width,
                )
            )
        return header
    cells, notes = _fitted(head, at, name)
    header = _named(cells)
    header.records, header.cells = at + 1, [folded(cell) for cell in head.lead[at]]
    if at > skip:
        header.notes.append(
            plural(
                "{count} record above the header passed over: {cells}",
                "{count} records above the header passed over: {cells}",
                at - skip,
                cells=shown(_joined(head.lead[skip:at])),
            )
        )
    header.drawn = bool(head.lead[at + 1 :]) and is_rule(head.lead[at + 1])
    if header.drawn:
        header.records += 1
        header.notes.append(message("a line of dashes below the header is passed over"))
    elif more := second_lines(head.lead[at:], head.below(at)):
        header.records += more
        header.notes.append(
            plural(
                "{count} record below the header passed over, for it is no row: {cells}",
                "{count} records below the header passed over, for they are no rows: {cells}",
                more,
                cells=shown(_joined(head.lead[at + 1 : at + 1 + more])),
            )
        )
    if given is None:
        header.notes.append(header_note(header.columns))
    header.notes += notes
    return header


def header_note(columns: Sequence[str]) -> Message:
    """What is said of a header that was found."""
    return message("header: {names}", names=names_said(columns))


def _joined(records: list[list[str]]) -> str:
    return " / ".join(cell.strip() for cells in records for cell in cells if cell.strip())


def _place(head: Head, given: bool | None, known: Sequence[str], skip: int) -> int | None:
    """The header's place among the records; None if there is none."""
    at = skip
    for place, cells in enumerate(head.lead):
        if are_import_ids(cells) and place > skip:
            return max(place - 2, skip)  # the questions stand between
    while at < min(len(head.lead) - 1, LEAD - 1) and _is_title(head, at):
        at += 1
    found = next((i for i in dict.fromkeys((at, skip)) if given or _is_header(head, i, known)), None)
    if found is not None and found + 1 < len(head.lead):
        lower = head.lead[found + 1]  # pandas writes a header of several levels as several records
        if len(lower) == head.rows.width and names_both(lower) and not names_both(head.lead[found]):
            return found + 1
    return found


def _is_title(head: Head, at: int) -> bool:
    """Whether a record is no header and no row: a title, or nothing at all, above a table."""
    cells = [cell for cell in head.lead[at] if cell.strip()]
    if head.rows.width < 2 or len(cells) > 1 or any(map(is_known, cells)):
        return False
    if len(head.lead[at]) == head.rows.width - 1 and are_row_names(head.below(at)):
        return False  # R's header above a table of one column
    if len(head.lead[at]) != head.rows.width or not cells:
        return True
    below = (i for i in range(at + 1, len(head.lead)) if sum(bool(cell.strip()) for cell in head.lead[i]) > 1)
    return _is_header(head, next(below, at), ())


def _is_header(head: Head, at: int, known: Sequence[str]) -> bool:
    width, below, cells = head.rows.width, head.below(at), head.lead[at]
    lack = [""] * (width - len(cells))
    readings = [cells[:width] + lack] if len(lack) != 1 else [cells + lack, lack + cells]
    return any(looks_like_header(reading, below, known) for reading in readings)


def _fitted(head: Head, at: int, name: str) -> tuple[list[str], list[Message]]:
    """The header's cells, one a column, and a sentence on what was missing."""
    cells, below, width = head.lead[at], head.below(at), head.rows.width
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    lack = width - len(cells)
    if not lack:
        return cells, []
    if lack > 0 and below.height and all(below.to_series(i).is_null().all() for i in range(len(cells), width)):
        return cells + [""] * lack, []
    if lack == 1 and below.height == head.found - at - 1 and are_row_names(below):
        note = message("the header is one name short: the first column is taken for row names, as R writes them")
        return ["row names", *cells], [note]
    hint = message("give every column a name; or pass --no-header")
    if lack > 0:
        hint = message("give every column a name; put a text that holds the delimiter in quotes; or pass --no-header")
    what = plural(
        "the header names {count} column, and most rows have {fields} ({names})",
        "the header names {count} columns, and most rows have {fields} ({names})",
        len(cells),
        fields=plural("{count} field", "{count} fields", width),
        names=shown_names(cells),
    )
    raise DataError(what, where=name, hint=hint)


def _named(cells: Sequence[str]) -> Header:
    """Every column by a name of its own."""
    places: dict[str, list[int]] = {}
    for number, cell in enumerate(cells, 1):
        places.setdefault(cell.strip() or f"column {number}", []).append(number)
    taken, columns = set(places), []
    for number, cell in enumerate(cells, 1):
        column = cell.strip() or f"column {number}"
        if places[column][0] != number:
            column = f"{column} (column {number})"
            while column in taken:
                column += "'"
            taken.add(column)
        columns.append(column)
    header = Header(columns, repeated={name: numbers for name, numbers in places.items() if len(numbers) > 1})
    for name, numbers in list(header.repeated.items())[:3]:
        said = both([str(number) for number in numbers])
        header.notes.append(message("columns {numbers} are all called {name!r}", numbers=said, name=shown(name)))
    return header
