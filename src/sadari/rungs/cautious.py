"""What a rung answers with care: labels only where it is sure enough, and sets that hold the right label."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError, SadariWarning, SettingError
from sadari.messages import Message, beside, message
from sadari.rungs.answering import Answering
from sadari.settings.limits import check
from sadari.train.calibration.doubts import doubt_of_few, doubt_of_labels
from sadari.train.calibration.rows import MOST_ROWS, SHARE, CalibrationRows, energies
from sadari.train.calibration.withholding import NEVER
from sadari.train.labels import LabelCodec


@dataclass(frozen=True)
class Caution:
    """What is asked of answers.

    Args:
        min_precision: the share of the labels given that is to be right; for a text whose label is not that sure there
            is none.
        coverage: the share of the texts that is to get a label, those of which the model is surest.
        sets: the share of texts whose set of labels is to hold the right one.
        scope: texts of no label are to be found; of those that have one this share may be taken for such.
    """

    min_precision: float | None = None
    coverage: float | None = None
    sets: float | None = None
    scope: float | None = None

    @property
    def withholds(self) -> bool:
        """Whether labels may be withheld."""
        return self.min_precision is not None or self.coverage is not None

    def __bool__(self) -> bool:
        return self.withholds or self.sets is not None or self.scope is not None


NO_CAUTION = Caution()


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers to n texts.

    Attributes:
        probabilities: float64 [n, k].
        known: bool [n], whether the model knows anything in a text.
        given: int [n], the label of each text; bool [n, k] where it may have several.
        certainty: float64 [n], how likely the label is right; None where a text may have several.
        unsure: bool [n], where a label is withheld; None where nobody asked.
        sets: bool [n, k], which labels belong to a text's set; None where nobody asked.
        outside: bool [n], which texts seem to have no label at all; None where nobody asked.
    """

    probabilities: NDArray[np.float64]
    known: NDArray[np.bool_]
    given: NDArray[Any]
    certainty: NDArray[np.float64] | None = None
    unsure: NDArray[np.bool_] | None = None
    sets: NDArray[np.bool_] | None = None
    outside: NDArray[np.bool_] | None = None


