"""Measure one trained rung: its scores, its speed and its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import megabytes
from sadari.climb.context import ClimbContext
from sadari.climb.measuring.unseen import validated
from sadari.climb.result import MOST_LABELS, RungResult
from sadari.climb.split import Frozen
from sadari.climb.training import Trained
from sadari.data.corpus import Corpus
from sadari.display.watching import OnProgress
from sadari.messages import Message, beside, message
from sadari.metrics.answers import Answers
from sadari.metrics.care import care_figures, usual_care
from sadari.metrics.classification import (
    accuracy,
    confusion_cells,
    expected_calibration_error,
    macro_f1_interval,
    wilson,
)
from sadari.metrics.evaluate import truth_codes
from sadari.metrics.interval import Interval
from sadari.metrics.metric import ORDINAL, Metric
from sadari.metrics.predictions import in_order, label_columns
from sadari.metrics.scores.ordinal import distances
from sadari.metrics.several import DEFAULT, SeveralMetric, all_right, calibration, truth_matrix
from sadari.metrics.speed import one_text_us, score_in_bulk
from sadari.rungs import Rung
from sadari.text.long_texts import cut_note, windows_note

NEVER = 2.0  # the threshold of a label that the model does not know


@dataclass(frozen=True)
class Measure:
    """Measure a trained rung, and say what is to be said of its training.

    Attributes:
        rung: its name.
        rows: the training rows (positions) that it learned from; None: all.
        trained: its model, and what those that validate it say.
        planned: what is less than it could be.
        tuned: what trials have found.
    """

    rung: str
    rows: NDArray[np.int64] | None
    trained: Trained
    planned: Message | str
    tuned: Message | None

    def run(self, context: ClimbContext, progress: OnProgress | None) -> RungResult:
        """Measure it; its folder is written, if the climb has one.

        Args:
            context: the climb.
            progress: is told nothing.
        """
        frozen, model = context.frozen, self.trained.model
        held_out = self.trained.held_out
        result = measure(
            context, self.rung, model, validated(model, frozen, self.trained.unseen) if held_out is None else held_out
        )
        corpus = frozen.train if self.rows is None else frozen.train.take(self.rows)
        result.rows = len(corpus)
        coverage = model.coverage_.said() if model.coverage_ else None
        said_of_time = _said_of_time(model.shortened_, self.trained.shortened)
        result.cut = bool(self.planned or said_of_time)
        result.note = beside([self.planned, said_of_time, self.tuned, _said_of_long(model, corpus), coverage])
        return result


def _said_of_time(own: tuple[int, int] | None, behind: Sequence[tuple[int, int]]) -> Message | str:
    """What a machine that became slower has cost the model, and those that validate it."""
    said = []
    for cost, found in (
        (message("slower than measured at first: {made:,} of {planned:,} steps, for the budget"), own and [own]),
        (message("the models that validate it made {made:,} of {planned:,} steps, for the budget"), behind),
    ):
        if found:
            made, planned = map(sum, zip(*found, strict=True))
            said.append(cost.filled(made=made, planned=planned))
    return beside(said)


def _said_of_long(model: Rung, corpus: Corpus) -> Message | None:
    """How many training texts were longer than the rung reads at once, and what became of them."""
    own = model.resolved_settings()
    rows, most = len(corpus), own.get("max_length", 0)
    cut = int(np.count_nonzero(model.cut_texts(corpus.texts)))
    if cut:
        return cut_note(cut, rows, most, own.get("long_texts"))
    pieces = model.windows(corpus.texts)
    long = pieces[pieces > 1]
    return windows_note(len(long), rows, int(long.sum()), most) if len(long) else None


def measure(run: ClimbContext, name: str, model: Rung, held_out: NDArray[np.float32]) -> RungResult:
    """The figures of a trained rung; its folder is written, if the climb has one.

    Args:
        run: the climb.
        name: the rung.
        model: trained.
        held_out: float32 [v, k], probabilities of each validation row by a model that did not see it.
    """
    frozen = run.frozen
    scored, bulk = score_in_bulk(model, frozen.final.texts)
    probabilities = in_order(model, scored[1], frozen.label_names)
    scores = _of_several if frozen.several else _of_one
    result = RungResult(
        rung=name,
        settings=dict(model.resolved_settings()),
        train_seconds=model.train_seconds_,
        one_text_us=one_text_us(model, frozen.final.texts),
        bulk_texts_per_second=bulk,
        megabytes=0.0,
        probabilities=probabilities,
        validation_probabilities=held_out,
        history=model.history_,
        top_features=model.top_features(labels=_most_frequent(frozen, model)),
        inverse_temperature=model.inverse_temperature_,
        metric=run.metric.name,
        **scores(frozen, model, run.metric, probabilities, held_out, run.seed),
    )
    model.calibration_ = result.calibration = model.calibration_  # with the thresholds that the metric has chosen
    names, labels = model.codec.names(), frozen.final.given_labels
    truth, _ = truth_matrix(labels, names) if frozen.several else truth_codes(labels.to_list(), names)
    given = model.codec.given(scored[1], model.thresholds_)
    result.care = care_figures(usual_care(model).judge(*scored), truth, given, names)
    result.validation_score = run.metric.score(frozen.validation_truth, result.validation_answers)
    if run.folder is not None:
        model.save(run.folder / name, scores=_kept_scores(run, result), data=run.data_of(model))
        result.folder = str(run.place / name)
        result.megabytes = megabytes(run.folder / name)
    return result


def _kept_scores(run: ClimbContext, result: RungResult) -> dict[str, float]:
    """What a model's folder says of its scores, that included by which it was chosen."""
    frozen, counts = run.frozen, run.metric.name.partition("=")[0]  # a file of costs is not named: it may lie anywhere
    counts = {"macro-f1": "macro-F1", "micro-f1": "micro-F1"}.get(counts, counts)
    shown = {
        f"{frozen.final_name} accuracy": result.accuracy.value,
        f"{frozen.final_name} macro-F1": result.macro_f1.value,
        "validation accuracy": result.validation_accuracy.value,
    }
    final = run.metric.score(frozen.final_truth, result.final_answers).value
    validated_by = (result.validation_score or result.validation_accuracy).value
    shown = {f"{frozen.final_name} {counts}": final, f"validation {counts}": validated_by, **shown}
    return {name: value for name, value in shown.items() if np.isfinite(value)}


