"""Windows of a running text, against plain slices."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import sadari
from sadari.errors import DataError, SettingError


@given(st.lists(st.integers(0, 99), min_size=2, max_size=60), st.integers(1, 59), st.integers(1, 9))
def test_windows_are_slices_and_targets_stand_one_later(ids, length, step):
    if len(ids) <= length:
        with pytest.raises(DataError, match="tokens"):
            sadari.windows(ids, length, step=step)
        return
    inputs, targets = sadari.windows(ids, length, step=step)
    starts = range(0, len(ids) - length, step)
    assert inputs.tolist() == [ids[i : i + length] for i in starts]
    assert targets.tolist() == [ids[i + 1 : i + 1 + length] for i in starts]
    assert inputs.dtype == targets.dtype == torch.int64


def test_windows_overlap_in_memory():
    inputs, targets = sadari.windows(np.arange(100_000, dtype=np.int32), 64)
    assert inputs.shape == targets.shape == (99_936, 64)
    assert inputs.untyped_storage().nbytes() == 8 * 100_000  # the row itself, and not 64 times as much
    assert inputs.data_ptr() + 8 == targets.data_ptr()


def test_ids_of_any_kind_are_taken_and_others_refused():
    for ids in ([1, 2, 3], np.array([1, 2, 3]), torch.tensor([1, 2, 3]), sadari.Ragged.from_lists([[1, 2, 3]])[0]):
        assert sadari.windows(ids, 2)[1].tolist() == [[2, 3]]
    for wrong in ([0.5, 1.5], [[1, 2], [3, 4]], "abc"):
        with pytest.raises(SettingError):
            sadari.windows(wrong, 1)
    with pytest.raises(SettingError, match="step"):
        sadari.windows([1, 2, 3], 1, step=0)
