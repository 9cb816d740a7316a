"""Labels as a classifier needs them: names ↔ columns, one label a text or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError, SettingError


@dataclass(frozen=True)
class LabelCodec:
    """The labels that a classifier knows.

    Attributes:
        classes: [k], sorted, distinct; strings, or whole numbers if the labels given were such.
        kind: "one" label a text; "several" as collections of labels; "indicator" as a matrix of 0 and 1.
    """

    classes: NDArray[Any]
    kind: str

    @property
    def multilabel(self) -> bool:
        return self.kind != "one"

    @classmethod
    def learn(cls, labels: Any) -> tuple[LabelCodec, NDArray[np.int8]]:
        """The codec of training labels, and those labels as an int8 matrix [n, k] of 0 and 1.

        Args:
            labels: one a text (list, array or Series), several a text (collections, or a List Series), or an indicator
                matrix [n, k].

        Raises:
            DataError: fewer than two labels, or something that is no label.
        """
        if isinstance(labels, np.ndarray) and labels.ndim == 2:
            if not np.isin(labels, (0, 1)).all() or labels.shape[1] < 2:
                raise DataError("an indicator matrix of labels holds 0 and 1, in two or more columns")
            return cls(np.arange(labels.shape[1]), "indicator"), labels.astype(np.int8)
        column = _as_series(labels)
        several = isinstance(column.dtype, pl.List)
        flat = column.explode().drop_nulls() if several else column
        classes = flat.unique().sort().to_numpy()
        if classes.dtype == object:
            classes = classes.astype(str)
        codec = cls(classes, "several" if several else "one")
        if len(classes) < 2:
            only = f"only label {str(classes[0])!r}" if len(classes) else "no label"
            raise DataError(f"{only} in {len(column):,} rows", hint="a classifier needs at least two labels")
        return codec, codec.matrix(column)

    def matrix(self, labels: Any) -> NDArray[np.int8]:
        """int8 [n, k], 1 where a text has a label; a label that training never saw has no column and gives no 1."""
        if self.kind == "indicator":
            return np.asarray(labels).astype(np.int8)
        column = _as_series(labels)
        out = np.zeros((len(column), len(self.classes)), np.int8)
        frame = pl.DataFrame({"row": np.arange(len(column)), "label": column})
        if isinstance(column.dtype, pl.List):
            frame = frame.explode("label").drop_nulls()
        known = pl.DataFrame({"label": pl.Series(self.classes.tolist(), dtype=frame["label"].dtype),
                              "code": np.arange(len(self.classes))})  # fmt: skip
        found = frame.join(known, on="label")
        out[found["row"].to_numpy(), found["code"].to_numpy()] = 1
        return out

    def names(self) -> list[str]:
        """Every label as text, in column order."""
        return [str(label) for label in self.classes.tolist()]

    def choose(self, probabilities: NDArray[np.floating]) -> Any:
        """Labels from probabilities [n, k]: the likeliest (ties: the first), or all of at least one half."""
        if self.kind == "one":
            return self.classes[probabilities.argmax(axis=1)]
        chosen = probabilities >= 0.5
        if self.kind == "indicator":
            return chosen.astype(np.int64)
        names = self.classes.tolist()
        return [tuple(names[k] for k in np.flatnonzero(row)) for row in chosen]

    def row_costs(
        self, targets: NDArray[np.int8], class_weight: str | Mapping[Any, float] | None
    ) -> NDArray[np.float32]:
        """float32 [n]: how much each text counts by its label (of several: the heaviest).

        Args:
            class_weight: None (1 each), "balanced" (n / (k · rows of the label), as scikit-learn's), or label → weight
                (labels left out: 1).
        """
        if class_weight is None:
            return np.ones(len(targets), np.float32)
        if isinstance(class_weight, str):
            if class_weight != "balanced":
                raise SettingError(
                    f"class_weight is {class_weight!r}", hint='"balanced", or a weight for each label'
                )
            per_label = len(targets) / (
                len(self.classes) * np.maximum(targets.sum(axis=0, dtype=np.int64), 1)
            )
        else:
            unknown = [label for label in class_weight if label not in self.classes.tolist()]
            if unknown:
                raise SettingError(
                    f"class_weight names {unknown[0]!r}, which is no label of the training data"
                )
            per_label = np.array(
                [class_weight.get(label, 1.0) for label in self.classes.tolist()], dtype=np.float64
            )
            if not (np.isfinite(per_label).all() and (per_label > 0).all()):
                raise SettingError("every class weight must be a number above 0")
        heaviest = (targets * per_label).max(axis=1)
        return np.where(heaviest > 0, heaviest, 1.0).astype(np.float32)


def _as_series(labels: Any) -> pl.Series:
    """Labels as a Series of strings or whole numbers, or of lists of them."""
    if isinstance(labels, pl.Series):
        column = labels
    else:
        rows = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
        if rows and isinstance(rows[0], (list, tuple, set, frozenset)):
            if not all(isinstance(row, (list, tuple, set, frozenset)) for row in rows):
                raise DataError("some texts have a list of labels and some have not")
            return pl.Series("label", [sorted(row) for row in rows], dtype=pl.List(pl.String))
        if all(isinstance(label, str) for label in rows):
            column = pl.Series("label", rows, dtype=pl.String)
        elif all(isinstance(label, (int, np.integer)) for label in rows):
            column = pl.Series("label", [int(label) for label in rows], dtype=pl.Int64)
        else:
            wrong = next(
                i for i, label in enumerate(rows) if type(label) is not type(rows[0]) or label != label
            )
            raise DataError(
                f"a label is {rows[wrong]!r}, a {type(rows[wrong]).__name__}", where=f"row {wrong + 1}",
                hint="labels are strings or whole numbers, all of one kind",
            )  # fmt: skip
    if column.null_count():
        row = int(column.is_null().arg_max() or 0) + 1
        raise DataError("the label is missing", where=f"row {row}")
    if column.dtype.is_integer():
        return column.cast(pl.Int64)
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    if inner != pl.String:
        raise DataError(f"labels must be strings or whole numbers, not {column.dtype}")
    return column
