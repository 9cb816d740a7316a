"""What each mistake costs, read from a CSV file: "a missed fraud costs 100"."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message

MOST_BYTES = 10_000_000
_PAIRS = ("truth", "given", "cost")
_MISTAKES = ("label", "missed", "wrong")


def read_costs(place: str | Path, label_names: Sequence[str]) -> NDArray[np.float64]:
    """float64 [k, k]: what it costs to give a text of each label (row) each label (column); 0 on the diagonal.

    Three forms of file are read. ``label,cost``: what missing a label costs, whatever is given. ``truth,given,cost``:
    one mistake a line. In both, what is not named costs 1. A table: the first cell is ``truth``, labels given stand
    above and true ones at the left.

    Args:
        place: a CSV file in UTF-8.
        label_names: the k labels.

    Raises:
        DataError: it cannot be read, names no such label, or a cost is no number of 0 and more.
    """
    where, names = str(place), [str(name) for name in label_names]
    rows = _rows(where)
    header = [cell.strip() for cell in rows[0]]
    costs = 1.0 - np.eye(len(names))
    for number, truth, row in _lines(rows, names, where):
        if len(header) == 2:
            costs[truth, np.arange(len(names)) != truth] = _cost(row[1], where, number)
        elif tuple(cell.lower() for cell in header) == _PAIRS:
            costs[truth, _label(row[1], names, where, number)] = _cost(row[2], where, number)
        else:
            for given, cell in zip(header[1:], row[1:], strict=True):
                costs[truth, _label(given, names, where, 1)] = _cost(cell, where, number)
    return costs


def read_costs_of_several(place: str | Path, label_names: Sequence[str]) -> NDArray[np.float64]:
    """float64 [2, k]: what it costs not to give a text a label that it has, and to give it one that it has not.

    Two forms of file are read. ``label,cost``: what missing a label costs. ``label,missed,wrong``: both. What is not
    named costs 1.

    Args:
        place: a CSV file in UTF-8.
        label_names: the k labels.

    Raises:
        DataError: it cannot be read, names no such label, or a cost is no number of 0 and more.
    """
    where, names = str(place), [str(name) for name in label_names]
    rows = _rows(where)
    header = tuple(cell.strip().lower() for cell in rows[0])
    if len(header) != 2 and header != _MISTAKES:
        raise DataError(
            message("where a text may have several labels, this is no table of costs"),
            where=where,
            hint=message("write the header label,cost or label,missed,wrong and a line for each label: fraud,100,1"),
        )
    costs = np.ones((2, len(names)))
    for number, label, row in _lines(rows, names, where):
        costs[: len(row) - 1, label] = [_cost(each, where, number) for each in row[1:]]
    return costs


def _lines(rows: Sequence[Sequence[str]], names: Sequence[str], where: str) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Below the header: the number of each line, the label that it begins with, as an index, and its cells."""
    wanted = len(rows[0])
    for number, row in enumerate(rows[1:], 2):
        if len(row) != wanted:
            raise _wrong(
                where, number, message("it has {found} cells, the header {wanted}", found=len(row), wanted=wanted)
            )
        yield number, _label(row[0], names, where, number), row


def _rows(where: str) -> list[list[str]]:
    try:
        with Path(where).open("rb") as file:
            body = file.read(MOST_BYTES + 1)
        text = body.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(message("there is no such file"), where=where) from None
    except (OSError, ValueError) as error:
        raise DataError(message("this is no file of costs that can be read"), where=where) from error
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if len(body) > MOST_BYTES or len(rows) < 2 or len(rows[0]) < 2:
        raise DataError(
            message("this is no table of costs"),
            where=where,
            hint=message("write a header such as label,cost and a line for each label: fraud,100"),
        )
    return rows


def _label(cell: str, names: Sequence[str], where: str, row: int) -> int:
    found = cell if cell in names else cell.strip()
    if found not in names:
        raise _wrong(where, row, message("there is no label {label!r}", label=cell))
    return names.index(found)


def _cost(cell: str, where: str, row: int) -> float:
    try:
        cost = float(cell)
    except ValueError:
        cost = -1.0
    if not 0 <= cost < float("inf"):
        raise _wrong(where, row, message("the cost {cost!r} is no number of 0 and more", cost=cell))
    return cost


def _wrong(where: str, row: int, what: object) -> DataError:
    return DataError(message("line {row}: {what}", row=row, what=what), where=where)
