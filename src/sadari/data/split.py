"""Deterministic stratified splits that keep equal texts together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sadari.data.belonging import group_numbers
from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import SEED, check

_RARE = 3
"""Label combinations of fewer texts are pooled by their rarest label when a text may have several labels."""


def split(
    labels: pl.Series | Sequence[str] | Sequence[tuple[str, ...]],
    *,
    fractions: Sequence[float] | None = None,
    validation: float | None = None,
    texts: pl.Series | None = None,
    groups: pl.Series | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, ...]:
    """Divide rows so that every part has each label in the same proportion.

    In every part a label's count is within one row of its exact share, as far as equal texts allow, which go
    to the same part. A label with two rows or more, and any row that is alone with its label, appears in the
    first part, training. With several labels a text, combinations of labels are what is kept in proportion;
    of those that few rows have, the rarest label.

    Args:
        labels: (n,) String or List[String].
        fractions: shares of the parts, training first; they add up to 1. Default (0.8, 0.1, 0.1).
        validation: short for ``fractions=(1 - validation, validation)``.
        texts: (n,) String: equal ones stay together.
        groups: (n,) String: rows of one value stay together, and so do all that equal texts tie to them; one without a
            value belongs to none. Labels are then in proportion only as far as groups allow.
        seed: of the shuffle.

    Returns:
        one array of int64 positions, ascending, for each part.

    Raises:
        SettingError: both or impossible shares, or `texts` of another length.
    """
    check("seed", seed, SEED)
    shares = _shares(fractions, validation)
    labels = labels if isinstance(labels, pl.Series) else pl.Series("label", list(labels))
    if texts is not None and texts.len() != labels.len():
        raise SettingError(message("{len:,} texts but {len_2:,} labels", len=texts.len(), len_2=labels.len()))
    if not labels.len():
        return tuple(np.empty(0, np.int64) for _ in shares)
    strata = _strata(labels)
    together = np.arange(strata.size) if texts is None else _first_positions(texts)
    if groups is not None:
        together = _tied(together, group_numbers(groups))
    part = _assign(strata, together, shares, np.random.default_rng(seed), mixed=groups is not None)
    _cover_training(labels, together, part)
    return tuple(np.flatnonzero(part == p) for p in range(len(shares)))


def _shares(fractions: Sequence[float] | None, validation: float | None) -> np.ndarray:
    if fractions is not None and validation is not None:
        raise SettingError(message("give fractions or validation, not both"))
    if validation is not None:
        fractions = (1.0 - validation, validation)
    shares = np.asarray((0.8, 0.1, 0.1) if fractions is None else fractions, np.float64)
    if not (np.isfinite(shares).all() and (shares >= 0).all() and abs(shares.sum() - 1) < 1e-9 and shares[0] > 0):
        raise SettingError(
            message("the shares of a split must be positive and add up to 1, not {tolist}", tolist=shares.tolist())
        )
    return shares


def label_keys(labels: pl.Series) -> pl.Series:
    """(n,) String: equal of rows that have the same labels, in whatever order.

    Args:
        labels: (n,) strings, or lists of strings.
    """
    return labels.list.unique().list.sort().list.join("\x1f") if isinstance(labels.dtype, pl.List) else labels


def _strata(labels: pl.Series) -> np.ndarray:
    """(n,) int64: the number of each row's stratum, in the order of first appearance."""
    if isinstance(labels.dtype, pl.List):
        together = label_keys(labels).fill_null("")
        size = pl.DataFrame({"label": together}).select(pl.len().over("label")).to_series().to_numpy()
        return np.where(size < _RARE, -1 - _first_positions(_rarest(labels)), _first_positions(together))
    return _first_positions(labels)


def _rarest(labels: pl.Series) -> pl.Series:
    """(n,) String: of each row's labels that which the fewest rows have; "" of a row without any."""
    every = pl.DataFrame({"row": np.arange(labels.len())})
    frame = every.with_columns(label=labels).explode("label").drop_nulls().with_columns(rows=pl.len().over("label"))
    rarest = frame.sort("row", "rows", "label").group_by("row", maintain_order=True).first()
    return every.join(rarest, on="row", how="left", maintain_order="left")["label"].fill_null("")


def _first_positions(values: pl.Series) -> np.ndarray:
    """(n,) int64: for each row the first position of an equal value."""
    frame = pl.DataFrame({"value": values, "at": np.arange(values.len())})
    return frame.select(pl.col("at").first().over("value")).to_series().to_numpy()


