"""Ids of a corpus larger than memory: the same ids in memory or in a file, and memory that does not grow with them."""

import errno
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import OutputError
from sadari.ragged import Ragged, offsets_of
from sadari.text.ids_on_disk import GrowingIds, is_mapped, mapped
from sadari.train.batches import Batches

STATUS = Path("/proc/self/status")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8), st.integers(0, 30))
def test_in_memory_or_in_a_file_they_are_the_same(parts, in_memory):
    ids, new_ids = GrowingIds(in_memory), np.arange(10, dtype=np.int32)[::-1].copy()
    for part in parts:
        ids.append(np.array(part, np.int32))
    wanted = [9 - value for part in parts for value in part]
    found = ids.renamed(new_ids)
    assert found.dtype == np.int32
    assert found.tolist() == wanted
    assert isinstance(found, np.memmap) == (len(wanted) > in_memory)


def test_texts_are_taken_out_of_the_file():
    ids = GrowingIds(0)
    ids.append(np.arange(100, dtype=np.int32))
    ragged = Ragged(ids.renamed(np.arange(100, dtype=np.int32)), offsets_of([10] * 10))
    assert np.shares_memory(ragged.values, ragged[3])  # a view of the file, not a copy of the corpus
    assert ragged.take(np.array([7, 2])).to_lists() == [list(range(70, 80)), list(range(20, 30))]
    found, mask = ragged.take(np.array([0, 9])).padded(1)
    assert found.tolist() == [list(range(10)), list(range(90, 100))]
    assert mask.all()


def held() -> int:
    """Bytes of memory that are this process's own, and not pages of a file that the system may take back."""
    for line in STATUS.read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return pytest.skip("this system does not say")


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="only Linux says how much memory is a process's own")
def test_memory_does_not_grow_with_the_ids():
    part, parts = np.arange(2**20, dtype=np.int32), 96
    ids = GrowingIds(2**20)
    before = most = held()
    for _ in range(parts):
        ids.append(part)
        most = max(most, held())
    ragged = Ragged(ids.renamed(np.arange(2**20, dtype=np.int32)), offsets_of([64] * (parts * 2**14)))
    most = max(most, held())
    for rows in Batches(ragged.lengths, 64, 2**14, seed=0).epoch(1)[:2000]:
        ragged.take(rows).padded(1)
    most = max(most, held())
    assert ragged.values.nbytes == 384 * 2**20
    assert most - before < 200 * 2**20  # of which 100 are two parts' lengths and offsets


def test_a_full_disk_is_said(monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "wb"))  # noqa: PTH123, SIM115
    with pytest.raises(OutputError, match="cannot be written") as error:
        GrowingIds(0).append(np.arange(10, dtype=np.int32))
    assert "TMPDIR" in str(error.value)
    assert error.value.__cause__.errno == errno.ENOSPC


def test_views_of_what_lies_in_a_file_are_known():
    array = mapped(np.arange(9))
    assert all(map(is_mapped, (array, array.view(np.ndarray), array.view(np.ndarray)[2:5])))
    assert not any(map(is_mapped, (np.arange(9), np.arange(9)[2:5])))


def test_counts_of_16_bits_grow_in_a_file():
    counts = GrowingIds(4, np.uint16)
    for part in ([1, 65_535], [3, 4, 5], [6]):
        counts.append(np.array(part, np.uint16))
    assert counts.whole().dtype == np.uint16
    assert counts.whole().tolist() == [1, 65_535, 3, 4, 5, 6]
