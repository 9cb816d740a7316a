"""The report's charts as inline SVG, drawn by matplotlib through its Figure object alone.

All lettering is SVG text in the page's own font, and colours are the page's CSS variables: a chart follows
the light, dark or printed page, and Korean needs no font of matplotlib's. While matplotlib lays out, each
piece of lettering is a plain placeholder of about the same width (so no name is ever read as mathematics, and
no glyph is missed); the escaped words are put in at the end. The same data gives the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import pairwise
from typing import TYPE_CHECKING, ParamSpec

from markupsafe import Markup

from sadari import readable
from sadari.climb.report.environment import escaped, templates
from sadari.errors import SadariWarning
from sadari.messages import message, render
from sadari.plots.drawing import load_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_P = ParamSpec("_P")
_WIDTH, _HEIGHT = 440, 330  # SVG units: about as many CSS pixels, a little fewer on a phone
_SIZE = 13.0  # of lettering
_LETTER = 0.58 * _SIZE  # mean width of a letter
_INK, _MUTED, _RULE, _PAPER = "#010101", "#020202", "#030303", "#040404"
_SERIES = tuple(f"#0505{number:02x}" for number in range(8))
_VARIABLES = {_INK: "ink", _MUTED: "muted", _RULE: "rule", _PAPER: "paper"} | {
    color: f"series-{number}" for number, color in enumerate(_SERIES)
}
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "h", "<", ">", "d")
_DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Dot:
    """One rung in a chart of score against cost."""

    name: str
    cost: float
    value: float
    low: float
    high: float
    marked: bool = False
    order: int = 0  # its place in the ladder: the same mark in every chart


@dataclass(frozen=True)
class Curve:
    """One rung's scores against a number of rows."""

    name: str
    rows: Sequence[int]
    values: Sequence[float]
    marked: bool = False
    order: int = 0


