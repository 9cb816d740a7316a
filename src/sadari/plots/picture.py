"""Pictures: as a file, as a figure that a notebook shows, or on axes of one's own."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.artifact import atomic_write
from sadari.errors import SadariWarning, SettingError
from sadari.messages import message
from sadari.plots.drawing import load_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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


def give_picture(
    draw: Callable[[Sequence[Axes]], None],
    size: tuple[float, float],
    path: str | Path | None,
    ax: Axes | Sequence[Axes] | None,
    panels: tuple[int, int] = (1, 1),
) -> Figure | Path:
    """Draw into a new figure or on given axes.

    Args:
        draw: draws on the axes of the panels.
        size: inches of a new figure.
        path: the file to write; its ending is the format. None: the figure is given back.
        ax: axes to draw on, one a panel; None: those of a new figure.
        panels: rows and columns of them.

    Returns:
        the path; without one, the figure.

    Raises:
        SettingError: another ending; a path and axes; another number of axes. OutputError: it cannot be written.
    """
    if ax is not None:
        if path is not None:
            what = message("a picture goes to a file or to axes, not to both")
            raise SettingError(what, hint=message("leave out {name}", name="ax"))
        given: list[Any] = list(getattr(ax, "flat", ax)) if hasattr(ax, "__iter__") else [ax]
        if len(given) != panels[0] * panels[1]:
            wanted = message("there are {axes} axes for {panels} panels", axes=len(given), panels=panels[0] * panels[1])
            raise SettingError(wanted, hint=message("give one a panel, or choose the panels"))
        with lettering(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            draw(given)
        figure: Figure = given[0].figure
        return figure

    def build() -> Figure:
        from sadari.plots.figure import NotebookFigure

        made = NotebookFigure(figsize=size, layout="constrained")
        draw(list(made.subplots(*panels, squeeze=False).flat))
        return made

    if path is not None:
        return write_picture(path, build)
    load_matplotlib()
    with lettering(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = build()
        figure.draw_without_rendering()  # ticks are made now, while the fonts are set
    return figure


@contextmanager
def lettering() -> Iterator[None]:
    """Fonts that have Hangul, and text in SVG left as text."""
    load_matplotlib()
    import matplotlib

    own: Any = {"svg.fonttype": "none", "svg.hashsalt": "sadari", "font.family": fonts_here()}
    with matplotlib.rc_context(own), _without_remarks_on_fonts():
        yield


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
    target = check_picture(path)
    kind = target.suffix[1:].lower()
    with lettering(), warnings.catch_warnings(record=True) as complaints:
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


def _dateless(suffix: str) -> dict[str, None]:
    """The same text gives the same file: no date in it."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
