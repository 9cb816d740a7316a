"""Why a label is suspected: the words that speak for another one, and the nearest texts that have another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.corpus import Corpus
from sadari.rungs import RUNGS, Rung
from sadari.trust.suspects.folds import some_texts

WORDS, NEAREST = 5, 3
_ROWS = 2**13  # texts compared at a time


@dataclass(frozen=True)
class Reason:
    """Why a label is suspected.

    Attributes:
        words: what speaks most for the likelier label against the one that the text has, strongest first.
        nearest: positions of the nearest texts with another label, nearest first.
        likeness: float32, the cosine of each.
    """

    words: list[str]
    nearest: NDArray[np.int64]
    likeness: NDArray[np.float32]


def reader_of(train: Corpus, rows: NDArray[np.int64], *, seed: int) -> Rung | None:
    """A cheap model of words that saw none of these rows; None where the others have one label.

    Args:
        train: the texts with their labels.
        rows: positions that it must not see.
        seed: of the model.
    """
    kind = next(kind for kind in RUNGS.values() if kind.votes_on_labels and kind.reads == "tokens")
    others = np.setdiff1d(np.arange(len(train)), rows)
    labels = train.given_labels.gather(others)
    if (labels.explode() if train.multi_label else labels).drop_nulls().n_unique() < 2:
        return None
    return kind().set_params(seed=seed).fit(some_texts(train, others, kind), labels, verbose=False)


def reasons_for(train: Corpus, reader: Rung, rows: NDArray[np.int64], likelier: NDArray[np.integer]) -> list[Reason]:
    """Why the labels of these rows are suspected.

    Args:
        train: the texts with their labels.
        reader: a linear model that did not see them.
        rows: positions.
        likelier: int [rows], the label that is likelier, of one label a text; of several, the one that is suspected.
    """
    nearest, likeness = _nearest(train, reader, rows, likelier)
    texts = train.texts.gather(rows).to_list()
    words = [
        _words(train, reader, text, int(row), int(label))
        for text, row, label in zip(texts, rows, likelier, strict=True)
    ]
    return [Reason(*each) for each in zip(words, nearest, likeness, strict=True)]


def _words(train: Corpus, reader: Rung, text: str, row: int, label: int) -> list[str]:
    found = reader.explain(text)
    place = {name: column for column, name in enumerate(found.labels)}
    name = train.label_names[label]
    values = _of(found.contributions, place.get(name))
    if train.multi_label:
        values = -values if train.indicator[row, label] else values
    else:
        values = values - _of(found.contributions, place.get(train.label_names[train.codes[row]]))
    summed: dict[str, float] = {}
    for feature, value in zip(found.features, values.tolist(), strict=True):
        summed[feature] = summed.get(feature, 0.0) + value
    order = sorted(summed, key=lambda feature: -summed[feature])
    return [feature for feature in order[:WORDS] if summed[feature] > 0]


def _of(contributions: NDArray[np.float64], column: int | None) -> NDArray[np.float64]:
    return np.zeros(len(contributions)) if column is None else contributions[:, column]


def _nearest(
    train: Corpus, reader: Any, rows: NDArray[np.int64], likelier: NDArray[np.integer]
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """By the cosine of their weights, among texts with another label: of several, where the suspected one differs."""
    asked = _matrix(reader, train.texts.gather(rows))
    places = np.full((len(rows), NEAREST), -1, np.int64)
    likeness = np.zeros((len(rows), NEAREST), np.float32)
    for first, texts in _parts(train.texts):
        every = np.arange(first, first + len(texts))
        near = np.asarray((asked @ _matrix(reader, texts).T).todense(), np.float32)
        near[_same(train, rows, every, likelier)] = 0
        best = np.argsort(-near, axis=1, kind="stable")[:, :NEAREST]
        values = np.concatenate([likeness, np.take_along_axis(near, best, axis=1)], axis=1)
        both = np.concatenate([places, every[best]], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :NEAREST]
        places, likeness = np.take_along_axis(both, order, axis=1), np.take_along_axis(values, order, axis=1)
    found = [values > 0 for values in likeness]
    return (
        [each[some] for each, some in zip(places, found, strict=True)],
        [each[some] for each, some in zip(likeness, found, strict=True)],
    )


def _same(
    train: Corpus, rows: NDArray[np.int64], every: NDArray[np.int64], likelier: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """bool [rows, every]: which have the same label, or, of several, are alike in the suspected one."""
    if train.multi_label:
        table = train.indicator[every]
        return np.asarray(train.indicator[rows, likelier][:, None] == table[:, likelier].T)
    return np.asarray(train.codes[rows][:, None] == train.codes[every][None, :])


def _matrix(reader: Any, texts: pl.Series) -> Any:
    from scipy.sparse import csr_matrix

    counts, values = reader.weighed(texts)
    return csr_matrix((values, counts.ids, counts.offsets), shape=(len(counts), counts.size))


def _parts(texts: pl.Series) -> Iterable[tuple[int, pl.Series]]:
    return ((first, texts[first : first + _ROWS]) for first in range(0, len(texts), _ROWS))