@dataclass(frozen=True)
class Titles:
    """What stands around a chart: its title and description are for those who cannot see it."""

    title: str
    description: str
    across: str
    upward: str
    lang: str = "en"
    shares: bool = True  # whether scores are shares, and not losses

    def score(self, value: float, decimals: int) -> str:
        """A score as lettering, to so many decimals of a per cent, or of a loss."""
        return self.percent(value, decimals) if self.shares else f"{value:.{decimals + 2}f}"

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share as lettering: ``0.9`` → "90 %", "90%"."""
        return render(readable.in_percent(share, decimals), self.lang)


@dataclass
class _Lettering:
    """Placeholders and the words they stand for."""

    words: list[str] = field(default_factory=list)

    def put(self, word: str) -> str:
        self.words.append(word)
        mark = f"Q{len(self.words) - 1}Q"
        return mark[:-1] + "x" * max(0, _letters(word) - len(mark)) + "Q"

    def fill(self, svg: str) -> str:
        return re.sub(r"Q(\d+)x*Q", lambda match: escaped(self.words[int(match[1])]), svg)


def _or_none(draw: Callable[_P, Markup | None]) -> Callable[_P, Markup | None]:
    """A chart that cannot be drawn, because matplotlib cannot be loaded, say, costs no report."""

    @wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> Markup | None:
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            warnings.warn(
                SadariWarning(message("a chart is left out of the report: {error}", error=error)), stacklevel=2
            )
            return None

    return drawn


@_or_none
def cost_chart(dots: Sequence[Dot], titles: Titles) -> Markup | None:
    """Scores with their intervals against a cost in seconds, logarithmic; ``None`` without any point."""
    dots = [dot for dot in dots if dot.cost > 0 and math.isfinite(dot.cost) and math.isfinite(dot.value)]
    if not dots:
        return None
    letters = _Lettering()
    figure, axes = _canvas(titles, letters)
    axes.set_xscale("log")
    lowest, highest = min(dot.cost for dot in dots), max(dot.cost for dot in dots)
    axes.set_xlim(lowest / 2.2, highest * 2.6)
    _score_axis(axes, [dot.low for dot in dots], [dot.high for dot in dots], letters, titles)
    _log_axis(axes, letters, lambda value: render(readable.duration(value, 1), titles.lang))
    for dot in sorted(dots, key=lambda dot: dot.marked):
        color, marker = _SERIES[dot.order % len(_SERIES)], _MARKERS[dot.order % len(_MARKERS)]
        spread = [[dot.value - dot.low], [dot.high - dot.value]]
        axes.errorbar(dot.cost, dot.value, yerr=spread, color=color, elinewidth=1.6, fmt="none")
        if dot.marked:
            axes.plot(dot.cost, dot.value, "o", markersize=19, mfc="none", mec=_INK, mew=1.4)
        axes.plot(dot.cost, dot.value, marker, markersize=10, mfc=color, mec=_PAPER, mew=1)
    _name_dots(axes, dots, letters)
    return _svg(figure, titles, letters)


@_or_none
def curve_chart(curves: Sequence[Curve], titles: Titles) -> Markup | None:
    """Scores against rows, logarithmic, named at their ends; ``None`` without any curve."""
    curves = [curve for curve in curves if curve.rows and min(curve.rows) > 0]
    if not curves:
        return None
    letters = _Lettering()
    figure, axes = _canvas(titles, letters, right=14 + _LETTER * max(_letters(curve.name) for curve in curves))
    axes.set_xscale("log")
    lowest = min(min(curve.rows) for curve in curves)
    highest = max(max(curve.rows) for curve in curves)
    axes.set_xlim(lowest / 1.12, max(highest, lowest * 1.5) * 1.12)
    every = [value for curve in curves for value in curve.values]
    _score_axis(axes, every, every, letters, titles)
    _log_axis(axes, letters, lambda value: render(readable.Large(value, 1), titles.lang))
    ends = []
    for curve in curves:
        color, marker = _SERIES[curve.order % len(_SERIES)], _MARKERS[curve.order % len(_MARKERS)]
        dashes = _DASHES[curve.order // len(_SERIES) % len(_DASHES)]
        axes.plot(
            curve.rows,
            curve.values,
            dashes,
            color=color,
            marker=marker,
            markersize=6,
            linewidth=2.6 if curve.marked else 1.5,
            markeredgecolor=_PAPER,
            markeredgewidth=0.8,
        )
        ends.append(float(axes.transData.transform((curve.rows[-1], curve.values[-1]))[1]))
    right = axes.get_window_extent().x1
    for curve, height in zip(curves, _apart(ends, _SIZE + 2), strict=True):
        _write(axes, right + 6, height, curve.name, curve.order, marked=curve.marked, letters=letters)
    return _svg(figure, titles, letters)


@_or_none
def reliability_chart(confidence: Sequence[float], accuracy: Sequence[float], titles: Titles) -> Markup | None:
    """Accuracy of bins of rows against their mean confidence (shares); on the diagonal both agree."""
    if not len(confidence):
        return None
    letters = _Lettering()
    figure, axes = _canvas(titles, letters)
    low = max(0.0, min(*confidence, *accuracy) - 0.04)
    axes.set_xlim(low, 1.02)
    axes.set_ylim(low, 1.02)
    ticks = _linear_ticks(low, 1.0)
    axes.set_xticks(ticks, [letters.put(titles.percent(tick)) for tick in ticks])
    axes.set_yticks(ticks, [letters.put(titles.percent(tick)) for tick in ticks])
    axes.plot([low, 1.0], [low, 1.0], color=_MUTED, linewidth=1.2, linestyle=(0, (4, 4)))
    axes.plot(confidence, accuracy, "-o", color=_SERIES[0], markersize=7, linewidth=1.6, mec=_PAPER, mew=1)
    return _svg(figure, titles, letters)


def _canvas(titles: Titles, letters: _Lettering, *, right: float = 14) -> tuple[Figure, Axes]:
    load_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72)
    figure.set_layout_engine("none")  # whatever is set around it
    left, bottom, top = 52.0, 50.0, 34.0
    axes = figure.add_axes((left / _WIDTH, bottom / _HEIGHT, 1 - (left + right) / _WIDTH, 1 - (bottom + top) / _HEIGHT))
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_MUTED)
    axes.grid(axis="y", color=_RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=_MUTED, labelsize=_SIZE, length=0, pad=6)
    axes.tick_params(axis="x", which="major", length=4)
    # The upward axis is named above it, level, where it can be read without turning one's head.
    figure.text(4 / _WIDTH, 1 - 15 / _HEIGHT, letters.put(titles.upward), color=_MUTED, size=_SIZE)
    middle = (left + _WIDTH - right) / 2 / _WIDTH
    figure.text(middle, 8 / _HEIGHT, letters.put(titles.across), color=_MUTED, size=_SIZE, ha="center")
    return figure, axes


@_or_none
def coverage_chart(coverage: Sequence[float], right: Sequence[float], titles: Titles) -> Markup | None:
    """How many answers are right (share), where only the surest of the texts are answered (share)."""
    if not len(coverage):
        return None
    letters = _Lettering()
    figure, axes = _canvas(titles, letters)
    axes.set_xlim(0, 1.02)
    _score_axis(axes, right, right, letters, titles)
    ticks = _linear_ticks(0, 1)
    axes.set_xticks(ticks, [letters.put(titles.percent(tick)) for tick in ticks])
    axes.plot(coverage, right, "-", color=_SERIES[0], linewidth=2)
    return _svg(figure, titles, letters)


def _score_axis(axes: Axes, lows: Sequence[float], highs: Sequence[float], letters: _Lettering, titles: Titles) -> None:
    low, high = min(lows), max(highs)
    room = max(0.12 * (high - low), 0.004)
    most = 1.0 if titles.shares else math.inf
    limits = max(0.0, low - room), min(most + room / 2, high + room)
    axes.set_ylim(limits if titles.shares else limits[::-1])  # up is better
    ticks = _linear_ticks(*limits, most)
    step = 100 * (ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    decimals = next(places for places in range(6) if abs(round(step, places) - step) < 1e-4 * step or places == 5)
    axes.set_yticks(ticks, [letters.put(titles.score(tick, decimals)) for tick in ticks])


def _log_axis(axes: Axes, letters: _Lettering, spell: Callable[[float], str]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    ticks = _log_ticks(*axes.get_xlim())
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FixedFormatter([letters.put(spell(tick)) for tick in ticks]))


def _linear_ticks(low: float, high: float, most: float = 1.0) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in ticks if low - 1e-9 <= tick <= min(high, most) + 1e-9]


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between: as many of 1, 2 and 5 times a power of ten as there is room for."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps, most in (((1, 2, 5), 5), ((1, 3), 5), ((1,), 6)):
        ticks = [step * 10.0**exponent for exponent in exponents for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= most:
            return inside
    return inside[:: math.ceil(len(inside) / 6)]


def _name_dots(axes: Axes, dots: Sequence[Dot], letters: _Lettering) -> None:
    """Write each name beside its dot, where it covers least of the others."""
    area = axes.get_window_extent()
    taken: list[tuple[float, float, float, float]] = []
    centres = []
    for dot in dots:
        x, y = axes.transData.transform((dot.cost, dot.value))
        bottom, top = (axes.transData.transform((dot.cost, edge))[1] for edge in (dot.low, dot.high))
        taken += [(x - 9, y - 9, x + 9, y + 9), (x - 2, bottom, x + 2, top)]
        centres.append((float(x), float(y)))
    for dot, (x, y) in sorted(zip(dots, centres, strict=True), key=lambda pair: not pair[0].marked):
        width = _LETTER * _letters(dot.name) * (1.08 if dot.marked else 1)
        places = [
            (x + side * 13 - (width if side < 0 else 0), y + shift)
            for shift in (0, 13, -13, 24, -24, 36, -36)
            for side in (1, -1)
        ]

        def covered(place: tuple[float, float], width: float = width) -> float:
            left, middle = place
            box = (left, middle - _SIZE / 2, left + width, middle + _SIZE / 2)
            outside = max(0.0, area.x0 - box[0]) + max(0.0, box[2] - area.x1 - 10)
            return sum(_overlap(box, other) for other in taken) + 50 * outside

        left, middle = min(places, key=covered)
        taken.append((left, middle - _SIZE / 2, left + width, middle + _SIZE / 2))
        _write(axes, left, middle, dot.name, dot.order, marked=dot.marked, letters=letters)


def _write(axes: Axes, left: float, middle: float, name: str, order: int, *, marked: bool, letters: _Lettering) -> None:
    from matplotlib.transforms import IdentityTransform

    axes.text(
        left,
        middle,
        letters.put(name),
        transform=IdentityTransform(),
        va="center_baseline",
        clip_on=False,
        size=_SIZE,
        weight="bold" if marked else "normal",
        color=_INK,
        parse_math=False,
    )


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    upward = min(one[3], other[3]) - max(one[1], other[1])
    return across * upward if across > 0 and upward > 0 else 0.0


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Move heights until none is within ``gap`` of the next, keeping their order and their mean."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    moved = list(heights)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    shift = (sum(moved) - sum(heights)) / len(heights)
    return [height - shift for height in moved]


def _letters(word: str) -> int:
    """How many Latin letters wide: a Korean or Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in word)


def _svg(figure: Figure, titles: Titles, letters: _Lettering) -> Markup:
    import matplotlib

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": titles.title}):
        figure.savefig(buffer, format="svg", metadata=nothing)
    drawn = buffer.getvalue()
    inner = drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")]
    # The page's style sheet says these once: the font, and how lines join.
    for repeated in (r"\s*<style.*?</style>", r" font-family: [^;]*;", r' transform="rotate\(-0 [^"]*\)"'):
        inner = re.sub(repeated, "", inner, flags=re.DOTALL)
    # Other charts of the page use the same names for groups; only what is referred to keeps one.
    referred = set(re.findall(r"#([\w-]+)\)|href=\"#([\w-]+)\"", inner))
    kept = {name for pair in referred for name in pair if name}
    inner = re.sub(r' id="([\w.-]+)"', lambda match: match[0] if match[1] in kept else "", inner)
    inner = inner.replace("xlink:href", "href")
    for color, name in _VARIABLES.items():
        inner = inner.replace(color, f"var(--{name})")
    found = templates(titles.lang).get_template("chart.html.jinja")
    size = {"width": _WIDTH, "height": _HEIGHT}
    return Markup(found.render(titles=titles, drawn=Markup(letters.fill(inner)), **size))
