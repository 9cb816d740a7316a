"""Ragged against plain lists, torch, scipy and Arrow."""

from __future__ import annotations

import gc
from collections import Counter
from itertools import chain
from typing import Any

import nanoarrow
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from sadari.errors import SettingError
from sadari.ragged import Ragged, append_to, offsets_of

ids = st.integers(0, 20)
lists_of_ids = st.lists(st.lists(ids, max_size=6), max_size=8)
ARROW_TYPE = pa.large_list(pa.int32())


def flat(lists: list[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


# -- making and choosing ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(lists=lists_of_ids)
def test_lists_come_back(lists: list[list[int]]) -> None:
    ragged = Ragged.from_lists(lists)
    assert ragged.to_lists() == lists
    assert len(ragged) == len(lists)
    assert [row.tolist() for row in ragged] == lists
    assert ragged.lengths.tolist() == [len(row) for row in lists]
    assert ragged.values.dtype == np.int32
    assert ragged.offsets.dtype == np.int64
    for i, row in enumerate(lists):
        assert ragged[i].tolist() == row == ragged[i - len(lists)].tolist()


def test_an_index_past_the_end_is_an_error() -> None:
    with pytest.raises(IndexError):
        Ragged.from_lists([[1]])[1]


@settings(deadline=None)
@given(parts=st.lists(lists_of_ids, max_size=4))
def test_concat_is_list_concatenation(parts: list[list[list[int]]]) -> None:
    assert Ragged.concat([Ragged.from_lists(part) for part in parts]).to_lists() == flat(parts)


@settings(deadline=None)
@given(lists=lists_of_ids, data=st.data())
def test_take_is_list_indexing(lists: list[list[int]], data: st.DataObject) -> None:
    assume(lists)
    indices = data.draw(st.lists(st.integers(-len(lists), len(lists) - 1), max_size=10))
    assert Ragged.from_lists(lists).take(np.array(indices)).to_lists() == [lists[i] for i in indices]


@settings(deadline=None)
@given(lists=lists_of_ids, longest=st.integers(1, 7))
def test_truncate_is_slicing(lists: list[list[int]], longest: int) -> None:
    cut, how_many = Ragged.from_lists(lists).truncate(longest)
    assert cut.to_lists() == [row[:longest] for row in lists]
    assert how_many == sum(len(row) > longest for row in lists)


@settings(deadline=None)
@given(lists=st.lists(st.lists(st.integers(-2, 3), max_size=6), max_size=8))
def test_known_drops_negative_ids_alone(lists: list[list[int]]) -> None:
    assert Ragged.from_lists(lists).known().to_lists() == [[i for i in row if i >= 0] for row in lists]


@settings(deadline=None)
@given(parts=st.lists(st.lists(ids, max_size=9), max_size=6))
def test_append_to_grows_arrays_in_place(parts: list[list[int]]) -> None:
    arrays = [np.empty(0, np.int32), np.empty(0, np.float32)]
    stored = 0
    for part in parts:
        append_to(arrays, stored, [np.array(part, np.int32), np.array(part, np.float32)])
        stored += len(part)
    assert [array.tolist() for array in arrays] == [flat(parts)] * 2


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "offsets"),
    [
        ([1, 2], []),
        ([1, 2], [0]),
        ([1, 2], [1, 2]),
        ([1, 2], [0, 1]),
        ([1, 2], [0, 3]),
        ([1, 2], [0, 2, 1, 2]),
        ([1, 2], [0, -1, 2]),
        ([1, 2], [[0, 2]]),
    ],
)
def test_offsets_that_do_not_fit_are_refused(values: list[int], offsets: list[Any]) -> None:
    with pytest.raises(SettingError, match="offsets must"):
        Ragged(np.array(values, np.int32), np.array(offsets, np.int64))


@pytest.mark.parametrize(
    "values", [[2**31], [-(2**31) - 1], np.array([2**32], np.uint64), [0.5], [np.nan], ["1"], [True], [[1]], [2**70]]
)
def test_values_that_int32_cannot_hold_are_refused(values: Any) -> None:
    with pytest.raises(SettingError, match=r"ids? "):
        Ragged(values, np.array([0, 1]))
    with pytest.raises(SettingError, match=r"ids? "):
        Ragged.from_lists([[1], values])


def test_the_extremes_of_int32_are_held() -> None:
    extremes = [-(2**31), 2**31 - 1]
    assert Ragged.from_lists([extremes]).to_lists() == [extremes]
    assert Ragged.from_lists([np.array(extremes, np.int64)]).to_lists() == [extremes]


