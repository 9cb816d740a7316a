"""Whether two samples are of one kind, and by how much the shares of labels differ between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import SEED, Whole, check

SHRINKAGE = 1.0  # of the mean variance, by which directions that hardly vary are kept from deciding (`docs/tried.md`)
FOLDS = 10
AT_ONCE = 128  # permutations worked out together
DRAWS = 1000
FEWEST_EXPECTED = 5.0  # of a label, in the chi-squared test


@dataclass(frozen=True)
class BlockTest:
    """What one kind of features says.

    Attributes:
        auc: how well a linear classifier that has not seen a row tells whether it is new: about 0.5 is chance.
        p_value: how often classifiers of shuffled rows do as well.
    """

    auc: float
    p_value: float


@dataclass(frozen=True)
class TwoSampleTest:
    """Whether two samples are of one kind.

    Attributes:
        p_value: of all kinds of features together: with samples of one kind it is below q in a share q of the cases.
        blocks: kind of features → what it says by itself.
        permutations: how often the rows were shuffled; no p-value is below 1 / (permutations + 1).
    """

    p_value: float
    blocks: dict[str, BlockTest]
    permutations: int


def two_sample_test(
    blocks: Mapping[str, NDArray[np.floating]], first: int, *, permutations: int = 999, seed: int = 0
) -> TwoSampleTest:
    """Classifier two-sample test (Lopez-Paz and Oquab 2017) with permutation p-values.

    For each block a linear classifier (ridge regression) is asked which sample each row is of, by the fit that leaves
    this row out. That follows from the whole fit, so that a permutation of the samples costs one product of matrices.
    The block that stands out most, by its permutations' standard deviation, is compared with the one that does in each
    permutation (Westfall and Young 1993): what blocks have in common does not matter.

    Args:
        blocks: kind of features → float [n + m, d], the first sample's rows before the second's.
        first: n, at least 2, as is m.
        permutations: how often the rows are shuffled.
        seed: of the shuffling.

    Raises:
        SettingError: a sample has fewer than 2 rows, or there is no block.
    """
    check("permutations", permutations, Whole(19, 1_000_000))
    check("seed", seed, SEED)
    rows = {len(block) for block in blocks.values()}
    if len(rows) != 1 or not 2 <= first <= min(rows) - 2:
        raise SettingError(message("two samples of two rows and more are needed"))
    (size,) = rows
    signs = _signs(first, size, permutations, seed)
    statistics, aucs = [], []
    for block in blocks.values():
        features = _whitened(block)
        statistics.append(_margins(features, signs))
        aucs.append(_auc(features, signs[:, 0], seed))
    ranked = np.array([_p_values(statistic) for statistic in statistics])
    together = np.max([_standing_out(statistic) for statistic in statistics], axis=0)
    found = {name: BlockTest(auc, float(p)) for name, auc, p in zip(blocks, aucs, ranked[:, 0].tolist(), strict=True)}
    return TwoSampleTest(float(_p_values(together)[0]), found, permutations)


def _signs(first: int, size: int, permutations: int, seed: int) -> NDArray[np.float32]:
    """float32 [size, permutations + 1]: −1 and 1 for each row's sample; the first column is what is so."""
    own = np.where(np.arange(size) < first, -1, 1).astype(np.float32)
    rng = np.random.default_rng(seed)
    return np.column_stack([own, *(rng.permutation(own) for _ in range(permutations))])


def _whitened(block: NDArray[np.floating]) -> NDArray[np.float32]:
    """float32 [n, d + 1]: the principal directions, each shrunk as ridge regression does, and a constant column."""
    features = block.astype(np.float64)
    features -= features.mean(axis=0)
    values, vectors = np.linalg.eigh(features.T @ features)
    values = np.maximum(values, 0) + SHRINKAGE * max(float(values.mean()), np.finfo(np.float64).tiny)
    constant = np.full((len(features), 1), len(features) ** -0.5)
    return np.hstack([features @ (vectors / np.sqrt(values)), constant]).astype(np.float32)


