"""A column of texts: what is taken for one, and its bytes."""

from __future__ import annotations

from itertools import pairwise, zip_longest

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import DataError
from sadari.text.column import FEW, as_column, column_bytes, slices


@settings(deadline=None)
@given(texts=reference.columns_of_texts)
def test_every_kind_of_sequence_is_the_same_column(texts: list[str]) -> None:
    series = pl.Series("text", texts, dtype=pl.String)
    for given_texts in (texts, tuple(texts), np.array(texts, dtype=object), series, series.to_arrow().to_pylist()):
        assert as_column(given_texts).to_list() == texts


def test_numpy_strings_are_texts() -> None:
    assert as_column(np.array(["a", "한국어"])).to_list() == ["a", "한국어"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", None], "row 2: the text is missing"),
        (["a", "b", float("nan")], "row 3: the text is missing"),
        (["a", 5], "row 2: a text must be a string, not int: 5"),
        (["a", b"bytes"], "row 2: a text must be a string, not bytes"),
        ([["a", "b"]], "row 1: a text must be a string, not list"),
        ("one text", "one string was given"),
        (["fine", "half \ud800"], "row 2, character 6: the text holds half a surrogate pair"),
        (pl.Series(["a", None, "b", None]), "row 2: the text is missing"),
        (pl.Series([1, 2]), "must hold strings, not Int64"),
    ],
)
def test_what_is_no_text_is_named_with_its_row(texts: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_column(texts)


def test_a_huge_value_is_not_printed_whole() -> None:
    with pytest.raises(DataError) as caught:
        as_column([list(range(100_000))])
    assert len(str(caught.value)) < 200


@settings(deadline=None)
@given(texts=st.lists(reference.texts, max_size=2 * FEW))
def test_bytes_are_utf8_one_text_after_another(texts: list[str]) -> None:
    content, offsets = column_bytes(as_column(texts))
    assert content.tobytes() == "".join(texts).encode()
    assert [content[a:b].tobytes().decode() for a, b in pairwise(offsets)] == texts


@settings(deadline=None)
@given(texts=reference.columns_of_texts, max_rows=st.integers(1, 9), max_bytes=st.integers(1, 60))
def test_slices_are_the_column_in_pieces_of_bounded_size(texts: list[str], max_rows: int, max_bytes: int) -> None:
    column = as_column(texts)
    pieces = [piece.to_list() for piece in slices(column, max_rows=max_rows, max_bytes=max_bytes)]
    assert [text for piece in pieces for text in piece] == texts
    assert all(1 <= len(piece) <= max_rows for piece in pieces)
    for piece, following in zip_longest(pieces, pieces[1:], fillvalue=[]):
        size = sum(len(text.encode()) for text in piece)
        assert size <= max_bytes or len(piece) == 1
        if following and len(piece) < max_rows:  # as full as can be
            assert size + len(following[0].encode()) > max_bytes
