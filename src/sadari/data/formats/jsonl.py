"""JSON Lines: one object a line, read strictly, since a value of another type is a mistake and not a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from sadari.artifact.strict_json import broken, has_surrogate
from sadari.data.columns import shown
from sadari.data.formats.byte_stream import ByteStream
from sadari.data.formats.format import Format
from sadari.data.formats.lines import head_lines, line_runs
from sadari.data.formats.records import MAX_COLUMNS, BadRows, Chunk, Records, Wanted, line_place, placed
from sadari.errors import DataError
from sadari.messages import Message, message

_HEAD_ROWS = 1000
_NUMBER = message("a number")
_TYPES = {
    dict: message("an object"),
    list: message("a list"),
    str: message("a string"),
    int: _NUMBER,
    float: _NUMBER,
    bool: message("true or false"),
    type(None): "null",
}
_LISTS = pl.List(pl.String)
_NESTED = pl.List(pl.Null)
_SPACE = " \t\r"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DataError(message("the key {key!r} comes twice", key=shown(twice)))
    return out


def _no_constant(name: str) -> None:
    raise DataError(message("{name} is not JSON", name=name))


_SCAN = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).scan_once  # type: ignore[attr-defined]


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parse_line(line: str) -> dict[str, Any]:
    """One line's object.

    Raises:
        DataError: it is broken, no object, names a key twice, or nests too deep; its message says which.
    """
    try:
        value, end = _SCAN(line, 0)
    except StopIteration as stop:
        raise DataError(
            message("not valid JSON (a value is missing at character {place})", place=stop.value + 1)
        ) from None
    except json.JSONDecodeError as error:
        raise DataError(
            message("not valid JSON ({reason} at character {place})", reason=broken(error), place=error.pos + 1)
        ) from None
    except RecursionError:
        raise DataError(message("not readable JSON (nested too deep)")) from None
    except DataError:
        raise
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise DataError(message("not readable JSON (a number of too many digits)")) from None
    if end != len(line):
        raise DataError(message("not valid JSON (something follows the value at character {place})", place=end + 1))
    if type(value) is not dict:
        raise DataError(message("{kind} where an object {{…}} is expected", kind=_TYPES[type(value)]))
    if "\\u" in line and has_surrogate(value):
        raise DataError(message("half of a surrogate pair (\\ud800 to \\udfff), which is no character"))
    return value


class JsonlRecords(Records):
    """A JSONL file (gzip, any encoding). Blank lines are passed over; records are numbered as lines.

    Columns are the keys of the first lines, or of all (`complete_columns`). A text must be a string, null means
    missing. A label may be a string, a number, true or false (taken as JSON writes it), or a list of strings.
    Frames hold strings; other values of other columns come as JSON text.

    Args:
        stream: the file.
    """

    format = "jsonl"

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.notes = list(stream.notes)
        self.encoding = stream.encoding
        records = self._head_records()
        keys: dict[str, None] = {}
        for record in records:
            self._add_keys(keys, record)
        if not keys:
            raise DataError(message("its objects have no keys"), where=stream.name)
        self.columns = list(keys)
        self.head = pl.DataFrame([_head_column(key, [r.get(key) for r in records]) for key in keys])

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Strings, whatever the values are; see `Records`."""
        return dict.fromkeys(self.columns, pl.String())

    def _head_records(self) -> list[dict[str, Any]]:
        records, failure = [], None
        lines = head_lines(self._stream).decode("utf-8").split("\n")[: _HEAD_ROWS + 1]
        for number, line in enumerate(lines, 1):
            if not line.strip(_SPACE):
                continue
            try:
                records.append(parse_line(line.strip(_SPACE)))
            except DataError as error:
                failure = failure or (number, error.said)
        if records:
            return records
        if failure is None:
            raise DataError(message("the file has no rows"), where=self._stream.name)
        number, what = failure
        hint = message("write one object a line")
        if lines[0].lstrip().startswith("["):
            hint = message("write one object a line: this looks like one JSON array (jq -c '.[]' takes it apart)")
        raise DataError(
            what, where=message("{name}, line {number:,}", name=self._stream.name, number=number), hint=hint
        )

    def complete_columns(self) -> None:
        """Look for keys in the whole file; lines that cannot be read are passed over."""
        keys = dict.fromkeys(self.columns)
        for first, data in line_runs(self._stream, _HEAD_ROWS):
            for record in _parse_run(first, data, BadRows(self._stream.name, "skip"))[0]:
                self._add_keys(keys, record)
        self.columns = list(keys)

    def _add_keys(self, keys: dict[str, None], record: dict[str, Any]) -> None:
        keys.update(dict.fromkeys(record))
        if len(keys) > MAX_COLUMNS:
            what = message(
                "its objects have more than {max_columns:,} keys; at most so many are read", max_columns=MAX_COLUMNS
            )
            raise DataError(
                what, where=self._stream.name, hint=message("write the text and the label under a key each")
            )

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        names = self.columns if wanted.columns is None else list(wanted.columns)
        for first, data in line_runs(self._stream, rows):
            records, lines, numbers = _parse_run(first, data, bad)
            columns = {name: [record.get(name) for record in records] for name in names}
            keep = self._check(columns, numbers, wanted, bad)
            if keep is not None:
                columns = {name: [values[i] for i in keep] for name, values in columns.items()}
                lines, numbers = [lines[i] for i in keep], numbers[keep]
            frame = pl.DataFrame([self._column(name, values, wanted) for name, values in columns.items()])
            said = pl.Series("line", lines, dtype=pl.String) if wanted.columns is None else None
            yield Chunk(frame, numbers, placed(line_place, numbers), said)

    def _check(
        self, columns: dict[str, list[Any]], numbers: np.ndarray, wanted: Wanted, bad: BadRows
    ) -> list[int] | None:
        """Report values that cannot be a text or a label: the positions of the rows that are left; None for all."""
        wrong: dict[int, Message] = {}
        for name in wanted.texts:
            if set(map(type, columns[name])) - {str, type(None)}:
                for i, value in enumerate(columns[name]):
                    if value is not None and type(value) is not str:
                        wrong.setdefault(
                            i,
                            message(
                                "the text (key {name!r}) is {kind}, not a string", name=name, kind=_TYPES[type(value)]
                            ),
                        )
        if wanted.label is not None:
            values = columns[wanted.label]
            if set(map(type, values)) - {str, int, float, bool, type(None)}:
                for i, value in enumerate(values):
                    what = self._wrong_label(wanted.label, value)
                    if what:
                        wrong.setdefault(i, what)
        for i in sorted(wrong):
            bad.report(line_place(numbers[i]), wrong[i])
        return [i for i in range(numbers.size) if i not in wrong] if wrong else None

    def _wrong_label(self, name: str, value: object) -> Message | None:
        if isinstance(value, dict):
            return message("the label (key {name!r}) is an object", name=name)
        if not isinstance(value, list):
            return None
        if not all(isinstance(item, str) for item in value):
            return message("the label (key {name!r}) is a list that holds other than strings", name=name)
        if self.head.schema[name] != _LISTS:
            return message("the label (key {name!r}) is a list, in a file whose first labels are single", name=name)
        return None

    def _column(self, name: str, values: list[Any], wanted: Wanted) -> pl.Series:
        if name in wanted.texts:
            return pl.Series(name, values, dtype=pl.String)
        if name == wanted.label and self.head.schema[name] == _LISTS:
            return _lists(name, values)
        return pl.Series(name, list(map(_as_text, values)), dtype=pl.String)