def _margins(features: NDArray[np.float32], signs: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64 [p]: for every column of signs the mean margin of the rows by fits that leave each of them out."""
    leverage = (features**2).sum(axis=1, keepdims=True)
    room = np.maximum(1 - leverage, 1e-3)
    margins = []
    for place in range(0, signs.shape[1], AT_ONCE):
        part = signs[:, place : place + AT_ONCE]
        left_out = (features @ (features.T @ part) - leverage * part) / room
        margins.append((left_out * part).mean(axis=0, dtype=np.float64))
    return np.concatenate(margins).round(7)  # what is equal but for rounding is equal


def _auc(features: NDArray[np.float32], signs: NDArray[np.float32], seed: int) -> float:
    """The area under the ROC curve in ten folds of which each has the same share of both samples.

    Fits that leave a single row out would lean away from it, which shows where there is nothing to learn.
    """
    from scipy.stats import rankdata

    new = signs > 0
    fold, rng = np.empty(len(signs), np.int64), np.random.default_rng(seed)
    for side in (new, ~new):
        fold[side] = rng.permutation(int(side.sum())) % FOLDS
    whole, target = features.T @ features + np.eye(features.shape[1]) * 1e-6, features.T @ signs
    scores = np.zeros(len(signs))
    for number in range(FOLDS):
        part, own = features[fold == number], signs[fold == number]
        scores[fold == number] = part @ np.linalg.solve(whole - part.T @ part, target - part.T @ own)
    ranks, m = rankdata(scores.round(6)), int(new.sum())
    return float((ranks[new].sum() - m * (m + 1) / 2) / (m * (len(new) - m)))


def _standing_out(statistic: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how many standard deviations each permutation is above their mean; never, where all are the same."""
    spread = float(statistic.std())
    return (statistic - statistic.mean()) / spread if spread > 1e-6 else np.full(len(statistic), -np.inf)


def _p_values(statistic: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column the share of columns that are at least as large, itself among them."""
    ascending = np.sort(statistic)
    return (len(statistic) - np.searchsorted(ascending, statistic, side="left")) / len(statistic)


@dataclass(frozen=True)
class LabelShift:
    """How the shares of the labels moved.

    Attributes:
        before: float64 [k]: their shares in the first sample.
        after: float64 [k]: their estimated shares in the second.
        low: float64 [k]: the lower end of its interval.
        high: float64 [k]: the upper end.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def label_shift(
    confusion: NDArray[np.integer],
    predicted: NDArray[np.integer],
    *,
    draws: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 0,
) -> LabelShift:
    """The shares of the true labels in a sample of which only predictions are known.

    Black-box shift estimation (Lipton, Wang and Smola 2018): what the classifier takes each label for does not change,
    how many there are of each does. Solved by maximum likelihood (Saerens, Latinne and Decaestecker 2002, on
    predicted labels), which stays within 0 and 1 where inverting the table does not. One row's worth of the shares
    before is added to the second sample: a table that tells labels apart does not notice, and where it cannot tell
    them apart the shares stay as they were. Intervals: both samples drawn again, each solved from a start of its own,
    so that they are wide where the table cannot tell.

    Args:
        confusion: int [k, k]: rows by true label and by predicted label, of texts that the classifier did not learn.
        predicted: int [k]: how many texts of the second sample it gives each label.
        draws: how often both are drawn again.
        confidence: of the intervals.
        seed: of the draws.
    """
    check("draws", draws, Whole(10, 1_000_000))
    check("seed", seed, SEED)
    table, counts = np.asarray(confusion, np.float64), np.asarray(predicted, np.float64)
    before = table.sum(axis=1) / table.sum()
    after = _shares(table[None], counts[None], (before + 1e-9)[None], kept=1.0)[0]
    rng = np.random.default_rng(seed)
    flat = table.ravel() / table.sum()
    tables = rng.multinomial(int(table.sum()), flat, size=draws).reshape(draws, *table.shape)
    again = rng.multinomial(int(counts.sum()), counts / counts.sum(), size=draws)
    drawn = _shares(tables.astype(np.float64), again, rng.dirichlet(np.ones(len(table)), size=draws))
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return LabelShift(before, after, np.minimum(low, after), np.maximum(high, after))


def _shares(
    tables: NDArray[np.float64],
    counts: NDArray[Any],
    start: NDArray[np.float64],
    *,
    kept: float = 0.0,
    steps: int = 300,
) -> NDArray[np.float64]:
    """float64 [b, k]: of each table and its counts the most likely shares of the true labels.

    Args:
        tables: float64 [b, k, k].
        counts: [b, k], rows that were given each label.
        start: float64 [b, k], shares to begin with.
        kept: rows' worth of these that the counts are added to.
        steps: of the iteration.
    """
    labels = tables.shape[-1]
    taken = np.where(tables.any(axis=2, keepdims=True), tables, np.eye(labels))  # who has no rows is taken for itself
    taken /= taken.sum(axis=2, keepdims=True)
    seen = counts / counts.sum(axis=1, keepdims=True)
    rows = counts.sum(axis=1, keepdims=True)
    shares = start
    for _ in range(steps):
        expected = np.einsum("bi,bij->bj", shares, taken)
        shares = shares * np.einsum("bij,bj->bi", taken, seen / np.maximum(expected, 1e-300))
        shares = rows * shares + kept * start
        shares /= shares.sum(axis=1, keepdims=True)
    return shares


def shift_of_counts(before: NDArray[np.floating], now: NDArray[np.floating]) -> tuple[float, float]:
    """How far the shares of labels moved between two samples, and how likely chance alone moves them so far.

    The p-value is that of Pearson's chi-squared test of homogeneity. Labels that are too rare for it, of which the
    smaller sample should have fewer than five, count as one.

    Args:
        before: float [k], how often each label was given, at least once altogether.
        now: float [k], the same of the other sample.

    Returns:
        the largest difference of a label's share, from 0 to 1; and the p-value.
    """
    from scipy.special import chdtrc

    table = np.stack([before, now]).astype(np.float64)
    sums = table.sum(axis=1, keepdims=True)
    difference = float(np.abs(table[0] / sums[0] - table[1] / sums[1]).max())
    expected = table.sum(axis=0) / sums.sum() * sums
    rare = expected.min(axis=0) < FEWEST_EXPECTED
    table, expected = (np.column_stack([each[:, ~rare], each[:, rare].sum(axis=1)]) for each in (table, expected))
    held = expected[0] > 0
    statistic = float(((table[:, held] - expected[:, held]) ** 2 / expected[:, held]).sum())
    freedom = int(held.sum()) - 1
    return difference, float(chdtrc(freedom, statistic)) if freedom else 1.0
