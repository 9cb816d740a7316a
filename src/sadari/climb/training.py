"""One rung trained as its plan says, validated, and kept to its time whatever else the machine has to do meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.climb.budget.budget import Plan, work
from sadari.climb.context import ClimbContext
from sadari.climb.measuring.scores import score_said
from sadari.climb.split import halves, nested_rows
from sadari.data.corpus import Corpus
from sadari.display.watching import OnProgress
from sadari.messages import Message, beside, message, of
from sadari.metrics.predictions import label_columns, predict_in_order
from sadari.rungs import Rung
from sadari.train.solvers.temperature import sigmoid

TRAINING, VALIDATING, DONE = 0.0, 0.4, 0.8  # of a rung's place on the bar

SURE = 0.999  # of the interval by which a net is given up
LOOKS = (0.25, 0.5, 0.75)  # shares of a training at which a net is looked at
HOPE = 2  # times what it gained between two looks it may still gain
LONG = 4  # a rung's cost beside a linear one's, from which on it may be

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]  # training rows (positions): learned from, validated


@dataclass(frozen=True)
class Trained:
    """A rung's model, and how it does on validation rows.

    Attributes:
        held_out: float32 [v, k], probabilities of each validation row by a model that did not see it.
        note: what the time has cost after all.
    """

    model: Rung
    held_out: NDArray[np.float32]
    note: Message | str


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
    """

    def __init__(self, ends: float, works: Sequence[float], besides: float = 0.0) -> None:
        self.ends, self.works, self.besides = ends, list(works), besides

    def next(self) -> float | None:
        """Seconds that the next training may take; None without an end."""
        work, every = self.works[0], sum(self.works)
        self.works.pop(0)
        left = self.ends - self.besides - time.perf_counter()
        return None if left == float("inf") else max(1e-3, left * work / every)


def train(context: ClimbContext, name: str, plan: Plan, corpus: Corpus, place: float, *, ends: float) -> Trained:
    """Train a rung, and validate it, in folds where the split has them.

    Args:
        context: what the climb was asked for.
        name: the rung.
        plan: the settings and rows that the budget allows.
        corpus: what the plan has it learn from.
        place: among the rungs.
        ends: when its time is up.
    """
    frozen, model = context.frozen, context.new(name)
    folds = _folds(context, plan) if frozen.folds else []
    others = folds[1:] if plan.validates_itself(len(frozen.train)) else folds
    works = [work(model, rows) for rows in (len(corpus), *(len(rows) for rows, _ in others))]
    predicted = len(frozen.final) + len(frozen.validation_truth)
    allowance = Allowance(ends, works, predicted * plan.throughput.predicting if plan.throughput else 0.0)
    what = of(name, plan.said() or message("in training"))
    context.progress(what, context.along(place + TRAINING))

    def told(done: float, total: float, record: Mapping[str, Any]) -> None:
        context.progress(what, context.along(place + VALIDATING * done / total))

    held = None if frozen.folds else (frozen.validation.texts, frozen.validation.labels)
    _fit(model, corpus, allowance, told, held, None if frozen.folds else Judge(context, model))
    if frozen.folds:
        held_out, behind = _validate_in_folds(context, name, model, folds, others, allowance, place)
    else:
        held_out, behind = predict_in_order(model, frozen.validation.texts, frozen.label_names), []
    return Trained(model, held_out, _said_of_time(model, behind))


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


def _fit(
    model: Rung,
    corpus: Corpus,
    allowance: Allowance,
    told: OnProgress,
    held: tuple[pl.Series, pl.Series | None] | None = None,
    judge: Judge | None = None,
) -> Rung:
    """Train a model in its part of the time."""
    seconds = allowance.next()
    return model.fit(corpus.texts, corpus.labels, validation=held, on_progress=told, seconds=seconds, judge=judge)


