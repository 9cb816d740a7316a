"""What a model said of rows that it was not trained on, as far as thresholds and sets need it: a file of its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.strict_json import parse_object
from sadari.errors import DataError, SettingError
from sadari.messages import Message, counted, message
from sadari.settings.limits import Number, Whole, check, value_in
from sadari.train.calibration.certainty import Certainty
from sadari.train.calibration.sets import set_thresholds
from sadari.train.calibration.withholding import NEVER, from_below, least_certainties, most_precise

VERSION = 1
MOST_ROWS = 10_000  # more would tell nothing new
DECIMALS = 6
SHARE = Number(0.01, 0.9999)


@dataclass(frozen=True, eq=False)
class CalibrationRows:
    """m rows that were not trained on, and g labels that they were given.

    Attributes:
        labels: how many labels there are, k.
        truth: int [m], the right label's place; −1 where a text may have several.
        probability: float64 [m], of the right label; of several right ones the least, and 1 of none.
        given: int [g], the labels that rows were given: one each, where a text has one.
        certainty: float64 [g], how likely each of them was to be right.
        right: bool [g], whether it was.
        certain: what gives certainties of new texts; None where a text may have several labels, whose probabilities
            are certainties.
        energy: float64 [m], how little each row's logits say for any label: see `energies`; None where a text may have
            several labels, and in files of older versions.
    """

    labels: int
    truth: NDArray[np.int64]
    probability: NDArray[np.float64]
    given: NDArray[np.int64]
    certainty: NDArray[np.float64]
    right: NDArray[np.bool_]
    certain: Certainty | None
    energy: NDArray[np.float64] | None = None

    @classmethod
    def of_one(
        cls,
        logits: NDArray[np.floating],
        probabilities: NDArray[np.floating],
        truth: NDArray[Any],
        given: NDArray[Any],
        *,
        inverse_temperature: float = 1.0,
    ) -> CalibrationRows:
        """Of rows that have one label.

        Args:
            logits: float [m, k].
            probabilities: float [m, k].
            truth: int [m], the right label's place.
            given: int [m], the place of the label that was given.
            inverse_temperature: what logits are multiplied by before they become probabilities.
        """
        certain = Certainty.fit(logits, truth, given)
        own = probabilities[np.arange(len(truth)), truth]
        certainty = certain(logits, given).round(DECIMALS)
        right, energy = np.equal(truth, given), energies(logits * np.float64(inverse_temperature)).round(DECIMALS)
        return cls(probabilities.shape[1], truth, own.round(DECIMALS), given, certainty, right, certain, energy)

    @classmethod
    def of_several(
        cls, probabilities: NDArray[np.floating], wanted: NDArray[np.bool_], given: NDArray[np.bool_]
    ) -> CalibrationRows:
        """Of rows that may have several labels.

        Args:
            probabilities: float [m, k].
            wanted: bool [m, k], which labels are right.
            given: bool [m, k], which were given.
        """
        least = np.where(wanted, probabilities, 1.0).min(axis=1).round(DECIMALS)
        rows, labels = np.nonzero(given)
        certainty = probabilities[rows, labels].astype(np.float64).round(DECIMALS)
        truth = np.full(len(wanted), -1)
        return cls(probabilities.shape[1], truth, least, labels, certainty, wanted[rows, labels], None)

    # -- what can be asked ------------------------------------------------------------------------------

    def for_precision(self, precision: float) -> NDArray[np.float64]:
        """The certainty float64 [k] from which on a label is given, so that this share of the answers is right.

        Args:
            precision: such as 0.95.

        Raises:
            SettingError: no label can be given so precisely; with what can be.
        """
        check("min_precision", precision, SHARE)
        told = {"labels": self.labels}
        found = least_certainties(self.given, self.certainty, self.right, precision=precision, **told)
        if (found >= NEVER).all():
            best = most_precise(self.given, self.certainty, self.right, **told)
            raise SettingError(
                message(
                    "a precision of {asked:g} cannot be reached with {rows} to calibrate on",
                    asked=precision,
                    rows=counted(len(self.truth), "row"),
                ),
                hint=_highest(best),
            )
        return found

    def for_coverage(self, coverage: float) -> NDArray[np.float64]:
        """The certainty float64 [k] from which on a label is given, so that this share of the texts is answered.

        Args:
            coverage: such as 0.9.

        Raises:
            SettingError: it is no share, or a text may have several labels.
        """
        check("coverage", coverage, SHARE)
        if self.certain is None:
            raise SettingError(
                message("where a text may have several labels there is no share of texts to answer"),
                hint=message("ask for min_precision"),
            )
        return np.full(self.labels, max(0.0, from_below(self.certainty, coverage)))

    def for_sets(self, coverage: float) -> NDArray[np.float64]:
        """The probability float64 [k] from which on a label belongs to a set that holds the right one so often.

        Args:
            coverage: such as 0.9.

        Raises:
            SettingError: there are too few rows to promise that; with what can be promised.
        """
        check("sets", coverage, SHARE)
        most = 1 - 1 / (len(self.truth) + 1)
        if coverage > most:
            raise SettingError(
                message(
                    "sets that hold the right label in {asked:g} of all texts take more than {rows} to calibrate on",
                    asked=coverage,
                    rows=counted(len(self.truth), "row"),
                ),
                hint=_highest(float(np.floor(most * 1000) / 1000)),
            )
        return set_thresholds(self.truth, self.probability, labels=self.labels, coverage=coverage)

    def for_scope(self, share: float) -> float:
        """The energy above which a text is taken for one of no label at all.

        Args:
            share: of the texts that have a label, how many may be taken for such, such as 0.05.

        Raises:
            SettingError: a text may have several labels, or none; or there are too few rows to learn it from.
        """
        check("scope", share, SHARE)
        if self.certain is None:
            raise SettingError(
                message("where a text may have several labels it may also have none, so that none is out of scope"),
                hint=message("ask for min_precision, and look at the texts that get no label"),
            )
        if self.energy is None:
            raise SettingError(
                message("this model keeps nothing by which texts of no label could be told"),
                hint=message("train or climb it once more with this Sadari"),
            )
        least = 1 / (len(self.energy) + 1)
        if share < least:
            raise SettingError(
                message(
                    "a share of {asked:g} cannot be told with {rows} to calibrate on",
                    asked=share,
                    rows=counted(len(self.energy), "row"),
                ),
                hint=message("the lowest that can be is {least:.3g}", least=float(np.ceil(least * 1000) / 1000)),
            )
        return -from_below(-self.energy, 1 - share)

    @property
    def label_counts(self) -> NDArray[np.int64] | None:
        """int64 [k]: how many rows have each label; None where a text may have several, whose labels are not kept."""
        return None if self.certain is None else np.bincount(self.truth, minlength=self.labels)

    # -- in and out -------------------------------------------------------------------------------------

    def encoded(self) -> str:
        """The content of the file."""
        said: dict[str, Any] = {
            "version": VERSION,
            "truth": self.truth.tolist(),
            "probability": self.probability.tolist(),
            "given": self.given.tolist(),
            "certainty": self.certainty.tolist(),
            "right": self.right.astype(int).tolist(),
        }
        if self.certain is not None:
            own = vars(self.certain)
            said["energy"] = None if self.energy is None else self.energy.tolist()
            said["certain"] = {**own, "biases": self.certain.biases.tolist()}
        return json.dumps(said, separators=(",", ":")) + "\n"

    @classmethod
    def decoded(cls, text: str, *, labels: int, several: bool, name: str) -> CalibrationRows:
        """The rows in a file.

        Args:
            text: its content.
            labels: how many the model has, k.
            several: whether a text may have several.
            name: of the file.

        Raises:
            DataError, SettingError: the file is something else, of a newer version, or does not fit the model.
        """
        said = parse_object(text.encode(), name)
        value_in(said, "version", Whole(1, VERSION))
        truth = _numbers(said, "truth", Whole(-1 if several else 0, labels - 1))
        probability = _numbers(said, "probability", Number(0, 1))
        given = _numbers(said, "given", Whole(0, labels - 1))
        certainty, right = _numbers(said, "certainty", Number(0, 1)), _numbers(said, "right", Whole(0, 1))
        if len({len(truth), len(probability)}) > 1 or len({len(given), len(certainty), len(right)}) > 1:
            raise DataError(message("{file} holds columns of several lengths", file=name))
        certain = None if several else _certain(said, labels, name)
        whole = [np.array(column, np.int64) for column in (truth, given, right)]
        return cls(
            labels,
            whole[0],
            np.array(probability, np.float64),
            whole[1],
            np.array(certainty, np.float64),
            whole[2] > 0,
            certain,
            _energy(said, len(truth), name),
        )


def _highest(best: float) -> Message:
    """What else may be asked for."""
    if not SHARE.allows(best):
        return message("train on more labelled rows")
    return message("the highest that can be is {best:g}; train on more labelled rows to ask for more", best=best)


def energies(scaled: NDArray[np.floating]) -> NDArray[np.float64]:
    """How little logits say for any label: −log Σ exp, float64 [n] (Liu et al. 2020, "Energy-based Out-of-distribution
    Detection").

    Args:
        scaled: float [n, k], logits times the inverse temperature.
    """
    top = scaled.max(axis=1).astype(np.float64)
    found: NDArray[np.float64] = -(top + np.log(np.exp(scaled - top[:, None]).sum(axis=1)))
    return found


def _energy(said: dict[str, Any], rows: int, name: str) -> NDArray[np.float64] | None:
    if said.get("energy") is None:
        return None
    found = _numbers(said, "energy", Number(-1e15, 1e15))
    if len(found) != rows:
        raise DataError(message("{file} holds columns of several lengths", file=name))
    return np.array(found, np.float64)


def _certain(said: dict[str, Any], labels: int, name: str) -> Certainty:
    own = said.get("certain")
    if not isinstance(own, dict):
        raise DataError(message("{name!r} is missing or not an object", name="certain"))
    slope, offset, weight = (float(value_in(own, key, Number(-1e12, 1e12))) for key in ("slope", "offset", "weight"))
    biases = _numbers(own, "biases", Number(-1e12, 1e12))
    if len(biases) != labels:
        raise DataError(message("{file} holds columns of several lengths", file=name))
    return Certainty(slope, offset, weight, np.array(biases, np.float64))


def _numbers(said: dict[str, Any], name: str, limit: Number | Whole) -> list[Any]:
    found = said.get(name)
    if not isinstance(found, list) or not all(map(limit.allows, found)):
        raise DataError(message("{name!r} must hold numbers, each {limit}", name=name, limit=limit))
    return found
