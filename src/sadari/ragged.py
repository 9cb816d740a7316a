"""Ragged: one content vector and one offset vector, the one in-memory form of encoded texts.

``values[offsets[i]:offsets[i + 1]]`` is text ``i``: the layout of Arrow's large list and of
``torch.nn.EmbeddingBag``. What a net wants (padded, packed, bag or count batches) is a view made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError

if TYPE_CHECKING:
    import torch
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class Ragged:
    """``n`` sequences of ids, of any lengths.

    Attributes:
        values: int32 [total], all ids one after another.
        offsets: int64 [n + 1], rising from 0 to ``total``.
    """

    values: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, dtype=np.int32)
        offsets = np.ascontiguousarray(self.offsets, dtype=np.int64)
        if offsets.ndim != 1 or len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(values):
            raise SettingError(
                f"offsets must rise from 0 to {len(values)}, the number of values",
                hint="an array of n sequences has n + 1 offsets",
            )
        if np.any(offsets[1:] < offsets[:-1]):
            raise SettingError("offsets must never fall: a sequence cannot have a negative length")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "offsets", offsets)

    # -- making -----------------------------------------------------------------------------------------

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int]]) -> Ragged:
        """A Ragged of Python sequences of ids."""
        rows = [np.asarray(row, dtype=np.int32) for row in lists]
        values = np.concatenate(rows) if rows else np.empty(0, np.int32)
        return cls(values, offsets_of([len(row) for row in rows]))

    @classmethod
    def concat(cls, parts: Sequence[Ragged]) -> Ragged:
        """The texts of all parts, in order."""
        if not parts:
            return cls(np.empty(0, np.int32), np.zeros(1, np.int64))
        values = np.concatenate([part.values for part in parts])
        return cls(values, offsets_of(np.concatenate([part.lengths for part in parts])))

    @classmethod
    def from_arrow(cls, array: Any) -> Ragged:
        """Share the memory of an Arrow large-list array of int32 (anything with ``__arrow_c_array__``).

        Raises:
            SettingError: another type, or missing values.
        """
        import nanoarrow

        view = nanoarrow.c_array_view(array) if not hasattr(array, "view") else array.view()
        if view.storage_type != "large_list" or view.child(0).storage_type != "int32":
            raise SettingError(
                f"an Arrow array of {view.storage_type} cannot be shared",
                hint="cast it to large_list<int32>",
            )
        if view.null_count > 0 or view.child(0).null_count > 0:
            raise SettingError("the Arrow array has missing values", hint="fill or drop them first")
        start, count = view.offset, view.length
        offsets = np.asarray(view.buffer(1))[start : start + count + 1]
        values = np.asarray(view.child(0).buffer(1))
        first = int(offsets[0]) if len(offsets) else 0
        if first:
            offsets = offsets - first
        return cls(values[first : first + int(offsets[-1])], offsets)

    def to_arrow(self) -> Any:
        """The same memory as an Arrow ``large_list<int32>`` (a nanoarrow array: Polars and PyArrow read it)."""
        import nanoarrow

        child = nanoarrow.c_array_from_buffers(nanoarrow.int32(), len(self.values), [None, self.values])
        return nanoarrow.Array(
            nanoarrow.c_array_from_buffers(
                nanoarrow.large_list(nanoarrow.int32()), len(self), [None, self.offsets], children=[child]
            )
        )

    # -- reading ----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[np.int32]:
        """The ids of one text: int32 [length], a view."""
        index = range(len(self))[index]
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        return (self[i] for i in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """int64 [n]."""
        return np.diff(self.offsets)

    def to_lists(self) -> list[list[int]]:
        return [row.tolist() for row in self]

    # -- choosing ---------------------------------------------------------------------------------------

    def take(self, indices: NDArray[np.integer]) -> Ragged:
        """The texts at ``indices``, in that order (copied)."""
        indices = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[indices]
        offsets = offsets_of(lengths)
        # position in `values` of every wanted id: its own rank, moved from where it will lie to where it lies
        source = np.arange(offsets[-1]) + np.repeat(self.offsets[indices] - offsets[:-1], lengths)
        return Ragged(self.values[source], offsets)

    def truncate(self, max_length: int) -> tuple[Ragged, int]:
        """At most ``max_length`` ids a text, and how many texts were cut."""
        if max_length < 1:
            raise SettingError(f"max_length is {max_length}; it must be at least 1")
        lengths = self.lengths
        cut = int(np.count_nonzero(lengths > max_length))
        if not cut:
            return self, 0
        rank = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], lengths)
        return Ragged(self.values[rank < max_length], offsets_of(np.minimum(lengths, max_length))), cut

    # -- views for nets ---------------------------------------------------------------------------------

    def padded(self, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids with ``pad_id`` after the end of shorter texts, and the mask of what is real.

        Returns:
            ids int64 [n, longest] and mask bool [n, longest]; an all-empty batch is [n, 0].
        """
        import torch

        lengths = self.lengths
        width = int(lengths.max(initial=0))
        mask = np.arange(width) < lengths[:, None]
        ids = np.full((len(self), width), pad_id, dtype=np.int64)
        ids[mask] = self.values
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def packed(self) -> torch.nn.utils.rnn.PackedSequence:
        """The ids as torch's packed sequence of int64, which recurrent nets read without padding.

        Raises:
            SettingError: a text is empty (torch cannot pack it).
        """
        import torch

        lengths = self.lengths
        if len(self) == 0 or lengths.min() == 0:
            raise SettingError("an empty text cannot be packed", hint="drop empty texts, or use padded()")
        ids, _ = self.padded(0)
        return torch.nn.utils.rnn.pack_padded_sequence(
            ids, torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
        )

    def bag(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Content int32 [total] and offsets int64 [n + 1], sharing this memory.

        For ``torch.nn.EmbeddingBag(..., include_last_offset=True)``, which wants both of one dtype:
        ``net(content.long(), offsets)``.
        """
        import torch

        return torch.from_numpy(self.values), torch.from_numpy(self.offsets)

    def counts(self, size: int) -> csr_matrix:
        """How often each id stands in each text: scipy CSR float32 [n, size]; negative ids are skipped."""
        from scipy.sparse import csr_matrix

        known = self.values >= 0
        rows = np.repeat(np.arange(len(self)), self.lengths)[known]
        ones = np.ones(len(rows), dtype=np.float32)
        return csr_matrix((ones, (rows, self.values[known])), shape=(len(self), size))


def offsets_of(lengths: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    """int64 [n + 1] offsets of ``n`` lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def append_to(arrays: list[NDArray], stored: int, parts: list[NDArray]) -> None:
    """Write ``parts`` behind the first ``stored`` entries of ``arrays``, which grow in place.

    ``ndarray.resize`` lets the system move pages and not bytes: a corpus that grows batch by batch is never held twice,
    as it would be while a list of batches is concatenated.
    """
    for i, part in enumerate(parts):
        arrays[i].resize(stored + len(part), refcheck=False)
        arrays[i][stored:] = part
