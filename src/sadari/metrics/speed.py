"""How fast a trained rung answers: many texts together, and one at a time."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.pretrained.embedders.cache import without_cache
from sadari.rungs import Rung

BULK_RUNS, BULK_SECONDS = 5, 0.5  # how often, and how long, predicting in bulk is timed
LONG = 0.1  # seconds: in shorter runs the clock of a process's work is too coarse
MAY_COMPILE = 10.0  # seconds: a first run this long or shorter is repeated, since compiling may have been a part of it
EMBEDDED = 512  # texts that are embedded for it again, of rungs that look up what they embedded before
ALONE_RUNS, ALONE_SECONDS = 5, 1.0  # and one at a time


Scored = tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]


def score_in_bulk(model: Rung, texts: pl.Series) -> tuple[Scored, float]:
    """What `Rung.scored` gives for n texts, and texts a second: the best of some runs where they are short.

    Other programs only ever make a run longer, and a verdict must not hang on them. So a rung without a net, whose work
    is all done by this process, takes no longer than the processor worked for it, however long it had to wait for one.
    """
    looked_up = model.scored(texts) if model.looks_up else None
    if looked_up is not None:
        texts = texts.gather_every(max(1, len(texts) // EMBEDDED)).head(EMBEDDED)
    best, spent, runs = float("inf"), 0.0, 0
    while runs == 0 or (runs == 1 and spent < MAY_COMPILE) or (runs < BULK_RUNS and spent < BULK_SECONDS):
        start, worked = time.perf_counter(), time.process_time()
        with without_cache():  # what was embedded before says nothing of new texts
            scored = model.scored(texts)
        seconds = time.perf_counter() - start
        if seconds > LONG and not hasattr(model, "device"):
            seconds = min(seconds, time.process_time() - worked)
        best, spent, runs = min(best, seconds), spent + seconds, runs + 1
    return scored if looked_up is None else looked_up, len(texts) / max(best, 1e-9)


def one_text_us(model: Rung, texts: pl.Series, count: int = 200) -> float:
    """The median over texts of the microseconds to predict one alone: of each text the best of some tries, if quick."""
    sample = texts.gather_every(max(1, len(texts) // count)).head(count).to_list()
    best = np.full(len(sample), np.inf)
    spent, runs = 0.0, 0
    while runs == 0 or (runs < ALONE_RUNS and spent < ALONE_SECONDS):
        for place, text in enumerate(sample):
            start = time.perf_counter()
            model.predict_proba([text])
            seconds = time.perf_counter() - start
            best[place], spent = min(best[place], seconds), spent + seconds
        runs += 1
    return float(np.median(best) * 1e6)
