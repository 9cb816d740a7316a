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

from sadari.errors import SettingError
from sadari.messages import message

MAX_DEPTH = 32
MAX_DIGITS = 40  # of a whole number; int() takes time quadratic in them

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
        ValueError: not UTF-8, not JSON, nested too deep, a key given twice, a number that is not finite or
            has thousands of digits, or half a surrogate pair. The message is a reason fit for a user.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from None
    depth = json_depth(data)
    if depth > max_depth:
        raise ValueError(f"nested {depth} deep (the limit is {max_depth})")
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_short
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    # A lone surrogate can only come from an escape, and breaks whatever prints it later.
    if "\\u" in text and _has_surrogate(value):
        raise ValueError("half a surrogate pair in a string")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice[:80]!r} is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def _short(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _has_surrogate(value: Any) -> bool:
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
