"""Ragged: one content vector and one offset vector, the one in-memory form of encoded texts.

``values[offsets[i]:offsets[i + 1]]`` is text ``i``: the layout of Arrow's large list and of
``torch.nn.EmbeddingBag``. What a net wants (padded, packed, bag or count batches) is a view made from it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari.display.html import MOST_ROWS, Markup, block, cell, rest, table
from sadari.errors import SettingError
from sadari.messages import beside, counted, message
from sadari.settings.limits import MOST, Whole, check, shown

if TYPE_CHECKING:
    import torch
    from scipy.sparse import csr_matrix


MOST_IDS = 24  # of a text, in a notebook


@dataclass(frozen=True, eq=False)
class Ragged:
    """``n`` sequences of ids, of any lengths.

    Attributes:
        values: int32 [total], all ids one after another.
        offsets: int64 [n + 1], rising from 0 to ``total``.

    Raises:
        SettingError: offsets that do not fit the values, or values that int32 cannot hold.
    """

    values: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        values = flat_ids(self.values)
        offsets = np.ascontiguousarray(_whole_numbers(self.offsets, "offsets"), dtype=np.int64)
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(values):
            raise SettingError(
                message(
                    "offsets must rise from 0 to {number_of_values}, the number of values", number_of_values=len(values)
                ),
                hint=message("an array of n sequences has n + 1 offsets"),
            )
        if np.any(offsets[1:] < offsets[:-1]):
            raise SettingError(message("offsets must never fall: a sequence cannot have a negative length"))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "offsets", offsets)

    def _repr_html_(self) -> str:
        """The ids of the first texts."""
        count = len(self.offsets) - 1
        rows = []
        for number in range(min(count, MOST_ROWS)):
            row = self.values[self.offsets[number] : self.offsets[number + 1]]
            shown = cell(" ".join(map(str, row[:MOST_IDS].tolist())))
            rows.append((number, len(row), Markup(f"{shown} {rest(MOST_IDS, len(row))}")))
        headings = [message("text"), message("tokens"), ""]
        said = beside([counted(count, "text"), counted(len(self.values), "token")])
        return block(table(rows, headings=headings, caption=said, left=3), rest(len(rows), count))

    # -- making -----------------------------------------------------------------------------------------

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int]]) -> Ragged:
        """A Ragged of Python sequences of ids.

        Args:
            lists: the ids of each text.
        """
        try:
            rows = [flat_ids(row) for row in lists]
        except TypeError:
            raise SettingError(
                message("lists of ids are wanted, not {shown}", shown=shown(lists)),
                hint=message("such as [[1, 2], [3]]"),
            ) from None
        values = np.concatenate(rows) if rows else np.empty(0, np.int32)
        return cls(values, offsets_of([len(row) for row in rows]))

    @classmethod
    def concat(cls, parts: Sequence[Ragged]) -> Ragged:
        """The texts of all parts, in order.

        Args:
            parts: what to join.
        """
        if not isinstance(parts, Sequence) or not all(isinstance(part, Ragged) for part in parts):
            raise SettingError(message("parts must be a list of Ragged, not {shown}", shown=shown(parts)))
        if not parts:
            return cls(np.empty(0, np.int32), np.zeros(1, np.int64))
        values = np.concatenate([part.values for part in parts])
        return cls(values, offsets_of(np.concatenate([part.lengths for part in parts])))

    @classmethod
    def from_arrow(cls, array: Any) -> Ragged:
        """Share the memory of an Arrow ``large_list<int32>``.

        Values are always shared. Offsets are copied where they do not start at 0 (a slice), and all is copied
        where the array lies in several chunks.

        Args:
            array: an Arrow array of nanoarrow, PyArrow, Polars or any other library.

        Raises:
            SettingError: another type, or missing values.
        """
        import nanoarrow

        try:
            chunked = nanoarrow.Array(array)
        except (TypeError, ValueError) as error:
            raise SettingError(message("{name} is no Arrow array", name=type(array).__name__)) from error
        schema = chunked.schema
        if schema.type != nanoarrow.Type.LARGE_LIST or schema.value_type.type != nanoarrow.Type.INT32:
            found = str(schema).removeprefix("<Schema> ")
            raise SettingError(
                message("an Arrow array of {found} cannot be shared", found=found),
                hint=message("cast it to large_list<int32>"),
            )
        parts = [cls._from_chunk(view) for view in chunked.iter_chunk_views()]
        return parts[0] if len(parts) == 1 else cls.concat(parts)

    @classmethod
    def _from_chunk(cls, view: Any) -> Ragged:
        child = view.child(0)
        if view.null_count or child.null_count:
            raise SettingError(message("the Arrow array has missing values"), hint=message("fill or drop them first"))
        if view.length == 0:
            return cls(np.empty(0, np.int32), np.zeros(1, np.int64))
        offsets = np.asarray(view.buffer(1))[view.offset : view.offset + view.length + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        values = np.asarray(child.buffer(1))[child.offset + first : child.offset + last]
        return cls(values, offsets - first if first else offsets)

    def to_arrow(self) -> Any:
        """The same memory as an Arrow ``large_list<int32>``, a nanoarrow array that Polars and PyArrow read."""
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
        """The ids of one text: int32 [length], a view.

        Raises:
            IndexError: there is no such text. TypeError: it is asked for by something else than its place.
        """
        try:
            place = operator.index(index)
        except TypeError:
            raise TypeError(f"a text is asked for by its place, a whole number, not by {shown(index)}") from None
        if not -len(self) <= place < len(self):
            raise IndexError(f"there is no text {shown(index)} among {len(self):,}")
        index = range(len(self))[place]
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
        """The texts at these places, in that order (copied).

        Args:
            indices: whole numbers, negative ones counted from the end; or a bool mask.

        Raises:
            SettingError: they are no flat whole numbers, or there is no such text.
        """
        source, offsets = positions_of(self.offsets, places_of(indices, len(self)))
        return Ragged(self.values[source], offsets)

    def truncate(self, max_length: int) -> tuple[Ragged, int]:
        """The texts cut to a length, and how many were cut.

        Args:
            max_length: the most ids of a text.
        """
        check("max_length", max_length, Whole(1, 2**63 - 1))
        lengths = self.lengths
        cut = int(np.count_nonzero(lengths > max_length))
        if not cut:
            return self, 0
        rank = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], lengths)
        return Ragged(self.values[rank < max_length], offsets_of(np.minimum(lengths, max_length))), cut

    def known(self) -> Ragged:
        """The same texts without their negative ids, which stand for what is not known."""
        known = self.values >= 0
        if known.all():
            return self
        before = np.concatenate([[0], np.cumsum(known)])
        return Ragged(self.values[known], before[self.offsets])

    # -- views for nets ---------------------------------------------------------------------------------

    def padded(self, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids with ``pad_id`` after the end of shorter texts, and the mask of what is real.

        Args:
            pad_id: the id of padding.

        Returns:
            ids int64 [n, longest] and mask bool [n, longest]; an all-empty batch is [n, 0].
        """
        import torch

        check("pad_id", pad_id, Whole(-MOST - 1, MOST))
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
            raise SettingError(
                message("an empty text cannot be packed"), hint=message("drop empty texts, or use padded()")
            )
        ids, _ = self.padded(0)
        return torch.nn.utils.rnn.pack_padded_sequence(
            ids, torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
        )

    def bag(self) -> tuple[torch.Tensor, torch.Tensor]:
        """All ids one after another, and where each text starts: ``torch.nn.EmbeddingBag(…)(*ids.bag())``.

        Returns:
            content int64 [total] and offsets int64 [n], both copied. (`offsets` has n + 1 entries: its last is the
            end of the last text, which torch would take for the start of an empty one.)
        """
        import torch

        return torch.from_numpy(self.values.astype(np.int64)), torch.from_numpy(self.offsets[:-1].copy())

    def counts(self, size: int) -> csr_matrix:
        """How often each id stands in each text: scipy CSR float32 [n, size]; negative ids are skipped.

        Args:
            size: number of columns; every id must be below it.

        Raises:
            SettingError: an id is not below ``size``.
        """
        from scipy.sparse import csr_matrix

        check("size", size, Whole(0, MOST))
        if self.values.max(initial=-1) >= size:
            raise SettingError(message("id {max} does not fit {size} columns", max=self.values.max(), size=size))
        known = self.known()
        ones = np.ones(len(known.values), dtype=np.float32)
        matrix = csr_matrix((ones, known.values.copy(), known.offsets.copy()), shape=(len(self), size))
        matrix.sum_duplicates()
        return matrix