def _most_frequent(frozen: Frozen, model: Rung) -> list[str]:
    """Of the labels that a model knows those with the most rows, in their order: words are shown of no more."""
    known = np.flatnonzero(label_columns(model, frozen.label_names) >= 0)
    most = np.argsort(-frozen.label_counts[known], kind="stable")[:MOST_LABELS]
    return [frozen.label_names[k] for k in np.sort(known[most])]


def _of_one(
    frozen: Frozen,
    model: Rung,
    metric: Metric,
    probabilities: NDArray[np.float32],
    held_out: NDArray[np.float32],
    seed: int,
) -> dict[str, Any]:
    """Scores where a text has one label, by the name that `RungResult` has for each.

    Args:
        frozen: the split.
        model: trained; it takes on the thresholds by which the metric is best on the validation rows.
        metric: what counts.
        probabilities: float32 [n, k], of the final rows.
        held_out: float32 [v, k], of the validation rows, by models that did not see them.
        seed: of intervals that are drawn.
    """
    classes, columns = len(frozen.label_names), label_columns(model, frozen.label_names)
    thresholds = metric.thresholds(frozen.validation_truth, held_out)
    model.thresholds_[columns[columns >= 0]] = thresholds[columns >= 0]
    predictions = metric.given(probabilities, thresholds).astype(np.int32)
    validated = metric.held_out(frozen.validation_truth, held_out).given.astype(np.int32)
    confusion = confusion_cells(frozen.final_truth, predictions, classes=classes)
    found: dict[str, Any] = {
        "accuracy": accuracy(confusion),
        "macro_f1": macro_f1_interval(confusion, seed=seed),
        "calibration_error": expected_calibration_error(frozen.final_truth, probabilities),
        "predictions": predictions,
        "validation_predictions": validated,
        "validation_accuracy": accuracy(confusion_cells(frozen.validation_truth, validated, classes=classes)),
    }
    if metric.name in ORDINAL:
        found["mean_absolute_error"] = float(distances(frozen.final_truth, predictions, classes).mean())
    if metric.chooses_thresholds:
        found["thresholds"] = dict(zip(frozen.label_names, thresholds.tolist(), strict=True))
    if frozen.leaked.any() and not frozen.leaked.all():
        clean = ~frozen.leaked
        found["accuracy_without_leaks"] = accuracy(
            confusion_cells(frozen.final_truth[clean], predictions[clean], classes=classes)
        )
    return found


def _of_several(
    frozen: Frozen,
    model: Rung,
    metric: Metric,
    probabilities: NDArray[np.float32],
    held_out: NDArray[np.float32],
    seed: int,
) -> dict[str, Any]:
    """Scores where a text may have several labels.

    The labels of validation rows are given by thresholds that were chosen on other validation rows.

    Args:
        frozen: the split.
        model: trained, with its thresholds; it takes on others where the metric asks for them.
        metric: what counts.
        probabilities: float32 [n, k], of the final rows.
        held_out: float32 [v, k], of the validation rows, by models that did not see them.
        seed: of intervals that are drawn.
    """
    columns = label_columns(model, frozen.label_names)
    if metric.asks_for_thresholds:
        chosen = metric.thresholds(frozen.validation_truth, held_out)
        model.thresholds_[columns[columns >= 0]] = chosen[columns >= 0]
    thresholds = np.where(columns >= 0, model.thresholds_[columns], NEVER)
    answers, micro = Answers(probabilities, probabilities >= thresholds), SeveralMetric(DEFAULT)
    validated = metric.held_out(frozen.validation_truth, held_out).given
    found: dict[str, Any] = {
        "accuracy": _exact(frozen.final_truth, answers.given),
        "micro_f1": micro.score(frozen.final_truth, answers, seed=seed),
        "macro_f1": SeveralMetric("macro-f1").score(frozen.final_truth, answers, seed=seed),
        "average_precision": SeveralMetric("average-precision").point(frozen.final_truth, answers),
        "calibration_error": calibration(frozen.final_truth, probabilities)[2],
        "predictions": answers.given,
        "validation_predictions": validated,
        "validation_accuracy": _exact(frozen.validation_truth, validated),
        "thresholds": dict(zip(map(str, model.classes_.tolist()), model.thresholds_.tolist(), strict=True)),
    }
    if frozen.leaked.any() and not frozen.leaked.all():
        clean = ~frozen.leaked
        found["accuracy_without_leaks"] = micro.score(frozen.final_truth[clean], answers.take(clean), seed=seed)
    return found


def _exact(truth: NDArray[np.integer], given: NDArray[np.bool_]) -> Interval:
    return wilson(int(all_right(truth, given).sum()), len(truth))
