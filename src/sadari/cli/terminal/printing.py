"""Lines for a terminal: tables, wrapped sentences and bars, right also where characters are two cells wide."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from sadari import readable
from sadari.artifact import megabytes
from sadari.display.lines import cut, printable
from sadari.messages import Message, beside, counted, message, render

MARK = "●"
NEW_FILE = message("new.csv")
MOST_LABELS = 8  # named in a line
HEAD = 9  # cells before the text of a headed line
MOST_COLUMNS = 120  # lines longer than that are hard to read
_TIED = "\u00a0"
_LOOSE = re.compile(r" (?=[%±=<])|(?<=[±=<]) ")
_NUMBERS = re.compile(r"\[\s+(?:[-+.\dEe]+,?\s+)+\]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_EIGHTHS = " ▏▎▍▌▋▊▉█"

Style = Callable[[int, int, str], str]


def columns() -> int:
    """How many cells a line has: the terminal's, ``$COLUMNS``, or 80."""
    return max(40, min(shutil.get_terminal_size((80, 24)).columns, MOST_COLUMNS))


def say(line: Message | str = "") -> None:
    """One line to standard output; colours go where it is no terminal, or ``NO_COLOR`` is set."""
    click.echo(str(line), color=False if os.environ.get("NO_COLOR") else None)


def say_json(value: Any) -> None:
    """One value as JSON, in readable lines: a row of numbers is one."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=2, allow_nan=False)
    text = _NUMBERS.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text)
    click.echo(json_for_output(text))


def json_line(value: Any) -> str:
    """One value as JSON in a line, for standard output."""
    return json_for_output(json.dumps(value, ensure_ascii=False))


def json_for_output(text: str) -> str:
    r"""JSON as standard output takes it without loss: where that is not UTF-8, Hangul is ``\ud55c``."""
    if (sys.stdout.encoding or "utf-8").lower().startswith("utf"):
        return text
    return _BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)


def labels_named(names: Sequence[str]) -> Message | str:
    """``4 labels: Business, Sport, …``."""
    shown = [readable.label(name) for name in names[:MOST_LABELS]]
    said = message("{labels}: {names}", labels=counted(len(names), "label"), names=", ".join(shown))
    if len(names) <= MOST_LABELS:
        return said
    return message("{names} and {count:,} more", names=said, count=len(names) - MOST_LABELS)


def saved(output: str | Path, more: Message | None = None, *, indent: int | None = None) -> None:
    """Where a model, or a file, was written, and how large it is."""
    headed("Saved", beside([str(output), f"{readable.significant(megabytes(output), 2)} MB", more]), indent=indent)


def note(*lines: Message | str) -> None:
    """Lines to standard error."""
    for line in lines:
        click.echo(printable(str(line)), err=True)


def headed(head: Message | str, *texts: Message | str | None, indent: int | None = None) -> None:
    """``Read     32,055 texts …``, wrapped under its text, and more texts below it.

    Args:
        head: the first words; a string is the id of a message, unless no catalogue has it.
        texts: what follows, each on a line of its own; a None is left out, and without any nothing is printed.
        indent: where they begin; at least behind `head`.
    """
    head = render(Message(head) if head and isinstance(head, str) else head)
    for text in (text for text in texts if text is not None):
        start = max(HEAD if indent is None else indent, cell_len(head) + 2)
        first, *rest = wrap(printable(str(text)), columns() - start) or [""]
        say(click.style(head, bold=True) + " " * (start - cell_len(head)) + first)
        for line in rest:
            say(" " * start + line)
        head = ""


def notes_of_both(notes: Sequence[Message], of_test: Sequence[Message]) -> list[Message]:
    """The notes on training data, and those on the test file that say something else."""
    return [*notes, *(message("test: {note}", note=note) for note in of_test if note not in notes)]


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between the parts of ``a · b`` if that will do, else at spaces.

    A word that is longer stands alone. ``p = 0.5``, ``1 ± 2`` and ``3 %`` are not broken.
    """
    return [line.replace(_TIED, " ") for line in _wrapped(_LOOSE.sub(_TIED, text), width)]


def _wrapped(text: str, width: int) -> list[str]:
    parts = text.split(" · ")
    if all(cell_len(part) <= width - 2 for part in parts):
        return _filled([*(f"{part} ·" for part in parts[:-1]), parts[-1]], width)
    return _filled(text.split(" "), width)


def _filled(pieces: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in pieces:
        longer = f"{line} {piece}" if line else piece
        if line and cell_len(longer) > width:
            lines.append(line)
            line = piece
        else:
            line = longer
    return [*lines, line] if line else lines


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly so many cells; a longer one is cut."""
    text = cut(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def table(
    rows: Sequence[Sequence[Message | str]],
    *,
    headings: Sequence[Message | str] | None = None,
    left: int = 1,
    indent: int = 2,
    widest: int | None = None,
    style: Style | None = None,
) -> list[str]:
    """Aligned lines.

    Args:
        rows: the cells.
        headings: above them.
        left: so many columns stand to the left, the others, numbers, to the right.
        indent: spaces before each line.
        widest: cells of the first column at most.
        style: (row, column, padded cell) → what is printed.
    """
    every = [[printable(str(cell)) for cell in cells] for cells in ([headings, *rows] if headings else rows)]
    widths = [max(cell_len(cells[i]) for cells in every) for i in range(len(every[0]))] if every else []
    if widest is not None and widths:
        widths[0] = min(widths[0], widest)
    lines = []
    for number, cells in enumerate(every, -1 if headings else 0):
        padded = [pad(cell, widths[i], right=i >= left) for i, cell in enumerate(cells)]
        if number < 0:
            padded = [click.style(cell, dim=True) for cell in padded]
        elif style is not None:
            padded = [style(number, i, cell) for i, cell in enumerate(padded)]
        lines.append((" " * indent + "  ".join(padded)).rstrip())
    return lines


def bar(value: float, most: float, width: int) -> str:
    """A bar of up to `width` cells, exact to an eighth; some of it for every value but 0."""
    if most <= 0 or value == 0:
        return ""
    eighths = max(1, round(min(1.0, abs(value) / most) * width * 8))
    full, part = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[part] if part else "")


def signed(value: float, digits: int = 2) -> str:
    """``+0.42``, ``−1.30``, ``0.00``."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def _finite(value: Any) -> Any:
    """A value as JSON has it: NumPy's as plain ones, and null for what is no number."""
    if isinstance(value, Mapping):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
