"""JSON from a stranger has one meaning, or is refused at once."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sadari.artifact import parse_json
from sadari.artifact.strict_json import json_depth

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text('[]{}"\\', max_size=6)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(value=values, ascii_only=st.booleans(), indent=st.none() | st.just(2))
def test_what_json_means_is_kept_and_its_depth_is_counted(value: Any, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert parse_json(data) == value
    assert json_depth(data) == depth(value)
    if depth(value):
        assert parse_json(data, max_depth=depth(value)) == value
        with pytest.raises(ValueError, match="deep"):
            parse_json(data, max_depth=depth(value) - 1)


@given(data=st.binary(max_size=40) | st.text('[]{}",:\\ue1-0tfnNI ', max_size=40).map(str.encode))
def test_any_bytes_are_parsed_as_json_parses_them_or_refused(data: bytes) -> None:
    try:
        value = parse_json(data)
    except ValueError:
        return
    assert value == json.loads(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xef\xbb\xbf{}", "BOM"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xff"}', r"not UTF-8 text \(byte 7\)"),
        (b"[" * 33 + b"]" * 33, "nested 33 deep"),
        (b'{"a":' * 100_000, "nested 100000 deep"),
        (b"[" * 4_000_000, "nested 4000000 deep"),
        (b'{"a": 1, "b": 2, "a": 1}', "'a' is given twice"),
        (b'{"a": 1, "\\u0061": 2}', "'a' is given twice"),
        (b'[{"x": {"y": 1, "y": 1}}]', "'y' is given twice"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"1e999", "1e999 is too large"),
        (b"9" * 5000, "5,000 digits"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'"a\nb"', "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"[1,]", "not JSON"),
    ],
    ids=lambda value: value[:16].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(data)


def test_a_whole_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 2_000_000,
        b'"' * 4_000_001,
        b'"' + b"\\" * 4_000_001,
        b"{}," * 1_300_000,
        b"[" + b'{"a":1},' * 500_000 + b'{"a":1,"a":1}]',
        b"{" + b",".join(b'"%d":1' % n for n in range(300_000)) + b',"0":1}',
        b"[" + b",".join([b"1" * 40] * 100_000) + b",x]",
        b'"' + b"\\ud800" * 600_000 + b'"',
    ],
    ids=lambda data: data[:12].decode(),
)
def test_no_four_megabytes_take_two_seconds(data: bytes) -> None:
    start = time.process_time()
    with pytest.raises(ValueError):  # noqa: PT011 – which reason is found first does not matter
        parse_json(data)
    assert time.process_time() - start < 2
