"""What a rung scores where a text may have several labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.climb.split import Frozen
from sadari.metrics.answers import Answers
from sadari.metrics.classification import wilson
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric
from sadari.metrics.predictions import label_columns
from sadari.metrics.several import DEFAULT, SeveralMetric, all_right, calibration
from sadari.rungs import Rung

NEVER = 2.0  # the threshold of a label that the model does not know


def scores_of_several(
    frozen: Frozen,
    model: Rung,
    metric: Metric,
    probabilities: NDArray[np.float32],
    held_out: NDArray[np.float32],
    seed: int,
) -> dict[str, Any]:
    """Scores by the name that `RungResult` has for each.

    The labels of validation rows are given by thresholds that were chosen on other validation rows.

    Args:
        frozen: the split.
        model: trained, with its thresholds.
        metric: what counts.
        probabilities: float32 [n, k], of the final rows.
        held_out: float32 [v, k], of the validation rows, by models that did not see them.
        seed: of intervals that are drawn.
    """
    columns = label_columns(model, frozen.label_names)
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
