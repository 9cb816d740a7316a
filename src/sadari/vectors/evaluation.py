"""How good word vectors are: word pairs that people scored, and analogies with a known answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import spearmanr

from sadari.errors import DataError, SettingError
from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.compose import composed
from sadari.text.tokens.words import whole_words
from sadari.vectors.evaluation_files import read_pairs, read_questions
from sadari.vectors.keyed import WordVectors
from sadari.vectors.search import nearest_rows, unit

Progress = Callable[[Message | str, float], None]

QUESTIONS_AT_ONCE = 1_024


@dataclass(frozen=True)
class Pair:
    """Two words, what people say of their likeness, and their cosine: None if a word has no vector."""

    first: str
    second: str
    human: float
    cosine: float | None


@dataclass(frozen=True)
class SimilarityScore:
    """How well cosines follow people's scores.

    Args:
        source: the file.
        pairs: all of it, in its order.
        scored: pairs of which both words have a vector.
        spearman: rank correlation, −1 to 1, equal scores sharing their mean rank; NaN if all are equal.
        p_value: of no correlation.
        pearson: plain correlation.
        lowered: pairs with a word that was found in lower case only.
        from_subwords: pairs with a word whose vector is made from subwords.
        missing: the words without a vector, in the order of the file.
    """

    source: str
    pairs: list[Pair]
    scored: int
    spearman: float
    p_value: float
    pearson: float
    lowered: int
    from_subwords: int
    missing: list[str]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class AnalogySection:
    """Questions of one kind: how many, how many could be asked, and how many of these were answered right."""

    name: str
    questions: int
    asked: int
    correct: int

    @property
    def accuracy(self) -> float:
        """Of the questions that could be asked, 0 to 1; NaN if there were none."""
        return self.correct / self.asked if self.asked else math.nan

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "accuracy": self.accuracy}


@dataclass(frozen=True)
class AnalogyScores:
    """Sections as they stand in the file, their total, and the words that are not among the vectors."""

    source: str
    sections: list[AnalogySection]
    missing: list[str]

    @property
    def total(self) -> AnalogySection:
        return _total("total", self.sections)

    @property
    def kinds(self) -> list[AnalogySection]:
        """Semantic and syntactic questions apart, if there are both: the latter's sections are named "gram…"."""
        syntactic = [section for section in self.sections if section.name.startswith("gram")]
        semantic = [section for section in self.sections if not section.name.startswith("gram")]
        both = [_total("semantic", semantic), _total("syntactic", syntactic)]
        return both if syntactic and semantic else []

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "sections": [section.to_dict() for section in self.sections],
            "kinds": [kind.to_dict() for kind in self.kinds],
            "total": self.total.to_dict(),
            "missing": self.missing,
        }


def _total(name: str, sections: Iterable[AnalogySection]) -> AnalogySection:
    counts = np.array([[s.questions, s.asked, s.correct] for s in sections]).reshape(-1, 3)
    return AnalogySection(name, *counts.sum(axis=0).tolist())


# -- word pairs -----------------------------------------------------------------------------------------------


def evaluate_similarity(vectors: WordVectors, path: str | Path, *, known_only: bool = False) -> SimilarityScore:
    """Compare cosines with people's scores, as in WordSim-353.

    Args:
        vectors: what is evaluated.
        path: two words and a score a line, between tabs, commas, semicolons or spaces. A first line without a
            number and lines that begin with ``#`` are left out; of several numbers the first is the score.
        known_only: leave out words that have a vector from their subwords only.

    A word is looked up as it stands, then in lower case, then among the subwords.

    Raises:
        DataError: the file cannot be read, a line is no pair (which is named), or fewer than two pairs have vectors.
    """
    pairs = read_pairs(Path(path))
    words = list(dict.fromkeys(word for first, second, _ in pairs for word in (first, second)))
    found, lowered, made = _found(vectors, words, known_only=known_only)
    compared, cosines, scores = [], [], []
    lower, parts = 0, 0
    for first, second, score in pairs:
        cosine = None
        if first in found and second in found:
            cosine = float(found[first] @ found[second])
            cosines.append(cosine)
            scores.append(score)
            lower += bool(lowered & {first, second})
            parts += bool(made & {first, second})
        compared.append(Pair(first, second, score, cosine))
    missing = [word for word in words if word not in found]
    if len(scores) < 2:
        raise DataError(
            message(
                "of {number_of_pairs:,} pairs {number_of_scores} have vectors for both words",
                number_of_pairs=len(pairs),
                number_of_scores=len(scores),
            ),
            where=str(path),
            hint=message("there is none for {map} …: another language?", map=", ".join(map(repr, missing[:3]))),
        )
    rank, p_value, plain = _correlations(np.array(scores), np.array(cosines))
    return SimilarityScore(str(path), compared, len(scores), rank, p_value, plain, lower, parts, missing)


