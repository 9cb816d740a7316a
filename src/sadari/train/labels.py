"""Labels as a classifier needs them: names ↔ columns, one label a text or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import truediv
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.settings.limits import shown
from sadari.text.column import is_missing, one_column
from sadari.train.thresholds import LEAST, USUAL, beside_thresholds, likeliest

KINDS = ("one", "several", "indicator")
MOST_CELLS = 2**31  # texts × labels: an int8 matrix of 2 GiB
_COLLECTIONS = (list, tuple, set, frozenset, np.ndarray, pl.Series)

LABELS, ONE_LABEL, SEVERAL_LABELS = message("labels"), message("one label"), message("several labels")
OTHERWISE = message("a text has {has} here, and the model was trained otherwise")


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
        given = as_labels(labels)
        if isinstance(given, np.ndarray):
            return cls(np.arange(given.shape[1]), "indicator"), given
        several = isinstance(given.dtype, pl.List)
        flat = given.explode().drop_nulls() if several else given
        names = flat.unique().sort()
        if len(names) < 2:
            what = message("no label in {rows:,} rows", rows=len(given))
            if len(names):
                what = message("only label {label!r} in {rows:,} rows", label=str(names[0]), rows=len(given))
            raise DataError(what, hint=message("a classifier needs at least two labels"))
        if len(names) * len(given) > MOST_CELLS:
            raise DataError(
                message(
                    "there are {number_of_names:,} distinct labels in {number_of_given:,} rows, too many to "
                    "learn one by one",
                    number_of_names=len(names),
                    number_of_given=len(given),
                ),
                hint=message("is this the column of the labels?"),
            )
        codec = cls(
            names.to_numpy() if names.dtype == pl.Int64 else class_array(names.to_list()),
            "several" if several else "one",
        )
        return codec, codec.matrix(given)

    def matrix(self, labels: Any) -> NDArray[np.int8]:
        """int8 [n, k], 1 where a text has a label; a label that training never saw has no column and gives no 1.

        Labels are known by their names: the text "1" is the number 1, and "01" is not.

        Raises:
            DataError: one label a text where the classifier gives several, or the other way round.
        """
        given = as_labels(labels)
        if isinstance(given, np.ndarray) or self.kind == "indicator":
            return self._checked_indicator(given)
        several = isinstance(given.dtype, pl.List)
        if several != self.multilabel:
            raise DataError(OTHERWISE.filled(has=SEVERAL_LABELS if several else ONE_LABEL))
        out = np.zeros((len(given), len(self.classes)), np.int8)
        frame = pl.DataFrame({"row": np.arange(len(given)), "label": given})
        if several:
            frame = frame.explode("label").drop_nulls()
        known = pl.DataFrame({"label": pl.Series(self.names(), dtype=pl.String), "code": np.arange(len(self.classes))})
        found = frame.with_columns(pl.col("label").cast(pl.String)).join(known, on="label")
        out[found["row"].to_numpy(), found["code"].to_numpy()] = 1
        return out

    def _checked_indicator(self, given: pl.Series | NDArray[np.int8]) -> NDArray[np.int8]:
        shape = (len(given), len(self.classes))
        if self.kind != "indicator" or not isinstance(given, np.ndarray) or given.shape != shape:
            what = message("the classifier learned from labels by name, and gets something else here")
            if self.kind == "indicator":
                what = message(
                    "the classifier learned from an indicator matrix [n, {labels}], and gets something else here",
                    labels=shape[1],
                )
            raise DataError(what)
        return given

    def right(self, found: Any, labels: Any) -> NDArray[np.bool_]:
        """bool [n]: whether a text has just the labels that `choose` found; one that training never saw is wrong.

        Raises:
            DataError: one label a text where the classifier gives several, or the other way round.
        """
        given = as_labels(labels)
        wanted = self.matrix(given)  # also says whether they are of the right kind
        agree: NDArray[np.bool_] = (self.matrix(found) == wanted).all(axis=1)
        if isinstance(given, pl.Series):
            sizes = given.list.n_unique().to_numpy() if self.multilabel else 1
            agree &= wanted.sum(axis=1) == sizes
        return agree

    def names(self) -> list[str]:
        """Every label as text, in column order."""
        return [str(label) for label in self.classes.tolist()]

    def given(self, probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float = USUAL) -> Any:
        """Which labels texts are given: int64 [n], the place of each one's; bool [n, k] where it may have several.

        Args:
            probabilities: float [n, k].
            thresholds: float [k], or one for all labels: of several, those from which on a label is given; else what
                each probability is divided by before the largest is taken (ties: the first).
        """
        return probabilities >= thresholds if self.multilabel else likeliest(probabilities, thresholds)

    def order(self, probabilities: NDArray[np.floating], thresholds: NDArray[np.floating]) -> NDArray[np.int64]:
        """Labels int64 [n, k], as their places, in the order in which texts would be given them.

        Args:
            probabilities: float [n, k].
            thresholds: float [k].
        """
        likely = probabilities if self.multilabel else beside_thresholds(probabilities, thresholds)
        return np.argsort(-likely, axis=1, kind="stable")

    def order_of_one(self, row: list[float], divisors: list[float]) -> list[int]:
        """What `order` gives of one text, without NumPy.

        Args:
            row: k probabilities.
            divisors: as `order_divisors` gives them.
        """
        likely = list(map(truediv, row, divisors))
        return sorted(range(len(row)), key=likely.__getitem__, reverse=True)  # which keeps the order of equal ones

    def order_divisors(self, thresholds: NDArray[np.floating]) -> list[float]:
        """By what a text's k probabilities are divided before they are put in order.

        Args:
            thresholds: float [k].
        """
        ones = np.ones(len(self.classes))
        divisors: list[float] = (ones if self.multilabel else np.maximum(thresholds, LEAST)).tolist()
        return divisors

    def choose(self, probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float = USUAL) -> Any:
        """The labels themselves, as `given` finds them.

        Args:
            probabilities: float [n, k].
            thresholds: float [k], or one for all labels.
        """
        chosen = self.given(probabilities, thresholds)
        if self.kind == "one":
            return self.classes[chosen]
        if self.kind == "indicator":
            return chosen.astype(np.int64)
        names = self.classes.tolist()
        return [tuple(names[k] for k in np.flatnonzero(row)) for row in chosen]

    def row_costs(
        self, targets: NDArray[np.int8], class_weight: str | Mapping[Any, float] | None
    ) -> NDArray[np.float32]:
        """float32 [n]: how much each text counts by its label (of several: the heaviest; of none: 1)."""
        if class_weight is None:
            return np.ones(len(targets), np.float32)
        heaviest = (targets * self.label_weights(targets, class_weight)).max(axis=1)
        return np.where(heaviest > 0, heaviest, 1.0).astype(np.float32)

    def label_weights(
        self, targets: NDArray[np.int8], class_weight: str | Mapping[Any, float] | None
    ) -> NDArray[np.float64]:
        """float64 [k]: how much each label counts.

        Args:
            targets: int8 [n, k], 1 where the row has the label.
            class_weight: None (1 each), "balanced" (n / (k · rows of the label), as scikit-learn's), or label → weight
                (labels left out: 1).

        Raises:
            SettingError: a weight for what is no label of the training data.
        """
        names = self.names()
        if class_weight is None:
            return np.ones(len(names))
        if isinstance(class_weight, str):
            rows = np.maximum(targets.sum(axis=0, dtype=np.int64), 1)
            return len(targets) / (len(names) * rows)
        weights = {str(label): float(weight) for label, weight in class_weight.items()}
        check_weighed(weights, names)
        return np.array([weights.get(name, 1.0) for name in names])


def check_weighed(class_weight: object, names: list[str]) -> None:
    """That labels which are given weights by name are among those of the training data.

    Raises:
        SettingError: one is not.
    """
    unknown = sorted(set(map(str, class_weight)) - set(names)) if isinstance(class_weight, Mapping) else []
    if unknown:
        raise SettingError(
            message("class_weight names {unknown!r}, which is no label of the training data", unknown=unknown[0]),
            hint=message("labels: {names}", names=", ".join(names[:20])),
        )


def class_array(names: list[str]) -> NDArray[Any]:
    """Label names as an array, of NumPy's strings where those hold them.

    NumPy gives every string the room of the longest, and takes NULs off their ends; where that would be much room or
    another name, the array holds Python's own strings.
    """
    longest = max(map(len, names), default=0)
    if longest * len(names) > 2**20 or any(name.endswith("\0") for name in names):
        array = np.empty(len(names), dtype=object)
        array[:] = names
        return array
    return np.array(names, dtype=str)


def as_labels(labels: Any) -> pl.Series | NDArray[np.int8]:
    """Labels in one of the forms that the rest of this file knows.

    Args:
        labels: one a text (strings or whole numbers, in anything that `one_column` takes); several a text (collections
            of such, or a List Series); or an indicator matrix or table [n, k] of 0 and 1.

    Returns:
        a Series [n] of String, Int64, or lists of one of these, nothing missing; or int8 [n, k].

    Raises:
        DataError: a label that is missing, neither string nor whole number, or of another kind than the first; its row
            (from 1) is named.
    """
    if hasattr(labels, "toarray"):  # a scipy sparse matrix, as scikit-learn's MultiLabelBinarizer gives it
        labels = labels.toarray()
    shape = getattr(labels, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[1] != 1:
        return _indicator(labels)
    column = one_column(labels, LABELS)
    if isinstance(column, pl.Series) and column.dtype != pl.Object:
        return _checked_series(column)
    rows = list(column)
    if rows and isinstance(rows[0], _COLLECTIONS):
        return _lists(rows)
    wrong = _first_wrong(rows)
    if wrong is not None:
        raise _not_a_label(rows[wrong], wrong)
    return _series(_whole(rows), pl.Int64) if rows and not isinstance(rows[0], str) else _series(rows, pl.String)


def _lists(rows: list[Any]) -> pl.Series:
    for place, row in enumerate(rows):
        if not isinstance(row, _COLLECTIONS):
            raise DataError(
                message("some texts have a list of labels, and this one has not"),
                where=message("row {row}", row=place + 1),
            )
    lists = [list(one_column(row, LABELS) if isinstance(row, np.ndarray | pl.Series) else row) for row in rows]
    flat = [label for row in lists for label in row]
    wrong = _first_wrong(flat)
    if wrong is not None:
        ends = np.cumsum([len(row) for row in lists])
        raise _not_a_label(flat[wrong], int(np.searchsorted(ends, wrong, side="right")))
    if flat and not isinstance(flat[0], str):
        return _series([_whole(row) for row in lists], pl.List(pl.Int64))
    return _series(lists, pl.List(pl.String))


def _series(rows: list[Any], dtype: Any) -> pl.Series:
    try:
        return pl.Series("label", rows, dtype=dtype)
    except UnicodeEncodeError as error:
        raise DataError(
            message("a label holds half a surrogate pair, which is no character: {error}", error=error)
        ) from error


def _whole(labels: list[Any]) -> list[int]:
    numbers = [int(label) for label in labels]
    large = next((number for number in numbers if not -(2**63) <= number < 2**63), None)
    if large is not None:
        raise DataError(
            message("a label is a number that does not fit 64 bits: {shown}", shown=shown(large)),
            hint=message("give labels as texts"),
        )
    return numbers


def _first_wrong(labels: list[Any]) -> int | None:
    """The place of the first that is neither string nor whole number, or not of the first one's kind."""
    kind = str if labels and isinstance(labels[0], str) else (int, np.integer, np.bool_)
    if all(isinstance(label, kind) for label in labels):
        return None
    return next(place for place, label in enumerate(labels) if not isinstance(label, kind))


def _not_a_label(label: Any, place: int) -> DataError:
    return DataError(
        message("the label is missing")
        if is_missing(label)
        else message("a label is {shown}, a {name}", shown=shown(label), name=type(label).__name__),
        where=message("row {row}", row=place + 1),
        hint=message("labels are strings or whole numbers, all of one kind"),
    )


def _checked_series(column: pl.Series) -> pl.Series:
    missing = column.is_null()
    several = isinstance(column.dtype, pl.List)
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    if several and not missing.any():
        missing = column.list.drop_nulls().list.len() < column.list.len()
    if missing.any():
        raise DataError(
            message("the label is missing"), where=message("row {row}", row=int(missing.arg_max() or 0) + 1)
        )
    if inner in (pl.String, pl.Categorical, pl.Enum):
        wanted: Any = pl.String
    elif inner == pl.Boolean or inner.is_integer():
        wanted = pl.Int64
    else:
        raise DataError(message("labels must be strings or whole numbers, not {dtype}", dtype=column.dtype))
    try:
        return column.cast(pl.List(wanted) if several else wanted)
    except pl.exceptions.InvalidOperationError as error:
        raise DataError(message("a label is a number that does not fit 64 bits")) from error


def _indicator(given: Any) -> NDArray[np.int8]:
    shape = ", ".join(map(str, given.shape))
    try:
        matrix = np.asarray(given)
        fits = matrix.ndim == 2 and matrix.shape[1] > 1 and bool(np.isin(matrix.astype(np.float64), (0, 1)).all())
    except (TypeError, ValueError, RuntimeError):  # of what is no number; a tensor that is elsewhere
        fits = False
    if not fits:
        raise DataError(
            message(
                "a table of shape ({shape}) was given for labels: of two columns or more, it must hold 0 and 1",
                shape=shape,
            ),
            hint=message("one label a text is one column, of shape ({shape},)", shape=given.shape[0]),
        )
    return matrix.astype(np.int8)


def place_of_label(label: str, names: Sequence[str]) -> int:
    """The place of a label that somebody names.

    Args:
        label: its name.
        names: those that there are.

    Raises:
        SettingError: there is no such label.
    """
    if label not in names:
        raise SettingError(
            message("there is no label {label!r}", label=label),
            hint=message("there are: {names}", names=", ".join(names[:10])),
        )
    return list(names).index(label)
