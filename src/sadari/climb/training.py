"""One rung trained as its plan says, validated, and kept to its time whatever else the machine has to do meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.climb.budget.budget import Plan, work
from sadari.climb.context import ClimbContext, Look
from sadari.climb.measuring.scores import score_said
from sadari.climb.measuring.unseen import Unseen
from sadari.climb.split import halves, nested_rows
from sadari.display.watching import OnProgress
from sadari.messages import Message, message, of
from sadari.metrics.predictions import label_columns, predict_in_order
from sadari.rungs import RUNGS, Rung

TRAINING, VALIDATING, DONE = 0.0, 0.4, 0.8  # of a rung's place on the bar

SURE = 0.999  # of the interval by which a net is given up
LOOKS = (0.25, 0.5, 0.75)  # shares of a training at which a net is looked at
HOPE = 2  # times what it gained between two looks it may still gain
LONG = 4  # a rung's cost beside a linear one's, from which on it may be, or is not begun where it can no longer matter

Rows = NDArray[np.int64] | None  # training rows (positions); None: all
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]  # training rows (positions): learned from, validated


@dataclass(frozen=True)
class Fitted:
    """What came of a training.

    Attributes:
        model: trained; None of a fold's.
        held_out: float32 [v, k], probabilities of each validation row, where rows are set aside for that.
        unseen: what it says of the rows of its fold, where it validates them.
        shortened: (steps made, steps planned) where the limit of time has made them fewer.
        looks: what was seen of it on validation rows while it trained, and kept.
    """

    model: Rung | None
    held_out: NDArray[np.float32] | None
    unseen: Unseen | None
    shortened: tuple[int, int] | None
    looks: Sequence[Look] = ()


@dataclass(frozen=True)
class Fit:
    """Train a rung once: the model itself, or one that validates a fold.

    Attributes:
        rung: its name.
        own: what budget and trials have chosen.
        rows: the training rows (positions); None: all.
        held: the rows (positions) to say something of then, which are not among them; None: nothing.
        whole: whether the model itself is wanted.
        seconds: that it may take; None: as long as it takes.
    """

    rung: str
    own: Mapping[str, Any]
    rows: Rows
    held: NDArray[np.int64] | None
    whole: bool
    seconds: float | None

    def run(self, context: ClimbContext, progress: OnProgress | None) -> Fitted:
        """Train, and validate.

        Args:
            context: the climb.
            progress: told how far it is.

        Raises:
            GivenUp: it is a long net that would be surely worse than the best.
        """
        frozen, model = context.frozen, context.new(self.rung, self.own)
        corpus = frozen.train if self.rows is None else frozen.train.take(self.rows)
        apart = self.whole and not frozen.folds
        model.fit(
            corpus.texts,
            corpus.labels,
            validation=(frozen.validation.texts, frozen.validation.labels) if apart else None,
            on_progress=progress,
            seconds=self.seconds,
            judge=Judge(context, model) if apart else None,
        )
        held_out = predict_in_order(model, frozen.validation.texts, frozen.label_names) if apart else None
        unseen = None if self.held is None else Unseen.by(model, frozen, self.held)
        looks = context.looks.pop(self.rung, [])
        return Fitted(model if self.whole else None, held_out, unseen, model.shortened_, looks)


@dataclass(frozen=True)
class Trained:
    """A rung's model, and how it does on validation rows.

    Attributes:
        model: trained.
        held_out: float32 [v, k], probabilities of each validation row; None in folds.
        unseen: in folds, what the model of each says of its rows.
        shortened: (steps made, steps planned) of the models that validate it, where the time has made them fewer.
    """

    model: Rung
    held_out: NDArray[np.float32] | None
    unseen: Sequence[Unseen]
    shortened: Sequence[tuple[int, int]]


class GivenUp(Exception):
    """A net whose own validation says that it cannot reach the best."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


class Allowance:
    """A rung's time, dealt out to its trainings as they come: to each by what it and those behind it have to do.

    Args:
        ends: when it is up, of `time.perf_counter`; infinite without an end.
        works: what each training has to do, in any one unit, in their order.
        besides: seconds that will go on other things.
        at_once: whether the trainings begin together, and none takes from the time of another.
    """

    def __init__(self, ends: float, works: Sequence[float], besides: float = 0.0, *, at_once: bool = False) -> None:
        self.ends, self.works, self.besides = ends, list(works), besides
        self._together = sum(works) if at_once else None

    def next(self) -> float | None:
        """Seconds that the next training may take; None without an end."""
        work, every = self.works[0], self._together or sum(self.works)
        self.works.pop(0)
        left = self.ends - self.besides - time.perf_counter()
        return None if left == float("inf") else max(1e-3, left * work / every)


def train(context: ClimbContext, name: str, plan: Plan, rows: Rows, place: float, *, ends: float) -> Trained:
    """Train a rung, and validate it, in folds where the split has them.

    Args:
        context: what the climb was asked for.
        name: the rung.
        plan: the settings and rows that the budget allows.
        rows: the training rows (positions) that the plan has it learn from; None: all.
        place: among the rungs.
        ends: when its time is up.

    Raises:
        GivenUp: it is a long net that would be surely worse than the best.
    """
    frozen = context.frozen
    folds = _folds(context, plan) if frozen.folds else []
    whole, unseen, shortened = None, list[Unseen](), []
    for wait in context.executor.start(context, _trainings(context, name, plan, rows, place, ends, folds)):
        found: Fitted = wait()
        if whole is None:
            whole = found
            context.looks.setdefault(name, []).extend(found.looks)
        elif found.shortened is not None:
            shortened.append(found.shortened)
        if found.unseen is not None:
            unseen.append(found.unseen)
            held = np.concatenate([part.held for part in unseen])
            if len(held) < len(frozen.train):
                judge(context, name, held, np.concatenate([part.table for part in unseen]))
    assert whole is not None  # the first of the jobs
    assert whole.model is not None
    return Trained(whole.model, whole.held_out, unseen, shortened)


