"""Small pieces of HTML for notebooks: every value is escaped, nothing is fetched, and there are no scripts.

Colours are those of the page, so that they read on a light one and on a dark one; what is coloured besides (shares,
reasons) is a light wash over either.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from sadari.messages import Message, message

MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 8, 10, 200
FOR, AGAINST = "38, 132, 200", "230, 120, 0"  # blue and orange: the colour-blind tell them apart
_CELL = "padding:.15em .6em;vertical-align:top;"
_TABLE = "color:inherit;border-collapse:collapse;font-size:.92em;margin:.3em 0"
_LINE = "border-bottom:1px solid rgba(128,128,128,.35);"


def block(*parts: str) -> str:
    """Parts below each other.

    Args:
        parts: HTML; empty ones are left out.
    """
    return "".join(f'<div style="margin:.2em 0">{part}</div>' for part in parts if part)


def cell(value: Any, most: int = MOST_LETTERS) -> str:
    """A value as escaped text: numbers in few digits, long texts cut.

    Args:
        value: a number, a text, a message.
        most: letters of it.
    """
    if isinstance(value, bool) or not isinstance(value, float):
        text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    else:
        text = f"{value:.4g}"
    return escape(text if len(text) <= most else text[: most - 1] + "…")


def muted(value: Any) -> str:
    """A value that steps back."""
    return f'<span style="opacity:.65">{cell(value)}</span>'


def preformatted(text: str) -> str:
    """A text whose spaces and line ends stay."""
    return f'<pre style="margin:.2em 0;opacity:.85">{escape(text)}</pre>'


def table(
    rows: Sequence[Sequence[Any]],
    *,
    headings: Sequence[Any] = (),
    caption: Message | str | None = None,
    chosen: int | None = None,
    left: int = 1,
) -> str:
    """A table.

    Args:
        rows: the cells; a `Markup` stands as it is.
        headings: above them.
        caption: above the table.
        chosen: the row that stands out.
        left: so many columns stand to the left, the others, numbers, to the right.
    """
    lines = []
    if headings:
        lines.append("<tr>" + "".join(_cell(h, i >= left, "th") for i, h in enumerate(headings)) + "</tr>")
    for number, row in enumerate(rows):
        style = ' style="font-weight:bold;background:rgba(38,132,200,.15)"' if number == chosen else ""
        lines.append(f"<tr{style}>" + "".join(_cell(value, i >= left) for i, value in enumerate(row)) + "</tr>")
    above = "" if caption is None else f'<div style="opacity:.8">{cell(caption)}</div>'
    return above + (f'<table style="{_TABLE}">{"".join(lines)}</table>' if lines else "")


class Markup(str):
    """A piece of HTML that stands in a table as it is."""

    __slots__ = ()


def washed(text: str, strength: float, title: Any = None, *, tight: bool = False) -> Markup:
    """A word on a wash of colour: blue for what speaks for, orange and underlined for what speaks against.

    Args:
        text: the word.
        strength: −1 to 1.
        title: what is said when the pointer rests on it.
        tight: without space around it, as characters stand.
    """
    alpha = 0.75 * min(1.0, abs(strength))
    against = "text-decoration:underline dotted;" if strength < 0 and alpha > 0.03 else ""
    colour = f"background:rgba({AGAINST if strength < 0 else FOR},{alpha:.2f});" if alpha > 0.03 else ""
    said = "" if title is None else f' title="{cell(title)}"'
    style = f"{colour}{against}{'white-space:pre' if tight else 'border-radius:.2em;padding:0 .15em'}"
    return Markup(f'<span style="{style}"{said}>{escape(text)}</span>')


def rest(shown: int, count: int) -> str:
    """What is not shown, in a line; nothing where all is.

    Args:
        shown: so many.
        count: of so many.
    """
    return "" if shown >= count else muted(message("… and {count:,} more", count=count - shown))


def _cell(value: Any, right: bool, tag: str = "td") -> str:
    style = f"{_CELL}{_LINE}text-align:{'right' if right else 'left'}"
    return f'<{tag} style="{style}">{value if isinstance(value, Markup) else cell(value)}</{tag}>'
