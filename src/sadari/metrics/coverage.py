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
class SetScores:
    """How sets of labels do.

    Attributes:
        held: the share of texts whose set holds the right label.
        size: how many labels a set has on average.
        empty: the share of sets without any.
        by_label: float [k], the share of each label's texts whose set holds it; NaN of a label without texts.
    """

    held: float
    size: float
    empty: float
    by_label: list[float]


def score_sets(sets: NDArray[np.bool_], truth: NDArray[np.integer]) -> SetScores:
    """How sets do on texts whose labels are known.

    Args:
        sets: bool [n, k].
        truth: int [n], the right labels; −1 for one that training never saw, which no set holds.
    """
    hits = sets[np.arange(len(truth)), truth] & (truth >= 0)
    by_label = [float(hits[own].mean()) if (own := truth == k).any() else float("nan") for k in range(sets.shape[1])]
    sizes = sets.sum(axis=1)
    return SetScores(float(hits.mean()), float(sizes.mean()), float((sizes == 0).mean()), by_label)