def _trainings(
    context: ClimbContext,
    name: str,
    plan: Plan,
    rows: Rows,
    place: float,
    ends: float,
    folds: Sequence[Fold],
) -> Iterator[tuple[Fit, OnProgress | None]]:
    """The model's training, then those of the folds that want a model of their own, each made when it is begun."""
    frozen, model, own = context.frozen, context.new(name), context.own(name)
    itself = plan.validates_itself(len(frozen.train))  # then the model itself has not seen the rows of the first fold
    others = folds[1:] if itself else folds
    count = len(frozen.train) if rows is None else len(rows)
    works = [work(model, rows) for rows in (count, *(len(part) for part, _ in others))]
    predicted = len(frozen.final) + len(frozen.validation_truth)
    besides = predicted * plan.throughput.predicting if plan.throughput else 0.0
    allowance = Allowance(ends, works, besides, at_once=plan.limit is not None)
    what = of(name, plan.said() or message("in training"))
    context.progress(what, context.along(place + TRAINING))

    def told(done: float, total: float, record: Mapping[str, Any]) -> None:
        context.progress(what, context.along(place + VALIDATING * done / total))

    yield Fit(name, own, rows, folds[0][1] if itself and folds else None, True, allowance.next()), told
    for number, (part, held) in enumerate(others, len(folds) - len(others)):

        def validating(done: float, total: float, record: Mapping[str, Any], number: int = number) -> None:
            share = (number + done / total) / len(folds)
            context.say(name, message("validating in folds"), place + VALIDATING + (DONE - VALIDATING) * share)

        validating(0, 1, {})
        yield Fit(name, own, part, held, False, allowance.next()), validating


def fewer_rows(context: ClimbContext, plan: Plan) -> NDArray[np.int64]:
    """The training rows (positions) that a rung is trained on, where it is not on all."""
    if plan.validates_itself(len(context.frozen.train)):
        return _folds(context, plan)[0][0]
    return nested_rows(context.frozen, plan.rows, context.seed)


def first_fold(context: ClimbContext, plan: Plan) -> Fold:
    """The first of the folds in which such a plan is validated."""
    return _folds(context, plan)[0]


def _folds(context: ClimbContext, plan: Plan) -> list[Fold]:
    frozen, every = context.frozen, np.arange(len(context.frozen.train))
    parts = halves(frozen, context.seed) if plan.halves else frozen.folds
    held = [np.setdiff1d(every, part) for part in parts]
    if plan.halves:
        parts = [nested_rows(frozen, plan.rows, context.seed, among=part) for part in parts]
    return list(zip(parts, held, strict=True))


class Judge:
    """Looks, while a long net trains, at what it says of validation rows that were set aside, and gives it up early.

    Args:
        context: the climb.
        model: in training.
    """

    def __init__(self, context: ClimbContext, model: Rung) -> None:
        self.context, self.model = context, model
        self.before: float | None = None

    @property
    def places(self) -> tuple[float, ...]:
        """The shares of the training at which it looks."""
        context = self.context
        judged = (context.at_once and not context.named) or context.to_beat is not None
        return LOOKS if judged and self.model.relative_cost >= LONG and not context.metric.lower_is_better else ()

    def __call__(self, probabilities: NDArray[np.floating]) -> None:
        """Look at probabilities [v, k] of the validation rows, of the net as it stands.

        Raises:
            GivenUp: it would be surely worse than the best even if it gained twice as much again as since last time.
        """
        frozen, metric = self.context.frozen, self.context.metric
        places = label_columns(self.model, frozen.label_names)
        table = np.where(places >= 0, probabilities[:, places], 0.0)
        now = metric.quick(frozen.validation_truth, table)
        before, self.before = self.before, now
        if before is not None:
            judge(self.context, self.model.name, np.arange(len(table)), table, HOPE * max(0.0, now - before))


def judge(
    context: ClimbContext, name: str, rows: NDArray[np.int64], table: NDArray[np.floating], hoped: float = 0.0
) -> None:
    """Give a long net up if it is surely worse than the best so far; side by side with others, when it is its turn.

    Args:
        context: the climb.
        name: of the net.
        rows: those validation rows that were looked at.
        table: float [rows, k], its probabilities.
        hoped: what it may still gain.

    Raises:
        GivenUp: it is.
    """
    if context.at_once:
        context.looks.setdefault(name, []).append((rows, table, hoped))
        return
    best, metric, truth = context.to_beat, context.metric, context.frozen.validation_truth[rows]
    if best is None or RUNGS[name].relative_cost < LONG:
        return
    both = {"best": best.validation_answers.take(rows), "net": metric.held_out(truth, table)}
    scores, (test,) = metric.compare(truth, both)
    if test.difference.value + hoped < 0 and test.p_value < 1 - SURE:
        raise GivenUp(
            message(
                "given up before its end: it had {score} on {rows:,} validation rows, and {rung} {best}",
                score=score_said(metric, scores["net"].value),
                rows=len(rows),
                rung=best.rung,
                best=score_said(metric, scores["best"].value),
            )
        )


def judge_kept(context: ClimbContext, name: str) -> None:
    """The same of what was kept for a rung's turn.

    Raises:
        GivenUp: it is.
    """
    for look in context.looks.pop(name, []):
        judge(context, name, *look)
