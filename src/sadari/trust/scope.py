"""How well texts of no label are told from others: each label is left out of a training in turn, and looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.data.split import split
from sadari.errors import DataError
from sadari.messages import message
from sadari.rungs import Rung, check_rung
from sadari.text.column import as_column
from sadari.train.calibration.rows import energies
from sadari.train.labels import as_labels

FEWEST = 20  # rows of a label that is left out
MOST_ROWS, MOST_LABELS = 6_000, 10


@dataclass(frozen=True)
class ScopeScores:
    """How well texts of a label that a model does not know are told from those of labels that it knows.

    Attributes:
        auroc: the mean over the labels that were left out; 0.5: not at all.
        by_label: label → its own.
    """

    auroc: float
    by_label: dict[str, float]


def leave_labels_out(model: Rung, texts: Any, labels: Any, *, seed: int = 0) -> ScopeScores:
    """Train rungs like a model without each label in turn, and tell its texts from the others by their energy.

    Of many rows 6,000 are taken, and of many labels ten.

    Args:
        model: whose settings are taken; it may be untrained.
        texts: n strings.
        labels: their n labels, one each.
        seed: of what is drawn.

    Raises:
        DataError: fewer than three labels, or none with 20 rows.
        SettingError: the model is none.
    """
    check_rung("model", model)
    column, given = as_column(texts), as_labels(labels)
    names = np.array(given.to_list() if not isinstance(given, np.ndarray) else [], object)
    random = np.random.default_rng(seed)
    kept = np.sort(random.permutation(len(names))[:MOST_ROWS])
    column, names = column.gather(kept), names[kept]
    counts = {name: int((names == name).sum()) for name in sorted(set(names.tolist()))}
    enough = [name for name, rows in counts.items() if rows >= FEWEST]
    if len(counts) < 3 or not enough:
        raise DataError(message("to leave labels out in turn there must be three, and {rows} rows of one", rows=FEWEST))
    chosen = [enough[place] for place in np.sort(random.permutation(len(enough))[:MOST_LABELS])]
    learned, held = split([str(name) for name in names.tolist()], validation=0.2, texts=column, seed=seed)
    found = {}
    for name in chosen:
        rows = learned[names[learned] != name]
        one = type(model)(**model.get_params(deep=False)).fit(column.gather(rows), names[rows].tolist(), verbose=False)
        energy = energies(one.logits(column.gather(held)) * np.float64(one.inverse_temperature_))
        found[str(name)] = auroc(energy, names[held] == name)
    return ScopeScores(float(np.mean(list(found.values()))), found)


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """How often a positive row has a larger score than another; ties count half.

    Args:
        scores: float [n].
        positive: bool [n].
    """
    from scipy.stats import rankdata

    many = int(positive.sum())
    return float((rankdata(scores)[positive].sum() - many * (many + 1) / 2) / max(1, many * (len(scores) - many)))
