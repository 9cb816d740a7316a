"""Counts and TF-IDF weights of features, as scikit-learn's CountVectorizer, TfidfVectorizer define them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import in_use, njit
from sadari.errors import OutputError, SettingError
from sadari.messages import message
from sadari.ragged import Ragged, positions_of
from sadari.text.ids_on_disk import is_mapped, mapped

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK = 4_096  # texts whose counts are made at once, where all would not fit in memory
IN_MEMORY = 2**24  # stored counts, 0.1 GB; more lie in a file
MOST = 65_535  # the highest count kept; a feature that stands more often in one text counts so often


@dataclass(frozen=True)
class Counts:
    """How often each feature stands in each text.

    Attributes:
        ids: int32 [stored], feature ids, once each within a text, in the order of their first place there.
        counts: uint16 [stored].
        offsets: int64 [n + 1].
        size: how many features there are.
    """

    ids: NDArray[np.int32]
    counts: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def document_frequency(self) -> NDArray[np.int64]:
        """int64 [size]: in how many texts each feature stands."""
        return _tally(self.ids, _ONES, self.size)

    def totals(self) -> NDArray[np.int64]:
        """int64 [size]: how often each feature stands in all texts together."""
        return _tally(self.ids, self.counts, self.size)

    def renamed(self, new_ids: NDArray[np.int32], size: int) -> Counts:
        """The same texts with other feature ids; features whose new id is negative are left out.

        The arrays of ``self`` are written over: a second copy would not fit beside a large corpus.
        """
        if len(new_ids) != self.size:
            raise SettingError(
                message(
                    "{number_of_new_ids} new ids do not fit {size} features",
                    number_of_new_ids=len(new_ids),
                    size=self.size,
                )
            )
        stored = _rename(self.ids, self.counts, self.offsets, new_ids)
        return Counts(self.ids[:stored], self.counts[:stored], self.offsets, size)

    def take(self, rows: NDArray[np.integer]) -> Counts:
        """The texts at ``rows``, in that order (copied)."""
        at, offsets = positions_of(self.offsets, rows)
        return Counts(self.ids[at], self.counts[at], offsets, self.size)


class CountsOnDemand(ABC):
    """Counts of a corpus that are more than memory holds: made anew of some texts whenever these are wanted.

    Attributes:
        size: how many features there are.
    """

    size: int

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def take(self, rows: NDArray[np.integer]) -> Counts:
        """The texts at ``rows``, in that order."""

    def renamed(self, new_ids: NDArray[np.int32], size: int) -> CountsOnDemand:
        """The same texts with other feature ids; see `Counts.renamed`. Not every kind can."""
        raise NotImplementedError

    def blocks(self) -> Iterator[Counts]:
        """All texts in order, some at a time."""
        for first in range(0, len(self), BLOCK):
            yield self.take(np.arange(first, min(first + BLOCK, len(self))))

    @cached_property
    def document_frequency(self) -> NDArray[np.int64]:
        """int64 [size]: in how many texts each feature stands."""
        return sum((part.document_frequency for part in self.blocks()), np.zeros(self.size, np.int64))

    def totals(self) -> NDArray[np.int64]:
        """int64 [size]: how often each feature stands in all texts together."""
        return sum((part.totals() for part in self.blocks()), np.zeros(self.size, np.int64))


def count(features: Ragged, size: int) -> Counts:
    """Counts of feature ids in 0 … size − 1; negative ids are skipped.

    Raises:
        SettingError: an id is not below ``size``.
    """
    if features.values.max(initial=-1) >= size:
        raise SettingError(message("feature {max} is not one of {size}", max=features.values.max(), size=size))
    # Where each feature was last written: a place for each one, or, for few texts and many features, a hash table
    # no larger than the longest text needs. Texts before are told by their places, so nothing is cleared between texts.
    room = size if 8 * len(features.values) > size else 2 * int(features.lengths.max(initial=0))
    places = np.full(1 << max(4, (room - 1).bit_length()), -1, np.int64)
    ids = np.empty(len(features.values), np.int32)
    counts = np.empty(len(features.values), np.uint16)
    offsets = np.zeros(len(features) + 1, np.int64)
    tally_loop(features.values, features.offsets, places, ids, counts, offsets)
    return Counts(ids[: offsets[-1]], counts[: offsets[-1]], offsets, size)


def on_disk_if_large(counts: Counts | CountsOnDemand) -> Counts | CountsOnDemand:
    """The same counts; many are mapped to temporary files, whose pages are given up as the system needs memory.

    Args:
        counts: of some texts.
    """
    if isinstance(counts, CountsOnDemand) or len(counts.ids) <= IN_MEMORY or is_mapped(counts.ids):
        return counts
    try:
        ids, often = mapped(counts.ids), mapped(counts.counts)
    except OutputError:  # the disk is full; memory has held them so far
        return counts
    return Counts(ids.view(np.ndarray), often.view(np.ndarray), counts.offsets, counts.size)  # as compiled loops know


@dataclass(frozen=True)
class Weights:
    """What a count becomes: ``tf(count) · feature_scale[feature] · row_scale[text, block]``.

    Kept apart from the counts, so that a large corpus is held once, as small whole numbers. Features may stand in two
    blocks, of which each is normed by itself, such as words and characters.

    Attributes:
        tf: float32 [65,536], the weight of each count.
        feature_scale: float32 [size], the inverse document frequency, or ones.
        norm: "l2", "l1" or None, by which a text's weights are scaled.
        second: the first feature of the second block; None where there is one block alone.
    """

    tf: NDArray[np.float32]
    feature_scale: NDArray[np.float32]
    norm: str | None
    second: int | None = None

    @property
    def bound(self) -> int:
        """The first feature that is not of the first block."""
        return len(self.feature_scale) if self.second is None else self.second

    @property
    def order(self) -> int:
        """The norm as compiled loops know it: 1 or 2; 0 for none."""
        return {None: 0, "l1": 1, "l2": 2}[self.norm]

    def values(self, counts: Counts, row_scale: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [stored]: what each stored count becomes.

        Args:
            counts: of some texts.
            row_scale: what `row_scale` gives for them.
        """
        texts = np.repeat(np.arange(len(counts)), np.diff(counts.offsets))
        scale = row_scale[texts, (counts.ids >= self.bound).astype(np.int8)]
        return self.tf[counts.counts] * self.feature_scale[counts.ids] * scale

    def row_scale(self, counts: Counts | CountsOnDemand) -> NDArray[np.float32]:
        """float32 [n, blocks]: what makes the norm of each text's blocks 1; 1 for a block without features."""
        if isinstance(counts, CountsOnDemand):
            return np.concatenate([self.row_scale(part) for part in counts.blocks()])
        if counts.size != len(self.feature_scale):
            raise SettingError(
                message(
                    "counts of {size} features do not fit {number_of_feature_scale} weights",
                    size=counts.size,
                    number_of_feature_scale=len(self.feature_scale),
                )
            )
        blocks = 1 if self.second is None else 2
        if len(counts) == 1 and not in_use():
            tf, scale, second = self.tf[counts.counts], self.feature_scale[counts.ids], counts.ids >= self.bound
            parts = [second == block for block in range(blocks)]
            return np.stack([_scale_of_one(tf[part], scale[part], self.order) for part in parts], axis=1)
        scale = np.ones((len(counts), blocks), np.float32)
        row_scale_loop(
            counts.ids, counts.counts, counts.offsets, self.tf, self.feature_scale, self.order, self.bound, scale
        )
        return scale

    def matrix(self, counts: Counts) -> csr_matrix:
        """The weights as a scipy CSR matrix float32 [n, size], columns in rising order."""
        from scipy.sparse import csr_matrix

        values = self.values(counts, self.row_scale(counts))
        # copied, for sorting is done in place: it would part the counts' ids from their counts
        matrix = csr_matrix((values, counts.ids.copy(), counts.offsets), shape=(len(counts), counts.size))
        matrix.sort_indices()
        return matrix


