"""How fast a slow rung is, measured on a few texts: it is to be known before hours are spent."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from sadari.data.corpus import Corpus
from sadari.rungs import BertClassifier

WARM, TIMED = 32, 160  # texts


@dataclass(frozen=True)
class Pace:
    """Seconds a text, in training (each time it is gone over) and in predicting."""

    training: float
    predicting: float


def pace_of(model: BertClassifier, probe: Corpus) -> Pace:
    """Train and predict a few texts as the rung would train and predict all.

    Args:
        probe: training texts of every kind, with two labels at least.
    """
    from sklearn.base import clone

    short = clone(model).set_params(epochs=1, steps=None, validate_every=0, patience=None)
    few = probe.take(np.arange(min(TIMED, len(probe))))
    if len(few.label_names) < 2:
        few = probe
    warm = few.take(np.arange(min(WARM, len(few))))
    if len(warm.label_names) > 1:
        short.fit(warm.texts, warm.labels).predict_proba(warm.texts)
    short.fit(few.texts, few.labels)
    # the history knows nothing of reading the weights, which takes the same time for many texts as for few
    training = short.history_[-1]["seconds"] / len(few)
    start = time.perf_counter()
    short.predict_proba(few.texts)
    return Pace(max(training, 1e-9), max((time.perf_counter() - start) / len(few), 1e-9))
