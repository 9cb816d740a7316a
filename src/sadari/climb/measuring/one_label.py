"""What a rung scores where a text has one label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.climb.split import Frozen
from sadari.metrics.classification import accuracy, confusion_matrix, expected_calibration_error, macro_f1_interval
from sadari.rungs import Rung


def scores_of_one(
    frozen: Frozen, model: Rung, probabilities: NDArray[np.float32], held_out: NDArray[np.float32], seed: int
) -> dict[str, Any]:
    """Scores by the name that `RungResult` has for each.

    Args:
        frozen: the split.
        model: trained; one label a text follows from the probabilities alone.
        probabilities: float32 [n, k], of the final rows.
        held_out: float32 [v, k], of the validation rows, by models that did not see them.
        seed: of intervals that are drawn.
    """
    classes, predictions = len(frozen.label_names), probabilities.argmax(axis=1).astype(np.int32)
    validated = held_out.argmax(axis=1).astype(np.int32)
    confusion = confusion_matrix(frozen.final_truth, predictions, classes=classes)
    found: dict[str, Any] = {
        "accuracy": accuracy(confusion),
        "macro_f1": macro_f1_interval(confusion, seed=seed),
        "calibration_error": expected_calibration_error(frozen.final_truth, probabilities),
        "predictions": predictions,
        "validation_predictions": validated,
        "validation_accuracy": accuracy(confusion_matrix(frozen.validation_truth, validated, classes=classes)),
    }
    if frozen.leaked.any() and not frozen.leaked.all():
        clean = ~frozen.leaked
        found["accuracy_without_leaks"] = accuracy(
            confusion_matrix(frozen.final_truth[clean], predictions[clean], classes=classes)
        )
    return found
