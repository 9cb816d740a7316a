"""Confident learning (Northcutt et al. 2021), extended by a vote: how likely each label is right, and what else it is.

Voters are models that did not see the row. Their probabilities are averaged and read as `noise` says. A row's score is
its own label's probability over the square root of what is usual for that label (the threshold of confident learning):
of a label that is hard to tell from others, a low probability says less. A row is a suspect where its label is more
likely wrong than right, and half of the voters or more would give another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.metrics.answers import Table
from sadari.metrics.label_quality.ballots import Ballots
from sadari.metrics.label_quality.noise import Noise, fit_noise

SAMPLE = 20_000  # rows from which it is learned how a vote is read: three numbers and one a label


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
            that they ought to have (column); it sums to 1. Of several: [k, 2], of all rows, those that have the label
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
    joint: NDArray[np.float64]
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
            found[bits] = np.sort(np.random.default_rng(0).permutation(rows)[:SAMPLE])
    return found


def _of_one(ballots: Ballots) -> LabelQuality:
    rows, labels, given = len(ballots), ballots.labels, ballots.given
    reading = {bits: fit_noise(ballots.mean(some), given[some]) for bits, some in _samples(ballots).items()}
    right, own = np.full(rows, np.nan, np.float32), np.full(rows, np.nan, np.float32)
    likelier = given.astype(np.int32)
    joint = np.zeros((labels, labels))
    for part in ballots.parts():
        vote, voted = ballots.mean(part), ballots.voted[part]
        for bits, noise in reading.items():
            at = np.flatnonzero(voted == bits)
            clean, places = noise.clean(vote[at]), part.start + at
            mine = clean[np.arange(len(at)), given[places]]
            own[places], right[places] = mine, noise.right(mine)
            likelier[places] = clean.argmax(axis=1)
            np.add.at(joint, given[places], _spread(clean, given[places], right[places]))
    thresholds = _means(own, given, labels)
    voters, against = ballots.count(slice(None)), ballots.against.astype(np.int64)
    known = voters > 0
    return LabelQuality(
        right,
        own / np.sqrt(np.maximum(thresholds[given], 1e-6)).astype(np.float32),
        likelier,
        None,
        known & (right < 0.5) & (likelier != given) & (2 * against >= voters),
        against,
        voters,
        float(1 - np.mean(right[known])) if known.any() else 0.0,
        joint / max(1.0, joint.sum()),
        thresholds,
    )


def _spread(clean: NDArray[np.float64], given: NDArray[np.integer], right: NDArray[np.floating]) -> NDArray[np.float64]:
    """float64 [r, k]: each row's probability of each label, now that one was given."""
    every = np.arange(len(given))
    others = clean.copy()
    others[every, given] = 0.0
    others *= ((1 - right) / np.maximum(others.sum(axis=1), 1e-300))[:, None]
    others[every, given] = right
    return others


def _means(own: NDArray[np.float32], given: NDArray[np.integer], labels: int) -> NDArray[np.float64]:
    known = ~np.isnan(own)
    counts = np.bincount(given[known], minlength=labels)
    sums = np.bincount(given[known], weights=own[known].astype(np.float64), minlength=labels)
    return np.asarray(sums / np.maximum(counts, 1))


def _of_several(ballots: Ballots) -> LabelQuality:
    """Each label by itself: a row has it, or lacks it; a row is as suspicious as the worst of its labels."""
    rows, labels = len(ballots), ballots.labels
    readings = {bits: _readings(ballots, some) for bits, some in _samples(ballots).items()}
    usual = _usual(ballots, readings)
    right, score = np.full(rows, np.nan, np.float32), np.full(rows, np.nan, np.float32)
    likelier, flips = np.zeros(rows, np.int32), np.zeros((rows, labels), np.bool_)
    against, wrong, sure = np.zeros(rows, np.int64), np.zeros((labels, 2)), 0.0
    for part in ballots.parts():
        vote, voted, given = ballots.mean(part), ballots.voted[part], np.asarray(ballots.given[part])
        for bits, noises in readings.items():
            at = np.flatnonzero(voted == bits)
            own = _own(vote[at], given[at], noises)
            each = np.stack([noise.right(own[:, k]) for k, noise in enumerate(noises)], axis=1)
            scores = own / np.sqrt(np.maximum(np.where(given[at], usual[1], usual[0]), 1e-6))
            worst, every, places = scores.argmin(axis=1), np.arange(len(at)), part.start + at
            right[places], score[places], likelier[places] = each[every, worst], scores[every, worst], worst
            half = 2 * ballots.against[places] >= ballots.count(places)[:, None]
            flips[places] = (each < 0.5) & half
            against[places] = ballots.against[places, worst]
            wrong[:, 0] += ((1 - each) * given[at]).sum(axis=0)
            wrong[:, 1] += ((1 - each) * ~given[at]).sum(axis=0)
            sure += float(each.sum())
    voters = ballots.count(slice(None))
    known = int(np.count_nonzero(voters))
    noise = 1 - sure / max(1, known * labels)
    return LabelQuality(
        right, score, likelier, flips, flips.any(axis=1), against, voters, noise, wrong / max(1, known), usual[1]
    )


def _readings(ballots: Ballots, some: NDArray[np.int64]) -> list[Noise]:
    vote, given = ballots.mean(some), np.asarray(ballots.given[some])
    return [fit_noise(_both(vote[:, k]), given[:, k].astype(np.int64)) for k in range(ballots.labels)]


def _both(has: NDArray[np.floating]) -> NDArray[np.float64]:
    """float64 [r, 2]: of a label's probability, that a row lacks it and that it has it."""
    return np.stack([1 - has, has], axis=1)


def _own(vote: NDArray[np.float64], given: NDArray[np.bool_], noises: Sequence[Noise]) -> NDArray[np.float64]:
    """float64 [r, k]: the probability that a row has each label, or that it lacks it, as it stands in the data."""
    has = np.stack([noise.clean(_both(vote[:, k]))[:, 1] for k, noise in enumerate(noises)], axis=1)
    return np.where(given, has, 1 - has)


def _usual(ballots: Ballots, readings: dict[int, list[Noise]]) -> NDArray[np.float64]:
    """float64 [2, k]: the mean of `_own` over the rows that lack a label, and over those that have it."""
    sums, counts = np.zeros((2, ballots.labels)), np.zeros((2, ballots.labels))
    for part in ballots.parts():
        vote, voted, given = ballots.mean(part), ballots.voted[part], np.asarray(ballots.given[part])
        for bits, noises in readings.items():
            at = np.flatnonzero(voted == bits)
            own = _own(vote[at], given[at], noises)
            for has in (0, 1):
                where = given[at] == bool(has)
                sums[has] += (own * where).sum(axis=0)
                counts[has] += where.sum(axis=0)
    return np.asarray(sums / np.maximum(counts, 1))
