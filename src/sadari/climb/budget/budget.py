"""What the time left allows: a rung's cost is guessed from a small trial before it is trained."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from sadari import readable
from sadari.climb.budget.throughput import SHARE as MEASURING
from sadari.climb.budget.throughput import Throughput, spread, throughput_of
from sadari.climb.split import Frozen, nested_rows
from sadari.compiling.watching import Stopwatch
from sadari.data.corpus import Corpus
from sadari.messages import Message, beside, message
from sadari.rungs import Rung
from sadari.rungs.neural.defaults import FEW_TEXTS

PROBE_ROWS, FIRST_ROWS = 1_000, 64
PROBE_CELLS, LEAST_PROBE = 200_000, 300  # of its rows times labels: of many labels fewer rows; but so many
NOTICED = 5.0  # seconds of compiling; finding what was compiled before takes less
MORE_LABELS = 1.5  # times as many labels as a few rows have: then it is asked what labels cost
MERGED = 4  # labels that are made one for that
LEAST_ROWS = 500  # a rung that could train on no more than these is left out
LEAST_SHARE = 0.25  # of the rows, where there are so few that they are validated in folds
SLOW = 20  # a rung's cost beside a linear one's, from which on it is slow to predict, too, and to be measured first
SHARE = 0.6  # of the time left that one rung may take while others wait
SMALL_BATCH = 1.4  # what a row costs in a batch of half the size
FEWEST_PASSES = 0.5  # of those that a net would make; of many rows, half the passes are better than half the rows
FEWEST_OF_FEW = 0.7  # of few rows: with fewer it is not what it could be
LEFT = message("it needs about {needed}, and {left} of the budget are left for it")
LEAST = message("it needs at least {needed}, and {left} of the budget are left for it")


@dataclass(frozen=True)
class Plan:
    """How a rung is trained in the time left.

    Attributes:
        rows: training rows.
        settings: other than the rung's own.
        note: what is less than it could be.
        halves: whether rows are validated by two models, each of half of them or fewer, in place of those of four
            fifths.
        throughput: how fast a slow rung is; None of the others.
        seconds: that it will take in all.
        limit: seconds that its trainings may take together; None: what the budget gives them.
    """

    rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: Message | str = ""
    halves: bool = False
    throughput: Throughput | None = None
    seconds: float = 0.0
    limit: float | None = None

    def validates_itself(self, total: int) -> bool:
        """Whether the model learns of one half, of so many rows in all, and so is validated on the other as it is."""
        return self.halves and self.rows <= total // 2

    def said(self) -> Message | None:
        """How long a slow rung will take; None of the others."""
        if self.throughput is None:
            return None
        return message(
            "{rate} texts/s in training, about {duration} in all",
            rate=readable.significant(1 / self.throughput.training, 2),
            duration=readable.duration(self.seconds, 2),
        )


@dataclass(frozen=True)
class TooDear:
    """The time left does not allow a rung.

    Attributes:
        least: seconds that it needs at least; 0 where nobody has measured them.
        why: it does not.
    """

    least: float
    why: Message


class Budget:
    """A span of time that begins now. What compiling takes, once on a machine, comes on top.

    Args:
        seconds: how long it is; None: no end.
        kept: the share of it that is kept for what comes after the rungs; see `release`.
        compiling: times what is compiled.
    """

    def __init__(self, seconds: float | None, *, kept: float = 0.0, compiling: Stopwatch | None = None) -> None:
        self._paces: dict[str, Throughput] = {}
        self._compiling = compiling or Stopwatch()
        self._kept = 0.0 if seconds is None else kept * seconds
        self.deadline = None if seconds is None else time.perf_counter() + seconds - self._kept

    def release(self, seconds: float = 0.0) -> None:
        """Free what was kept, but for so many seconds of it."""
        if self.deadline is not None:
            still = min(self._kept, seconds)
            self.deadline, self._kept = self.deadline + self._kept - still, still

    def time_left(self) -> float:
        """Seconds; infinite without an end."""
        if self.deadline is None:
            return float("inf")
        return self.deadline + self._compiling.seconds - time.perf_counter()

    def said_of_compiling(self) -> Message | None:
        """What compiling took on top of the budget, where that is to be noticed."""
        spent = self._compiling.seconds
        if self.deadline is None or spent < NOTICED:
            return None
        return message(
            "compiling took {duration} and does not count towards the budget; later climbs find it done",
            duration=readable.duration(spent),
        )

    def end_of(self, share: float) -> float:
        """When that share of the time left is up, of `time.perf_counter`; infinite without an end."""
        return time.perf_counter() + self.time_left() * share

    def allows(self, seconds: float) -> bool:
        return seconds <= self.time_left()

    def plan(self, model: Rung, frozen: Frozen, seed: int, *, share: float = SHARE) -> Plan | TooDear:
        """What the time left allows: all, else fewer passes of a net, else, where there are many rows, fewer of them.

        A first small training compiles what is compiled, so that no rung's time has that in it. Where no time is left
        there is none: of a large encoder it takes seconds.

        Args:
            model: the rung, untrained.
            frozen: the data split.
            seed: of the rows that are taken.
            share: of the time left that this rung may take.
        """
        if self.time_left() <= 0:  # what it needs is not known; if time comes free, it has its turn
            return TooDear(0.0, message("none of the budget is left for it"))
        found: Needed = self._paces.get(model.name)
        if found is None:
            at_most, timed = MEASURING * self.time_left(), self.deadline is not None
            found = needed(model, frozen, seed, at_most=at_most, allowed=lambda: self.time_left() * share, timed=timed)
        if isinstance(found, Throughput):
            self._paces[model.name] = found
        return planned(model, found, frozen, self.time_left() * share)


Needed = Throughput | float | None  # of a slow rung, how fast it is; of another the seconds for all rows, if measured


def needed(
    model: Rung,
    frozen: Frozen,
    seed: int,
    *,
    at_most: float = math.inf,
    allowed: Callable[[], float] = lambda: math.inf,
    timed: bool = True,
) -> Needed:
    """What a rung needs for all rows, and for all folds, guessed from a small training.

    Args:
        model: the rung, untrained.
        frozen: the data split.
        seed: of the rows that are taken.
        at_most: seconds that measuring a slow one may take.
        allowed: asked for the seconds that the rung may take.
        timed: whether one that is not slow is measured; else it only compiles what is to be compiled.

    Returns:
        None where it is not known.
    """
    total = len(frozen.train)
    most = max(LEAST_PROBE, min(PROBE_ROWS, PROBE_CELLS // len(frozen.label_names)))
    probe = frozen.train.take(nested_rows(frozen, min(most, total), seed))
    if len(probe.label_names) < 2:
        return None
    if model.relative_cost >= SLOW:
        return throughput_of(model, probe, at_most)
    short = _one_epoch(model, total)
    few = spread(probe, FIRST_ROWS)
    short.fit(few.texts, few.labels).predict_proba(few.texts)
    if not timed:
        return None
    scale = (total + sum(len(fold) for fold in frozen.folds)) / len(probe)
    labels = len(frozen.label_names)
    by_labels = _by_labels(short, probe, labels)
    return seconds_needed(
        lambda rows: _spent(short, rows.texts, rows.labels),
        few,
        probe,
        passes=by_labels * (_epochs(model, total) + model.calibration_passes(total, labels)),
        made=1 + model.calibration_passes(len(probe), len(probe.label_names)),
        scale=scale,
        allowed=allowed(),
    )


def _by_labels(model: Rung, probe: Corpus, labels: int) -> float:
    """By how much a text takes longer where there are so many labels, and not just those of a few rows.

    The few rows are learned once more with every four of their labels made one: what that saves is what labels cost.
    """
    names = probe.label_names
    if labels <= MORE_LABELS * len(names) or len(names) < MERGED * 2:
        return 1.0
    merged = {name: names[place - place % MERGED] for place, name in enumerate(names)}
    found = probe.given_labels.to_list()
    joined = [merged[each] if isinstance(each, str) else sorted({merged[one] for one in each}) for each in found]
    every, some = (_spent(model, probe.texts, given).passing for given in (probe.labels, joined))
    by_label = max(0.0, every - some) / (len(names) - len(names) // MERGED)
    return 1 + by_label * (labels - len(names)) / every


def planned(model: Rung, found: Needed, frozen: Frozen, allowed: float) -> Plan | TooDear:
    """What so much time allows a rung.

    Args:
        model: the rung, untrained.
        found: what it needs.
        frozen: the data split.
        allowed: seconds.
    """
    if found is None:
        return Plan(len(frozen.train))
    if isinstance(found, Throughput):
        return _plan_slow(model, found, frozen, allowed)
    return _plan(model, found, allowed, len(frozen.train), in_folds=bool(frozen.folds))


@dataclass(frozen=True)
class Spent:
    """The seconds of a training: in all, and of these in a pass."""

    whole: float
    passing: float

    def with_passes(self, passes: float, made: float = 1.0) -> float:
        """What so many passes take: what is done once, such as looking for the words, is not done for each of them.

        Args:
            passes: how many.
            made: how many there were.
        """
        return max(0.0, self.whole - self.passing * made) + self.passing * passes


def _spent(model: Rung, texts: pl.Series, labels: Any) -> Spent:
    """Train a rung that makes one pass."""
    start = time.perf_counter()
    model.fit(texts, labels)
    whole = time.perf_counter() - start
    passing = model.history_[-1].get("seconds", whole) if model.history_ else whole
    return Spent(whole, min(passing, whole))


def seconds_needed(
    train: Callable[[Corpus], Spent],
    few: Corpus,
    probe: Corpus,
    *,
    passes: float,
    scale: float,
    allowed: float,
    made: float = 1.0,
) -> float:
    """What a rung needs, by a small training of it.

    Where that is more than it is allowed, a smaller one is asked whether the machine was only busy just then, or had
    something to compile; then it is measured again.

    Args:
        train: trains it once on such rows.
        few: a few rows.
        probe: more rows.
        passes: that it makes.
        scale: how many times the rows of ``probe`` it goes over in each, in all its trainings.
        allowed: seconds.
        made: passes that the small training makes.
    """

    def whole(spent: Spent) -> float:
        return spent.with_passes(passes, made) * scale

    spent = train(probe)
    if whole(spent) > allowed and train(few).whole * len(probe) < spent.whole * len(few):
        spent = min(spent, train(probe), key=whole)
    return whole(spent)


def _plan(model: Rung, needed: float, allowed: float, total: int, *, in_folds: bool) -> Plan | TooDear:
    """How a rung that needs so many seconds for ``total`` rows is trained in those that it is allowed."""
    if needed <= allowed:
        return Plan(total)
    share, fewest = max(0.0, allowed) / needed, 1.0
    if model.chooses_epochs:
        fewest, passes = FEWEST_PASSES if total >= FEW_TEXTS else FEWEST_OF_FEW, model.planned_epochs(total)
        fewer = int(passes * share)
        if fewer >= fewest * passes:
            return Plan(total, {"epochs": fewer}, _fewer_passes(fewer, passes))
    rows = 0 if in_folds else _fewer_rows(model, total, share / fewest)
    if rows >= min(LEAST_ROWS, total):
        settings = {"epochs": math.ceil(fewest * model.planned_epochs(rows))} if fewest < 1 else {}
        return Plan(rows, settings, _on_fewer_rows(rows, total))
    least = fewest if in_folds else fewest * min(1.0, LEAST_ROWS / total)
    return TooDear(needed * least, _why(needed, allowed))


def _fewer_passes(fewer: int, passes: int) -> Message:
    return message("{fewer} of {passes} passes, for the budget", fewer=fewer, passes=passes)


def _on_fewer_rows(rows: int, total: int) -> Message:
    return message("trained on {rows:,} of {total:,} rows, for the budget", rows=rows, total=total)


def _why(needed: float, allowed: float, left: Message = LEFT) -> Message:
    """Why a rung is left out; ``left``: how that is said where some time is left."""
    if allowed <= 0.001:
        left = message("it needs about {needed}, and none of the budget is left for it")
    return left.filled(needed=readable.duration(needed, 2), left=readable.duration(allowed, 2))


def _plan_slow(model: Rung, throughput: Throughput, frozen: Frozen, allowed: float) -> Plan | TooDear:
    """How a rung is trained that is slow to predict, too: the texts that it is measured on are in what it may take."""
    total = len(frozen.train)
    measured = len(frozen.final) + (total if frozen.folds else len(frozen.validation))
    fixed = measured * throughput.predicting
    if frozen.folds:
        found = _plan_in_folds(model, throughput, frozen, allowed - fixed)
    else:
        needed = throughput.training * total * _epochs(model, total)
        found = _plan(model, needed, allowed - fixed, total, in_folds=False)
    if isinstance(found, Plan):
        passes = found.settings.get("epochs", _epochs(model, found.rows))
        seconds = found.seconds or throughput.training * found.rows * passes
        return replace(found, throughput=throughput, seconds=seconds + fixed)
    least = found.least
    if not frozen.folds:  # few rows want more passes: so many rows are not so many times cheaper
        fewest = FEWEST_PASSES if model.chooses_epochs and total >= FEW_TEXTS else 1.0
        least = throughput.training * LEAST_ROWS * _epochs(model, LEAST_ROWS) * fewest
    rate = readable.significant(1 / throughput.training, 2)
    return TooDear(least + fixed, message("at {rate} texts/s in training {why}", rate=rate, why=found.why))


def _plan_in_folds(model: Rung, throughput: Throughput, frozen: Frozen, allowed: float) -> Plan | TooDear:
    """The same where every row is validated once: in all folds, else in halves, else of fewer rows."""
    total = len(frozen.train)
    least = math.ceil(min(LEAST_ROWS, total * LEAST_SHARE))
    sizes, seconds = [total, *map(len, frozen.folds)], 0.0
    for rows, passes, in_halves in _ways_in_folds(model, total, least):
        if in_halves:  # the model itself, and two that validate it; of no more than half it is one of these
            sizes = [rows, rows] if rows <= total // 2 else [rows, -(-total // 2), total // 2]
        seconds = throughput.training * sum(size * (passes or _epochs(model, size)) for size in sizes)
        if seconds > allowed * (1 + 1e-9):
            continue
        notes: list[Message] = []
        if rows < total:
            notes.append(_on_fewer_rows(rows, total))
        elif passes is not None:
            notes.append(_fewer_passes(passes, model.planned_epochs(total)))
        if in_halves and rows * 2 >= total:
            notes.append(message("validated by models of half the rows, for the budget"))
        elif in_halves:
            notes.append(message("validated by two models of as many rows"))
        settings = {} if passes is None else {"epochs": passes}
        return Plan(rows, settings, beside(notes), in_halves, seconds=seconds)
    return TooDear(seconds, _why(seconds, allowed, LEAST))


def _ways_in_folds(model: Rung, total: int, least: int) -> Iterator[tuple[int, int | None, bool]]:
    """(Rows, passes or None for its own number, whether in halves), from the best to the cheapest."""
    yield total, None, False
    yield total, None, True
    if model.chooses_epochs:
        usual = model.planned_epochs(total)
        for passes in range(usual - 1, math.ceil(FEWEST_OF_FEW * usual) - 1, -1):
            yield total, passes, True
    for rows in range(total - 1, least - 1, -1):
        yield rows, math.ceil(FEWEST_OF_FEW * model.planned_epochs(rows)) if model.chooses_epochs else None, True


def _fewer_rows(model: Rung, total: int, share: float) -> int:
    """How many rows cost that share of what ``total`` cost: of fewer rows a net makes more passes."""

    def cost(rows: int) -> float:
        small = (model.planned_batch(rows) or 0) < (model.planned_batch(total) or 0)
        return rows * _epochs(model, rows) * (SMALL_BATCH if small else 1)

    allowed = cost(total) * share
    return max((rows for rows in range(0, total, max(1, total // 1000)) if cost(rows) <= allowed), default=0)


def _one_epoch(model: Rung, rows: int) -> Rung:
    """The same rung with one pass, where passes are what costs, and with the batches that it makes of so many rows."""
    from sklearn.base import clone

    short: Rung = clone(model).set_params(class_weight=None)  # it may name a label that is not among a few texts
    batch = model.planned_batch(rows)
    if batch is not None:
        short.set_params(batch_size=batch)
    if "epochs" in model.get_params(deep=False):
        short.set_params(epochs=1)
    return short


def work(model: Rung, rows: int) -> float:
    """How many texts the rung itself would go over in training on so many rows, each as often as it does."""
    return rows * _epochs(model, rows)


def _epochs(model: Rung, rows: int) -> float:
    """How many passes the rung itself would make over so many rows."""
    if "epochs" not in model.get_params(deep=False):
        return 1.0
    return float(max(1, model.planned_epochs(rows)))
