"""How scores and their differences are written: in per cent and points, in nats, steps or cost."""

from __future__ import annotations

from sadari import readable
from sadari.messages import Message, message
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric


def score_said(metric: Metric, value: float) -> Message:
    """A score with what it is a score of."""
    if metric.name == "accuracy":
        return score_figure(metric, value)
    if metric.kind == "log-loss":
        return message("log loss {value}", value=f"{value:.3f}")
    if metric.lower_is_better:
        return message("{metric} {value}", metric=metric.heading, value=f"{value:.3f}")
    if metric.name == "average-precision":
        return message("average precision {percent} %", percent=readable.percent(value))
    if metric.kind in ("recall@precision", "weighted-kappa"):
        return message("{metric} {percent} %", metric=metric.heading, percent=readable.percent(value))
    if metric.label is not None:
        return message("F1 of {label} {percent} %", label=readable.label(metric.label), percent=readable.percent(value))
    kind = message("macro-F1 {percent} %") if metric.name == "macro-f1" else message("micro-F1 {percent} %")
    return kind.filled(percent=readable.percent(value))


def amount_said(metric: Metric, gain: Interval) -> Message:
    """A difference with its interval, unsigned."""
    if metric.lower_is_better and metric.kind != "log-loss":
        gained, half = f"{abs(gain.value):.3f}", f"{(gain.high - gain.low) / 2:.3f}"
        return message("{gain} ± {half} {unit}", gain=gained, half=half, unit=metric.unit)
    if metric.lower_is_better:
        return message(
            "{gain} ± {half} of log loss", gain=f"{abs(gain.value):.3f}", half=f"{(gain.high - gain.low) / 2:.3f}"
        )
    return message("{gain} ± {half} points", gain=readable.points(gain.value), half=readable.plus_minus(gain))


def score_figure(metric: Metric, value: float) -> Message:
    """A score with its unit alone."""
    if metric.kind == "log-loss":
        return message("{loss} nats", loss=f"{value:.3f}")
    if metric.lower_is_better:
        return message("{value} {unit}", value=f"{value:.3f}", unit=metric.unit)
    return message("{percent} %", percent=readable.percent(value))


def amount_figure(metric: Metric, amount: float) -> str:
    """A difference without its sign: in points, or in the metric's own unit."""
    return f"{abs(amount):.3f}" if metric.lower_is_better else readable.points(amount)


def amount_alone(metric: Metric, amount: float) -> Message | str:
    """The same with its unit."""
    figure = amount_figure(metric, amount)
    if not metric.lower_is_better:
        return message("{points} points", points=figure)
    return message("{value} {unit}", value=figure, unit=metric.unit)


def amount_unit(metric: Metric) -> Message | str:
    """What differences are counted in."""
    return metric.unit
