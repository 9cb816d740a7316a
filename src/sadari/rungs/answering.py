"""What every trained rung answers: probabilities, labels, logits, reasons."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import SadariWarning
from sadari.messages import message
from sadari.rungs.explanation import MOST_MISSING, Activations, Explanation
from sadari.settings.limits import MOST, Whole, check
from sadari.text.column import as_column, columns
from sadari.text.tokens.tokenize import is_tokenizer, tokenizer
from sadari.train.labels import LabelCodec, place_of_label
from sadari.train.solvers.temperature import sigmoid, softmax


class Answering:
    """The part of a rung that answers once it is trained. A rung adds `_logits`, `_contributions`, `_top_features`."""

    name: ClassVar[str] = ""  # in `RUNGS`
    takes_teacher: ClassVar[bool] = False  # whether it can learn from `context.soft_targets`
    tokenizer_: str = ""
    classes_: Any
    prior_: NDArray[np.float64]
    inverse_temperature_: float
    thresholds_: NDArray[np.float64]
    teacher_: dict[str, Any]
    data_: dict[str, Any]
    _codec: LabelCodec
    _ready: bool

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities float64 [n, k], columns in the order of `classes_`.

        One label a text: rows sum to 1. Several: each label by itself. A text without anything that the model knows
        gets the shares of the labels in training.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        return self.predict_with_marks(texts)[0]

    def predict_with_marks(self, texts: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Probabilities float64 [n, k], and bool [n]: whether the model knows anything at all in each text.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        self._check_fitted()
        alone = self.answer_one(texts[0]) if type(texts) is list and len(texts) == 1 and type(texts[0]) is str else None
        if alone is not None:
            return np.array([alone[0]]), np.array([alone[1]])
        logits, known = self._logits_of(texts)
        return self._probabilities(logits, known), known

    def answer_one(self, text: str) -> tuple[list[float], bool] | None:
        """The k probabilities of a text that the rung reads whole, and whether anything in it is known.

        None where there is no quicker way than a batch of one text.

        Args:
            text: the text.
        """
        return None

    def _probabilities(self, logits: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        scaled = logits * np.float64(self.inverse_temperature_)
        probabilities = sigmoid(scaled) if self._codec.multilabel else softmax(scaled)
        probabilities[~known] = self.prior_
        return probabilities

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        """Which texts are longer than the rung reads, so that it answers by a part of them: bool [n].

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        return np.zeros(len(texts) if isinstance(texts, list) else len(as_column(texts)), np.bool_)

    def token_counts(self, texts: Any) -> NDArray[np.int64]:
        """int64 [n]: how many tokens of each text the rung reads; of one that reads characters, words between spaces.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        column = as_column(texts)
        if is_tokenizer(self.tokenizer_):
            return np.diff(tokenizer(self.tokenizer_)(column).offsets)
        return column.str.count_matches(r"\S+").to_numpy().astype(np.int64)

    def windows(self, texts: Any) -> NDArray[np.int64]:
        """int64 [n]: in how many windows each text is read.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        return np.ones(len(as_column(texts)), np.int64)

    def predict(self, texts: Any) -> Any:
        """Labels: an array [n]; a list of tuples or an indicator matrix if it was trained on such.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        self._check_fitted()
        return self._codec.choose(self.predict_proba(texts), self.thresholds_)

    def logits(self, texts: Any) -> NDArray[np.float32]:
        """Logits float32 [n, k], before calibration.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        self._check_fitted()
        return self._logits_of(texts)[0]

    def decision_function(self, texts: Any) -> NDArray[np.float32]:
        """Logits float32 [n, k], before calibration.

        As scikit-learn wants it, float32 [n] where there are just two labels and a text has one of them: by how much
        the second one's logit is above the first one's.

        Args:
            texts: n strings: a list, array, Series or other column of them.
        """
        logits = self.logits(texts)
        return logits if self._codec.multilabel or logits.shape[1] > 2 else logits[:, 1] - logits[:, 0]

    @property
    def multilabel(self) -> bool:
        """Whether a text may have several labels."""
        return self.codec.multilabel

    @property
    def codec(self) -> LabelCodec:
        """How its labels are encoded; what is not trained has none."""
        self._check_fitted()
        return self._codec

    def explain(self, text: str) -> Explanation:
        """What every token and n-gram of one text adds to every label's logit.

        Args:
            text: the text to explain.
        """
        self._check_fitted()
        column = as_column([text])
        features, contributions, bias = self._contributions(column)
        characters, by_character = self._by_character(column)
        logits, probabilities = self._logits_of(column)[0][0], self.predict_proba(column)
        off = np.abs(bias + contributions.sum(axis=0) - logits).max(initial=0.0)
        return Explanation(
            labels=self._codec.names(),
            features=features,
            contributions=contributions * self.inverse_temperature_,
            bias=bias * self.inverse_temperature_,
            probabilities=probabilities[0],
            order=self._codec.order(probabilities, self.thresholds_)[0],
            complete=bool(off <= MOST_MISSING * max(1.0, float(np.abs(logits).max(initial=0.0)))),
            characters=characters,
            by_character=by_character * self.inverse_temperature_,
        )

    def activations(self, text: str) -> Activations | None:
        """What happens inside the net while it reads a text: its gates or its attention. None for a rung without them.

        Args:
            text: the text that it reads.
        """
        self._check_fitted()
        return None

    def top_features(self, count: int = 15, labels: Sequence[str] | None = None) -> dict[str, list[tuple[str, float]]]:
        """The features that speak most for each label, over all texts; empty where a rung cannot say.

        Args:
            count: features for each label.
            labels: which ones; None: all.

        Raises:
            SettingError: there is no such label.
        """
        self._check_fitted()
        check("count", count, Whole(0, MOST))
        names = self._codec.names()
        every = {name: place for place, name in enumerate(names)}
        asked = every if labels is None else {name: place_of_label(name, names) for name in labels}
        return self._top_features(count, asked)

    def _logits_of(self, texts: Any) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        parts = [finite(*self._logits(column)) for column in columns(texts)]
        if not parts:
            return np.empty((0, len(self.classes_)), np.float32), np.empty(0, np.bool_)
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([logits for logits, _ in parts]), np.concatenate([known for _, known in parts])

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            from sklearn.exceptions import NotFittedError

            said = message("this {kind} is not trained yet; call fit(texts, labels) first", kind=type(self).__name__)
            raise NotFittedError(said)

    def __sklearn_is_fitted__(self) -> bool:
        return getattr(self, "_ready", False)

    # -- what a rung adds -------------------------------------------------------------------------------

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Logits float32 [n, k], and bool [n]: whether anything in the text is known."""
        raise NotImplementedError

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Of a column of one text: features found, what each adds to each label [m, k], and the bias [k]."""
        raise NotImplementedError

    def _by_character(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64]]:
        """Of a column of one text: its characters, and what each adds to each label [c, k]; none where none count."""
        return [], np.empty((0, len(self.classes_)))

    def _top_features(self, count: int, labels: Mapping[str, int]) -> dict[str, list[tuple[str, float]]]:
        """Of labels and their places the features that speak most for them, so many of each."""
        return {}


def finite(logits: NDArray[np.float32], known: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Logits and what is known, of which those that are no numbers are none, and nothing is known of these texts."""
    if np.isfinite(logits).all():
        return logits, known
    odd: NDArray[np.bool_] = np.logical_not(np.isfinite(logits).all(axis=1))
    warnings.warn(
        SadariWarning(
            message(
                "the model finds no numbers for {sum:,} of {number_of_odd:,} texts: its weights are too "
                "large, or were damaged; these texts get the shares that the labels had in training",
                sum=odd.sum(),
                number_of_odd=len(odd),
            )
        ),
        stacklevel=2,
    )
    return np.where(odd[:, None], np.float32(0), logits), known & ~odd
