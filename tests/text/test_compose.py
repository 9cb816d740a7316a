"""NFC of columns against Python's own, one text at a time."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.text.column import FEW, column_bytes
from sadari.text.tokens.compose import composed, composed_bytes

CHARACTERS = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x110000))]
marks = st.lists(
    st.sampled_from("ae\u0301\u0323\u0307\u0316\u1100\u1161\u11a8가각\u0928\u093c\u0344\u212b<\u0338か\u3099")
)


@pytest.mark.parametrize("frame", ["{}", "a{}", "ᄀ{}", "가{}", "न{}", "<{}", "{}\u0301", "\u0323{}", "e\u0301{}"])
def test_every_character_is_composed_as_python_does(frame: str) -> None:
    """But for those that this Python's Unicode tables do not have yet."""
    texts = [frame.format(c) for c in CHARACTERS if unicodedata.category(c) != "Cn"]
    assert composed(pl.Series(texts)).to_list() == [unicodedata.normalize("NFC", text) for text in texts]


@settings(deadline=None)
@given(column=st.one_of(reference.columns_of_texts, st.lists(marks.map("".join), max_size=3 * FEW)))
@example(column=["cafe\u0301"] + ["\u1100"] * FEW)
def test_columns_are_composed_as_python_does(column: list[str]) -> None:
    expected = [unicodedata.normalize("NFC", text) for text in column]
    for texts, wanted in ((column, expected), (column * FEW, expected * FEW)):
        series, content, offsets = composed_bytes(pl.Series("text", texts, pl.String))
        assert series.to_list() == wanted
        of_series = column_bytes(series)
        assert np.array_equal(content, of_series[0])
        assert np.array_equal(offsets, of_series[1])


@pytest.mark.parametrize("text", ["plain", "très naïve", "영화를 봤다", "映画を見た 😀", "Tiếng Việt", "हिन्दी में", "ที่นี่"])
def test_composed_texts_are_left_alone(text: str) -> None:
    """Not looked at a second time, which takes longer: ordinary text of these languages passes the quick check."""
    column = pl.Series([text] * 20)
    assert composed(column) is column


def test_a_long_run_of_marks_is_sorted_in_time() -> None:
    """Python's own would be at it for an hour: its steps grow with the square of the marks."""
    pairs = 200_000
    [found] = composed(pl.Series(["a" + "\u0301\u0316" * pairs])).to_list()
    assert found == "á" + "\u0316" * pairs + "\u0301" * (pairs - 1)