def weigh(
    counts: Counts | CountsOnDemand,
    *,
    idf: bool = False,
    smooth: bool = True,
    sublinear: bool = False,
    binary: bool = False,
    norm: str | None = None,
    second: int | None = None,
) -> Weights:
    """Learn weights from training counts, with scikit-learn's formulas.

    Args:
        counts: of the training texts' features.
        idf: multiply by ``ln((1 + n) / (1 + df)) + 1`` (without ``smooth``: ``ln(n / df) + 1``).
        smooth: count as if one more text held every feature.
        sublinear: ``1 + ln(count)`` in place of the count.
        binary: 1 in place of every count.
        norm: "l2", "l1" or None.
        second: the first feature of a second block, which is normed by itself.
    """
    if norm not in (None, "l1", "l2"):
        raise SettingError(message("norm is {norm!r}", norm=norm), hint=message('it is "l1", "l2" or None'))
    scale = np.ones(counts.size, np.float32)
    if idf:
        n, df = len(counts) + smooth, counts.document_frequency + smooth
        with np.errstate(divide="ignore"):
            scale = (np.log(n / df) + 1).astype(np.float32)
    return Weights(term_weights(sublinear=sublinear, binary=binary), scale, norm, second)


def term_weights(*, sublinear: bool, binary: bool) -> NDArray[np.float32]:
    """float32 [65,536]: what each count in a text weighs."""
    tf = np.arange(MOST + 1, dtype=np.float64)
    if binary:
        tf = np.minimum(tf, 1)
    if sublinear:
        tf[1:] = 1 + np.log(tf[1:])
    return tf.astype(np.float32)