def offsets_of(lengths: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    """int64 [n + 1] offsets of ``n`` lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def positions_of(
    offsets: NDArray[np.int64], indices: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the values of the texts at ``indices`` lie (int64 [values]), and those texts' own offsets."""
    indices = np.asarray(indices, dtype=np.int64)
    starts = offsets[:-1][indices]
    lengths = offsets[1:][indices] - starts  # of these alone: a batch must not cost a pass over the corpus
    chosen = offsets_of(lengths)
    # the position of each wanted value: its own rank, moved from where it will lie to where it lies
    return np.arange(chosen[-1]) + np.repeat(starts - chosen[:-1], lengths), chosen


def places_of(given: Any, rows: int) -> NDArray[np.integer]:
    """Whole numbers that choose some of so many rows, negative ones from the end; also of a bool mask.

    Raises:
        SettingError: they are neither, or there is no such row.
    """
    if isinstance(given, np.ndarray) and given.dtype == np.bool_ and given.shape == (rows,):
        return np.flatnonzero(given)
    places = _whole_numbers(given, "places")
    if places.size and not (-rows <= places.min() and places.max() < rows):
        wrong = places.max() if places.max() >= rows else places.min()
        raise SettingError(
            message("there is no row {wrong} among {rows:,}", wrong=wrong, rows=rows), hint=message("the first is 0")
        )
    return places if places.size else np.empty(0, np.int64)


def flat_ids(values: Any) -> NDArray[np.int32]:
    """A flat int32 array; NumPy's own cast would wrap large ids round and cut fractions off in silence.

    Raises:
        SettingError: they are not whole numbers, not flat, or do not fit 32 bits.
    """
    array = _whole_numbers(values, "ids")
    limits = np.iinfo(np.int32)
    if array.dtype != np.int32 and array.size and (array.min() < limits.min or array.max() > limits.max):
        raise SettingError(
            message("an id does not fit 32 bits: {max}", max=array.max() if array.max() > 0 else array.min())
        )
    return np.ascontiguousarray(array, dtype=np.int32)


def _whole_numbers(values: Any, what: str) -> NDArray[np.integer]:
    """A flat array of whole numbers of any size that NumPy has."""
    try:
        array = np.asarray(list(values) if isinstance(values, Iterator) else values)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise SettingError(
            message("{what} must be whole numbers in a list or an array: {error}", what=what, error=str(error)[:100])
        ) from None
    if array.dtype.kind not in "iu" and array.size:
        raise SettingError(
            message(
                "{what} must be whole numbers, not {dtype}: {shown}", what=what, dtype=array.dtype, shown=shown(values)
            )
        )
    if array.ndim != 1:
        raise SettingError(
            message("{what} must be one flat array, not one of {ndim} dimensions", what=what, ndim=array.ndim)
        )
    return array


def append_to(arrays: list[NDArray], stored: int, parts: list[NDArray]) -> None:
    """Write ``parts`` behind the first ``stored`` entries of ``arrays``, which grow in place.

    ``ndarray.resize`` lets the system move pages and not bytes: a corpus that grows batch by batch is never held
    twice, as it would be while a list of batches is concatenated. So no view of the arrays may be kept meanwhile.
    """
    for i, part in enumerate(parts):
        arrays[i].resize(stored + len(part), refcheck=False)
        arrays[i][stored:] = part
