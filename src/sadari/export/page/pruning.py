"""Fewer features: those that move labels least go, with the words that stand in none of what is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.export.page.weights import PageWeights
from sadari.rungs.portable.forms import MeanOfRows, WeighedSum
from sadari.text.reading.reading import Reading


def pruned(weights: PageWeights, features: int) -> PageWeights:
    """The same of so many features, the weightiest.

    Args:
        weights: of all features.
        features: that are kept, at most as many as there are.
    """
    order = np.argsort(-weights.importance(), kind="stable")
    keep = np.zeros(weights.features, np.bool_)
    keep[order[:features]] = True
    keep[weights.reading.unknown] = True
    how = weights.reading.steps[0]["do"]
    if how in ("hashed", "words"):
        return _fewer_rows(weights, keep)
    new = np.where(keep, np.cumsum(keep) - 1, -1)
    reading = _fewer_ngrams(weights.reading, keep, new)
    form = weights.form
    if isinstance(form, WeighedSum):
        bound = int(keep[: form.bound].sum())
        form = replace(form, weight=form.weight[keep], feature_scale=form.feature_scale[keep], bound=bound)
    else:
        form = replace(form, embedding=form.embedding[keep])
    return replace(weights, reading=reading, form=form, known=int(keep[: weights.known].sum()))


def _fewer_ngrams(reading: Reading, keep: NDArray[np.bool_], new: NDArray[np.int64]) -> Reading:
    """Tables of n-grams without those that are no features any more, nor lead to one."""
    words, arrays, steps = dict(reading.words), dict(reading.arrays), []
    for step in reading.steps:
        name = step["table"]
        prefix, last, feature = (arrays[f"{name}.{part}"].astype(np.int64) for part in ("prefix", "last", "feature"))
        own = np.where(feature >= 0, new[np.maximum(feature, 0) + step["first"]], -1)
        needed = own >= 0
        for at in range(len(prefix) - 1, -1, -1):  # a prefix stands before what it leads to
            if needed[at] and prefix[at]:
                needed[prefix[at] - 1] = True
        places = np.concatenate([[0], np.cumsum(needed)])  # place + 1 of each prefix that is left
        used = np.zeros(len(words[name]), np.bool_)
        used[last[needed]] = True
        words[name] = [word for word, kept in zip(words[name], used.tolist(), strict=True) if kept]
        first = int(keep[: step["first"]].sum())
        own[own >= 0] -= first
        parts = (places[prefix[needed]], (np.cumsum(used) - 1)[last[needed]], own[needed])
        for part, values in zip(("prefix", "last", "feature"), parts, strict=True):
            arrays[f"{name}.{part}"] = values.astype(np.int32)
        steps.append(step | {"first": first})
    return replace(reading, steps=steps, words=words, arrays=arrays, unknown=new[reading.unknown].tolist())


def _fewer_rows(weights: PageWeights, keep: NDArray[np.bool_]) -> PageWeights:
    """Words and buckets of a bag: a bucket that goes is one that was never learned."""
    reading, form, words = weights.reading, weights.form, len(weights.reading.words["words"])
    assert isinstance(form, MeanOfRows)
    buckets = "rows" in reading.arrays
    keep[-1] |= buckets  # the row of what was never learned
    table = [word for word, kept in zip(reading.words["words"], keep[:words].tolist(), strict=True) if kept]
    new, arrays = np.cumsum(keep) - 1, reading.arrays
    if buckets:  # they are numbered behind the words, of which there are fewer
        rows: NDArray[Any] = arrays["rows"][keep[words:-1]]
        arrays = arrays | {"rows": (rows - (words - len(table))).astype(np.int32)}
    less = replace(reading, words={"words": table}, arrays=arrays, unknown=new[reading.unknown].tolist())
    known = int(keep[: weights.known].sum())
    return replace(weights, reading=less, form=replace(form, embedding=form.embedding[keep]), known=known)