def _validate_in_folds(
    context: ClimbContext,
    name: str,
    model: Rung,
    folds: list[Fold],
    others: list[Fold],
    allowance: Allowance,
    place: float,
) -> tuple[NDArray[np.float32], list[Rung]]:
    """Each training row's probabilities by a model that did not see it: float32 [train, k].

    ``model`` is calibrated on the same rows, and they are as sharp as its own.

    Args:
        context: what the climb was asked for.
        name: the rung.
        model: the rung's own, trained.
        folds: all folds.
        others: folds that want a model of their own; of the rest ``model`` itself has not seen the rows.
        allowance: the rung's time, dealt out to its models.
        place: among the rungs.

    Returns:
        the probabilities, and the models that were trained for this.
    """
    frozen = context.frozen
    logits = np.zeros((len(frozen.train), len(frozen.label_names)), np.float32)
    table = np.zeros_like(logits, np.float64)
    complete, known = np.zeros((2, len(frozen.train)), np.bool_)
    made = []
    for number, (rows, held) in enumerate(folds):

        def told(done: float, total: float, record: Mapping[str, Any], number: int = number) -> None:
            share = (number + done / total) / len(folds)
            context.say(name, message("validating in folds"), place + VALIDATING + (DONE - VALIDATING) * share)

        told(0, 1, {})
        one = model
        if number >= len(folds) - len(others):
            one = _fit(context.new(name), frozen.train.take(rows), allowance, told)
            made.append(one)
        texts = frozen.train.texts.gather(held)
        places = label_columns(one, frozen.label_names)
        found, known[held] = one.predict_with_marks(texts)
        table[np.ix_(held, places >= 0)] = found[:, places[places >= 0]]
        logits[np.ix_(held, places >= 0)] = one.logits(texts)[:, places[places >= 0]]
        complete[held] = (places >= 0).all()
        if not frozen.several:
            table[held[known[held]]] = _to_power(table[held[known[held]]], 1 / one.inverse_temperature_)
        seen = np.concatenate([held for _, held in folds[: number + 1]])
        if len(seen) < len(frozen.train):
            _give_up(context, model, seen, table[seen])
    own_order = [frozen.label_names.index(str(label)) for label in model.classes_.tolist()]
    model.calibrate(logits[complete][:, own_order], frozen.train.given_labels.filter(pl.Series(complete)))
    if frozen.several:
        seen = known[:, None] & (table > 0)  # of a label that a model never saw its logits say nothing
        return np.where(seen, sigmoid(logits * np.float64(model.inverse_temperature_)), table).astype(np.float32), made
    # texts of which a model knew nothing have the shares of the labels
    table[known] = _to_power(table[known], model.inverse_temperature_)
    return (table / table.sum(axis=1, keepdims=True)).astype(np.float32), made


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
        judged = self.context.to_beat is not None and self.model.relative_cost >= LONG
        return LOOKS if judged and not self.context.metric.lower_is_better else ()

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
            hoped = HOPE * max(0.0, now - before)
            _give_up(self.context, self.model, np.arange(len(table)), table, hoped)


def _to_power(table: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Each row to a power and divided by its largest number, which a high power of small numbers would make 0."""
    with np.errstate(divide="ignore"):
        logs = np.log(table)
    found: NDArray[np.float64] = np.exp((logs - logs.max(axis=1, keepdims=True)) * exponent)
    return found


def _give_up(
    context: ClimbContext, model: Rung, rows: NDArray[np.int64], table: NDArray[np.floating], hoped: float = 0.0
) -> None:
    """Give a long net up if it is surely worse than the best so far on validation rows.

    Args:
        context: the climb.
        model: the net.
        rows: those validation rows.
        table: float [rows, k], its probabilities.
        hoped: what it may still gain.

    Raises:
        GivenUp: it is.
    """
    best, metric, truth = context.to_beat, context.metric, context.frozen.validation_truth[rows]
    if best is None or model.relative_cost < LONG:
        return
    both = {"best": best.validation_answers.take(rows), "net": metric.held_out(truth, table)}
    scores, (test,) = metric.compare(truth, both)
    if test.difference.value + hoped < 0 and test.p_value < 1 - SURE:
        raise GivenUp(
            message(
                "given up: it has {score} on {rows:,} validation rows, and {rung} {best}",
                score=score_said(metric, scores["net"].value),
                rows=len(rows),
                rung=best.rung,
                best=score_said(metric, scores["best"].value),
            )
        )


def _said_of_time(model: Rung, behind: list[Rung]) -> Message | str:
    """What a machine that became slower has cost the model, and those that validate it."""
    said = []
    for cost, models in (
        (message("slower than measured at first: {made:,} of {planned:,} steps, for the budget"), [model]),
        (message("the models that validate it made {made:,} of {planned:,} steps, for the budget"), behind),
    ):
        found = [one.shortened_ for one in models if one.shortened_ is not None]
        if found:
            made, planned = map(sum, zip(*found, strict=True))
            said.append(cost.filled(made=made, planned=planned))
    return beside(said)
