"""Ways to spoil bytes and JSON, drawn from a random generator, so that a case can be made again from its number."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

# Bytes that readers of text, numbers and archives treat specially.
TOKENS = [
    b"",
    b"\x00",
    b"\n",
    b"\r",
    b"\r\n",
    b'"',
    b'""',
    b",",
    b";",
    b"\t",
    b"|",
    b"'",
    b"\\",
    b"\\u0000",
    b"\xff",
    b"\xfe",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\x80",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[" * 500,
    b"null",
    b"NaN",
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"-1",
    b"0",
    b"9" * 19,
    b"9" * 400,
    b"1e308",
    b"text",
    b"label",
    b"__label__",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"PAR1",
    b"\x80\x04",
    b" ",
    b"\xa0",
    b"\xb0\xa1",
    b"\xa4\xa1",
    b"\xc5\xd7",
    b"\x81\x30",
    b"\xcc\x88",
    b"\xe1\x84\x80",
    b"\xe2\x80\x8d",
    b"\xf0\x9f\x98\x80",
]

NUMBERS: list[Any] = [
    -1,
    0,
    1,
    2,
    3,
    7,
    255,
    65536,
    10**6,
    2**31 - 1,
    2**31,
    2**32,
    10**12,
    2**63 - 1,
    2**63,
    10**18,
    10**30,
    -(10**18),
    0.0,
    -0.0,
    0.5,
    1e-300,
    1e30,
    1e308,
    float("nan"),
    float("inf"),
    -float("inf"),
]
VALUES: list[Any] = [
    *NUMBERS,
    None,
    True,
    False,
    "",
    "x",
    "auto",
    "1",
    "../../etc/passwd",
    "/etc/passwd",
    "\ud800",
    "\x00",
    "가" * 10_000,
    [],
    {},
    [[]],
    {"": {}},
    [1] * 100,
    ["a"] * 100,
    [None],
    {"a": None},
]


def spoil(rng: Random, data: bytes, others: list[bytes]) -> bytes:
    """The bytes after one to eight changes: bits, numbers, tokens; runs moved, doubled, cut, or of another."""
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(_CHANGES)(rng, spoilt, others)
    return bytes(spoilt)


def _flip(rng: Random, data: bytearray, others: list[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _byte(rng: Random, data: bytearray, others: list[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _number(rng: Random, data: bytearray, others: list[bytes]) -> None:
    size, kind = rng.choice(((4, "<i"), (8, "<q"), (4, "<f"), (1, "b")))
    if len(data) >= size:
        place = rng.randrange(len(data) - size + 1)
        number = rng.choice((-1, 0, 1, 2, 100, 127, 2**31 - 1, -(2**31), 2**62))
        limit = {"<i": 2**31 - 1, "<q": 2**63 - 1, "b": 127, "<f": 2**62}[kind]
        data[place : place + size] = struct.pack(kind, max(-limit, min(limit, number)))


def _token(rng: Random, data: bytearray, others: list[bytes]) -> None:
    place = rng.randint(0, len(data))
    data[place : place + rng.choice((0, 0, 1, 4))] = rng.choice(TOKENS) * rng.choice((1, 1, 1, 2, 50))


def _span(rng: Random, data: bytearray) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((1, 2, 8, 64, 512)))


def _cut(rng: Random, data: bytearray, others: list[bytes]) -> None:
    start, end = _span(rng, data)
    del data[start:end]


def _end(rng: Random, data: bytearray, others: list[bytes]) -> None:
    del data[rng.randint(0, len(data)) :]


def _double(rng: Random, data: bytearray, others: list[bytes]) -> None:
    start, end = _span(rng, data)
    place = rng.randint(0, len(data))
    data[place:place] = data[start:end] * rng.choice((1, 2, 20))


def _graft(rng: Random, data: bytearray, others: list[bytes]) -> None:
    other = rng.choice(others)
    start, end = _span(rng, bytearray(other))
    place = rng.randint(0, len(data))
    data[place : place + rng.choice((0, end - start))] = other[start:end]


def _line(rng: Random, data: bytearray, others: list[bytes]) -> None:
    lines = bytes(data).split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one] = rng.choice((b"", lines[other], lines[one] + lines[other], lines[one][: len(lines[one]) // 2]))
    data[:] = b"\n".join(lines)


_CHANGES: list[Callable[[Random, bytearray, list[bytes]], None]] = [
    _flip,
    _byte,
    _number,
    _token,
    _token,
    _cut,
    _end,
    _double,
    _graft,
    _line,
]


def spoil_json(rng: Random, value: Any) -> Any:
    """A copy of the JSON value in which one to three values or keys are others, or gone."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 2, 3))):
        places: list[tuple[Any, Any]] = []
        _gather(value, places)
        if not places:
            return deepcopy(rng.choice(VALUES))
        holder, key = rng.choice(places)
        change = rng.random()
        if change < 0.1:
            del holder[key]
        elif change < 0.2 and isinstance(holder, dict):
            holder[rng.choice(("", "x", "\ud800", key + " "))] = holder[key]
        elif change < 0.3 and isinstance(holder, list):
            holder.insert(key, holder[key])
        elif change < 0.5 and isinstance(holder[key], int) and not isinstance(holder[key], bool):
            holder[key] += rng.choice((-1, 1, 2, 1000))
        else:
            holder[key] = deepcopy(rng.choice(VALUES))  # the next change may be within it
    return value


def _gather(value: Any, places: list[tuple[Any, Any]]) -> None:
    """Every place below the value: its holder and its key; of long lists the ends."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys if len(keys) <= 50 else [*keys[:10], *keys[-10:]]:
        places.append((value, key))
        _gather(value[key], places)


def dump_json(value: Any) -> bytes:
    """JSON as a forger writes it: NaN, infinities and lone surrogates go through."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass")
