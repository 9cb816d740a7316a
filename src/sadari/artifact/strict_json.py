"""JSON from a stranger: one meaning or an error, in time linear in its size.

Python's parser takes a key twice (the last one wins), ``NaN``, ``1e999`` as infinity and lone surrogates,
and recurses as deep as the text asks. Each of these is refused here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from sadari.errors import DataError, SettingError
from sadari.messages import Message, message

MAX_DEPTH = 32
MAX_DIGITS = 40  # of a whole number; int() takes time quadratic in them

# what Python says of broken JSON
_BROKEN = (
    message("Expecting value"),
    message("Expecting property name enclosed in double quotes"),
    message("Expecting ':' delimiter"),
    message("Expecting ',' delimiter"),
    message("Illegal trailing comma before end of object"),
    message("Illegal trailing comma before end of array"),
    message("Extra data"),
    message("Unterminated string starting at"),
    message("Invalid control character at"),
    message("Invalid \\escape"),
    message("Invalid \\uXXXX escape"),
)
_BY_SENTENCE: Mapping[str, Message] = {said.id: said for said in _BROKEN}

# Possessive, and an open string runs to the end of the text: no input makes this look at a byte twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = np.zeros(256, np.int8)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


def json_depth(data: bytes) -> int:
    """The deepest nesting of arrays and objects in `data`, found without parsing it."""
    brackets = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    if not brackets:
        return 0
    return int(_STEP[np.frombuffer(brackets, np.uint8)].cumsum(dtype=np.int64).max())


def parse_json(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse UTF-8 JSON strictly.

    Args:
        data: the bytes; whoever read them has bounded their number.
        max_depth: how deep arrays and objects may nest.

    Raises:
        DataError: not UTF-8, not JSON, nested too deep, a key given twice, a number that is not finite or
            has thousands of digits, or half a surrogate pair.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(message("not UTF-8 text (byte {place:,})", place=error.start)) from None
    few = data.count(b"[") + data.count(b"{") <= max_depth  # as in most requests: then they cannot nest deeper
    depth = 0 if few else json_depth(data)
    if depth > max_depth:
        raise DataError(message("nested {depth} deep (the limit is {max_depth})", depth=depth, max_depth=max_depth))
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_short
        )
    except json.JSONDecodeError as error:
        what = message("not JSON: {reason} (line {line}, column {column})", line=error.lineno, column=error.colno)
        raise DataError(what.filled(reason=broken(error))) from None
    # A lone surrogate can only come from an escape, and breaks whatever prints it later.
    if "\\u" in text and has_surrogate(value):
        raise DataError(message("half a surrogate pair in a string"))
    return value


def parse_object(data: bytes, name: Message | str, *, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Parse a JSON object as `parse_json` does.

    Args:
        data: the bytes.
        name: what it is, such as the name of the file.
        max_depth: as in `parse_json`.

    Raises:
        DataError: as `parse_json`, or it is JSON of another kind.
    """
    found = parse_json(data, max_depth=max_depth)
    if not isinstance(found, dict):
        raise DataError(message("{file} is not a JSON object", file=name))
    return found


def broken(error: json.JSONDecodeError) -> Message | str:
    """What Python says of broken JSON."""
    return _BY_SENTENCE.get(error.msg, error.msg)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DataError(message("the key {key!r:.80} is given twice", key=twice))
    return found


def _no_constant(name: str) -> Any:
    raise DataError(message("{name} is not a number in JSON", name=name))


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise DataError(message("the number {digits:.40} is too large", digits=digits))
    return number


def _short(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise DataError(message("a number of {count:,} digits", count=len(digits)))
    return int(digits)


def has_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def check_object(name: str, value: Any) -> None:
    """Refuse what a JSON file cannot hold under a name; None is nothing.

    Args:
        name: of the argument.
        value: what was given for it.

    Raises:
        SettingError: it is no mapping from texts to what JSON can hold.
    """
    if value is None:
        return
    try:
        taken = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
        if taken:
            json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # an object of Python's own, NaN, nested too deep
        taken = False
    if not taken:
        raise SettingError(message("{name} must be a mapping from names to values that JSON can hold", name=name))
