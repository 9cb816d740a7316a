"""What an exported model needs to withhold labels and to give sets: thresholds for usual targets, worked out here; and
the proof that it decides by them as the model does."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import ModelError, SettingError
from sadari.messages import Message, message
from sadari.rungs import Rung
from sadari.rungs.cautious import Careful, Caution, Judged

TARGETS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
SCOPES = (0.01, 0.02, 0.05, 0.1)  # of texts that have a label, how many may be taken for such as have none
KINDS = ("min_precision", "coverage", "sets", "scope")
Scored = tuple[NDArray[np.floating], NDArray[np.float64], NDArray[np.bool_]]  # logits, probabilities, known


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
        "factor": model.inverse_temperature_,
        "certain": certain,
        "min_precision": _thresholds(rows.for_precision, TARGETS),
        "coverage": _thresholds(rows.for_coverage, TARGETS),
        "sets": _thresholds(rows.for_sets, TARGETS),
        "scope": _thresholds(rows.for_scope, SCOPES),
    }


def _thresholds(learn: Callable[[float], Any], targets: tuple[float, ...]) -> dict[str, Any]:
    found = {}
    for target in targets:
        try:
            found[str(target)] = np.asarray(learn(target)).tolist()
        except SettingError:  # it cannot be reached
            continue
    return found


class Decisions:
    """What a model decides of texts, for every target that its export has thresholds for.

    Args:
        model: trained.
        care: of `care_data`.

    Attributes:
        asked: the targets, as questions: ``{"coverage": 0.9}``.
    """

    def __init__(self, model: Rung, care: dict[str, Any] | None) -> None:
        self.model, self._care = model, care or {}
        self.asked = [{kind: float(target)} for kind in KINDS for target in (care or {}).get(kind, {})]
        self._careful = [model.careful(Caution(**asked)) for asked in self.asked]

    def said(self) -> Message:
        """By what targets it decides, and which usual ones it leaves out."""
        if not self.asked:
            return message("left out: the model keeps too few rows to calibrate on to withhold answers or give sets by")
        there = [kind for kind in KINDS if self._care.get(kind)]
        usual = {kind: SCOPES if kind == "scope" else TARGETS for kind in there}
        missing = [f"{kind}={each:g}" for kind in there for each in usual[kind] if str(each) not in self._care[kind]]
        found = message(
            "decides as the model does by {kinds}, at the usual targets {targets}",
            kinds=", ".join(there),
            targets=", ".join(f"{target:g}" for target in TARGETS),
        )
        lost = message("left out, as the model cannot reach them: {missing}", missing=", ".join(missing))
        return message("{first} · {second}", first=found, second=lost) if missing else found

    def of(self, scored: Scored, shift: float = 0.0) -> list[NDArray[np.bool_]]:
        """For each question bool [n, m]: what is unsure, the labels that are given or in a set, what is outside.

        Args:
            scored: logits [n, k], probabilities [n, k] and what is known [n].
            shift: of all thresholds.
        """
        return [_marks(_shifted(careful, shift).judge(*scored)) for careful in self._careful]

    def changed(self, scored: Scored, found: list[NDArray[np.bool_]], *, within: float) -> list[NDArray[np.bool_]]:
        """For each question bool [n]: for which texts something else was found.

        Args:
            scored: by which the model decides.
            found: as `of` gives it.
            within: of its threshold, a figure may be decided either way.
        """
        low, high = self.of(scored, -within), self.of(scored, within)
        return [
            ((one != lower) & (one != upper)).any(axis=1) for one, lower, upper in zip(found, low, high, strict=True)
        ]

    def check(
        self, scored: Scored, found: list[NDArray[np.bool_]], texts: list[str], reader: Message | str, within: float
    ) -> None:
        """Refuse what decides otherwise than the model.

        Args:
            scored: by which the model decides.
            found: what was decided, as `of` gives it.
            texts: n of them.
            reader: who decided.
            within: of its threshold, a figure may be decided either way.

        Raises:
            ModelError: it does; the first such text is shown.
        """
        for asked, wrong in zip(self.asked, self.changed(scored, found, within=within), strict=True):
            if wrong.any():
                raise ModelError(
                    message(
                        "the export is refused: asked for {asked}, {reader} decides otherwise than the model on the "
                        "text {text!r:.120}; {wrong:,} of {texts:,} texts differ",
                        asked=" ".join(f"{kind}={target:g}" for kind, target in asked.items()),
                        reader=reader,
                        text=texts[int(wrong.argmax())],
                        wrong=int(wrong.sum()),
                        texts=len(texts),
                    ),
                    hint=message("nothing was written; please report the text"),
                )


def _shifted(careful: Careful, shift: float) -> Careful:
    """The same with other thresholds."""
    moved = copy(careful)
    moved.least = None if careful.least is None else careful.least + shift
    moved.likely = None if careful.likely is None else careful.likely + shift
    moved.outside = None if careful.outside is None else careful.outside + shift
    return moved


def _marks(judged: Judged) -> NDArray[np.bool_]:
    """bool [n, m]: all that was decided."""
    several = judged.given if judged.unsure is not None and judged.certainty is None else None
    parts = (judged.unsure, several, judged.sets, judged.outside)
    columns = [part.reshape(len(part), -1) for part in parts if part is not None]
    return np.hstack([np.asarray(column, np.bool_) for column in columns])
