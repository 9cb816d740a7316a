"""The picture of an alignment: source words across, target words down, the darker the more attention."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sadari.errors import DataError
from sadari.messages import message
from sadari.plots.activations import check_picture, write_picture
from sadari.translation.alignment import Alignment

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_WORDS = 80


def draw_alignment(found: Alignment, path: str | Path) -> Path:
    """Write the heat map of an alignment: SVG, PNG or PDF, by the name's ending.

    Raises:
        SettingError: another ending. DataError: too many words to draw. OutputError: it cannot be written.
    """
    target = check_picture(path)
    longest = max(len(found.sources), len(found.targets))
    if longest > MOST_WORDS:
        raise DataError(
            message("a text has {longest} words, too many to draw", longest=longest),
            hint=message("give one of at most {most_words}", most_words=MOST_WORDS),
        )
    return write_picture(target, lambda: _drawn(found))


def _drawn(found: Alignment) -> Figure:
    from matplotlib.figure import Figure

    across, down = (max(2.0, 0.3 * len(words)) for words in (found.sources, found.targets))
    figure = Figure(figsize=(across + 2.6, down + 1.6), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(found.weights, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(found.sources)), found.sources, rotation=90, fontsize=9, parse_math=False)
    axis.set_yticks(range(len(found.targets)), found.targets, fontsize=9, parse_math=False)
    axis.tick_params(length=0, labeltop=True, labelbottom=False)
    axis.set_ylabel("writes", fontsize=8)
    axis.set_title("reads", fontsize=8)
    figure.colorbar(image, ax=axis, shrink=0.7, label="share of attention")
    return figure