def test_settings_out_of_range_are_refused() -> None:
    ragged = Ragged.from_lists([[1, 2], []])
    with pytest.raises(SettingError, match="max_length is 0"):
        ragged.truncate(0)
    with pytest.raises(SettingError, match="id 2 does not fit 2 columns"):
        ragged.counts(2)
    with pytest.raises(SettingError, match="empty text cannot be packed"):
        ragged.packed()


# -- views for nets ---------------------------------------------------------------------------------------


@settings(deadline=None)
@given(lists=lists_of_ids, pad_id=st.integers(0, 30))
def test_padded_is_each_text_then_padding(lists: list[list[int]], pad_id: int) -> None:
    padded, mask = Ragged.from_lists(lists).padded(pad_id)
    width = max(map(len, lists), default=0)
    assert padded.dtype == torch.int64
    assert mask.dtype == torch.bool
    assert tuple(padded.shape) == tuple(mask.shape) == (len(lists), width)
    assert padded.tolist() == [row + [pad_id] * (width - len(row)) for row in lists]
    assert mask.tolist() == [[True] * len(row) + [False] * (width - len(row)) for row in lists]


@settings(deadline=None)
@given(lists=st.lists(st.lists(ids, min_size=1, max_size=6), min_size=1, max_size=8))
def test_packed_equals_torchs_own(lists: list[list[int]]) -> None:
    packed = Ragged.from_lists(lists).packed()
    expected = torch.nn.utils.rnn.pack_sequence([torch.tensor(row) for row in lists], enforce_sorted=False)
    assert torch.equal(packed.data, expected.data)
    assert torch.equal(packed.batch_sizes, expected.batch_sizes)
    unpacked = torch.nn.utils.rnn.unpack_sequence(packed)
    assert [row.tolist() for row in unpacked] == lists


@settings(deadline=None)
@given(lists=lists_of_ids)
def test_an_embedding_bag_as_torch_makes_it_gives_the_masked_mean_of_the_padded(lists: list[list[int]]) -> None:
    assume(lists)
    torch.manual_seed(0)
    bag = torch.nn.EmbeddingBag(21, 5, dtype=torch.float64)
    ragged = Ragged.from_lists(lists)
    padded, mask = ragged.padded(0)
    vectors = torch.nn.functional.embedding(padded, bag.weight) * mask[..., None]
    expected = vectors.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    torch.testing.assert_close(bag(*ragged.bag()), expected)


def test_a_bag_of_no_texts_and_one_that_is_changed() -> None:
    assert torch.nn.EmbeddingBag(3, 5)(*Ragged.from_lists([]).bag()).shape == (0, 5)
    ragged = Ragged.from_lists([[1, 2], [], [3]])
    content, offsets = ragged.bag()
    content += 1
    offsets += 1
    assert ragged.to_lists() == [[1, 2], [], [3]]


@settings(deadline=None)
@given(lists=st.lists(st.lists(st.integers(-1, 9), max_size=12), max_size=8), spare=st.integers(0, 3))
def test_counts_are_those_of_a_counter_and_of_scipy(lists: list[list[int]], spare: int) -> None:
    size = 10 + spare
    counts = Ragged.from_lists(lists).counts(size)
    assert counts.dtype == np.float32
    assert counts.shape == (len(lists), size)
    assert counts.has_canonical_format
    counters = [Counter(i for i in row if i >= 0) for row in lists]
    assert counts.toarray().tolist() == [[counter[i] for i in range(size)] for counter in counters]
    pairs = [(row, i) for row, text in enumerate(lists) for i in text if i >= 0]
    rows, columns = [row for row, _ in pairs], [i for _, i in pairs]
    expected = csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(lists), size))
    assert (counts != expected).nnz == 0


def test_counting_leaves_the_ids_as_they_were() -> None:
    ragged = Ragged.from_lists([[3, 1, 3, 0], [2, 2]])
    ragged.counts(4)
    assert ragged.to_lists() == [[3, 1, 3, 0], [2, 2]]


# -- Arrow ------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(lists=lists_of_ids)
def test_arrow_round_trips(lists: list[list[int]]) -> None:
    arrow = Ragged.from_lists(lists).to_arrow()
    assert pa.array(arrow).type == ARROW_TYPE
    assert pa.array(arrow).to_pylist() == lists
    series = pl.Series(arrow)
    assert series.dtype == pl.List(pl.Int32)
    assert series.to_list() == lists
    for source in (arrow, pa.array(arrow), series, pa.array(lists, ARROW_TYPE)):
        assert Ragged.from_arrow(source).to_lists() == lists


