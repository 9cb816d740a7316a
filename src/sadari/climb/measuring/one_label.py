"""What a rung scores where a text has one label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.climb.split import Frozen
from sadari.metrics.classification import accuracy, confusion_matrix, expected_calibration_error, macro_f1_interval
from sadari.metrics.metric import Metric
from sadari.metrics.predictions import label_columns
from sadari.rungs import Rung


def scores_of_one(
    frozen: Frozen,
    model: Rung,
    metric: Metric,
    probabilities: NDArray[np.float32],
    held_out: NDArray[np.float32],
    seed: int,
) -> dict[str, Any]:
    """Scores by the name that `RungResult` has for each.

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
    confusion = confusion_matrix(frozen.final_truth, predictions, classes=classes)
    found: dict[str, Any] = {
        "accuracy": accuracy(confusion),
        "macro_f1": macro_f1_interval(confusion, seed=seed),
        "calibration_error": expected_calibration_error(frozen.final_truth, probabilities),
        "predictions": predictions,
        "validation_predictions": validated,
        "validation_accuracy": accuracy(confusion_matrix(frozen.validation_truth, validated, classes=classes)),
    }
    if metric.chooses_thresholds:
        found["thresholds"] = dict(zip(frozen.label_names, thresholds.tolist(), strict=True))
    if frozen.leaked.any() and not frozen.leaked.all():
        clean = ~frozen.leaked
        found["accuracy_without_leaks"] = accuracy(
            confusion_matrix(frozen.final_truth[clean], predictions[clean], classes=classes)
        )
    return found
