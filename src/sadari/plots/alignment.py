"""The picture of an alignment: source words across, target words down, the darker the more attention."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sadari.errors import DataError
from sadari.messages import message
from sadari.plots.picture import check_picture, give_picture
from sadari.translation.alignment import Alignment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_WORDS = 80


def draw_alignment(found: Alignment, path: str | Path | None = None, *, ax: Axes | None = None) -> Figure | Path:
    """Draw the heat map of an alignment.

    Args:
        found: of one text and its translation.
        path: an SVG, PNG or PDF to write, by its ending; None: the figure is given back.
        ax: axes to draw on; None: those of a new figure.

    Raises:
        SettingError: another ending, or a path and axes. DataError: too many words to draw. OutputError: it cannot be
            written.
    """
    if path is not None:
        check_picture(path)
    longest = max(len(found.sources), len(found.targets))
    if longest > MOST_WORDS:
        raise DataError(
            message("a text has {longest} words, too many to draw", longest=longest),
            hint=message("give one of at most {most_words}", most_words=MOST_WORDS),
        )
    across, down = (max(2.0, 0.3 * len(words)) for words in (found.sources, found.targets))
    return give_picture(lambda axes: _draw(found, axes), (across + 2.6, down + 1.6), path, ax)


def _draw(found: Alignment, axes: Sequence[Axes]) -> None:
    [axis] = axes
    image = axis.imshow(found.weights, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(found.sources)), found.sources, rotation=90, fontsize=9, parse_math=False)
    axis.set_yticks(range(len(found.targets)), found.targets, fontsize=9, parse_math=False)
    axis.tick_params(length=0, labeltop=True, labelbottom=False)
    axis.set_ylabel(str(message("writes")), fontsize=8)
    axis.set_title(str(message("reads")), fontsize=8)
    axis.figure.colorbar(image, ax=axis, shrink=0.7, label=str(message("share of attention")))
