"""Pieces of lines: what fits, what is safe to print, and figures as bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"


def cut(text: str, width: int) -> str:
    """The text in at most so many cells, with ``…`` where some is missing."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    kept = ""
    for character in text:
        if cell_len(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def printable(said: str) -> str:
    """What is said with all escaped that could move a terminal's cursor; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in said)


def sparkline(values: Sequence[float], width: int = 16) -> str:
    """Figures as bars, the largest the highest: ``█▆▄▂▁``; more than `width` of them as the means of so many groups."""
    count = min(width, len(values))
    edges = [place * len(values) // count for place in range(count + 1)]
    shown = [sum(values[first:stop]) / (stop - first) for first, stop in pairwise(edges)]
    low, high = min(shown), max(shown)
    return "".join(_BARS[round(7 * (value - low) / (high - low)) if high > low else 0] for value in shown)