class Cautious(Answering):
    """The part of a rung that answers by what it said of rows that it was not trained on."""

    held_out_: tuple[NDArray[np.float32], NDArray[np.bool_]] | None = None  # logits and wanted labels, both [m, k]
    _calibration: CalibrationRows | None = None

    @property
    def calibration_(self) -> CalibrationRows | None:
        """What it said of rows that it was not trained on; None where there were none."""
        if self.held_out_ is None:
            return self._calibration
        logits, wanted = self.held_out_
        known = np.ones(len(logits), np.bool_)
        probabilities = self._probabilities(logits, known)
        given = self._codec.given(probabilities, self.thresholds_)
        if self._codec.multilabel:
            return CalibrationRows.of_several(probabilities, wanted, given)
        truth, factor = wanted.argmax(axis=1), self.inverse_temperature_
        return CalibrationRows.of_one(logits, probabilities, truth, given, inverse_temperature=factor)

    @calibration_.setter
    def calibration_(self, rows: CalibrationRows | None) -> None:
        self._calibration, self.held_out_ = rows, None

    def _keep_held_out(self, logits: NDArray[np.floating], wanted: NDArray[np.bool_]) -> None:
        """Keep logits [m, k] and wanted labels [m, k] of rows that were not trained on."""
        if len(logits) > MOST_ROWS:
            rows = np.sort(np.random.default_rng(0).permutation(len(logits))[:MOST_ROWS])
            logits, wanted = logits[rows], wanted[rows]
        self._calibration, self.held_out_ = None, (logits.astype(np.float32), wanted)

    def scored(self, texts: Any) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
        """Logits float32 [n, k], probabilities float64 [n, k], and bool [n]: whether anything in a text is known.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        self._check_fitted()
        logits, known = self._logits_of(texts)
        return logits, self._probabilities(logits, known), known

    def careful(self, caution: Caution) -> Careful:
        """What answers as is asked.

        Args:
            caution: what is asked.

        Raises:
            SettingError: there are no rows to learn that from, or it cannot be reached.
        """
        self._check_fitted()
        if caution.min_precision is not None and caution.coverage is not None:
            raise SettingError(message("min_precision and coverage each set the threshold: ask for one of them"))
        return Careful(self, caution)

    def predict_sure(self, texts: Any, *, min_precision: float | None = None, coverage: float | None = None) -> Any:
        """Labels where the model is sure enough, by thresholds that were learned on rows that it was not trained on.

        Args:
            texts: n strings: a list, array, Series or other column of them.
            min_precision: the share of the labels given that is to be right, of each label.
            coverage: the share of the texts that is to get a label.

        Returns:
            an object array [n], None where a person should decide; a list of tuples where a text may have several
            labels, without those that are not sure.

        Warns:
            SadariWarning: they are so few that little is promised.

        Raises:
            SettingError: there are no such rows, or it cannot be reached.
        """
        if min_precision is None and coverage is None:
            raise SettingError(message("give min_precision or coverage"))
        judged = self._judged(Caution(min_precision, coverage), texts)
        if self.multilabel:
            return self._as_tuples(judged.given)
        found = self.classes_[judged.given].astype(object)
        found[judged.unsure] = None
        return found

    def out_of_scope(self, texts: Any, share: float = 0.05) -> NDArray[np.bool_]:
        """Which texts seem to have none of the labels, bool [n]: their logits speak for none.

        Args:
            texts: n strings: a list, array, Series or other column of them.
            share: of the texts that have a label, how many may be taken for such.

        Warns:
            SadariWarning: these are so few that little is promised.

        Raises:
            SettingError: it is no share, or there are no rows to learn that from, or too few.
        """
        check("share", share, SHARE)
        judged = self._judged(Caution(scope=share), texts)
        assert judged.outside is not None
        return judged.outside

    def predict_sets(self, texts: Any, coverage: float = 0.9) -> list[tuple[Any, ...]]:
        """For each text the labels of which one is the right one, in this share of all texts.

        A set may be empty: no label is likely enough. Where a text may have several labels, the set holds all of them.

        Args:
            texts: n strings: a list, array, Series or other column of them.
            coverage: how often a set holds the right label.

        Warns:
            SadariWarning: these are so few that little is promised.

        Raises:
            SettingError: it is no share, or there are no rows to learn that from, or too few.
        """
        check("coverage", coverage, SHARE)
        judged = self._judged(Caution(sets=coverage), texts)
        assert judged.sets is not None
        return self._as_tuples(judged.sets)

    def _judged(self, caution: Caution, texts: Any) -> Judged:
        """The answers, with a warning of what is not promised."""
        careful = self.careful(caution)
        if careful.doubts:
            warnings.warn(SadariWarning(beside(careful.doubts)), stacklevel=3)
        return careful.answer(texts)

    def _as_tuples(self, chosen: NDArray[np.bool_]) -> list[tuple[Any, ...]]:
        names = self.classes_.tolist()
        return [tuple(names[k] for k in np.flatnonzero(row)) for row in chosen]


class Careful:
    """A model that answers as a caution asks.

    Args:
        model: trained.
        caution: what is asked.

    Attributes:
        least: float64 [k], the certainty from which on a label is given; None where none is withheld.
        likely: float64 [k], the probability from which on it belongs to a set; None where nobody asked for sets.
        outside: the energy above which a text seems to have no label; None where nobody asked.
        never: labels that are never sure enough.
        doubts: what is not promised, as rows to calibrate on are few, or there are none of a label.

    Raises:
        SettingError: there are no rows to learn that from, or it cannot be reached.
    """

    def __init__(self, model: Cautious, caution: Caution) -> None:
        rows = model.calibration_ if caution else None
        if caution and rows is None:
            raise SettingError(
                message("this model keeps no rows to calibrate on, which thresholds and sets are learned from"),
                hint=message("train or climb it once more with this Sadari"),
            )
        self.model, self.rows = model, rows
        self.least = self.likely = self.outside = None
        if rows is not None:
            if caution.min_precision is not None:
                self.least = rows.for_precision(caution.min_precision)
            elif caution.coverage is not None:
                self.least = rows.for_coverage(caution.coverage)
            self.likely = None if caution.sets is None else rows.for_sets(caution.sets)
            self.outside = None if caution.scope is None else rows.for_scope(caution.scope)
        names = model.codec.names()
        self.never = [] if self.least is None else [names[k] for k in np.flatnonzero(self.least >= NEVER)]
        self.doubts = [] if rows is None else _doubts(rows, caution, names)

    def answer(self, texts: Any) -> Judged:
        """The answers to n texts.

        Args:
            texts: strings: a list, array, Series or other column of them.
        """
        return self.judge(*self.model.scored(texts))

    def judge(
        self, logits: NDArray[np.float32], probabilities: NDArray[np.float64], known: NDArray[np.bool_]
    ) -> Judged:
        """The same of texts that were read.

        Args:
            logits: float32 [n, k].
            probabilities: float64 [n, k].
            known: bool [n], whether the model knows anything in a text.
        """
        codec, thresholds = self.model.codec, self.model.thresholds_
        given = codec.given(probabilities, thresholds)
        certainty = unsure = None
        if self.least is not None and codec.multilabel:
            sure = given & (probabilities >= self.least)
            given, unsure = sure, (sure != given).any(axis=1) | ~known
        elif self.least is not None and self.rows is not None and self.rows.certain is not None:
            certainty = np.where(known, self.rows.certain(logits, given), 0.0)
            unsure = (certainty < self.least[given]) | ~known
        sets = None if self.likely is None else (probabilities >= self.likely) | ~known[:, None]
        outside = None
        if self.outside is not None:
            outside = known & (energies(logits * np.float64(self.model.inverse_temperature_)) > self.outside)
        return Judged(probabilities, known, given, certainty, unsure, sets, outside)


def _doubts(rows: CalibrationRows, caution: Caution, names: list[str]) -> list[Message]:
    """What is not promised of what is asked for."""
    found = [doubt_of_few(name, share, len(rows.truth)) for name, share in vars(caution).items() if share is not None]
    counts = rows.label_counts
    if counts is not None and caution.scope is None:
        found.append(doubt_of_labels([names[k] for k in np.flatnonzero(counts == 0)]))
    return [doubt for doubt in found if doubt is not None]


def restored_rows(texts: dict[str, str], name: str, codec: LabelCodec) -> CalibrationRows | None:
    """The calibration rows in the files of a model folder; None where there are none.

    Args:
        texts: file name → content.
        name: of the file.
        codec: of the model's labels.

    Raises:
        DataError, SettingError: they do not fit the model.
    """
    if name not in texts:
        return None
    rows = CalibrationRows.decoded(texts[name], labels=len(codec.classes), several=codec.multilabel, name=name)
    if not len(rows.truth):
        raise DataError(message("{file} holds no rows", file=name))
    return rows
