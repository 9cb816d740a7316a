"""Pictures that several notebooks draw: a matrix as a labelled heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_WRITTEN = 160  # cells, of which each shows its number


def heat_map(
    values: Any,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    *,
    title: str = "",
    digits: int | None = None,
    signed: bool = False,
    ax: Axes | None = None,
) -> None:
    """Draw a matrix as coloured cells, with a name at each row and column, and in few cells their numbers.

    Args:
        values: [rows, columns], a tensor or an array.
        rows: names, from the top down; none where empty.
        columns: names, from left to right.
        title: above it.
        digits: after the point; None: none for whole numbers, else two.
        signed: whether the colours go from a negative number over zero to a positive one.
        ax: where to draw; None: in a new figure, as large as the matrix needs.
    """
    import matplotlib.pyplot as plt

    cells = np.asarray(values, dtype=float)
    if ax is None:
        width, height = 0.62 * cells.shape[1] + 1.6, 0.5 * cells.shape[0] + 1.4
        ax = plt.subplots(figsize=(min(13, max(4.5, width)), min(8, max(2.2, height))))[1]
    most = float(np.abs(cells).max(initial=0)) or 1.0
    low = -most if signed else min(0.0, float(cells.min(initial=0)))
    ax.pcolormesh(cells, cmap="RdBu_r" if signed else "Blues", vmin=low, vmax=most, edgecolors="#cccccc", linewidth=0.8)
    ax.invert_yaxis()
    ax.set_aspect("equal" if cells.shape[1] <= 3 * cells.shape[0] else "auto")
    ax.set_yticks(np.arange(len(rows)) + 0.5, [str(name) for name in rows])
    crowded = any(len(str(name)) > 2 for name in columns)
    turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    ax.set_xticks(np.arange(len(columns)) + 0.5, [str(name) for name in columns], **turned)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    if cells.size <= MOST_WRITTEN:
        _write(ax, cells, low, most, digits)


def _write(ax: Axes, cells: np.ndarray, low: float, most: float, digits: int | None) -> None:
    """The number of each cell, white on dark colours."""
    if digits is None:
        digits = 0 if np.equal(cells, cells.round()).all() else 2
    for row, column in np.ndindex(cells.shape):
        value = cells[row, column]
        dark = abs(value) > 0.6 * most if low < 0 else value - low > 0.6 * (most - low)
        shade = "white" if dark else "#888888" if value == 0 else "black"
        ax.text(column + 0.5, row + 0.5, f"{value:.{digits}f}", ha="center", va="center", color=shade, fontsize=12)