def _found(
    vectors: WordVectors, words: list[str], *, known_only: bool
) -> tuple[dict[str, NDArray[np.float64]], set[str], set[str]]:
    """Word → its vector, 1 long; and which words were found in lower case, and which made from subwords."""
    rows = vectors.rows_of(words)
    low = vectors.rows_of([word.lower() for word in words])
    lowered = (rows == MISSING) & (low != MISSING)
    rows = np.where(lowered, low, rows)
    here = np.flatnonzero(rows != MISSING)
    found = dict(zip([words[i] for i in here.tolist()], unit(vectors.matrix[rows[here]]), strict=True))
    made: set[str] = set()
    if not known_only and vectors.subwords is not None:
        others = [word for word in words if word not in found]
        parts, some = vectors.vectors_of(others)
        made = {others[i] for i in np.flatnonzero(some).tolist()}
        found |= {word: vector for word, vector in zip(others, unit(parts), strict=True) if word in made}
    return found, {words[i] for i in np.flatnonzero(lowered).tolist()}, made


def _correlations(scores: NDArray[np.float64], cosines: NDArray[np.float64]) -> tuple[float, float, float]:
    """Spearman's with its p-value, and Pearson's; NaN where one side is all the same."""
    if np.ptp(scores) == 0 or np.ptp(cosines) == 0:
        return math.nan, math.nan, math.nan
    ranked = spearmanr(scores, cosines)
    return float(ranked.statistic), float(ranked.pvalue), float(np.corrcoef(scores, cosines)[0, 1])


# -- analogies ------------------------------------------------------------------------------------------------


def evaluate_analogies(
    vectors: WordVectors,
    path: str | Path,
    *,
    most_frequent: int | None = None,
    fold_case: bool = True,
    progress: Progress | None = None,
) -> AnalogyScores:
    """Answer questions such as "Athens Greece Oslo Norway": is Norway nearest to Greece − Athens + Oslo?

    Args:
        vectors: what is evaluated; words that are only made from subwords are not asked about.
        path: the format of word2vec's ``questions-words.txt``: four words a line, sections named by ``: name`` lines.
        most_frequent: keep to the first so many words, as questions and as answers.
        fold_case: capitals do not matter; of words that differ in them alone, the first is taken. The three words of
            a question are no answer to it, however they are written.
        progress: is told what is done, and the share of it.

    Raises:
        DataError: the file cannot be read, or a line is no question (which is named).
        SettingError: `most_frequent` is below 1.
    """
    if most_frequent is not None and most_frequent < 1:
        raise SettingError(
            message("most_frequent is {most_frequent}", most_frequent=most_frequent),
            hint=message("keep 1 word or more"),
        )
    names, sections, questions = read_questions(Path(path))
    folded = _Folded(vectors, most_frequent, fold_case=fold_case)
    asked_words = pl.Series(questions, dtype=pl.List(pl.String)).explode()
    groups = folded.groups_of(asked_words).reshape(-1, 4)
    asked = (groups != MISSING).all(axis=1)
    right = np.zeros(len(questions), bool)
    places = np.flatnonzero(asked)
    for first in range(0, len(places), QUESTIONS_AT_ONCE):
        if progress is not None:
            progress(message("{count:,} analogies", count=len(places)), first / len(places))
        block = places[first : first + QUESTIONS_AT_ONCE]
        right[block] = _answered(vectors, folded, groups[block], most_frequent)
    counts = [np.bincount(sections[some], minlength=len(names)) for some in (asked | True, asked, right)]
    scores = [AnalogySection(name, *map(int, row)) for name, *row in zip(names, *counts, strict=True)]
    unknown = asked_words.filter(pl.Series(groups.ravel() == MISSING)).unique(maintain_order=True)
    return AnalogyScores(str(path), scores, unknown.to_list())


class _Folded:
    """Words in groups: those that differ in how they are composed, or in their capitals."""

    def __init__(self, vectors: WordVectors, most_frequent: int | None, *, fold_case: bool) -> None:
        self._fold = fold_case
        self._table = TokenTable()
        column = pl.Series(vectors.words[:most_frequent], dtype=pl.String)
        self.group_of_row = self._table.learn(whole_words(self._folded(column)))
        self._rows = Ragged(
            np.argsort(self.group_of_row, kind="stable").astype(np.int32), offsets_of(np.bincount(self.group_of_row))
        )

    def _folded(self, column: pl.Series) -> pl.Series:
        column = composed(column)
        return column.str.to_uppercase() if self._fold else column

    def groups_of(self, words: pl.Series) -> NDArray[np.int32]:
        """int32 [m]: the group of each word, or MISSING."""
        return self._table.look_up(whole_words(self._folded(words)))

    def rows(self, group: int) -> NDArray[np.int32]:
        """All rows of a group, the most frequent first."""
        return self._rows[group]


def _answered(
    vectors: WordVectors, folded: _Folded, groups: NDArray[np.int32], most_frequent: int | None
) -> NDArray[np.bool_]:
    """bool [m]: whether each question [m, 4], as groups of words, is answered right."""
    first = np.array([[folded.rows(group)[0] for group in row] for row in groups.tolist()])
    a, b, c = (unit(vectors.matrix[first[:, i]]) for i in range(3))
    directions = b - a + c
    lengths = np.linalg.norm(directions, axis=1)
    directions = unit(directions)
    skip = [np.concatenate([folded.rows(group) for group in row[:3]]) for row in groups.tolist()]
    found = nearest_rows(vectors, directions, 1, skip=skip, most_frequent=most_frequent)
    answers = [folded.group_of_row[rows[0]] if len(rows) else MISSING for rows, _ in found]
    return (np.array(answers) == groups[:, 3]) & (lengths > 1e-9)
