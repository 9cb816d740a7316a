"""What is gained where answers are left to a person, and what sets of labels hold, on texts whose labels are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import Message, counted, message
from sadari.metrics.coverage import (
    area_under_risk,
    risk_coverage,
    score_answers,
    score_given,
    score_sets,
    score_sets_of_several,
)
from sadari.rungs.cautious import Careful, Caution, Judged

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)  # shares of the answers that are given
ANSWERED, SETS = 0.9, 0.9  # which share is answered, and how often the sets that are scored hold the right label
PRECISE = 0.9  # of the labels that are given where a text may have several
COVERAGE, MIN_PRECISION = "coverage", "min_precision"

if TYPE_CHECKING:
    from sadari.rungs.base import Rung


def usual_care(model: Rung) -> Careful:
    """What answers with certainties and sets, where the model keeps enough rows to calibrate on.

    Args:
        model: trained.
    """
    rows = model.calibration_
    if rows is None or len(rows.truth) < 1 / (1 - SETS):
        return model.careful(Caution())
    if not model.multilabel:
        return model.careful(Caution(coverage=ANSWERED, sets=SETS))
    try:
        return model.careful(Caution(min_precision=PRECISE, sets=SETS))
    except SettingError:  # no label can be given so precisely
        return model.careful(Caution(sets=SETS))


def doubts_of(careful: Careful) -> list[Message]:
    """What is not promised of withheld answers and sets, and why there are no figures of them.

    Args:
        careful: of `usual_care`.
    """
    rows = careful.model.calibration_
    if careful.likely is not None:
        return careful.doubts
    if rows is None:
        return [message("this model keeps no rows to calibrate on, which thresholds and sets are learned from")]
    kept = counted(len(rows.truth), "row")
    return [message("the model keeps {rows} to calibrate on, too few to withhold answers or give sets by", rows=kept)]


def care_figures(judged: Judged, truth: NDArray[np.integer], given: NDArray[Any], names: list[str]) -> dict[str, Any]:
    """What is gained by leaving answers to a person, and what sets hold: fields of `Evaluation`.

    Args:
        judged: what `usual_care` answers to n texts.
        truth: int [n], the right labels' places, −1 for one that training never saw; of several labels a text
            int [n, k + 1]: see `sadari.metrics.several.truth_matrix`.
        given: int [n], or bool [n, k]: the labels that are given where none is withheld.
        names: the k labels in the model's order.

    Returns:
        nothing where the model keeps too few rows to calibrate on.
    """
    if judged.sets is None or not len(truth):
        return {}
    figures = _of_several(judged, truth, given) if truth.ndim == 2 else _of_one(judged, truth, given)
    return {
        key: {name: _by_name(each, names) for name, each in value.items()} if isinstance(value, dict) else value
        for key, value in figures.items()
    }


def _of_one(judged: Judged, truth: NDArray[np.integer], given: NDArray[np.integer]) -> dict[str, Any]:
    assert judged.certainty is not None
    assert judged.unsure is not None
    assert judged.sets is not None
    answers = score_answers(~judged.unsure, given, truth, labels=judged.sets.shape[1])
    return {
        **_risk(judged.certainty, given == truth),
        "answered": {"how": COVERAGE, "asked": ANSWERED, **vars(answers)},
        "sets": {"asked": SETS, **vars(score_sets(judged.sets, truth))},
    }


def _of_several(judged: Judged, truth: NDArray[np.integer], given: NDArray[np.bool_]) -> dict[str, Any]:
    assert judged.sets is not None
    wanted, found = truth[:, :-1] > 0, dict[str, Any]()
    if given.any():
        found = _risk(judged.probabilities[given], wanted[given])
    if judged.unsure is not None:
        found["answered"] = {"how": MIN_PRECISION, "asked": PRECISE, **vars(score_given(judged.given, given, wanted))}
    sets = score_sets_of_several(judged.sets, wanted, unseen=truth[:, -1])
    return {**found, "sets": {"asked": SETS, **vars(sets)}}


def _risk(certainty: NDArray[np.floating], right: NDArray[np.bool_]) -> dict[str, Any]:
    coverage, risk = risk_coverage(certainty, right)
    return {
        "risk": [(share, float(risk[np.searchsorted(coverage, share - 1e-9)])) for share in COVERAGES],
        "risk_area": area_under_risk(certainty, right),
    }


def _by_name(figure: Any, names: list[str]) -> Any:
    """The same figure, one of labels by their names; without the labels of which there are none."""
    if not isinstance(figure, list):
        return figure
    return {name: share for name, share in zip(names, figure, strict=True) if share == share}
