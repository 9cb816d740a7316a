"""What is gained by answering only some of the texts, and what sets of labels hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def risk_coverage(
    certainty: NDArray[np.floating], right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which share of the answers is wrong (the risk), where only the surest are given (the coverage).

    Answers of one certainty cannot be told apart: each counts as wrong as often as they are on average, so that the
    order of the rows never matters. Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks".

    Args:
        certainty: float [n].
        right: bool [n], whether each answer is right.

    Returns:
        coverage float64 [n], 1/n … 1, and risk float64 [n].
    """
    order = np.argsort(-certainty, kind="stable")
    _, groups, counts = np.unique(-certainty[order], return_inverse=True, return_counts=True)
    wrong = np.bincount(groups, weights=~right[order], minlength=len(counts)) / counts
    given = np.arange(1, len(order) + 1)
    return given / max(1, len(order)), np.cumsum(wrong[groups]) / given


def area_under_risk(certainty: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """The mean risk over all coverages (AURC): 0 to 1, the smaller the better; NaN of no rows.

    Args:
        certainty: float [n].
        right: bool [n], whether each answer is right.
    """
    return float(risk_coverage(certainty, right)[1].mean()) if len(certainty) else float("nan")


@dataclass(frozen=True)
class AnswerScores:
    """How answers do where some are left to a person.

    Attributes:
        share: of the texts that is answered; of several labels a text, of the labels that would be given; NaN of none.
        right: the share of these answers that is right; NaN of none.
        by_label: float [k], the share of the texts of each label that is answered; of several, of the texts that would
            be given the label; NaN of a label without texts.
        right_by_label: float [k], the share of the answers with each label that is right; NaN of a label never given.
    """

    share: float
    right: float
    by_label: list[float]
    right_by_label: list[float]


def score_answers(
    answered: NDArray[np.bool_], given: NDArray[np.integer], truth: NDArray[np.integer], *, labels: int
) -> AnswerScores:
    """How answers do on texts whose labels are known.

    Args:
        answered: bool [n], which texts are not left to a person.
        given: int [n], the label that each would get.
        truth: int [n], the right labels; −1 for one that training never saw.
        labels: how many there are, k.
    """
    right = (given == truth)[answered]
    by_label = [_share(answered[truth == k]) for k in range(labels)]
    right_by_label = [_share(right[given[answered] == k]) for k in range(labels)]
    return AnswerScores(_share(answered), _share(right), by_label, right_by_label)


def score_given(kept: NDArray[np.bool_], given: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> AnswerScores:
    """How the labels do that are left, where a text may have several and those that are not sure are withheld.

    Args:
        kept: bool [n, k], the labels of each text that are not withheld.
        given: bool [n, k], those that would be given without care.
        wanted: bool [n, k], the right ones.
    """
    labels = range(given.shape[1])
    return AnswerScores(
        _share(kept[given]),
        _share(wanted[kept]),
        [_share(kept[given[:, k], k]) for k in labels],
        [_share(wanted[kept[:, k], k]) for k in labels],
    )


def _share(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else float("nan")


@dataclass(frozen=True)
class SetScores:
    """How sets of labels do.

    Attributes:
        held: the share of texts whose set holds the right label, or all that are right.
        size: how many labels a set has on average.
        empty: the share of sets without any.
        by_label: float [k], the share of each label's texts whose set holds it; NaN of a label without texts.
        size_by_label: float [k], how many labels the sets of these texts have on average; NaN as above.
    """

    held: float
    size: float
    empty: float
    by_label: list[float]
    size_by_label: list[float]


def score_sets(sets: NDArray[np.bool_], truth: NDArray[np.integer]) -> SetScores:
    """How sets do on texts whose labels are known.

    Args:
        sets: bool [n, k].
        truth: int [n], the right labels; −1 for one that training never saw, which no set holds.
    """
    hits = sets[np.arange(len(truth)), truth] & (truth >= 0)
    sizes, labels = sets.sum(axis=1), range(sets.shape[1])
    by_label, size_by_label = ([_share(values[truth == k]) for k in labels] for values in (hits, sizes))
    return SetScores(float(hits.mean()), float(sizes.mean()), float((sizes == 0).mean()), by_label, size_by_label)


def score_sets_of_several(
    sets: NDArray[np.bool_], wanted: NDArray[np.bool_], *, unseen: NDArray[np.integer]
) -> SetScores:
    """How sets do that are to hold all right labels of a text.

    Args:
        sets: bool [n, k].
        wanted: bool [n, k], the right labels.
        unseen: int [n], how many labels each text has that training never saw, which no set holds.
    """
    held, sizes = (sets | ~wanted).all(axis=1) & (unseen == 0), sets.sum(axis=1)
    labels = range(sets.shape[1])
    return SetScores(
        float(held.mean()),
        float(sizes.mean()),
        float((sizes == 0).mean()),
        [_share(sets[wanted[:, k], k]) for k in labels],
        [_share(sizes[wanted[:, k]]) for k in labels],
    )
