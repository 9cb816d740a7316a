"""What an exported model needs to withhold labels and to give sets: thresholds for usual targets, worked out here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.rungs import Rung

TARGETS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)


def care_data(model: Rung) -> dict[str, Any] | None:
    """The same as JSON: a target that cannot be reached is left out; None where no rows were kept to learn it from.

    Args:
        model: trained.
    """
    rows = model.calibration_
    if rows is None:
        return None
    certain = rows.certain and {**vars(rows.certain), "biases": rows.certain.biases.tolist()}
    return {
        "prior": model.prior_.tolist(),
        "certain": certain,
        "min_precision": _thresholds(rows.for_precision),
        "coverage": _thresholds(rows.for_coverage),
        "sets": _thresholds(rows.for_sets),
    }


def _thresholds(learn: Callable[[float], NDArray[np.float64]]) -> dict[str, list[float]]:
    found = {}
    for target in TARGETS:
        try:
            found[str(target)] = learn(target).tolist()
        except SettingError:  # it cannot be reached
            continue
    return found
