"""Draws the four shapes of docs/shapes.md: ``python docs/pictures/draw.py`` writes the SVG files beside it.

Boxes have a light fill and dark words, lines and captions a grey of middle lightness, and there is no background: so
they read on a light page and on a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

READS, THINKS, WRITES = "#f3b8a5", "#b9dcae", "#a9c9ee"  # fills of what goes in, of states, of what comes out
INK, GREY = "#1a1d21", "#7d8590"
WIDTH, HEIGHT, GAP, ROW = 84, 34, 22, 72  # of a box, between boxes, between rows
TOP, LEFT = 14, 92


@dataclass
class Picture:
    """Boxes in columns and three rows: out above, states in the middle, in below."""

    columns: int
    note: str
    parts: list[str] = field(default_factory=list)

    def box(self, column: float, row: int, word: str, fill: str) -> None:
        x, y = self._place(column, row)
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}"/>')
        self.parts.append(
            f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 5:g}" text-anchor="middle" fill="{INK}">'
            f"{escape(word)}</text>"
        )

    def up(self, column: float, row: int) -> None:
        """An arrow from the box below to this row's."""
        x, y = self._place(column, row)
        self._line(f"M{x + WIDTH / 2:g} {y + ROW:g}V{y + HEIGHT + 7:g}")

    def along(self, column: float) -> None:
        """An arrow from the state before to this column's."""
        x, y = self._place(column, 1)
        self._line(f"M{x - GAP:g} {y + HEIGHT / 2:g}H{x - 7:g}")

    def back(self, column: float) -> None:
        """An arrow from what was written to the next column's state: it is read again."""
        x, y = self._place(column, 0)
        middle = y + HEIGHT + (ROW - HEIGHT) / 2
        self._line(
            f"M{x + WIDTH - 12:g} {y + HEIGHT:g}V{middle:g}H{x + WIDTH + GAP + 14:g}V{y + ROW - 7:g}", dashed=True
        )

    def rows(self, names: Sequence[str]) -> None:
        for row, name in enumerate(names):
            y = TOP + row * ROW + HEIGHT / 2 + 5
            self.parts.append(f'<text x="0" y="{y:g}" fill="{GREY}">{escape(name)}</text>')

    def svg(self) -> str:
        width = LEFT + self.columns * (WIDTH + GAP)
        height = TOP + 2 * ROW + HEIGHT + 12
        head = '<marker id="tip" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="system-ui, sans-serif" font-size="14" role="img"><title>{escape(self.note)}</title>'
            f'<defs>{head}<path d="M0 0L8 4L0 8z" fill="{GREY}"/></marker></defs>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )

    def _place(self, column: float, row: int) -> tuple[float, float]:
        return LEFT + column * (WIDTH + GAP), TOP + row * ROW

    def _line(self, path: str, dashed: bool = False) -> None:
        how = ' stroke-dasharray="4 3"' if dashed else ""
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.6" marker-end="url(#tip)"{how}/>'
        )


def one_to_one() -> Picture:
    picture = Picture(1, "One vector goes in, one label comes out")
    for row, (word, fill) in enumerate([("Sports", WRITES), ("linear", THINKS), ("counts", READS)]):
        picture.box(0, row, word, fill)
    picture.up(0, 0)
    picture.up(0, 1)
    return picture


def one_to_many(words: Sequence[str], label: str) -> Picture:
    picture = Picture(len(words), "One label goes in, a text comes out, word by word; each word is read again")
    picture.box(0, 2, label, READS)
    picture.up(0, 1)
    for column, word in enumerate(words):
        picture.box(column, 0, word, WRITES)
        picture.box(column, 1, f"state {column + 1}", THINKS)
        picture.up(column, 0)
        if column:
            picture.along(column)
            picture.back(column - 1)
    return picture


def many_to_one(words: Sequence[str], label: str) -> Picture:
    picture = Picture(len(words), "A text goes in, word by word, one label comes out")
    for column, word in enumerate(words):
        picture.box(column, 2, word, READS)
        picture.box(column, 1, f"state {column + 1}", THINKS)
        picture.up(column, 1)
        if column:
            picture.along(column)
    picture.box(len(words) - 1, 0, label, WRITES)
    picture.up(len(words) - 1, 0)
    return picture


def many_to_many(sources: Sequence[str], targets: Sequence[str]) -> Picture:
    columns = len(sources) + len(targets)
    picture = Picture(columns, "A text goes in, a text of another length comes out: an encoder and a decoder")
    for column, word in enumerate(sources):
        picture.box(column, 2, word, READS)
        picture.up(column, 1)
    for place, word in enumerate(targets):
        column = len(sources) + place
        picture.box(column, 0, word, WRITES)
        picture.up(column, 0)
        if place:
            picture.back(column - 1)
    for column in range(columns):
        picture.box(column, 1, "encoder" if column < len(sources) else "decoder", THINKS)
        if column:
            picture.along(column)
    return picture


def pictures() -> dict[str, Picture]:
    """Name of the file → what it shows."""
    made = {
        "one-to-one": one_to_one(),
        "one-to-many": one_to_many(["Home", "side", "win", "final", "<end>"], "Sports"),
        "many-to-one": many_to_one(["Home", "side", "win", "final"], "Sports"),
        "many-to-many": many_to_many(["I", "drink", "milk"], ["Je", "bois", "du", "lait"]),
    }
    for picture in made.values():
        picture.rows(["comes out", "thinks", "goes in"])
    return made


def main() -> None:
    for name, picture in pictures().items():
        (Path(__file__).parent / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
