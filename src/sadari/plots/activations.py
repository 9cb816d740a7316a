"""Pictures of what a net does inside: attention as heat maps, gates and states over the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sadari.errors import DataError, SettingError
from sadari.messages import Message, message
from sadari.plots.picture import check_picture, give_picture
from sadari.rungs.explanation import Activations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TOKENS = 80
GATES = {
    "input": message("input gate i"),
    "forget": message("forget gate f"),
    "candidate": message("candidate g"),
    "output": message("output gate o"),
    "reset": message("reset gate r"),
    "update": message("update gate z"),
    "cell": message("cell state c"),
    "hidden": message("hidden state h"),
}
BACKWARD = "backward "
SIGNED = ("candidate", "cell", "hidden")  # from −1 to 1, or beyond


def draw_activations(
    found: Activations,
    path: str | Path | None = None,
    *,
    ax: Axes | Sequence[Axes] | None = None,
    panels: Sequence[str] | None = None,
    head: int | None = None,
) -> Figure | Path:
    """Draw gates or attention, a panel each.

    Args:
        found: of one text.
        path: an SVG, PNG or PDF to write, by its ending; None: the figure is given back.
        ax: axes to draw on, one a panel; None: those of a new figure.
        panels: which of ``found.panels``; None: all, or the last one where ``ax`` is one alone.
        head: of attention, from 0; None: the mean of all heads.

    Raises:
        SettingError: another ending, no such panel or head, axes that do not fit. DataError: too many tokens to draw.
        OutputError: it cannot be written.
    """
    if path is not None:
        check_picture(path)
    if len(found.tokens) > MOST_TOKENS:
        raise DataError(
            message("the text has {number_of_tokens} tokens, too many to draw", number_of_tokens=len(found.tokens)),
            hint=message("give a text of at most {most_tokens}", most_tokens=MOST_TOKENS),
        )
    names = list(found.panels) if panels is None else list(panels)
    if panels is None and ax is not None and not hasattr(ax, "__iter__"):
        names = names[-1:]
    if not names or set(names) - set(found.panels):
        known = ", ".join(found.panels)
        raise SettingError(message("there is no such panel"), hint=message("choose from: {known}", known=known))
    count, tokens = len(names), len(found.tokens)
    if found.kind == "attention":
        _check_head(found, head)
        size = max(2.6, 0.24 * tokens)
        shape, inches = (1, count), (size * count + 1.2, size + 1.0)
        return give_picture(lambda axes: _attention(found, names, head, axes), inches, path, ax, shape)
    inches = (max(4.5, 0.32 * tokens + 2.0), 1.25 * count + 1.0)
    return give_picture(lambda axes: _gates(found, names, axes), inches, path, ax, (count, 1))


def _check_head(found: Activations, head: int | None) -> None:
    heads = len(next(iter(found.panels.values())))
    if head is not None and not 0 <= head < heads:
        raise SettingError(message("there is no head {head}", head=head), hint=message("0 to {last}", last=heads - 1))


def _attention(found: Activations, names: Sequence[str], head: int | None, axes: Sequence[Axes]) -> None:
    """One heat map a layer: row = who attends, column = to whom."""
    places, image = range(len(found.tokens)), None
    for axis, name in zip(axes, names, strict=True):
        weights = found.panels[name]
        image = axis.imshow(
            weights.mean(axis=0) if head is None else weights[head], cmap="Blues", vmin=0, interpolation="nearest"
        )
        layer = message("layer {number}", number=name.split()[-1]) if name.startswith("layer ") else name
        title = message("{layer}, mean of {heads} heads", layer=layer, heads=len(weights))
        if head is not None:
            title = message("{layer}, head {head}", layer=layer, head=head)
        axis.set_title(str(title), fontsize=9)
        axis.set_xticks(places, found.tokens, rotation=90, fontsize=7, parse_math=False)
        axis.set_yticks(places, found.tokens, fontsize=7, parse_math=False)
        axis.tick_params(length=0)
        axis.set_xlabel(str(message("attended to")), fontsize=8)
    axes[0].set_ylabel(str(message("attends")), fontsize=8)
    if image is not None:
        beside = axes[0].figure.colorbar(image, ax=list(axes), shrink=0.7)
        beside.set_label(str(message("share of attention")), fontsize=8)
        beside.ax.tick_params(labelsize=7)


def gate_name(name: str) -> Message | str:
    """What a panel of gates is called, with its letter in the equations.

    Args:
        name: of ``Activations.panels``.
    """
    side, own = name.startswith(BACKWARD), name.removeprefix(BACKWARD)
    if own not in GATES:
        return name
    return message("{name}, backward", name=GATES[own]) if side else GATES[own]


def _gates(found: Activations, names: Sequence[str], axes: Sequence[Axes]) -> None:
    """One strip a gate or state: tokens across, units down, units ordered alike in all strips."""
    # units that behave alike stand together: ordered by when their state is largest
    state = "cell" if "cell" in found.panels else "hidden"
    order = {
        side: np.argsort(found.panels[f"{side}{state}"].argmax(axis=0), kind="stable")
        for side in ("", BACKWARD)
        if f"{side}{state}" in found.panels
    }
    for axis, name in zip(axes, names, strict=True):
        values = found.panels[name].T[order[BACKWARD if name.startswith(BACKWARD) else ""]]
        signed = name.endswith(SIGNED)
        reach = max(1.0, float(np.abs(values).max())) if signed else 1.0
        image = axis.imshow(
            values,
            aspect="auto",
            cmap="RdBu_r" if signed else "Blues",
            vmin=-reach if signed else 0,
            vmax=reach,
            interpolation="nearest",
        )
        axis.set_title(str(gate_name(name)), fontsize=8, loc="left", pad=2)
        axis.set_ylabel(str(message("units")), fontsize=7)
        axis.set_yticks([])
        axis.set_xticks([])
        axis.tick_params(length=0)
        axis.figure.colorbar(image, ax=axis, pad=0.01).ax.tick_params(labelsize=7)
    axes[-1].set_xticks(range(len(found.tokens)), found.tokens, rotation=90, fontsize=7, parse_math=False)
