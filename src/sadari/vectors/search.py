"""The rows of a matrix that are nearest to a vector: exact, by cosine or by distance, over the whole matrix.

By cosine a query is one pass over the matrix in float32, which takes as long as reading it from memory does; the best
rows, and all that rounding could have put behind them, are scored again in float64. So the answer does not depend on
how many queries were asked at once, on the machine, or on threads; of equal rows the first comes first. By distance
every row is scored in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message

FEW_QUERIES = 3  # up to so many, a pass for each is quicker than a matrix product
SCORES_AT_ONCE = 1 << 24  # 64 MiB of float32

Nearest = tuple[NDArray[np.int64], NDArray[np.float64]]


class Searched(Protocol):
    """What is searched: a matrix, and what is known of its rows (see `sadari.WordVectors`)."""

    matrix: NDArray[np.float32]

    @property
    def lengths(self) -> NDArray[np.float32]: ...

    @property
    def directionless(self) -> NDArray[np.int64]: ...


def nearest_rows(
    vectors: Searched,
    directions: NDArray[np.float64],
    count: int,
    *,
    skip: Sequence[NDArray[np.integer]],
    most_frequent: int | None = None,
) -> Iterator[Nearest]:
    """The rows nearest to each of m directions, and their cosines.

    Args:
        vectors: the vectors to search.
        directions: [m, width], each 1 long.
        count: how many rows to find.
        skip: m times, rows that are not wanted.
        most_frequent: look at the first so many rows only.

    Yields:
        Rows int64 [count], fewer if there are fewer, and their cosines float64, the largest first.
    """
    matrix = vectors.matrix[:most_frequent]
    at_once = max(1, SCORES_AT_ONCE // max(1, len(matrix)))
    for first in range(0, len(directions), at_once):
        block = directions[first : first + at_once]
        for i, scores in enumerate(_scores(vectors, matrix, block.astype(np.float32))):
            unwanted = skip[first + i]
            scores[unwanted[unwanted < len(matrix)]] = -np.inf
            yield _best(matrix, scores, block[i], count)


def closest_rows(
    matrix: NDArray[np.float32], point: NDArray[np.float64], count: int, *, skip: NDArray[np.integer]
) -> Nearest:
    """The rows at the smallest Euclidean distance from a point [width], and these distances, the smallest first.

    Args:
        matrix: the rows to search.
        point: [width], as long as it is.
        count: how many rows to find.
        skip: rows that are not wanted.
    """
    distances = np.empty(len(matrix))
    _measure_from(matrix, point, distances)
    distances[skip] = np.inf
    last = np.partition(distances, count - 1)[count - 1] if count < len(distances) else np.inf
    rows = np.flatnonzero((distances <= last) & np.isfinite(distances))
    rows = rows[np.lexsort((rows, distances[rows]))][:count]
    return rows, distances[rows]


def _scores(vectors: Searched, matrix: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [m, n]: all cosines, and −inf for rows without a direction."""
    scores = np.empty((len(directions), len(matrix)), np.float32)
    lengths = vectors.lengths[: len(matrix)]
    if len(directions) <= FEW_QUERIES:
        for i, direction in enumerate(directions):
            _pass(matrix, direction, lengths, scores[i])
    else:
        with np.errstate(invalid="ignore", over="ignore"):  # of rows that are not finite
            np.matmul(directions, matrix.T, out=scores)
            scores /= lengths
    nowhere = vectors.directionless
    scores[:, nowhere[nowhere < len(matrix)]] = -np.inf
    return scores


def _best(
    matrix: NDArray[np.float32], scores: NDArray[np.float32], direction: NDArray[np.float64], count: int
) -> Nearest:
    """The `count` rows of the largest cosines, from scores that are rounded."""
    floor = np.float32(-2)  # below every cosine, above −inf
    if count < len(scores):
        last = scores.max() if count == 1 else np.partition(scores, len(scores) - count)[len(scores) - count]
        # float32 sums of `width` products are wrong by at most width · 2⁻²⁴ (vectors 1 long), on either side
        floor = max(floor, last - np.float32((len(direction) + 8) * 2.0**-23))
    rows = np.flatnonzero(scores >= floor)
    cosines = np.empty(len(rows))
    _rescore(matrix, rows, direction, cosines)
    cosines = cosines.round(12)  # beyond that vectors of one direction differ, which are 1 and 3 long
    order = np.lexsort((rows, -cosines))[:count]
    return rows[order], cosines[order]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _pass(matrix, direction, lengths, scores):  # type: ignore[no-untyped-def]
    """One pass over the matrix: at the speed of the memory, on one core."""
    for i in range(len(matrix)):
        total = np.float32(0)
        for j in range(matrix.shape[1]):
            total += matrix[i, j] * direction[j]
        scores[i] = total / lengths[i]


@njit(cache=True, nogil=True)
def _rescore(matrix, rows, direction, cosines):  # type: ignore[no-untyped-def]
    """The cosines of some rows in float64, added in order, so that equal rows have equal ones."""
    for i in range(len(rows)):
        total, squares = 0.0, 0.0
        for j in range(matrix.shape[1]):
            value = np.float64(matrix[rows[i], j])
            total += value * direction[j]
            squares += value * value
        cosines[i] = min(1.0, max(-1.0, total / np.sqrt(squares)))


@njit(cache=True, nogil=True)
def _measure_from(matrix, point, distances):  # type: ignore[no-untyped-def]
    """The distance of every row in float64, added in order, so that equal rows have equal ones."""
    for i in range(len(matrix)):
        squares = 0.0
        for j in range(matrix.shape[1]):
            apart = np.float64(matrix[i, j]) - point[j]
            squares += apart * apart
        distances[i] = np.sqrt(squares) if squares == squares else np.inf


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors [m, width], each divided by its length; zero ones stay zero."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return exact / np.where(lengths > 0, lengths, 1)


def direction_of(vector: NDArray[np.floating], what: Message, *, least: float = 0.0) -> NDArray[np.float64]:
    """The vector, 1 long; one that is not longer than `least` counts as zero.

    Args:
        vector: [width].
        what: what it is called where it has no direction.
        least: the length of vectors that are no more than rounding.

    Raises:
        DataError: it is zero. SettingError: it is not finite.
    """
    exact = vector.astype(np.float64)
    length = np.linalg.norm(exact)
    if not np.isfinite(length):
        raise SettingError(message("{what} is not finite", what=what))
    if length <= least:
        raise DataError(message("{what} is zero, so no word is nearer to it than another", what=what))
    return exact / length
