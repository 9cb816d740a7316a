"""How fast a slow rung is, measured on a few texts: it is to be known before hours are spent."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from sadari.data.corpus import Corpus
from sadari.rungs import Rung

SMALL, TIMED = 16, 160  # texts
# A class weight may name a label that is not among a few texts.
_PLAIN = {
    "steps": None,
    "validate_every": 0,
    "report_every": 0,
    "epoch_size": None,
    "patience": None,
    "class_weight": None,
}
SHARE = 0.05  # of the time left that measuring may take, one small batch aside


@dataclass(frozen=True)
class Throughput:
    """Seconds a text, in training (each time it is gone over) and in predicting."""

    training: float
    predicting: float


def throughput_of(model: Rung, probe: Corpus, seconds: float = math.inf) -> Throughput:
    """Train and predict a few texts as the rung would train and predict all.

    A small batch comes first, gone over twice: what is measured is the second time, when everything is warm. Where that
    leaves time, more texts follow.

    Args:
        model: the rung, untrained.
        probe: training texts of every kind, with two labels at least.
        seconds: that this may take; the small batch is measured in any case.
    """
    start = time.perf_counter()
    few = spread(probe, TIMED)
    small = spread(few, SMALL)
    found, reading = _measured(model, small, passes=2)
    left = seconds - (time.perf_counter() - start) - reading
    more = int(min(len(few), max(0.0, left) / (found.training + found.predicting)))
    if more < 2 * len(small):
        return found
    return _measured(model, spread(few, more), passes=1)[0]


def spread(texts: Corpus, count: int) -> Corpus:
    """So many of some texts, evenly from first to last: they may stand label by label. All, where these have one."""
    some = texts.take(np.unique(np.linspace(0, len(texts) - 1, min(count, len(texts))).astype(np.int64)))
    return some if len(some.label_names) > 1 else texts


def _measured(model: Rung, texts: Corpus, *, passes: int) -> tuple[Throughput, float]:
    """The pace in the last of so many passes, and the seconds of reading the weights and the texts before the first."""
    from sklearn.base import clone

    own = model.get_params(deep=False)
    short = clone(model).set_params(**{name: value for name, value in _PLAIN.items() if name in own})
    if "epochs" in own:
        short.set_params(epochs=passes)
    start = time.perf_counter()
    short.fit(texts.texts, texts.labels)
    reading = time.perf_counter() - start
    # the history knows nothing of reading the weights, which takes the same time for many texts as for few
    ends = [0.0, *(record["seconds"] for record in short.history_)] if short.history_ else [0.0, reading]
    short.predict_proba(texts.texts)  # weights are laid out for predicting, once
    start = time.perf_counter()
    short.predict_proba(texts.texts)
    predicting = time.perf_counter() - start
    throughput = Throughput(max((ends[-1] - ends[-2]) / len(texts), 1e-9), max(predicting / len(texts), 1e-9))
    return throughput, max(0.0, reading - ends[-1])
