"""The records of a training, as a file of a model folder: one JSON object a line, name → number."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from sadari.artifact.strict_json import parse_object
from sadari.errors import DataError
from sadari.messages import message

HISTORY = "history.jsonl"
_NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # JSON has no such numbers


def encode_history(history: Iterable[Mapping[str, Any]]) -> str:
    """The content of the file."""
    return "".join(f"{json.dumps({name: _plain(value) for name, value in record.items()})}\n" for record in history)


def decode_history(text: str) -> list[dict[str, float]]:
    """The records in the file.

    Raises:
        DataError: a line is no object of numbers.
    """
    return [_record(line, number) for number, line in enumerate(text.split("\n"), 1) if line]


def _plain(value: Any) -> int | float | str:
    value = value.item() if hasattr(value, "item") else value  # a NumPy number
    return value if math.isfinite(value) else str(float(value))


def _record(line: str, number: int) -> dict[str, float]:
    place = message("line {number:,} of {file}", number=number, file=HISTORY)
    record = parse_object(line.encode(), place)
    found: dict[str, Any] = {
        name: _NO_NUMBERS.get(value, value) if isinstance(value, str) else value for name, value in record.items()
    }
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DataError(message("{place}: {name!r:.80} is no number", place=place, name=name))
    return found
