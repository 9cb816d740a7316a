"""Confident learning (Northcutt et al. 2021), extended by a vote: how likely each label is right, and what else it is.

Voters are models that did not see the row. Their probabilities are averaged and read as `noise` says. Rows are ranked
by the probability of their own label beside what is usual for it (`usual`). A row is a suspect where its label is more
likely wrong than right, and half of the voters or more would give another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sadari.metrics.answers import Table
from sadari.metrics.label_quality.ballots import Ballots
from sadari.metrics.label_quality.noise import Noise, fit_noise
from sadari.metrics.label_quality.usual import Usual

R = TypeVar("R", "Noise", "_Each")
SAMPLE = 20_000  # rows from which it is learned how a vote is read: three numbers and one a label
CELLS = 2_000_000  # of these rows times labels: of many labels fewer rows are looked at many times
MOST_JOINT = 1_000  # labels; of more, a row's doubt falls on the likeliest other label alone


@dataclass(frozen=True)
class LabelQuality:
    """What the vote says of n rows, each of which has one of k labels; or several.

    Attributes:
        right: float32 [n], the probability that the row's label is right (of several: the one it is least sure of);
            NaN where nobody could vote.
        score: float32 [n], by which rows are ranked, the most suspicious first; NaN as above.
        likelier: int32 [n], the label that is likeliest, the row's own or another; of several, the one that it is
            least sure of, which the row has or lacks.
        flips: bool [n, k], of several: which labels are more likely wrong, there or missing; else None.
        suspect: bool [n].
        against: int64 [n], how many voters would give another label.
        voters: int64 [n], how many voted.
        noise: the share of the labels that are wrong, as far as one can tell.
        joint: float64 [k, k], of one label a text: shares of the rows, by the label that they have (row) and the one
            that they ought to have (column); it sums to 1. Sparse where there are over 1,000 labels. Of several:
            [k, 2], of all rows, those that have the label
            in error and those that lack it in error.
        thresholds: float64 [k], what is usual: the mean probability of a label on the rows that have it.
    """

    right: NDArray[np.float32]
    score: NDArray[np.float32]
    likelier: NDArray[np.int32]
    flips: NDArray[np.bool_] | None
    suspect: NDArray[np.bool_]
    against: NDArray[np.int64]
    voters: NDArray[np.int64]
    noise: float
    joint: NDArray[np.float64] | csr_array
    thresholds: NDArray[np.float64]

    def ranked(self) -> NDArray[np.int64]:
        """int64: the rows that were voted on, the most suspicious first."""
        order = np.argsort(self.score, kind="stable")  # NaN comes last
        return order[: int(np.count_nonzero(self.voters))]


def label_quality(given: NDArray[Any], tables: Sequence[Table] | Ballots) -> LabelQuality:
    """How likely each label is right.

    Args:
        given: int [n], the labels that the rows have; bool [n, k], which ones, where they may have several.
        tables: each voter's probabilities float [n, k], of rows that it did not see; or ballots.
    """
    ballots = tables if isinstance(tables, Ballots) else _ballots(given, tables)
    return _of_several(ballots) if ballots.several else _of_one(ballots)


def _ballots(given: NDArray[Any], tables: Sequence[Table]) -> Ballots:
    made = Ballots(given, tables[0].shape[1])
    for number, table in enumerate(tables):
        made.add(str(number), np.arange(len(given)), table)
    return made


def _samples(ballots: Ballots) -> dict[int, NDArray[np.int64]]:
    """Who voted (as bits) → some rows on which just these did."""
    found = {}
    for bits in np.unique(ballots.voted).tolist():
        rows = np.flatnonzero(ballots.voted == bits)
        if bits:
            found[bits] = np.sort(
                np.random.default_rng(0).permutation(rows)[: min(SAMPLE, max(200, CELLS // ballots.labels))]
            )
    return found


def _of_one(ballots: Ballots) -> LabelQuality:
    rows, labels, given = len(ballots), ballots.labels, ballots.given
    reading = {bits: fit_noise(ballots.mean(some), given[some]) for bits, some in _samples(ballots).items()}
    right, score = np.full(rows, np.nan, np.float32), np.full(rows, np.nan, np.float32)
    likelier, usual = given.astype(np.int32), Usual(labels)
    joint = np.zeros((labels, labels)) if labels <= MOST_JOINT else csr_array((labels, labels))
    for places, clean, noise in _read(ballots, reading):
        own = clean[np.arange(len(places)), given[places]]
        right[places], likelier[places] = noise.right(own), clean.argmax(axis=1)
        joint += _joint(clean, given[places], right[places])
        usual.add(clean, _one_hot(given[places], labels))
    usual.settle()
    for places, clean, _ in _read(ballots, reading):
        own = clean[np.arange(len(places)), given[places]]
        score[places] = usual.scores(own, np.ones(len(own), np.bool_), given[places])
    voters, against = ballots.count(slice(None)), ballots.against.astype(np.int64)
    known = voters > 0
    suspect = known & (right < 0.5) & (likelier != given) & (2 * against >= voters)
    noise_rate = float(1 - np.mean(right[known])) if known.any() else 0.0
    joint = joint / max(1.0, joint.sum())
    return LabelQuality(right, score, likelier, None, suspect, against, voters, noise_rate, joint, usual.means[1])


def _read(ballots: Ballots, reading: Mapping[int, R]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], R]]:
    """Some rows at a time: their positions, their labels' clean probabilities, and how these were read."""
    for part in ballots.parts():
        vote, voted = ballots.mean(part), ballots.voted[part]
        for bits, noise in reading.items():
            at = np.flatnonzero(voted == bits)
            yield part.start + at, noise.clean(vote[at]), noise


