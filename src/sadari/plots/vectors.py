"""Words on a plane: the picture of a projection, its labels kept apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message
from sadari.plots.picture import check_picture, give_picture
from sadari.vectors.projection import Projection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

MOST_WORDS = 200
LONGEST_LABEL = 40
# Where a label may stand: from the point's right round it, then further and further away (points of 1/72 inch).
DISTANCES = (4.0, 9.0, 16.0, 25.0, 36.0, 50.0, 68.0)
DIRECTIONS = tuple(np.deg2rad(degrees) for degrees in (0, 180, 90, 270, 45, 315, 135, 225, 20, 340, 160, 200))
LEADER_FROM = 9.0  # a label so far away has a line to its point
STEPS = 8  # so many pieces stand for the line
FAR = 0.1  # what a point of distance costs, where crossing a label costs its length
GAP = 1.5  # round a label
DOT = 2.5  # half a point's size


def draw_words(
    found: Projection, path: str | Path | None = None, *, marked: Collection[str] = (), ax: Axes | None = None
) -> Figure | Path:
    """Draw words as points with labels.

    Args:
        found: the words and their points.
        path: an SVG, PNG or PDF to write, by its ending; None: the figure is given back.
        marked: words that stand out.
        ax: axes to draw on; None: those of a new figure.

    Raises:
        SettingError: another ending, or a path and axes. DataError: too many words to draw. OutputError: it cannot be
            written.
    """
    if path is not None:
        check_picture(path)
    if len(found.words) > MOST_WORDS:
        raise DataError(
            message("{number_of_words:,} words are too many to draw", number_of_words=len(found.words)),
            hint=message("choose at most {most_words}", most_words=MOST_WORDS),
        )
    size = max(1.0, (len(found.words) / 40) ** 0.5)
    return give_picture(lambda axes: _draw(found, marked, axes), (7.0 * size, 5.2 * size), path, ax)


def _draw(found: Projection, marked: Collection[str], axes: Sequence[Axes]) -> None:
    from matplotlib.text import Text

    [axis] = axes
    figure = cast("Figure", axis.figure)
    axis.set_aspect("equal", adjustable="datalim")  # a distance is one in every direction
    axis.margins(0.12)
    colors = ["tab:red" if word in marked else "tab:blue" for word in found.words]
    axis.scatter(found.points[:, 0], found.points[:, 1], s=14, c=colors, linewidths=0, zorder=2)
    first, second = (f"{share:.0%}" for share in found.shares[:2])
    axis.set_xlabel(str(message("first axis: {share} of the variance", share=first)), fontsize=8)
    axis.set_ylabel(str(message("second axis: {share}", share=second)), fontsize=8)
    axis.tick_params(length=0, labelsize=7, labelcolor="0.5")
    axis.grid(color="0.92", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[:].set_visible(False)
    labels = [
        _label(axis, word, point, stands_out=word in marked)
        for word, point in zip(found.words, found.points, strict=True)
    ]
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the axes stay where they are now
    unit = 72 / figure.dpi  # of pixels: offsets are in points
    points = axis.transData.transform(found.points) * unit
    sizes = np.array([Text.get_window_extent(label).size for label in labels]) * unit + 2 * GAP
    offsets = place_labels(points, sizes, np.array(axis.bbox.extents) * unit)
    far = np.linalg.norm(_gaps(offsets, sizes), axis=1) > LEADER_FROM
    for label, offset, has_line in zip(labels, offsets, far.tolist(), strict=True):
        label.set_position((float(offset[0]), float(offset[1])))
        if label.arrow_patch is not None:
            label.arrow_patch.set_visible(has_line)


def _label(axis: Axes, word: str, point: NDArray[np.float64], *, stands_out: bool) -> Annotation:
    """The word at its point; it may be moved, and then has a line to it."""
    text = "".join(character if character.isprintable() else "�" for character in word)
    label: Annotation = axis.annotate(
        text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…",
        (float(point[0]), float(point[1])),
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=9,
        parse_math=False,
        color="tab:red" if stands_out else "black",
        weight="bold" if stands_out else "normal",
        zorder=3,
        arrowprops={"arrowstyle": "-", "color": "0.7", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
    )
    label.set_in_layout(False)  # before it is moved, its place means nothing
    return label


def place_labels(
    points: NDArray[np.float64], sizes: NDArray[np.float64], frame: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where the middle of each label goes, from its point, so that labels cover neither each other nor points.

    One after the other, the points with the nearest neighbours first, takes the nearest free place, rather one whose
    line to the point crosses no label; where none is free, the one that covers least.

    Args:
        points: float64 [m, 2].
        sizes: float64 [m, 2], of the labels.
        frame: left, bottom, right, top.

    Returns:
        float64 [m, 2], in the unit of all others.
    """
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    taken = np.concatenate([points - DOT, points + DOT], axis=1)  # boxes: left, bottom, right, top
    labels, lines = np.empty((0, 4)), np.empty((0, 4))
    offsets = np.zeros_like(points)
    for i in np.argsort(distances.min(axis=1), kind="stable").tolist():
        tried = _candidates(sizes[i])
        boxes = _boxes(points[i] + tried, sizes[i])
        leaders = _leaders(points[i], tried, sizes[i])
        others = np.delete(taken, i, axis=0)  # its own point may be touched
        covered = sizes[i].prod() - _overlap(boxes, frame[None])[:, 0] + _overlap(boxes, others).sum(axis=1)
        crossed = _overlap(boxes, lines).sum(axis=1)
        crossed += _overlap(leaders.reshape(-1, 4), labels).sum(axis=1).reshape(len(tried), -1).sum(axis=1)
        cost = 1_000 * covered.round(6) + crossed + FAR * np.repeat(DISTANCES, len(DIRECTIONS))
        best = int(cost.argmin())
        offsets[i] = tried[best]
        labels = np.concatenate([labels, boxes[best : best + 1]])
        taken = np.concatenate([taken, boxes[best : best + 1]])
        lines = np.concatenate([lines, leaders[best]])
    return offsets


def _boxes(middles: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=-1)


def _leaders(point: NDArray[np.float64], tried: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Small boxes [k, STEPS, 4] along the line from a point to each place of its label; empty where there is none."""
    ends = np.sign(tried) * _gaps(tried, size)
    shares = np.linspace(0.2, 0.9, STEPS)[:, None]
    drawn = np.linalg.norm(ends, axis=1) > LEADER_FROM
    return _boxes(point + ends[:, None] * shares, np.where(drawn, 1.5, 0.0)[:, None, None])


def _candidates(size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Offsets of a label's middle, the nearest first: its nearest edge or corner at each distance and direction."""
    ways = np.stack([np.cos(DIRECTIONS), np.sin(DIRECTIONS)], axis=1)
    reach = np.clip(ways * 2**0.5, -1, 1) * size / 2
    return np.concatenate([ways * distance + reach for distance in DISTANCES])


def _gaps(offsets: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a label's box is from its point, across and upward."""
    gaps: NDArray[np.float64] = np.maximum(0, np.abs(offsets) - sizes / 2)
    return gaps


def _overlap(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """The area that each of some boxes [k, 4] shares with each of others [l, 4]: float64 [k, l]."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    area: NDArray[np.float64] = np.maximum(0, high - low).prod(axis=2)
    return area
