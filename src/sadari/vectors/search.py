"""The nearest words to a word, and analogies: exact, by cosine, over the whole matrix.

A query is one pass over the matrix in float32, which takes as long as reading it from memory does; the best rows, and
all that rounding could have put behind them, are scored again in float64. So the answer does not depend on how many
queries were asked at once, on the machine, or on threads; of equal rows the first comes first.

Analogies are those of Mikolov et al. 2013, "Linguistic Regularities in Continuous Space Word Representations": the
words nearest to king − man + woman, each of them made 1 long first (3CosAdd).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message
from sadari.settings.limits import Whole, check
from sadari.text.column import as_column
from sadari.text.table import MISSING
from sadari.vectors.keyed import WordVectors, check_vectors

Found = list[tuple[str, float]]

FEW_QUERIES = 3  # up to so many, a pass for each is quicker than a matrix product
SCORES_AT_ONCE = 1 << 24  # 64 MiB of float32


def nearest(
    vectors: WordVectors,
    query: str | NDArray[np.floating],
    count: int = 10,
    exclude: Sequence[str] = (),
) -> Found:
    """The words whose vectors have the largest cosine with a word's, or with a vector; the largest first.

    Args:
        vectors: those to search.
        query: a word, which is not itself among the answers, or a vector [width].
        count: so many words, fewer if there are fewer.
        exclude: words that are not wanted.

    Returns:
        Words and cosines, −1 to 1. Vectors that are zero or not finite are never among them.

    Raises:
        DataError: the word has no vector, or the vector is zero.
        SettingError: `count` is below 1, or the vector is not finite or of another width.
    """
    return nearest_many(vectors, [query], count, exclude)[0]


def nearest_many(
    vectors: WordVectors,
    queries: Sequence[str | NDArray[np.floating]],
    count: int = 10,
    exclude: Sequence[str] = (),
) -> list[Found]:
    """`nearest` for each of several words or vectors, at a tenth of the cost each if they are many."""
    check_vectors(vectors)
    check("count", count, Whole(1, 2**63 - 1))
    words = [query for query in queries if isinstance(query, str)]
    known = iter(vectors.all_of(words))
    directions = np.zeros((len(queries), vectors.width))
    for i, query in enumerate(queries):
        if isinstance(query, str):
            directions[i] = _direction(next(known), message("the vector of {word!r}", word=query))
        else:
            directions[i] = _direction(_checked(query, vectors.width), message("the vector"))
    unwanted = _rows(vectors, exclude)
    own = iter(vectors.rows_of(words).tolist())
    skip = [np.append(unwanted, next(own)) if isinstance(query, str) else unwanted for query in queries]
    found = nearest_rows(vectors, directions, count, skip=[rows[rows != MISSING] for rows in skip])
    return [_named(vectors, rows, cosines) for rows, cosines in found]


def analogy(
    vectors: WordVectors,
    positive: Sequence[str],
    negative: Sequence[str] = (),
    count: int = 10,
) -> Found:
    """The words nearest to a sum and difference of words, each 1 long: king + woman − man → queen.

    Args:
        vectors: those to search.
        positive: words to add; none of them is among the answers.
        negative: words to take away; none of them is among the answers.
        count: so many words, fewer if there are fewer.

    Returns:
        Words and cosines with the sum, as `nearest` gives them.

    Raises:
        DataError: a word has no vector, or the sum is zero.
        SettingError: there are no words, or `count` is below 1.
    """
    check_vectors(vectors)
    positive, negative = as_column(positive).to_list(), as_column(negative).to_list()
    words = [*positive, *negative]
    if not words:
        raise SettingError(
            message("an analogy of no words"), hint=message("such as positive=['king', 'woman'], negative=['man']")
        )
    check("count", count, Whole(1, 2**63 - 1))
    signs = np.repeat([1.0, -1.0], [len(positive), len(negative)])
    direction = _direction(signs @ unit(vectors.all_of(words)), message("the sum of these words"), least=1e-9)
    [(rows, cosines)] = nearest_rows(vectors, direction[None], count, skip=[_rows(vectors, words)])
    return _named(vectors, rows, cosines)


_ANALOGY_HINT = message('write it as "king - man + woman"')
_SIGNS = {"+": 1, "-": -1, "−": -1}  # the last is the minus sign of print, U+2212


def parse_analogy(text: str) -> tuple[list[str], list[str]]:
    """``"king - man + woman"`` as the words to add and those to take away.

    ``+`` and ``-`` (or −) stand between spaces, or right before a word: ``"king -man +woman"``. Elsewhere in a word
    they are part of it: ``e-mail`` is one word, and so is what follows an operator: ``"king - -lrb-"``.

    Raises:
        SettingError: there is no word, an operator without a word, or two words without an operator.
    """
    words: dict[int, list[str]] = {1: [], -1: []}
    sign, last = 0, ""  # of the word to come: 0 if there was no operator
    for piece in text.split():
        if piece in _SIGNS:
            if sign:
                raise SettingError(
                    message("{last!r} and {piece!r} stand together in {text!r}", last=last, piece=piece, text=text),
                    hint=_ANALOGY_HINT,
                )
            sign = _SIGNS[piece]
        else:
            word = piece
            if not sign and piece[0] in _SIGNS:
                sign, word = _SIGNS[piece[0]], piece[1:]
            if not sign and last:
                raise SettingError(
                    message("between {last!r} and {word!r} stands neither + nor -", last=last, word=word),
                    hint=_ANALOGY_HINT,
                )
            words[sign or 1].append(word)
            sign = 0
        last = piece
    if not last:
        raise SettingError(message("there are no words"), hint=_ANALOGY_HINT)
    if sign:
        raise SettingError(
            message("after the last {last!r} a word is missing in {text!r}", last=last, text=text), hint=_ANALOGY_HINT
        )
    return words[1], words[-1]


def nearest_rows(
    vectors: WordVectors,
    directions: NDArray[np.float64],
    count: int,
    *,
    skip: Sequence[NDArray[np.integer]],
    most_frequent: int | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
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


def _scores(vectors: WordVectors, matrix: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
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
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
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


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors [m, width], each divided by its length; zero ones stay zero."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return exact / np.where(lengths > 0, lengths, 1)


def _direction(vector: NDArray[np.floating], what: Message, *, least: float = 0.0) -> NDArray[np.float64]:
    """The vector, 1 long; one that is not longer than `least` counts as zero."""
    exact = vector.astype(np.float64)
    length = np.linalg.norm(exact)
    if not np.isfinite(length):
        raise SettingError(message("{what} is not finite", what=what))
    if length <= least:
        raise DataError(message("{what} is zero, so no word is nearer to it than another", what=what))
    return exact / length


def _checked(vector: NDArray[np.floating], width: int) -> NDArray[np.floating]:
    array = np.asarray(vector)
    if array.shape != (width,):
        raise SettingError(
            message(
                "the vector's shape is {list}, and the words' vectors are {width} wide",
                list=list(array.shape),
                width=width,
            )
        )
    return array


def _rows(vectors: WordVectors, words: Sequence[str]) -> NDArray[np.int64]:
    """The rows of those words that have one."""
    rows = vectors.rows_of(list(words)).astype(np.int64)
    return rows[rows != MISSING]


def _named(vectors: WordVectors, rows: NDArray[np.int64], cosines: NDArray[np.float64]) -> Found:
    return [(vectors.word(row), cosine) for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)]
