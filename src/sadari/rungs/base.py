"""What every rung is: a scikit-learn classifier of texts that can be saved, loaded and asked why.

A rung adds four methods: `_train` (learn), `_logits` (score), `_contributions` (explain), and `_state`/`_restore` (to and from
a model folder). Its constructor's arguments are its settings, stored as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from sadari.artifact import ModelFiles, read_model, write_model
from sadari.data.corpus import TextStream
from sadari.errors import DataError, ModelError, SettingError
from sadari.rungs.card import model_card
from sadari.rungs.labels import LabelCodec
from sadari.text.column import as_column
from sadari.text.vectorize import columns
from sadari.train.calibrate import fit_sharpness, sigmoid, softmax
from sadari.train.watch import Progress, Watch

# Settings that must be whole numbers or numbers in a range: name → (smallest, largest).
RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "C": (1e-9, 1e9),
    "learning_rate": (1e-9, 1e3),
    "dropout": (0, 0.99),
    "label_smoothing": (0, 0.99),
    "width": (1, 4096),
    "min_df": (1, 2**31),
    "batch_size": (1, 2**20),
    "patience": (1, 10_000),
}


@dataclass(frozen=True)
class Explanation:
    """Why a text gets its logits: ``logits = bias + contributions.sum(0)``, exactly but for rounding.

    Attributes:
        labels: the k label names.
        features: the m tokens and n-grams that were found, in the text's order, one entry an occurrence or one a feature.
        contributions: float64 [m, k], what each adds to each label's logit.
        bias: float64 [k].
        probabilities: float64 [k].
    """

    labels: list[str]
    features: list[str]
    contributions: NDArray[np.float64]
    bias: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def logits(self) -> NDArray[np.float64]:
        """float64 [k]."""
        return self.bias + self.contributions.sum(axis=0)

    def strongest(self, label: str, count: int = 10) -> list[tuple[str, float]]:
        """The features that speak most for ``label`` and, with negative numbers, against it; strongest first."""
        values = self.contributions[:, self.labels.index(label)]
        return [
            (self.features[i], float(values[i])) for i in np.argsort(-np.abs(values), kind="stable")[:count]
        ]


class Rung(ClassifierMixin, BaseEstimator):
    """A text classifier with scikit-learn's contract. See the subclasses for what each one is."""

    name: ClassVar[str] = ""

    # -- training ---------------------------------------------------------------------------------------

    def fit(
        self,
        texts: Any,
        labels: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Train on texts and their labels.

        Args:
            texts: n strings: list, array, Polars Series, or a `TextStream` over a file larger than memory.
            labels: n labels (strings or whole numbers); or n collections of them, or an indicator matrix [n, k], for
                several labels a text.
            sample_weight: n numbers above 0, how much each text counts.
            validation: (texts, labels) not trained on: watched for early stopping, and used to calibrate probabilities.
            progress: called with (epochs done, epochs at most, record) after each pass.

        Raises:
            DataError: texts or labels that cannot be learned from.
            SettingError: a setting out of its range.
        """
        self._check_settings()
        start = time.perf_counter()
        texts, labels, weights, self.dropped_rows_ = _without_blank(texts, labels, sample_weight)
        self._codec, targets = LabelCodec.learn(labels)
        if not isinstance(texts, TextStream) and len(texts) != len(targets):
            raise DataError(
                f"there are {len(texts):,} texts and {len(targets):,} labels; each text needs its label"
            )
        self.classes_ = self._codec.classes
        costs = self._codec.row_costs(targets, self.class_weight) * weights  # type: ignore[attr-defined]
        self.prior_ = _prior(targets, self._codec.multilabel)
        self.sharpness_ = 1.0
        watch = Watch(progress, self._watched(validation), getattr(self, "patience", None))
        self._train(texts, targets, costs, watch)
        if validation is not None and len(validation[0]):
            logits, known = self._logits_of(validation[0])
            wanted = self._codec.matrix(validation[1]) > 0
            usable = known & wanted.any(axis=1)
            self.sharpness_ = fit_sharpness(logits[usable], wanted[usable], multilabel=self._codec.multilabel)
        self.train_seconds_ = time.perf_counter() - start
        self._scores: dict[str, Any] = {}
        self._data: dict[str, Any] = {"rows": len(targets)}
        return self

    def _watched(self, validation: tuple[Any, Any] | None) -> Callable[[], dict[str, float]] | None:
        """What scores the net as it stands on validation rows, for early stopping; None where nobody asked for it."""
        if validation is None or getattr(self, "patience", None) is None:
            return None
        wanted = self._codec.matrix(validation[1]) > 0

        def score() -> dict[str, float]:
            logits, _ = self._logits_of(validation[0])
            if self._codec.multilabel:
                return {"validation_accuracy": float(((logits > 0) == wanted).all(axis=1).mean())}
            right = wanted[np.arange(len(logits)), logits.argmax(axis=1)]
            return {"validation_accuracy": float(right.mean())}

        return score

    def resolved_settings(self) -> dict[str, Any]:
        """The settings that were, or would be, trained with."""
        return self.get_params(deep=False)

    def _check_settings(self) -> None:
        for setting, value in self.get_params(deep=False).items():
            if setting in RANGES and value is not None:
                low, high = RANGES[setting]
                if (
                    isinstance(value, bool)
                    or not isinstance(value, (int, float, np.number))
                    or not low <= value <= high
                ):
                    raise SettingError(
                        f"{setting} is {value!r}", hint=f"it must be a number from {low:g} to {high:g}"
                    )

    # -- predicting -------------------------------------------------------------------------------------

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities float64 [n, k], columns in the order of `classes_`.

        One label a text: rows sum to 1. Several: each label by itself. A text without anything that the model knows gets
        the shares of the labels in training.
        """
        logits, known = self._logits_of(texts)
        return self._probabilities(logits, known)

    @property
    def multilabel(self) -> bool:
        """Whether a text may have several labels."""
        self._check_fitted()
        return self._codec.multilabel

    def predict(self, texts: Any) -> Any:
        """Labels: an array [n]; a list of tuples or an indicator matrix if it was trained on such."""
        return self._codec.choose(self.predict_proba(texts))

    def decision_function(self, texts: Any) -> NDArray[np.float32]:
        """Logits float32 [n, k], before calibration."""
        return self._logits_of(texts)[0]

    def predict_with_marks(self, texts: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Probabilities float64 [n, k], and bool [n]: whether the model knew anything in the text at all."""
        logits, known = self._logits_of(texts)
        return self._probabilities(logits, known), known

    def explain(self, text: str) -> Explanation:
        """What every token and n-gram of one text adds to every label's logit."""
        self._check_fitted()
        features, contributions, bias = self._contributions(text)
        return Explanation(
            self._codec.names(), features, contributions * self.sharpness_, bias * self.sharpness_,
            self.predict_proba([text])[0],
        )  # fmt: skip

    def top_features(self, count: int = 15) -> dict[str, list[tuple[str, float]]]:
        """The features that speak most for each label, over all texts; empty where a rung cannot say."""
        return {}

    def _logits_of(self, texts: Any) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        self._check_fitted()
        parts = [self._logits(column) for column in columns(texts)]
        if not parts:
            return np.empty((0, len(self.classes_)), np.float32), np.empty(0, np.bool_)
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([logits for logits, _ in parts]), np.concatenate([known for _, known in parts])

    def _probabilities(self, logits: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        scaled = logits * np.float64(self.sharpness_)
        probabilities = sigmoid(scaled) if self._codec.multilabel else softmax(scaled)
        probabilities[~known] = self.prior_
        return probabilities

    def _check_fitted(self) -> None:
        if not hasattr(self, "classes_"):
            raise NotFittedError(
                f"this {type(self).__name__} is not trained yet; call fit(texts, labels) first"
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    # -- saving -----------------------------------------------------------------------------------------

    def save(
        self,
        folder: str | Path,
        *,
        scores: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the model folder, whole or not at all; an older model there is replaced.

        Args:
            scores: what the model card and ``sadari.json`` say it scored.
            data: what it was trained on (name, rows, fingerprint).
        """
        self._check_fitted()
        tensors, texts, model = self._state()
        manifest = {
            "kind": "classifier",
            "rung": self.name,
            "settings": _plain(self.resolved_settings()),
            "label_names": self._codec.names(),
            "label_kind": self._codec.kind,
            "label_type": "text" if self.classes_.dtype.kind in "UO" else "number",
            "prior": [float(share) for share in self.prior_],
            "sharpness": float(self.sharpness_),
            "model": model,
            "tokenizer": {"name": model["tokenizer"]},
            "scores": dict(scores or self._scores),
            "data": dict(data or self._data),
        }
        write_model(
            folder, manifest=manifest, tensors=tensors, texts={**texts, "README.md": model_card(manifest)}
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The model of a folder that `save` wrote.

        Raises:
            ModelError: torn, hostile, or not of this rung.
        """
        return cls.from_files(read_model(folder))

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """The model of a folder that is read already."""
        where = str(files.folder)
        manifest = files.manifest
        if manifest.get("rung") != cls.name:
            raise ModelError(
                f"this is a model of the rung {manifest.get('rung')!r}, not {cls.name!r}", where=where
            )
        try:
            rung = cls(**_known_settings(cls, manifest.get("settings", {})))
            rung._check_settings()
            names, number = manifest["label_names"], manifest["label_type"] == "number"
            rung.classes_ = np.array([int(name) for name in names] if number else names)
            rung._codec = LabelCodec(rung.classes_, str(manifest["label_kind"]))
            rung.prior_ = np.array(manifest["prior"], dtype=np.float64)
            rung.sharpness_ = float(manifest["sharpness"])
            if rung.prior_.shape != rung.classes_.shape or len(names) < 2 or not 0 < rung.sharpness_ <= 1e6:
                raise ModelError("labels, prior and sharpness do not fit each other", where=where)
            rung._scores, rung._data = manifest.get("scores", {}), manifest.get("data", {})
            rung._restore(files, manifest["model"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"the model cannot be put together: {type(error).__name__} {error}", where=where
            ) from error
        return rung

    # -- what a rung adds -------------------------------------------------------------------------------

    def _train(self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], watch: Watch) -> None:
        """Learn from texts, targets int8 [n, k] and costs float32 [n]."""
        raise NotImplementedError

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Logits float32 [n, k], and bool [n]: whether anything in the text is known."""
        raise NotImplementedError

    def _contributions(self, text: str) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Features found, what each adds to each label [m, k], and the bias [k]."""
        raise NotImplementedError

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        """Tensors, text files, and what else the manifest must say for `_restore`."""
        raise NotImplementedError

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        raise NotImplementedError


def _without_blank(
    texts: Any, labels: Any, sample_weight: Any
) -> tuple[Any, Any, NDArray[np.float32], list[int]]:
    """The texts that are not blank, their labels and weights, and the rows (from 1) of those that are."""
    if isinstance(texts, TextStream):
        weights = 1.0 if sample_weight is None else np.asarray(sample_weight, np.float32)
        return texts, labels, np.asarray(weights, np.float32), []
    column = as_column(texts)
    weights = (
        np.ones(len(column), np.float32) if sample_weight is None else np.asarray(sample_weight, np.float32)
    )
    if weights.shape != (len(column),) or not np.isfinite(weights).all() or np.any(weights <= 0):
        raise DataError(f"sample_weight must hold {len(column):,} numbers above 0")
    blank = (column.str.strip_chars() == "").to_numpy()
    if not blank.any():
        return column, labels, weights, []
    kept = np.flatnonzero(~blank)
    if isinstance(labels, (pl.Series, np.ndarray)):
        labels = labels[kept]
    else:
        rows = list(labels)
        if len(rows) != len(column):
            raise DataError(
                f"there are {len(column):,} texts and {len(rows):,} labels; each text needs its label"
            )
        labels = [rows[i] for i in kept.tolist()]
    return column.gather(kept), labels, weights[kept], (np.flatnonzero(blank) + 1).tolist()


def _prior(targets: NDArray[np.int8], multilabel: bool) -> NDArray[np.float64]:
    shares = targets.sum(axis=0, dtype=np.int64) / max(1, len(targets))
    return shares if multilabel else shares / max(shares.sum(), 1e-12)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON has them."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, Mapping):
            return {str(key): plain(entry) for key, entry in value.items()}
        return value

    return {key: plain(value) for key, value in settings.items()}


def _known_settings(cls: type[Rung], settings: Any) -> dict[str, Any]:
    if not isinstance(settings, dict):
        raise TypeError("the settings are no JSON object")
    allowed = cls._get_param_names()
    unknown = sorted(set(settings) - set(allowed))
    if unknown:
        raise ValueError(f"unknown setting {unknown[0]!r}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
