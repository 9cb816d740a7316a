"""What a model says of some texts: the same whichever protocol carries it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sadari.rungs import Rung
    from sadari.rungs.cautious import Careful, Caution, Judged

EMPTY, UNKNOWN, CUT, UNSURE, OUTSIDE = "empty", "unknown", "cut", "unsure", "out of scope"
MOST_CARES = 64  # of one model, whose thresholds are kept
WARM = "A first text, by which what is compiled is loaded before the first request. "
FOREIGN = "첫 번째 글 – of more than ASCII, which other loops read. "


class Loaded:
    """A model as it was read from its folder.

    Args:
        name: by which clients ask for it.
        folder: where it was read.
        rung: the classifier.
        identity: of what was read; another one means that the folder was replaced.
    """

    def __init__(self, name: str, folder: Path, rung: Rung, identity: str) -> None:
        self.name, self.folder, self.rung, self.identity = name, folder, rung, identity
        self.labels = rung.codec.names()
        self.multilabel = rung.multilabel
        self.order, self.divisors = rung.codec.order_of_one, rung.codec.order_divisors(rung.thresholds_)
        self._careful: dict[Caution, Careful] = {}

    def warm(self) -> None:
        """Answer a short and a long text, alone and together, so that the first request waits for nothing."""
        for texts in ([WARM], [FOREIGN], [WARM, WARM * 20] * 8, [WARM, FOREIGN], [""]):
            self.answer(texts)
        for text in (WARM, FOREIGN):  # explanations, care and raw scores read one text by other loops than `answer`
            self.rung.logits([text])

    def answer(self, texts: list[str]) -> Answer:
        """What the model says.

        Args:
            texts: n of them.
        """
        alone = self.rung.answer_one(texts[0]) if len(texts) == 1 else None
        if alone is not None:
            return Answer(self, [alone[0]], [_note(texts[0], alone[1], False)], texts)
        logits, probabilities, known = self.rung.scored(texts)
        marks = zip(texts, known.tolist(), self.rung.cut_texts(texts).tolist(), strict=True)
        return Answer(self, probabilities.tolist(), [_note(*each) for each in marks], logits)

    def careful(self, caution: Caution) -> Careful:
        """The model as it answers with that care.

        Args:
            caution: what is asked.

        Raises:
            SettingError: it cannot be.
        """
        if caution not in self._careful:
            if len(self._careful) >= MOST_CARES:
                self._careful.clear()
            self._careful[caution] = self.rung.careful(caution)
        return self._careful[caution]

    @cached_property
    def expected(self) -> dict[str, int]:
        """Label → how many of the rows that it was calibrated on were given it; none where a text may have several."""
        rows = self.rung.calibration_
        if rows is None or self.multilabel:
            return {}
        return dict(zip(self.labels, np.bincount(rows.given, minlength=rows.labels).tolist(), strict=True))

    def raw_scores(self, texts: list[str], answer: Answer) -> NDArray[np.float64]:
        """float64 [n, k]: the logits of the answer's probabilities; of a text that says nothing, of the labels' shares.

        Args:
            texts: n of them.
            answer: what was answered.
        """
        logits = self.rung.logits(texts) * np.float64(self.rung.inverse_temperature_)
        nothing = [place for place, note in enumerate(answer.notes) if note in (EMPTY, UNKNOWN)]
        shares = np.clip(answer.probabilities[nothing], 1e-12, 1 - 1e-12)
        logits[nothing] = np.log(shares / (1 - shares)) if self.multilabel else np.log(shares)
        return logits

    def described(self) -> dict[str, Any]:
        """What clients may know of it: its rung, labels, scores and data."""
        rung = self.rung
        return {
            "name": self.name,
            "rung": rung.name,
            "labels": self.labels,
            "multilabel": self.multilabel,
            "thresholds": rung.thresholds_.tolist() if self.multilabel else None,
            "calibrated": rung.calibration_ is not None,
            "scores": rung.scores_,
            "data": {key: value for key, value in rung.data_.items() if type(value) in (str, int, float, list)},
            "fingerprint": self.identity,
        }


class Answer:
    """Probabilities of some texts.

    Args:
        model: that answered: labels are its.
        rows: k probabilities of each text.
        notes: of each text "empty", "unknown", "cut", or None.
        logits: float32 [n, k]; or the texts, of which they are found when they are asked for.

    Attributes:
        order: of each text the places of all k labels, in the order in which the model would give them.
    """

    __slots__ = ("_logits", "model", "notes", "order", "rows")

    def __init__(
        self, model: Loaded, rows: list[list[float]], notes: list[str | None], logits: NDArray[np.float32] | list[str]
    ) -> None:
        self.model, self.rows, self.notes, self._logits = model, rows, notes, logits
        self.order = [model.order(row, model.divisors) for row in rows]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """float64 [n, k]."""
        return np.array(self.rows)

    def part(self, first: int, last: int) -> Answer:
        """The answer to some of the texts."""
        return Answer(self.model, self.rows[first:last], self.notes[first:last], self._logits[first:last])

    def judged(self, caution: Caution) -> Judged:
        """The same with care.

        Args:
            caution: what is asked.

        Raises:
            SettingError: the model cannot answer so.
        """
        logits = self.model.rung.logits(self._logits) if isinstance(self._logits, list) else self._logits
        known = np.array([note not in (EMPTY, UNKNOWN) for note in self.notes], np.bool_)
        return self.model.careful(caution).judge(logits, self.probabilities, known)

    def best(self) -> list[str]:
        """The label that each text is given; the likeliest of several."""
        return [self.model.labels[places[0]] for places in self.order]


def _note(text: str, known: bool, cut: bool) -> str | None:
    if known:
        return CUT if cut else None
    return UNKNOWN if text.strip() else EMPTY