def _one_hot(given: NDArray[np.integer], labels: int) -> NDArray[np.bool_]:
    return np.asarray(given[:, None] == np.arange(labels))


def _joint(
    clean: NDArray[np.float64], given: NDArray[np.integer], right: NDArray[np.floating]
) -> NDArray[np.float64] | csr_array:
    """float64 [k, k]: rows by the label that they have and the one that they ought to have, as far as one can tell."""
    every, labels = np.arange(len(given)), clean.shape[1]
    others = clean.copy()
    others[every, given] = 0.0
    if labels > MOST_JOINT:
        cells = np.concatenate([right, 1 - right]).astype(np.float64)
        return csr_array((cells, (np.tile(given, 2), np.concatenate([given, others.argmax(axis=1)]))), (labels, labels))
    others *= ((1 - right) / np.maximum(others.sum(axis=1), 1e-300))[:, None]
    others[every, given] = right
    found = np.zeros((labels, labels))
    np.add.at(found, given, others)
    return found


def _of_several(ballots: Ballots) -> LabelQuality:
    """Each label by itself: a row has it, or lacks it; a row is as suspicious as the worst of its labels."""
    rows, labels = len(ballots), ballots.labels
    reading = {bits: _Each.fit(ballots, some) for bits, some in _samples(ballots).items()}
    right, score = np.full(rows, np.nan, np.float32), np.full(rows, np.nan, np.float32)
    likelier, flips = np.zeros(rows, np.int32), np.zeros((rows, labels), np.bool_)
    against, wrong, usual = np.zeros(rows, np.int64), np.zeros((labels, 2)), Usual(labels)
    for places, clean, _ in _read(ballots, reading):
        usual.add(clean, ballots.given[places])
    usual.settle()
    for places, clean, noise in _read(ballots, reading):
        given, every = ballots.given[places], np.arange(len(places))
        each, scores = noise.right(np.where(given, clean, 1 - clean)), usual.scores(clean, given)
        worst = scores.argmin(axis=1)
        right[places], score[places], likelier[places] = each[every, worst], scores[every, worst], worst
        outvoted = 2 * ballots.against[places].astype(np.int64) >= ballots.count(places)[:, None]
        flips[places] = (each < 0.5) & outvoted
        against[places] = ballots.against[places, worst]
        wrong += np.stack([np.where(given, 1 - each, 0).sum(axis=0), np.where(given, 0, 1 - each).sum(axis=0)], axis=1)
    voters = ballots.count(slice(None))
    known = max(1, int(np.count_nonzero(voters)))
    share, suspect = float(wrong.sum() / (known * labels)), np.asarray(flips.any(axis=1))
    return LabelQuality(right, score, likelier, flips, suspect, against, voters, share, wrong / known, usual.means[1])


@dataclass(frozen=True)
class _Each:
    """How the votes on each of several labels are read."""

    noises: list[Noise]

    @classmethod
    def fit(cls, ballots: Ballots, some: NDArray[np.int64]) -> _Each:
        vote, given = ballots.mean(some), ballots.given[some].astype(np.int64)
        return cls([fit_noise(_both(vote[:, k]), given[:, k]) for k in range(ballots.labels)])

    def clean(self, vote: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([noise.clean(_both(vote[:, k]))[:, 1] for k, noise in enumerate(self.noises)], axis=1)

    def right(self, clean: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.stack([noise.right(clean[:, k]) for k, noise in enumerate(self.noises)], axis=1)


def _both(has: NDArray[np.floating]) -> NDArray[np.float64]:
    """float64 [r, 2]: of a label's probability, that a row lacks it and that it has it."""
    return np.stack([1 - has, has], axis=1)
