"""The columns of a climb's table, each declared once: the terminal and the report both draw what stands here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sadari import readable
from sadari.climb.result import RungResult
from sadari.messages import Figure, Message, message
from sadari.metrics.interval import Interval


@dataclass(frozen=True)
class Column:
    """One figure of every rung.

    Attributes:
        heading: what it is called.
        unit: what it is counted in; the report names it once, below the heading.
        read: a rung's figure: a number, or a score with its interval; None where the rung has none.
        brief: how the terminal writes it, its unit included.
        rank: of a terminal that is too narrow, columns of the lowest rank are left out first.
        figure: how the report writes a number in its unit; scores it writes with their intervals.
        spans: whether the report also draws the intervals of all rungs on one scale.
    """

    heading: Message
    unit: Message | str
    read: Callable[[RungResult], Any]
    brief: Callable[[Any], Message | str]
    rank: int
    figure: Callable[[float], Figure | str] = readable.significant
    spans: bool = False

    def cell(self, rung: RungResult) -> Message | str:
        """What the terminal shows of a rung."""
        found = self.read(rung)
        return readable.DASH if found is None else self.brief(found)


def _score(score: Interval) -> str:
    return f"{readable.percent(score.value)} ±{readable.plus_minus(score)}"


def _time(seconds: float) -> Message | str:
    return readable.duration(seconds, 2)


def _counts(metric: str) -> Callable[[RungResult], Interval | None]:
    """Reads the score of a climb whose verdict goes by that metric."""
    return lambda rung: rung.score if rung.metric.partition(":")[0].partition("=")[0] == metric else None


def _amount(metric: str) -> Callable[[RungResult], float | None]:
    """The same of a score that is no share."""
    read = _counts(metric)

    def amount(rung: RungResult) -> float | None:
        score = read(rung)
        return None if score is None else score.value

    return amount


def _three(amount: float) -> str:
    return f"{amount:.3f}"


WITHOUT_LEAKS = Column(message("without leaks"), "%", lambda rung: rung.accuracy_without_leaks, brief=_score, rank=8)
COLUMNS = [
    Column(message("macro-F1"), "%", _counts("macro-f1"), brief=_score, rank=10, spans=True),
    Column(message("F1"), "%", _counts("f1"), brief=_score, rank=10, spans=True),
    Column(message("average precision"), "%", _counts("average-precision"), brief=_score, rank=10, spans=True),
    Column(message("recall"), "%", _counts("recall@precision"), brief=_score, rank=10, spans=True),
    Column(message("weighted kappa"), "%", _counts("weighted-kappa"), brief=_score, rank=10, spans=True),
    *(
        Column(title, unit, _amount(name), brief=_three, rank=10, figure=_three)
        for name, title, unit in (("cost", message("cost a text"), message("of cost")),)
    ),
    Column(
        message("mean absolute error"),
        message("steps"),
        lambda rung: rung.mean_absolute_error,
        brief=_three,
        rank=10,
        figure=_three,
    ),
    Column(
        message("log loss"),
        "nats",
        lambda rung: None if rung.metric != "log-loss" or rung.score is None else rung.score.value,
        brief=lambda loss: f"{loss:.3f}",
        rank=10,
        figure=lambda loss: f"{loss:.3f}",
    ),
    Column(
        message("accuracy"), "%", lambda rung: None if rung.several else rung.accuracy, brief=_score, rank=9, spans=True
    ),
    Column(message("micro-F1"), "%", lambda rung: rung.micro_f1, brief=_score, rank=9, spans=True),
    Column(
        message("all labels right"), "%", lambda rung: rung.accuracy if rung.several else None, brief=_score, rank=5
    ),
    WITHOUT_LEAKS,
    Column(
        message("average precision"),
        "%",
        lambda rung: None if rung.metric == "average-precision" else rung.average_precision,
        brief=readable.percent,
        rank=4,
        figure=readable.percent,
    ),
    Column(
        message("macro-F1"),
        "%",
        lambda rung: None if rung.metric == "macro-f1" else rung.macro_f1,
        brief=lambda score: readable.percent(score.value),
        rank=6,
    ),
    Column(
        message("calibration error"),
        message("points"),
        lambda rung: rung.calibration_error,
        brief=readable.percent,
        rank=1,
        figure=readable.percent,
    ),
    Column(message("training"), message("seconds"), lambda rung: rung.train_seconds, brief=_time, rank=7),
    Column(message("one text"), "µs", lambda rung: rung.one_text_us, brief=lambda us: _time(us / 1e6), rank=4),
    Column(
        message("in bulk"),
        message("texts/s"),
        lambda rung: rung.bulk_texts_per_second,
        brief=readable.rate,
        rank=5,
        figure=readable.Large,
    ),
    Column(
        message("size"),
        "MB",
        lambda rung: rung.megabytes or None,  # of a model that was not saved it is not known
        brief=lambda size: f"{readable.significant(size, 2)} MB",
        rank=3,
    ),
]


def columns_of(rungs: Iterable[RungResult]) -> list[Column]:
    """The columns in which at least one of these rungs has a figure, in the order of `COLUMNS`."""
    rungs = list(rungs)
    return [column for column in COLUMNS if any(column.read(rung) is not None for rung in rungs)]