def _lists(name: str, values: list[Any]) -> pl.Series:
    lists = [v if v is None or isinstance(v, list) else [_as_text(v)] for v in values]
    return pl.Series(name, lists, dtype=_LISTS)


def _head_column(name: str, values: list[Any]) -> pl.Series:
    """A column for guessing: String, List[String], Categorical for numbers, nulls in lists for the rest."""
    kinds = {type(value) for value in values} - {type(None)}
    lists = [value for value in values if isinstance(value, list)]
    if lists and dict not in kinds and all(isinstance(item, str) for value in lists for item in value):
        return _lists(name, values)
    strings = [value if isinstance(value, str) else None for value in values]
    if sum(value is not None for value in strings) * 2 > sum(value is not None for value in values):
        return pl.Series(name, strings, dtype=pl.String)
    if kinds and kinds <= {str, int, bool, float}:
        return pl.Series(name, list(map(_as_text, values)), dtype=pl.Categorical)
    return pl.Series(name, [None] * len(values), dtype=_NESTED)


def _parse_run(first: int, data: bytes, bad: BadRows) -> tuple[list[dict[str, Any]], list[str], np.ndarray]:
    """The objects of whole lines, the lines themselves, and their numbers, (n,) int64."""
    records, lines, numbers = [], [], []
    for number, line in enumerate(data.decode("utf-8").split("\n"), first):
        line = line.strip(_SPACE)
        if not line:
            continue
        try:
            records.append(parse_line(line))
        except DataError as error:
            bad.report(line_place(number), error.said)
            continue
        lines.append(line)
        numbers.append(number)
    return records, lines, np.asarray(numbers, np.int64)


JSONL = Format(lambda stream, asked: JsonlRecords(stream), endings=(".jsonl", ".ndjson", ".json"), begins=b"{")