def _tied(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) int64: one number for all rows that are tied, directly or by others, by equal numbers of either."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = (np.unique(each, return_inverse=True)[1] for each in (one, other))
    sizes = (int(first.max()) + 1, int(second.max()) + 1)
    edges = coo_array((np.ones(len(first), np.int8), (first, second + sizes[0])), shape=(sum(sizes), sum(sizes)))
    _, component = connected_components(edges, directed=False)
    found: np.ndarray = component[first].astype(np.int64)
    return found


def _assign(
    strata: np.ndarray, groups: np.ndarray, shares: np.ndarray, rng: np.random.Generator, *, mixed: bool = False
) -> np.ndarray:
    """(n,) int64: the part of each row; where groups are mixed, each of their labels finds its room."""
    if mixed:
        return _assign_mixed(strata, groups, shares, rng)
    leaders, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    stratum = np.unique(strata[leaders], return_inverse=True)[1]
    room = _targets(np.bincount(stratum, weights=sizes).astype(np.int64), shares)
    order = rng.permutation(leaders.size)
    part = np.full(leaders.size, -1, np.int64)
    for g in sorted(order[sizes[order] > 1], key=lambda g: -sizes[g]):  # the largest while there is room
        p = int(np.argmax(room[stratum[g]]))
        part[g] = p
        room[stratum[g], p] -= sizes[g]
    singles = order[sizes[order] == 1]
    singles = singles[np.argsort(stratum[singles], kind="stable")]
    part[singles] = _fill(stratum[singles], room)
    return part[group_of]


def _assign_mixed(strata: np.ndarray, groups: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The largest groups first, each to the part that has most room for its rows."""
    stratum = np.unique(strata, return_inverse=True)[1]
    group_of = np.unique(groups, return_inverse=True)[1]
    rows = np.argsort(group_of, kind="stable")
    ends = np.cumsum(np.bincount(group_of))
    room = np.bincount(stratum)[:, None] * shares
    part = np.empty(len(strata), np.int64)
    order = rng.permutation(len(ends))
    for g in order[np.argsort(-np.diff(ends, prepend=0)[order], kind="stable")]:
        members = rows[(ends[g - 1] if g else 0) : ends[g]]
        own, counts = np.unique(stratum[members], return_counts=True)
        p = int(np.argmax(counts @ room[own]))
        part[members] = p
        room[own, p] -= counts
    return part


def _targets(sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(strata, parts) int64: exact shares rounded up or down, so that rows and running totals come out."""
    exact = sizes[:, None] * shares
    out = np.floor(exact + 1e-9).astype(np.int64)
    spare = exact - out
    debt = np.zeros(shares.size)
    for s in range(sizes.size):
        debt += spare[s]
        if sizes[s] == 1:
            out[s, :] = 0
            out[s, 0] = 1  # a lone row can only be learned from
            debt += exact[s] - spare[s]
            debt[0] -= 1
            continue
        left = int(sizes[s] - out[s].sum())
        open_parts = spare[s] > 1e-9
        for _ in range(left):
            p = int(np.argmax(np.where(open_parts, debt, -np.inf)))
            out[s, p] += 1
            debt[p] -= 1
            open_parts[p] = False
        if out[s, 0] == 0:
            p = int(np.argmax(out[s]))
            out[s, p] -= 1
            out[s, 0] += 1
    return out


def _fill(stratum: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Parts for rows sorted by stratum, as many of each as `room` (strata, parts) has."""
    room = room.copy()
    for s in np.flatnonzero((room < 0).any(axis=1)):
        while (room[s] < 0).any():
            room[s, int(np.argmin(room[s]))] += 1
            room[s, int(np.argmax(room[s]))] -= 1
    ends = np.cumsum(room, axis=1)
    position = np.arange(stratum.size) - np.searchsorted(stratum, stratum, side="left")
    return (position[:, None] >= ends[stratum]).sum(axis=1)


def _cover_training(labels: pl.Series, groups: np.ndarray, part: np.ndarray) -> None:
    """Move a row, with its equals, to training for each label of two rows or more that is missing there."""
    frame = pl.DataFrame({"label": labels, "at": np.arange(labels.len()), "train": part == 0})
    if isinstance(labels.dtype, pl.List):
        frame = frame.explode("label").drop_nulls("label")
    missing = frame.group_by("label").agg(pl.col("at").min(), pl.col("train").any(), pl.len())
    missing = missing.filter(~pl.col("train") & (pl.col("len") >= 2)).sort("at")
    for at in missing["at"]:
        part[groups == groups[at]] = 0