def test_to_arrow_shares_memory_with_pyarrow_and_polars() -> None:
    ragged = Ragged.from_lists([[1, 2], [], [3, 4, 5]])
    array = pa.array(ragged.to_arrow())
    assert array.values.buffers()[1].address == address(ragged.values)
    assert array.buffers()[1].address == address(ragged.offsets)
    exploded = pl.Series(ragged.to_arrow()).explode(empty_as_null=False).to_numpy(allow_copy=False)
    assert address(exploded) == address(ragged.values)


def test_from_arrow_shares_memory_with_pyarrow_and_polars() -> None:
    array = pa.array([[1, 2], [], [3, 4, 5]], ARROW_TYPE)
    ragged = Ragged.from_arrow(array)
    assert address(ragged.values) == array.values.buffers()[1].address
    assert address(ragged.offsets) == array.buffers()[1].address
    series = pl.Series([[1, 2], [], [3, 4, 5]], dtype=pl.List(pl.Int32))
    assert address(Ragged.from_arrow(series).values) == address(series.explode(empty_as_null=False).to_numpy())
    assert np.shares_memory(Ragged.from_arrow(ragged.to_arrow()).values, ragged.values)
    assert np.shares_memory(Ragged.from_arrow(ragged.to_arrow()).offsets, ragged.offsets)


@settings(deadline=None)
@given(lists=lists_of_ids, ahead=st.integers(0, 3), start=st.integers(0, 8), length=st.integers(0, 8))
def test_slices_of_lists_and_of_their_values_are_read_in_place(
    lists: list[list[int]], ahead: int, start: int, length: int
) -> None:
    values = pa.array([99] * ahead + flat(lists), pa.int32()).slice(ahead)
    whole = pa.LargeListArray.from_arrays(offsets_of([len(row) for row in lists]), values)
    piece = whole.slice(start, length)
    for source in (piece, pl.Series(pl.from_arrow(whole)).slice(start, length)):
        assert Ragged.from_arrow(source).to_lists() == lists[start : start + length]
    found = Ragged.from_arrow(piece)
    if len(found.values):
        assert address(found.values) == values.buffers()[1].address + 4 * (ahead + whole.offsets[start].as_py())


@settings(deadline=None)
@given(parts=st.lists(lists_of_ids, max_size=4))
def test_chunks_are_joined(parts: list[list[list[int]]]) -> None:
    chunked = pa.chunked_array([pa.array(part, ARROW_TYPE) for part in parts], ARROW_TYPE)
    assert Ragged.from_arrow(chunked).to_lists() == flat(parts)


def test_shared_memory_outlives_its_source() -> None:
    ragged = Ragged.from_arrow(pa.array([[7] * 10_000] * 10, ARROW_TYPE))
    arrow = Ragged.from_lists([[5] * 10_000] * 10).to_arrow()
    gc.collect()
    other = [np.full(100_000, 1, np.int32) for _ in range(20)]  # would be written over freed memory
    assert ragged.values.tolist() == [7] * 100_000
    assert pa.array(arrow).to_pylist() == [[5] * 10_000] * 10
    assert len(other) == 20


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (pa.array([[1], None], ARROW_TYPE), "missing values"),
        (pa.array([[1], [None]], ARROW_TYPE), "missing values"),
        (pa.array([None, [1], None], ARROW_TYPE).slice(1), "missing values"),
        (
            pa.array([[1]], pa.list_(pa.int32())),
            r"list<item: int32> cannot be shared.*\n.*cast it to large_list<int32>",
        ),
        (pa.array([[1]], pa.large_list(pa.int64())), "cannot be shared"),
        (pa.array([1], pa.int32()), "int32 cannot be shared"),
        (pl.Series(["a"]), "cannot be shared"),
        ([[1, 2]], "list is no Arrow array"),
        (None, "NoneType is no Arrow array"),
    ],
)
def test_other_arrow_arrays_are_refused(source: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Ragged.from_arrow(source)


def test_a_slice_past_the_missing_values_is_read() -> None:
    assert Ragged.from_arrow(pa.array([None, [1, 2], []], ARROW_TYPE).slice(1)).to_lists() == [[1, 2], []]
    assert Ragged.from_arrow(nanoarrow.Array(pa.array([None, [1, 2]], ARROW_TYPE).slice(1))).to_lists() == [[1, 2]]
