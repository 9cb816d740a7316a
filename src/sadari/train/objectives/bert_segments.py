"""What BERT reads at once: two segments of which the second follows the first or does not, or one full window.

Documents are stored once, as one row of ids with the bounds of sentences and documents; an epoch's segments are no
more than bounds in that row, so that it may lie on a disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.ragged import offsets_of

FOLLOWS, RANDOM, UNASKED = 0, 1, -1  # what may be said of a second segment; UNASKED: there is none
LEAST_SCORED_PAIRS = 100  # held out: fewer have no say in which weights are kept
TRIES = 20  # to find another partner for a pair that came out true by accident


@dataclass(frozen=True)
class Documents:
    """Documents of sentences, encoded.

    Attributes:
        values: int32 [tokens], all ids one after another; may be mapped to a file.
        sentences: int64 [s + 1], where each sentence begins in them.
        offsets: int64 [d + 1], the number of the sentence that each document begins with.
    """

    values: NDArray[np.int32]
    sentences: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def bounds(self) -> NDArray[np.int64]:
        """int64 [d + 1], where each document begins in the ids."""
        return self.sentences[self.offsets]

    @cached_property
    def marks(self) -> NDArray[np.uint64]:
        """uint64 [s]: a hash of each sentence; equal sentences have equal ones."""
        return hashes(self.values, self.sentences)

    def first(self, tokens: int) -> Documents:
        """The first documents, of so many tokens together at most, and one at least."""
        count = max(1, int(np.searchsorted(self.bounds, tokens, side="right")) - 1)
        offsets = self.offsets[: count + 1]
        sentences = self.sentences[: offsets[-1] + 1]
        return Documents(self.values[: sentences[-1]], sentences, offsets)


@dataclass(frozen=True)
class Segments:
    """Sequences: ``[CLS] first [SEP]``, or ``[CLS] first [SEP] second [SEP]``.

    Attributes:
        first: int64 [n, 2], where each first segment begins and ends in the documents' ids.
        second: int64 [n, 2], the same of the second segment, which may be empty.
        follows: int64 [n], `FOLLOWS`, `RANDOM` or `UNASKED`.
        cut: tokens left out because two segments were too long together.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    follows: NDArray[np.int64]
    cut: int = 0

    def __len__(self) -> int:
        return len(self.first)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """int64 [n]: tokens of each, with ``[CLS]`` and ``[SEP]``."""
        second = self.second[:, 1] - self.second[:, 0]
        return self.first[:, 1] - self.first[:, 0] + second + 2 + (second > 0)

    @property
    def tokens(self) -> NDArray[np.int64]:
        """int64 [n]: tokens of each, without ``[CLS]`` and ``[SEP]``."""
        return np.diff(self.first, axis=1)[:, 0] + np.diff(self.second, axis=1)[:, 0]

    def take(self, rows: NDArray[np.int64]) -> Segments:
        """Those at ``rows``."""
        return Segments(self.first[rows], self.second[rows], self.follows[rows])

    def padded(
        self, values: NDArray[np.int32], class_id: int, separator_id: int, pad_id: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Ids int64 [n, longest], segments (0, 1) int64 [n, longest], and lengths int64 [n]."""
        lengths = self.lengths
        width = int(lengths.max(initial=2))
        ids = np.full((len(self), width), pad_id, np.int64)
        segments = np.zeros((len(self), width), np.int64)
        first = self.first[:, 1] - self.first[:, 0]
        rows = np.arange(len(self))
        ids[:, 0] = class_id
        ids[rows, first + 1] = separator_id
        ids[rows, lengths - 1] = separator_id
        _write(ids, values, self.first, np.ones(len(self), np.int64))
        _write(ids, values, self.second, first + 2)
        places = np.arange(width)
        segments[(places >= first[:, None] + 2) & (places < lengths[:, None])] = 1
        return ids, segments, lengths


def _write(ids: NDArray[np.int64], values: NDArray[np.int32], bounds: NDArray[np.int64], at: NDArray[np.int64]) -> None:
    """Write stretches of ``values`` into the rows of ``ids``, each from its place ``at`` on."""
    lengths = bounds[:, 1] - bounds[:, 0]
    before = offsets_of(lengths)
    rank = np.arange(before[-1]) - np.repeat(before[:-1], lengths)
    rows = np.repeat(np.arange(len(ids)), lengths)
    ids[rows, np.repeat(at, lengths) + rank] = values[np.repeat(bounds[:, 0], lengths) + rank]


def pair_segments(documents: Documents, most: int, random: np.random.Generator) -> Segments:
    """Pairs of segments of which half follow each other, each token once.

    A document is read in stretches of whole sentences that fit; a stretch of several is cut in two after one of them.
    Half of the stretches exchange their second parts with another whose first part is as long: so the lengths do not
    tell which they are. Stretches of a single sentence stay single.

    Args:
        documents: the texts as one row of ids, with their bounds.
        most: tokens of a sequence, with ``[CLS]`` and ``[SEP]``.
        random: draws the exchanges.
    """
    begins, ends = _stretches(documents.sentences, documents.offsets, most - 3)
    several = ends - begins > 1
    split = begins + random.integers(1, np.maximum(ends - begins, 2))
    split[~several] = ends[~several]
    at = documents.sentences
    first = np.stack([at[begins], at[split]], axis=1)
    second = np.stack([at[split], at[ends]], axis=1)
    follows = np.where(several, FOLLOWS, UNASKED)
    _exchange(documents, first, second, split, follows, random)
    over = np.maximum(0, np.diff(first, axis=1) + np.diff(second, axis=1) - (most - 3))[:, 0]
    second[:, 1] -= over
    return Segments(first, second, follows, int(over.sum()))


def _exchange(
    documents: Documents,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    split: NDArray[np.int64],
    follows: NDArray[np.int64],
    random: np.random.Generator,
) -> None:
    """Give half of the pairs the second part of another, in place; none of them the one that truly follows."""
    pairs = np.flatnonzero(follows == FOLLOWS)
    moved = random.permutation(pairs)[: len(pairs) // 2]
    moved = moved[np.lexsort((random.random(len(moved)), first[moved, 1] - first[moved, 0]))]
    marks = documents.marks[split[moved]]
    document = np.searchsorted(documents.offsets, split[moved], side="right") - 1
    giver = np.roll(np.arange(len(moved)), 1)  # who gives each of them its second part: a neighbour in length

    def true(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (marks[rows] == marks[giver[rows]]) | (document[rows] == document[giver[rows]])

    everyone = np.arange(len(moved))
    for _ in range(TRIES):
        wrong = np.flatnonzero(true(everyone))
        other = random.integers(0, max(1, len(moved)), len(wrong))
        for one, two in zip(wrong.tolist(), other.tolist(), strict=True):
            giver[[one, two]] = giver[[two, one]]
    _keep_own(giver, np.flatnonzero(true(everyone)).tolist(), marks, document)
    second[moved] = second[moved[giver]]
    follows[moved[giver != everyone]] = RANDOM


def _keep_own(
    giver: NDArray[np.int64], wrong: list[int], marks: NDArray[np.uint64], document: NDArray[np.int64]
) -> None:
    """Let those that got what truly follows keep their own, in place: what they were given goes on to their taker."""
    taker = np.empty_like(giver)
    taker[giver] = np.arange(len(giver))
    while wrong:
        one = wrong.pop()
        given = int(giver[one])
        if given == one or (marks[one] != marks[given] and document[one] != document[given]):
            continue
        after = int(taker[one])
        giver[after], taker[given] = given, after
        giver[one] = taker[one] = one
        wrong.append(after)


def stretches(documents: Documents, most: int, random: np.random.Generator) -> Segments:
    """Each document by itself, as one sequence or, where it is longer, in stretches of whole sentences that fit.

    Args:
        documents: the texts as one row of ids, with their bounds.
        most: tokens of a sequence, with ``[CLS]`` and ``[SEP]``.
        random: nothing is drawn of it.
    """
    begins, ends = _stretches(documents.sentences, documents.offsets, most - 2)
    first = np.stack([documents.sentences[begins], documents.sentences[ends]], axis=1)
    return Segments(first, np.zeros_like(first), np.full(len(first), UNASKED))


def windows(documents: Documents, most: int, random: np.random.Generator) -> Segments:
    """All documents as full sequences, one after another, whatever ends within them; no token is lost.

    Where the first one ends is drawn, so no epoch cuts the texts where another did: only it and the last may be short.

    Args:
        documents: the texts as one row of ids, with their bounds.
        most: tokens of a sequence, with ``[CLS]`` and ``[SEP]``.
        random: draws where the first window ends.
    """
    stop = len(documents.values)
    bounds = np.concatenate([[0], np.arange(random.integers(1, most - 1), stop, most - 2), [stop]])
    first = np.stack([bounds[:-1], bounds[1:]], axis=1)
    return Segments(first, np.zeros_like(first), np.full(len(first), UNASKED))


@njit(cache=True)
def _stretches(sentences, offsets, most):  # type: ignore[no-untyped-def]
    """From which sentence to which each stretch goes: as many whole sentences as have ``most`` tokens, at least one."""
    begins, ends = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    for document in range(len(offsets) - 1):
        begin = offsets[document]
        while begin < offsets[document + 1]:
            end = begin + 1
            while end < offsets[document + 1] and sentences[end + 1] - sentences[begin] <= most:
                end += 1
            begins.append(begin)
            ends.append(end)
            begin = end
    return np.array(begins), np.array(ends)


@njit(cache=True)
def hashes(values, sentences):  # type: ignore[no-untyped-def]
    """uint64 [s]: a hash (FNV-1a) of the ids of each stretch between two of ``sentences`` int64 [s + 1]."""
    found = np.empty(len(sentences) - 1, np.uint64)
    for sentence in range(len(found)):
        state = np.uint64(14695981039346656037)
        for place in range(sentences[sentence], sentences[sentence + 1]):
            state = (state ^ np.uint64(values[place])) * np.uint64(1099511628211)
        # the last ids have not come to the upper bits yet: SplitMix64's last steps bring every bit everywhere
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found[sentence] = state ^ (state >> np.uint64(31))
    return found
