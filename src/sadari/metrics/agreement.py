"""How far two people agree who label the same texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sadari.errors import SettingError
from sadari.messages import message
from sadari.metrics.interval import Interval


@dataclass(frozen=True)
class Agreement:
    """What two people have in common.

    Attributes:
        texts: that both labelled.
        share: of them to which both gave the same label.
        kappa: Cohen's, with its interval: 1: always the same; 0: as often as by chance. None: both gave one label
            alone, or there is no text.
    """

    texts: int
    share: float
    kappa: Interval | None


def cohen_kappa(first: Sequence[str], second: Sequence[str], *, confidence: float = 0.95) -> Agreement:
    """Cohen's kappa (1960), with the interval of large samples (Fleiss, Cohen and Everitt 1969).

    Args:
        first: the labels that one gave, [n].
        second: those of the other, [n], in the same order.
        confidence: of the interval.

    Raises:
        SettingError: they are not as many.
    """
    if len(first) != len(second):
        raise SettingError(
            message("{first:,} labels and {second:,} are not of the same texts", first=len(first), second=len(second))
        )
    names, codes = np.unique(np.array([*first, *second], dtype=object).astype(str), return_inverse=True)
    n = len(first)
    if not n:
        return Agreement(0, 0.0, None)
    table = np.zeros((len(names), len(names)))
    np.add.at(table, (codes[:n], codes[n:]), 1 / n)
    same, rows, columns = float(np.trace(table)), table.sum(axis=1), table.sum(axis=0)
    chance = float(rows @ columns)
    if chance >= 1 - 1e-12:
        return Agreement(n, same, None)
    kappa = (same - chance) / (1 - chance)
    both = rows[:, None] + columns[None, :]  # Fleiss' both[i, j] pairs the row's mark of j with the column's of i
    diagonal = np.diag(table) @ np.square(1 - np.diag(both) * (1 - kappa))
    off = (table - np.diag(np.diag(table))).T * np.square(both) * (1 - kappa) ** 2
    variance = (diagonal + off.sum() - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    reach = float(ndtri(0.5 + confidence / 2) * np.sqrt(max(variance, 0.0)))
    return Agreement(n, same, Interval(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach)))
