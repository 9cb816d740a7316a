"""Long texts: which of their pieces are read, against a plain account of each way; and that none is lost or doubled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sadari.ragged import Ragged, offsets_of
from sadari.text.long_texts import WAYS, fit_long

LENGTHS = st.lists(st.integers(0, 60), min_size=1, max_size=8)


def texts(lengths):
    """Texts of so many pieces, each piece another number."""
    return Ragged(np.arange(sum(lengths), dtype=np.int32), offsets_of(lengths))


@given(LENGTHS, st.integers(1, 30))
def test_the_head_is_the_beginning(lengths, longest):
    ids = texts(lengths)
    found, owners = fit_long(ids, longest, "head")
    assert found.to_lists() == [row[:longest] for row in ids.to_lists()]
    assert owners.tolist() == list(range(len(lengths)))


@given(LENGTHS, st.integers(2, 30))
def test_head_and_tail_are_a_quarter_and_the_rest(lengths, longest):
    ids = texts(lengths)
    head = max(1, longest // 4)
    wanted = [row if len(row) <= longest else row[:head] + row[head - longest :] for row in ids.to_lists()]
    assert fit_long(ids, longest, "head+tail")[0].to_lists() == wanted


@given(LENGTHS, st.integers(1, 30))
def test_windows_are_as_few_as_hold_every_piece(lengths, longest):
    ids = texts(lengths)
    found, owners = fit_long(ids, longest, "windows")
    assert np.bincount(owners, minlength=len(lengths)).tolist() == [max(1, -(-n // longest)) for n in lengths]
    assert (np.diff(owners) >= 0).all()
    rows = found.to_lists()
    for number, whole in enumerate(ids.to_lists()):
        mine = [row for row, owner in zip(rows, owners, strict=True) if owner == number]
        assert sorted({piece for row in mine for piece in row}) == whole
        assert all(row == list(range(row[0], row[0] + len(row))) for row in mine if row)
        assert {len(row) for row in mine} == {min(len(whole), longest)}
        steps = np.diff([row[0] for row in mine if row])
        assert not len(steps) or np.ptp(steps) <= 1  # evenly spaced


@pytest.mark.parametrize("way", WAYS)
def test_texts_that_fit_stay_as_they_are(way):
    ids = texts([3, 0, 10])
    assert fit_long(ids, 10, way)[0].to_lists() == ids.to_lists()
