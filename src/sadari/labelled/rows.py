"""What a model says of a batch of texts, as columns beside those of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sadari.messages import message
from sadari.rungs.cautious import NO_CAUTION, Caution, Judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sadari.rungs import Rung

EMPTY, UNKNOWN, CUT, UNSURE, OUTSIDE = "empty", "nothing known", "cut", "unsure", "out of scope"
NOTES = {  # as a person reads them
    EMPTY: message("empty"),
    UNKNOWN: message("nothing known"),
    CUT: message("cut"),
    UNSURE: message("unsure"),
    OUTSIDE: message("out of scope"),
}
DECIMALS = 6


@dataclass(frozen=True)
class Wanted:
    """Which columns are added: always ``label``, ``probability`` and ``note``.

    Args:
        proba: also one column a label.
        top: also the labels in second, third … place.
        caution: with what care: where it withholds labels, ``suggestion`` has the withheld one and ``certainty`` says
            how likely it is right; where it asks for sets, ``set`` has the labels.
    """

    proba: bool = False
    top: int = 1
    caution: Caution = NO_CAUTION


@dataclass(frozen=True)
class Labelled:
    """Some rows of a file, and what a model says of them.

    Args:
        frame: the file's columns.
        added: the answers.
        lines: the rows as they stand in a JSONL file, else None.
    """

    frame: pl.DataFrame
    added: pl.DataFrame
    lines: pl.Series | None = None

    def table(self) -> pl.DataFrame:
        """The file's columns, and the answers behind them."""
        return self.frame.hstack(self.added.get_columns())

    def notes(self) -> pl.Series:
        """``empty``, ``nothing known``, ``out of scope``, ``unsure``, ``cut``, or null."""
        return self.added.to_series(self.added.width - 1)


class Answers:
    """A model's answers, as frames that are all of one schema.

    Args:
        model: the model.
        columns: those that the file has; one of the same name gives way to ``predicted_…``.
        wanted: what to add.

    Raises:
        SettingError: it cannot be answered with that much care.
    """

    def __init__(self, model: Rung, columns: Sequence[str], wanted: Wanted) -> None:
        self.model, self.wanted = model, wanted
        self.names = [str(label) for label in model.classes_.tolist()]
        self.top, self.careful = min(wanted.top, len(self.names)), model.careful(wanted.caution)
        self._taken = set(columns)
        self._columns = {key: self._free_name(key) for key in self._keys()}

    @property
    def renamed(self) -> dict[str, str]:
        """The added columns that could not have their own name → the name they have."""
        return {key: name for key, name in self._columns.items() if key != name}

    def answer(self, texts: pl.Series) -> pl.DataFrame:
        """The answers to texts ([n] String), a row each."""
        judged = self.careful.answer(texts)
        return pl.DataFrame(self._series(judged, self._notes(texts, judged)))

    def _keys(self) -> list[str]:
        places = [f"{key}_{place}" for place in range(2, self.top + 1) for key in ("label", "probability")]
        each = [f"probability_{name}" for name in self.names] if self.wanted.proba else []
        withheld = ["suggestion"] if self.wanted.caution.withholds else []
        certain = ["certainty"] if withheld and not self.model.multilabel else []
        sets = [] if self.wanted.caution.sets is None else ["set"]
        return ["label", "probability", *places, *each, *withheld, *certain, *sets, "note"]

    def _free_name(self, key: str) -> str:
        name, number = key, 1
        while name in self._taken:
            name = f"predicted_{key}" if number == 1 else f"predicted_{key}_{number}"
            number += 1
        self._taken.add(name)
        return name

    def _series(self, judged: Judged, notes: pl.Series) -> list[pl.Series]:
        probabilities = judged.probabilities.round(DECIMALS)
        order = self.model.codec.order(probabilities, self.model.thresholds_)
        sorted_ = np.take_along_axis(probabilities, order, axis=1)
        values: dict[str, Any] = {}
        if self.model.multilabel:
            enough = sorted_ >= self.model.thresholds_[order]
            chosen = [row[fits] for row, fits in zip(order, enough, strict=True)]
            values["label"] = pl.Series([[self.names[k] for k in row] for row in chosen], dtype=pl.List(pl.String))
            values["probability"] = pl.Series(
                [p[fits].tolist() for p, fits in zip(sorted_, enough, strict=True)], dtype=pl.List(pl.Float64)
            )
        else:
            values["label"], values["probability"] = self._named(order[:, 0]), pl.Series(sorted_[:, 0])
        for place in range(1, self.top):
            values[f"label_{place + 1}"] = self._named(order[:, place])
            values[f"probability_{place + 1}"] = pl.Series(sorted_[:, place])
        if self.wanted.proba:
            values.update((f"probability_{name}", pl.Series(probabilities[:, k])) for k, name in enumerate(self.names))
        values |= self._withheld(judged, values)
        values["note"] = notes
        return [series.alias(self._columns[key]) for key, series in values.items()]

    def _withheld(self, judged: Judged, values: dict[str, Any]) -> dict[str, Any]:
        """The columns that care adds, and those that it changes."""
        found: dict[str, Any] = {}
        order = self.model.codec.order(judged.probabilities, self.model.thresholds_)
        if judged.unsure is not None:
            unsure, label = pl.Series(judged.unsure), values["label"]
            nothing = pl.lit(None, label.dtype)
            given = self._listed(judged.given, order) if self.model.multilabel else nothing
            frame = pl.DataFrame({"label": label, "unsure": unsure}).with_columns(sure=given)
            found["label"] = frame.select(pl.when("unsure").then("sure").otherwise("label")).to_series()
            found["suggestion"] = frame.select(pl.when("unsure").then("label")).to_series()
        if judged.certainty is not None:
            found["certainty"] = pl.Series(judged.certainty.round(DECIMALS))
        if judged.sets is not None:
            found["set"] = self._listed(judged.sets, order)
        return found

    def _listed(self, chosen: NDArray[np.bool_], order: NDArray[np.int64]) -> pl.Series:
        rows = [[self.names[k] for k in places if row[k]] for row, places in zip(chosen, order.tolist(), strict=True)]
        return pl.Series(rows, dtype=pl.List(pl.String))

    def _named(self, codes: NDArray[np.int64]) -> pl.Series:
        return pl.Series(self.names, dtype=pl.String).gather(codes)

    def _notes(self, texts: pl.Series, judged: Judged) -> pl.Series:
        """For each text what there is to know of its answer, else null."""
        notes = np.full(len(texts), None, dtype=object)
        notes[self.model.cut_texts(texts)] = CUT
        if judged.unsure is not None:
            notes[judged.unsure] = UNSURE
        if judged.outside is not None:
            notes[judged.outside] = OUTSIDE
        notes[~judged.known] = UNKNOWN
        notes[(texts.str.strip_chars() == "").to_numpy()] = EMPTY
        return pl.Series(notes.tolist(), dtype=pl.String)