_ONES = np.empty(0, np.uint16)  # "every weight is 1"


@njit(cache=True, nogil=True)
def _tally(ids, weights, size):  # type: ignore[no-untyped-def]
    # numpy's bincount first copies its ids to 64 bits: gigabytes, for a large corpus
    sums = np.zeros(size, np.int64)
    for i in range(len(ids)):
        sums[ids[i]] += weights[i] if len(weights) > 0 else 1
    return sums


@njit(cache=True, nogil=True)
def tally_loop(values, offsets, places, ids, counts, out_offsets):  # type: ignore[no-untyped-def]
    mask = len(places) - 1
    n = 0
    for t in range(len(offsets) - 1):
        first = n
        for i in range(offsets[t], offsets[t + 1]):
            feature = values[i]
            if feature < 0:
                continue
            slot = feature & mask
            at = places[slot]
            while at >= first and ids[at] != feature:
                slot = (slot + 1) & mask
                at = places[slot]
            if at >= first:
                if counts[at] < MOST:
                    counts[at] += 1
            else:
                places[slot] = n
                ids[n], counts[n] = feature, 1
                n += 1
        out_offsets[t + 1] = n


@njit(cache=True, nogil=True)
def _rename(ids, counts, offsets, new_ids):  # type: ignore[no-untyped-def]
    n, start = 0, 0
    for t in range(len(offsets) - 1):
        end = offsets[t + 1]
        for i in range(start, end):
            feature = new_ids[ids[i]]
            if feature >= 0:
                ids[n], counts[n] = feature, counts[i]
                n += 1
        start = end
        offsets[t + 1] = n
    return n


def _scale_of_one(tf: NDArray[np.float32], feature_scale: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """What `row_scale_loop` gives for one text, to the same bits, before any loop is compiled."""
    x = tf.astype(np.float64) * feature_scale
    total = (x * x if order == 2 else np.abs(x)).cumsum()[-1] if len(x) else 0.0
    if order == 0 or total == 0:
        return np.ones(1, np.float32)
    return np.array([1 / np.sqrt(total) if order == 2 else 1 / total], np.float32)


@njit(cache=True, nogil=True)
def row_scale_loop(ids, counts, offsets, tf, feature_scale, order, bound, scale):  # type: ignore[no-untyped-def]
    totals = np.empty(2, np.float64)
    for t in range(len(scale)):
        totals[:] = 0
        for i in range(offsets[t], offsets[t + 1]):
            x = np.float64(tf[counts[i]]) * np.float64(feature_scale[ids[i]])
            totals[1 if ids[i] >= bound else 0] += x * x if order == 2 else abs(x)
        for block in range(scale.shape[1]):
            if order > 0 and totals[block] > 0:
                scale[t, block] = 1 / np.sqrt(totals[block]) if order == 2 else 1 / totals[block]
