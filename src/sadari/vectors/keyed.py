"""Words and a vector each: look up, compare, find the nearest, and analogies.

Analogies are those of Mikolov et al. 2013, "Linguistic Regularities in Continuous Space Word Representations": the
words nearest to king − man + woman, each of them made 1 long first (3CosAdd).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact.strict_json import check_object
from sadari.compiling import njit
from sadari.display.html import MOST_COLUMNS, MOST_ROWS, block, rest, table, washed
from sadari.errors import DataError, SettingError
from sadari.messages import Figure, Message, alternatives, both, counted, message, render
from sadari.settings.limits import Choice, Whole, check, shown
from sadari.text.column import as_column, one_column
from sadari.text.spellings import Spellings
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.compose import composed
from sadari.text.tokens.words import whole_words
from sadari.vectors.analogy import weights_of
from sadari.vectors.search import closest_rows, direction_of, nearest_rows, unit
from sadari.vectors.subwords import Subwords

MOST_NAMED = 5  # words that an error names
MOST_LIKELY = 3  # words that may have been meant

Found = list[tuple[str, float]]
Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = get_args(Metric)


class WordVectors:
    """n words, each with a vector; with subwords, unseen words have one too.

    Nothing here ever changes the matrix: whoever trains on vectors takes a copy.

    Args:
        words: n words, all distinct; the most frequent first, if anybody knows.
        matrix: float32 [n, width], one row a word; a memory-mapped one is left on the disk.
        counts: int64 [n], how often each word was seen in training.
        subwords: pieces of words, for words that are not among the n.
        notes: what was noticed while they were read, for people.
        tokenizer: the name of the tokenizer that cut the texts they were trained on, if it is known.
        outputs: float32 [n, width], the other half of a word2vec net, if it is known.
        training: how they were trained (settings, history), if it is known.

    Raises:
        SettingError: a word stands twice, or the parts do not fit each other.
    """

    def __init__(
        self,
        words: Sequence[str] | TokenTable,
        matrix: NDArray[np.float32],
        *,
        counts: NDArray[np.int64] | None = None,
        subwords: Subwords | None = None,
        notes: Sequence[Message | str] = (),
        tokenizer: str | None = None,
        outputs: NDArray[np.float32] | None = None,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self._table = (
            words if isinstance(words, TokenTable) else TokenTable.of(list(one_column(words, message("words"))))
        )
        matrix = _matrix(matrix)
        if matrix.ndim != 2 or len(matrix) != len(self._table) or matrix.shape[1] == 0:
            raise SettingError(
                message(
                    "{number_of__table:,} words need a matrix of so many rows, not one {list}",
                    number_of__table=len(self._table),
                    list=list(matrix.shape),
                )
            )
        if matrix.dtype != np.float32:
            raise SettingError(message("the vectors must be float32, not {dtype}", dtype=matrix.dtype))
        if counts is not None:
            counts = _matrix(counts)
            if counts.shape != (len(matrix),):
                raise SettingError(
                    message(
                        "there are {number_of_matrix:,} words, and counts of shape {list}",
                        number_of_matrix=len(matrix),
                        list=list(counts.shape),
                    )
                )
        if subwords is not None and not isinstance(subwords, Subwords):
            raise SettingError(message("subwords must be Subwords, not {shown}", shown=shown(subwords)))
        if subwords is not None and subwords.matrix.shape[1] != matrix.shape[1]:
            raise SettingError(
                message(
                    "words are {shape} wide and subwords {shape_2}",
                    shape=matrix.shape[1],
                    shape_2=subwords.matrix.shape[1],
                )
            )
        check_object("training", training)
        self.matrix = matrix.view()  # of a mapped one too: compiled loops know plain arrays
        self.matrix.flags.writeable = False
        self.counts, self.subwords, self.notes = counts, subwords, list(notes)
        self.tokenizer, self.outputs, self.training = tokenizer, outputs, dict(training or {})

    def __repr__(self) -> str:
        return f"WordVectors of {len(self):,} words, {self.width} wide"

    def _repr_html_(self) -> str:
        """The first words with the beginnings of their vectors, coloured by their numbers."""
        count, width = min(len(self), MOST_ROWS), min(self.width, MOST_COLUMNS)
        part = np.asarray(self.matrix[:count, :width])
        reach = float(np.abs(part).max(initial=0.0)) or 1.0
        rows = [
            [word, *(washed(f"{value:.2f}", value / reach) for value in row)]
            for word, row in zip(self.words[:count], part.tolist(), strict=True)
        ]
        said = message("{words}, {width} wide", words=counted(len(self), "word"), width=self.width)
        return block(table(rows, caption=said), rest(count, len(self)))

    def __len__(self) -> int:
        return len(self.matrix)

    def __deepcopy__(self, memo: dict[int, Any]) -> WordVectors:
        return self  # nothing here ever changes: a setting of a rung may hold them, and be cloned with it

    @property
    def width(self) -> int:
        return int(self.matrix.shape[1])

    @cached_property
    def words(self) -> list[str]:
        """Every word, by row."""
        return self._table.to_list()

    def word(self, row: int) -> str:
        """The word of a row.

        Args:
            row: its row, from 0.

        Raises:
            SettingError: there is no such row.
        """
        check("row", row, Whole(0, len(self) - 1))
        return self._table.token(row)

    # -- looking up -------------------------------------------------------------------------------------

    def rows_of(self, words: Sequence[str] | pl.Series) -> NDArray[np.int32]:
        """The row of each word, int32 [m]; MISSING (−1) for a word that has no row, not even when it is composed (NFC).

        Args:
            words: m words.
        """
        column = as_column(words)
        rows = self._table.look_up(whole_words(column))
        missing = np.flatnonzero(rows == MISSING)
        as_given = column.gather(missing)
        other = composed(as_given)
        if other is not as_given:
            rows[missing] = self._table.look_up(whole_words(other))
        return rows

    def __contains__(self, word: str) -> bool:
        return bool(self.rows_of([word])[0] != MISSING)

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        """The vector of one word, float32 [width], a copy.

        Raises:
            DataError: the word is not among them, and there are no subwords to make it from.
        """
        return self.all_of([word])[0]

    def all_of(self, words: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of words that must all have one, float32 [m, width], copied.

        Args:
            words: m words.

        Raises:
            DataError: a word has none, and there are no subwords to make it from; all such words are named.
        """
        column = as_column(words)
        vectors, found = self.vectors_of(column)
        if not found.all():
            missing = column.gather(np.flatnonzero(~found)).unique(maintain_order=True).to_list()
            several = len(missing) > 1
            named = ", ".join(map(repr, missing[:MOST_NAMED])) + (", …" if len(missing) > MOST_NAMED else "")
            what = (
                message("{count:,} words have no vector: {named}", count=len(missing), named=named)
                if several
                else message("the word {named} has no vector", named=named)
            )
            raise DataError(what, hint=_DidYouMean.of(self, missing[:MOST_NAMED]))
        return vectors

    def vectors_of(self, words: Sequence[str] | pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The vectors of some words: float32 [m, width], copied, and bool [m], which have one (the others are zero).

        A word that is not among the n, but has subwords that were trained, has their mean.

        Args:
            words: m words.
        """
        column = as_column(words)
        rows = self.rows_of(column)
        found = rows != MISSING
        out = np.zeros((len(rows), self.width), np.float32)
        out[found] = self.matrix[rows[found]]
        if self.subwords is not None and not found.all():
            unseen = np.flatnonzero(~found)
            others = column.gather(unseen)
            if self.tokenizer is not None:  # ours composed the texts; others' pieces are of bytes as they came
                others = composed(others)
            out[unseen], made = self.subwords.vectors_of(others.to_list())
            found = found.copy()
            found[unseen] = made
        return out, found

    def variants(self, word: str) -> list[str]:
        """Words that differ from a word in capitals, or in spaces around it.

        Args:
            word: a word that has no vector.

        Raises:
            DataError: it is no text.
        """
        (word,) = as_column([word]).to_list()
        others = dict.fromkeys((word.lower(), word.capitalize(), word.upper(), word.strip()))
        return [other for other in others if other != word and other in self]

    def likely(self, word: str) -> list[str]:
        """The words that a user may have meant, at most three: `variants`, else those that are spelled almost so.

        Args:
            word: a word that has no vector.

        Raises:
            DataError: it is no text.
        """
        return (self.variants(word) or [self.word(row) for row in self._spellings.near(word)])[:MOST_LIKELY]

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self.words)

    # -- comparing --------------------------------------------------------------------------------------

    @cached_property
    def _measured(self) -> NDArray[np.float32]:
        lengths = np.empty(len(self), np.float32)
        _measure(self.matrix, lengths)
        return lengths

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """float32 [n]: the length of every vector (a zero vector counts as 1 long, so that its cosine is 0)."""
        return np.where(self._measured > 0, self._measured, np.float32(1))

    @cached_property
    def directionless(self) -> NDArray[np.int64]:
        """int64: rows of vectors that point nowhere, and so are near to nothing.

        They are zero (shorter than 1e-30), or not finite.
        """
        return np.flatnonzero(~((self._measured > 1e-30) & (self._measured < np.inf)))

    def similarity(self, one: str, other: str) -> float:
        """The cosine of two words' vectors, −1 to 1; 0 where a vector is zero.

        Args:
            one: a word.
            other: another word.

        Raises:
            DataError: a word has no vector.
        """
        return cosine(self[one], self[other])

    # -- searching --------------------------------------------------------------------------------------

    def nearest(
        self,
        query: str | NDArray[np.floating],
        count: int = 10,
        *,
        metric: Metric = "cosine",
        exclude: Sequence[str] = (),
    ) -> Found:
        """The words whose vectors are nearest to a word's, or to a vector; the nearest first.

        Args:
            query: a word, which is not itself among the answers, or a vector [width].
            count: so many words, fewer if there are fewer.
            metric: "cosine", or "euclidean" for the distance between the vectors as long as they are.
            exclude: words that are not wanted.

        Returns:
            Words, each with its cosine, −1 to 1, or its distance. Vectors that are not finite are never among them,
            and zero ones have no cosine.

        Raises:
            DataError: the word has no vector, or, for a cosine, the vector is zero.
            SettingError: `count` is below 1, or the vector is not finite or of another width.
        """
        return self.nearest_many([query], count, metric=metric, exclude=exclude)[0]

    def nearest_many(
        self,
        queries: Sequence[str | NDArray[np.floating]],
        count: int = 10,
        *,
        metric: Metric = "cosine",
        exclude: Sequence[str] = (),
    ) -> list[Found]:
        """`nearest` for each of several words or vectors, by cosine at a tenth of the cost each if they are many.

        Args:
            queries: words or vectors.
            count: as `nearest`.
            metric: as `nearest`.
            exclude: as `nearest`.
        """
        check("count", count, Whole(1, 2**63 - 1))
        check("metric", metric, Choice(METRICS))
        words = [query for query in queries if isinstance(query, str)]
        known = iter(self.all_of(words))
        wanted = np.zeros((len(queries), self.width))
        for i, query in enumerate(queries):
            if isinstance(query, str):
                wanted[i] = _aimed(next(known), metric, message("the vector of {word!r}", word=query))
            else:
                wanted[i] = _aimed(_checked(query, self.width), metric, message("the vector"))
        unwanted, own = self.rows_of(exclude), iter(self.rows_of(words).tolist())
        skip = [np.append(unwanted, next(own)) if isinstance(query, str) else unwanted for query in queries]
        return self._search(wanted, count, metric, skip)

    def analogy(self, analogy: str | Mapping[str, float], count: int = 10, *, metric: Metric = "cosine") -> Found:
        """The words nearest to a sum and difference of words: ``vectors.analogy("king - man + 1.3*woman")``.

        Args:
            analogy: words between ``+`` and ``-``, with spaces, each with a weight before it or none; or a mapping of
                words to weights, for words that cannot be written so. None of them is among the answers.
            count: so many words, fewer if there are fewer.
            metric: "cosine", where each word's vector is made 1 long before it is added, or "euclidean", where
                vectors are added as they are.

        Returns:
            Words, and cosines with the sum or distances from it, as `nearest` gives them.

        Raises:
            DataError: a word has no vector, or, for a cosine, the sum is zero.
            SettingError: it is no analogy, or `count` is below 1.
        """
        weights = weights_of(analogy)
        check("count", count, Whole(1, 2**63 - 1))
        check("metric", metric, Choice(METRICS))
        vectors = self.all_of(list(weights)).astype(np.float64)
        total = np.array(list(weights.values())) @ (unit(vectors) if metric == "cosine" else vectors)
        wanted = _aimed(total, metric, message("the sum of these words"), least=1e-9)
        return self._search(wanted[None], count, metric, [self.rows_of(list(weights))])[0]

    def _search(
        self, wanted: NDArray[np.float64], count: int, metric: Metric, skip: Sequence[NDArray[np.integer]]
    ) -> list[Found]:
        skip = [rows[rows != MISSING] for rows in skip]
        if metric == "cosine":
            found = nearest_rows(self, wanted, count, skip=skip)
        else:
            pairs = zip(wanted, skip, strict=True)
            found = (closest_rows(self.matrix, point, count, skip=rows) for point, rows in pairs)
        return [
            [(self.word(row), score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]
            for rows, scores in found
        ]


class _DidYouMean(str, Figure):
    """What may have been meant, looked for only where it is read: whoever tries thousands of words does not wait."""

    vectors: WordVectors
    words: Sequence[str]

    @classmethod
    def of(cls, vectors: WordVectors, words: Sequence[str]) -> _DidYouMean:
        """The hint for words that have no vector."""
        hint = cls(", ".join(words))
        hint.vectors, hint.words = vectors, words
        return hint

    def written(self, language: str) -> str:
        """A question for one word, a sentence for several; empty where nothing is like them."""
        likely = {word: self.vectors.likely(word) for word in self.words}
        near = {word: alternatives([repr(each) for each in found]) for word, found in likely.items() if found}
        if not near:
            return ""
        if len(self.words) == 1:
            return render(message("did you mean {near}?", near=near[self.words[0]]), language)
        instead = [message("in place of {word!r} there is {near}", word=word, near=said) for word, said in near.items()]
        return render(both(instead), language)


def _aimed(vector: NDArray[np.floating], metric: Metric, what: Message, *, least: float = 0.0) -> NDArray[np.float64]:
    """The vector to search with: for a cosine 1 long."""
    if metric == "cosine":
        return direction_of(vector, what, least=least)
    if not np.isfinite(vector).all():
        raise SettingError(message("{what} is not finite", what=what))
    return vector.astype(np.float64)


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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _measure(matrix, lengths):  # type: ignore[no-untyped-def]
    for i in range(len(matrix)):
        total = 0.0  # float64: no float32 is too large or too small to be squared
        for j in range(matrix.shape[1]):
            total += np.float64(matrix[i, j]) * np.float64(matrix[i, j])
        lengths[i] = np.sqrt(total)


def _matrix(given: Any) -> NDArray[Any]:
    try:
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise SettingError(
            message("vectors must be a matrix of numbers, counts a row: {error}", error=str(error)[:100])
        ) from None


def check_vectors(given: Any) -> None:
    """Refuse what are no word vectors.

    Raises:
        SettingError: what it is.
    """
    if not isinstance(given, WordVectors):
        raise SettingError(
            message("word vectors are wanted, not {shown}", shown=shown(given)),
            hint=message("read_vectors(path) gives them"),
        )


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The cosine of two vectors; 0 where one of them is zero."""
    length = float(np.linalg.norm(one.astype(np.float64)) * np.linalg.norm(other.astype(np.float64)))
    return float(one.astype(np.float64) @ other.astype(np.float64)) / length if length else 0.0
