"""Pictures of what a net does inside: attention as heat maps, an LSTM's gates over the tokens."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sadari.artifact import atomic_write
from sadari.errors import DataError, SadariWarning, SettingError
from sadari.messages import message
from sadari.plots.drawing import load_matplotlib
from sadari.rungs.explanation import Activations

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = (".svg", ".png", ".pdf")
# The first font that has a character draws it: Hangul, Han and kana are in none that matplotlib brings along.
# Of a collection matplotlib sees the first face alone, which is Noto's Japanese one; it has Hangul too.
FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "NanumBarunGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
    "Noto Sans CJK JP",
    "UnDotum",
    "Baekmuk Dotum",
)
MOST_TOKENS = 80


def draw_activations(found: Activations, path: str | Path) -> Path:
    """Write a picture of gates or attention: SVG, PNG or PDF, by the name's ending.

    Raises:
        SettingError: another ending. DataError: too many tokens to draw. OutputError: it cannot be written.
    """
    target = check_picture(path)
    if len(found.tokens) > MOST_TOKENS:
        raise DataError(
            message("the text has {number_of_tokens} tokens, too many to draw", number_of_tokens=len(found.tokens)),
            hint=message("give a text of at most {most_tokens}", most_tokens=MOST_TOKENS),
        )
    return write_picture(target, lambda: _attention(found) if found.kind == "attention" else _gates(found))


def check_picture(path: str | Path) -> Path:
    """The path of a picture that can be written.

    Raises:
        SettingError: the name's ending is none of `FORMATS`.
    """
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise SettingError(
            message("a picture cannot be written as {suffix!r}", suffix=target.suffix),
            hint=message("end the name with one of: {formats}", formats=", ".join(FORMATS)),
        )
    return target


def write_picture(path: str | Path, draw: Callable[[], Figure]) -> Path:
    """Write what `draw` draws, by the name's ending: the same figure gives the same bytes.

    `draw` is called where matplotlib is set up: with fonts that have Hangul, and text in SVG left as text.

    Warns:
        SadariWarning: no font here has some of the characters, and boxes stand for them (not in SVG, whose letters the
            reader's own fonts draw).
    """
    load_matplotlib()
    import matplotlib

    target = check_picture(path)
    kind = target.suffix[1:].lower()
    with (
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sadari", "font.family": fonts_here()}),
        warnings.catch_warnings(record=True) as complaints,
        _without_remarks_on_fonts(),
    ):
        warnings.simplefilter("always")
        written = io.BytesIO()
        figure = draw()
        figure.savefig(written, format=kind, dpi=150, metadata=_dateless(f".{kind}"))
    atomic_write(target, written.getvalue())
    found = [re.match(r"Glyph (\d+) ", str(complaint.message)) for complaint in complaints]
    missing = dict.fromkeys(chr(int(glyph[1])) for glyph in found if glyph)
    if missing and kind != "svg":
        shown = " ".join(list(missing)[:8]) + (" …" if len(missing) > 8 else "")
        what = message("no font here has {shown}: boxes stand for them in {target}", shown=shown, target=target)
        warnings.warn(
            SadariWarning(
                message("{what}\n  → install one, such as NanumGothic or Noto Sans CJK; or write .svg", what=what)
            ),
            stacklevel=2,
        )
    return target


@contextmanager
def _without_remarks_on_fonts() -> Iterator[None]:
    """matplotlib logs, for every letter anew, that a font has no bold face."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def fonts_here() -> list[str]:
    """Those of `FONTS` that this machine has: matplotlib complains of each one that it has not, a hundred times."""
    from matplotlib import font_manager

    here = set(font_manager.get_font_names())
    if not here & set(FONTS[1:]):  # it keeps a list of long ago, without fonts that were installed since
        known = {entry.fname for entry in font_manager.fontManager.ttflist}
        for file in sorted(set(font_manager.findSystemFonts()) - known):
            with suppress(Exception):  # a font that cannot be read is none that it would have listed
                font_manager.fontManager.addfont(file)
        here = set(font_manager.get_font_names())
    return [name for name in FONTS if name in here]


def _attention(found: Activations) -> Figure:
    """One heat map a layer, the mean over its heads: row = who attends, column = to whom."""
    from matplotlib.figure import Figure

    size = max(2.6, 0.24 * len(found.tokens))
    figure = Figure(figsize=(size * len(found.panels) + 1.2, size + 1.0), layout="constrained")
    axes = figure.subplots(1, len(found.panels), squeeze=False)[0]
    image = None
    for axis, (name, weights) in zip(axes, found.panels.items(), strict=True):
        image = axis.imshow(weights.mean(axis=0), cmap="Blues", vmin=0, interpolation="nearest")
        axis.set_title(f"{name}, mean of {len(weights)} heads", fontsize=9)
        axis.set_xticks(range(len(found.tokens)), found.tokens, rotation=90, fontsize=7, parse_math=False)
        axis.set_yticks(range(len(found.tokens)), found.tokens, fontsize=7, parse_math=False)
        axis.tick_params(length=0)
    axes[0].set_ylabel("attends", fontsize=8)
    figure.supxlabel("to", fontsize=8)
    if image is not None:
        beside = figure.colorbar(image, ax=axes, shrink=0.7)
        beside.set_label("share of attention", fontsize=8)
        beside.ax.tick_params(labelsize=7)
    return figure


def _gates(found: Activations) -> Figure:
    """One strip a gate or state: tokens across, units down, units ordered alike in all strips."""
    from matplotlib.figure import Figure

    names = list(found.panels)
    # units that behave alike stand together: ordered by when their cell state is largest
    order = {
        side: np.argsort(found.panels[f"{side}cell"].argmax(axis=0), kind="stable")
        for side in ("", "backward ")
        if f"{side}cell" in found.panels
    }
    figure = Figure(figsize=(max(4.5, 0.32 * len(found.tokens) + 2.0), 1.25 * len(names) + 1.0), layout="constrained")
    axes = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axis, name in zip(axes, names, strict=True):
        values = found.panels[name].T[order["backward " if name.startswith("backward") else ""]]
        signed = name.endswith(("candidate", "cell", "hidden"))
        reach = max(1.0, float(np.abs(values).max())) if signed else 1.0
        image = axis.imshow(
            values,
            aspect="auto",
            cmap="RdBu_r" if signed else "Blues",
            vmin=-reach if signed else 0,
            vmax=reach,
            interpolation="nearest",
        )
        axis.set_ylabel(name, fontsize=8)
        axis.set_yticks([])
        axis.tick_params(length=0)
        figure.colorbar(image, ax=axis, pad=0.01).ax.tick_params(labelsize=7)
    axes[-1].set_xticks(range(len(found.tokens)), found.tokens, rotation=90, fontsize=7, parse_math=False)
    return figure


def _dateless(suffix: str) -> dict[str, None]:
    """The same text gives the same file: no date in it."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
