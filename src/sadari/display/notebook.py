"""How a training stands, in the output of a notebook's cell: one output, which the next one takes the place of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sadari import readable
from sadari.display.html import block, cell, muted, preformatted
from sadari.display.lines import cut
from sadari.display.standing import Standing
from sadari.messages import Message, beside, message, outline

EVERY = 0.2  # seconds between two pictures of the same work
WIDTH, HEIGHT, EDGE = 320, 72, 4  # of the curve, in pixels
LEARNED, HELD_OUT = "#2a7fb8", "#d55e00"  # told apart by the colour-blind, on light and dark; the second is dashed, too
SAMPLE_LINES, SAMPLE_CELLS = 6, 100


class Notebook:
    """Shows how a training stands below the cell that began it."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown = 0.0
        self._doing: tuple[Any, ...] | None = None

    def show(self, standing: Standing) -> None:
        """Show it, in place of what was shown before; of the same work not more often than an eye follows."""
        doing, now = outline(standing.doing or ""), time.perf_counter()
        if doing != self._doing or now - self._shown >= EVERY:
            self._display(standing)
            self._shown, self._doing = now, doing

    def end(self, standing: Standing, *, completed: bool) -> None:
        """Show how it ended, which the notebook keeps."""
        if self._handle is None and not standing.latest:  # it had nothing to tell
            return
        standing.doing = None if standing.curves["loss"] else standing.doing
        self._display(standing, None if completed else message("stopped"), readable.duration(standing.seconds, 2))

    def _display(self, standing: Standing, *more: Message | str | None) -> None:
        from IPython.display import display

        plain, html = (" ".join(str(beside([standing.line(bars=bars), *more])).split()) for bars in (True, False))
        running = "" if more or not standing.share else f' <progress value="{standing.share:.3f}" max="1"></progress>'
        bundle = {"text/plain": _plain(standing, plain), "text/html": _html(standing, html, running)}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _sample_lines(standing: Standing) -> list[str]:
    lines = (standing.sample or "").strip("\n").split("\n")[:SAMPLE_LINES]
    return [cut(line, SAMPLE_CELLS) for line in lines if standing.sample]


def _plain(standing: Standing, said: str) -> str:
    return "\n".join([f"{standing.title}: {said}", *(f"  │ {line}" for line in _sample_lines(standing))])


def _html(standing: Standing, said: str, running: str) -> str:
    sample = _sample_lines(standing)
    return block(
        f"<b>{cell(standing.title)}</b> {cell(said)}{running}",
        curve(standing.curves["loss"], standing.curves["validation"]),
        preformatted("\n".join(sample)) if sample else "",
    )


def curve(learned: Sequence[tuple[float, float]], held_out: Sequence[tuple[float, float]]) -> str:
    """A small picture (SVG) of losses: of what is learned from, and, dashed, of what is held out.

    Args:
        learned: points (share of the training, loss).
        held_out: the same.

    Returns:
        the picture with its legend; nothing where there are fewer than two points.
    """
    points = [*learned, *held_out]
    if len(learned) < 2:
        return ""
    low, high = min(y for _, y in points), max(y for _, y in points)
    reach = (high - low) or 1.0

    def path(line: Sequence[tuple[float, float]]) -> str:
        places = ((EDGE + x * (WIDTH - 2 * EDGE), EDGE + (high - y) / reach * (HEIGHT - 2 * EDGE)) for x, y in line)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

    def drawn(line: Sequence[tuple[float, float]], colour: str, dashes: str) -> str:
        style = f'fill="none" stroke="{colour}" stroke-width="1.8"{dashes}'
        return f'<polyline points="{path(line)}" {style}/>' if len(line) > 1 else ""

    lines = drawn(learned, LEARNED, "") + drawn(held_out, HELD_OUT, ' stroke-dasharray="5 3"')
    names = [(message("loss"), LEARNED, "—"), *([(message("validation"), HELD_OUT, "┄")] if len(held_out) > 1 else [])]
    legend = " ".join(f'<span style="color:{colour}">{mark} {cell(name)}</span>' for name, colour, mark in names)
    frame = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" style="border-bottom:1px solid #8888"'
    return (
        f'<div style="display:flex;gap:.6em;align-items:center"><svg {frame} role="img">{lines}</svg>'
        f"<span>{muted(f'{high:.3g} → {low:.3g}')}<br>{legend}</span></div>"
    )
